// The desk's main page: the list, the open conversation, and its panel; on a phone one after the other.

import { newId, post, request } from "./api.js";
import { Composer } from "./composer.js";
import { el } from "./dom.js";
import { Header } from "./header.js";
import { List, nameOf } from "./list.js";
import { announce, notify, tell } from "./notices.js";
import { Pace } from "./pace.js";
import { Panel } from "./panel.js";
import * as texts from "./texts.js";
import { explain, text } from "./texts.js";
import { Thread } from "./thread.js";

const HEARTBEAT = 20_000; // ms between two signs that the conversation is on the screen

export class Inbox {
  constructor(desk) {
    this.desk = desk;
    this.id = null;
    this.read = 0;
    this.changes = 0; // what was asked for before one and comes after it is out of date
    this.list = new List(desk, { onOpen: (id) => this.go(id), onError: (error) => this.problem(error) });
    this.thread = new Thread({ onOlder: () => this.fetchOlder(), onSeen: (seq) => this.markRead(seq), onRetry: (pending) => this.deliver(pending) });
    this.composer = new Composer(desk, {
      onReply: (words, file) => this.reply(words, file), onNote: (words, mentions) => this.note(words, mentions),
      onTyping: () => post(`conversations/${this.id}/typing`).catch(() => {}), onClaim: () => this.change("claim"), onProblem: (words) => tell(words, "bad"),
    });
    this.panel = new Panel({ onClose: () => this.screen("thread"), onError: (error) => this.problem(error) });
    this.header = new Header(desk, { onChange: (...what) => this.change(...what), onBack: () => this.leave(), onDetails: () => this.togglePanel() });
    this.blank = el("div.blank", {}, el("p", {}, text("choose_one")), el("p.quiet", {}, text("press_help")));
    this.open = el("div.open", { hidden: true }, this.header.element, el("div.middle", {}, this.thread.element, this.thread.newest), this.composer.element);
    this.center = el("section.thread", { "aria-label": text("conversation") }, this.blank, this.open);
    this.element = el("main.inbox", { "data-screen": "list" }, this.list.element, this.center, this.panel.element);
    this.panel.element.hidden = true;
    this.pace = new Pace(() => {
      this.refresh(this.whole);
      this.whole = false;
    }, 80, 300);
    this.heart = setInterval(() => this.beat(), HEARTBEAT);
    this.clock = setInterval(() => this.tick(), 15_000);
    this.visible = () => document.visibilityState === "visible" && (this.beat(), this.thread.seen());
    document.addEventListener("visibilitychange", this.visible);
  }

  stop() {
    this.composer.keep();
    this.pace.stop();
    this.list.pace.stop();
    clearInterval(this.heart);
    clearInterval(this.clock);
    document.removeEventListener("visibilitychange", this.visible);
  }

  // --- which conversation, which screen ---

  go(id) {
    location.hash = `#/c/${id}`;
  }

  leave() {
    location.hash = "#/";
  }

  screen(name) {
    this.element.dataset.screen = name;
    if (name === "thread" && matchMedia("(max-width: 1179px)").matches) this.panel.element.classList.remove("shown");
  }

  togglePanel() {
    const shown = this.element.dataset.screen === "panel";
    this.screen(shown ? "thread" : "panel");
    if (!shown) document.getElementById("panel-title").focus();
  }

  show(id) {
    if (id === null) {
      const before = this.id;
      this.composer.keep();
      this.id = null;
      this.composer.id = null;
      this.detail = null;
      this.open.hidden = true;
      this.blank.hidden = false;
      this.panel.element.hidden = true;
      this.screen("list");
      this.list.mark(null);
      if (before !== null) (this.list.list.querySelector(`a[href="#/c/${before}"]`) ?? document.getElementById("list-title")).focus();
      return;
    }
    if (id === this.id) return this.screen("thread");
    this.composer.keep();
    Object.assign(this, { id, detail: null, read: 0 });
    this.header.viewers = [];
    this.thread.open();
    this.list.mark(id);
    this.load(id);
  }

  async load(id) {
    const { changes } = this;
    try {
      const answer = await request(`conversations/${id}`);
      if (id !== this.id) return;
      if (changes !== this.changes) return this.load(id);
      const fresh = this.detail === null;
      this.blank.hidden = true;
      this.open.hidden = this.panel.element.hidden = false;
      if (fresh) {
        this.thread.whole = answer.messages.length < 200;
        this.composer.open(answer.conversation);
        this.panel.open(answer.conversation);
        this.screen("thread");
      }
      this.take(answer);
      if (fresh) {
        this.thread.toEnd();
        this.beat();
        if (!this.list.element.contains(document.activeElement)) this.header.title.focus();
        else if (matchMedia("(max-width: 767px)").matches) this.header.title.focus();
        announce(text("opened", { name: nameOf(answer.conversation) }));
      }
    } catch (error) {
      if (id !== this.id) return;
      this.problem(error);
      if (error.status === 404) this.leave();
    }
  }

  // What is new in the open conversation; `whole`: older messages may have changed too.
  async refresh(whole = false) {
    const { id, changes } = this;
    if (id === null) return;
    if (!this.detail || whole) return this.load(id);
    try {
      const answer = await request(`conversations/${id}?after=${this.thread.last}`);
      if (id === this.id && changes === this.changes) this.take(answer);
    } catch (error) {
      this.problem(error);
    }
  }

  soon(whole) {
    this.whole ||= whole;
    this.pace.soon();
  }

  take(answer) {
    const news = this.thread.take(answer);
    if (this.detail && news.length) announce(news.map((message) => `${nameOf(answer.conversation)}: ${message.text}`).join("\n"));
    this.update(answer.conversation);
  }

  update(detail) {
    this.detail = detail;
    this.header.update(detail);
    this.composer.update(detail);
    this.panel.update(detail);
  }

  // --- what the agent does ---

  async change(action, body = {}, rethrow = false) {
    const { id } = this;
    try {
      const { conversation } = await post(`conversations/${id}/${action}`, body);
      if (id === this.id) {
        this.changes += 1;
        this.update(conversation);
        this.refresh();
      }
      this.list.soon();
      if (action === "claim") {
        tell(text("claimed"));
        if (id === this.id) this.composer.use("reply", !matchMedia("(pointer: coarse)").matches);
      }
    } catch (error) {
      if (error.status === 409) this.refresh();
      if (rethrow) throw error;
      this.problem(error);
    }
  }

  reply(words, file) {
    this.deliver({ id: newId(), conversation: this.id, text: words, file, state: "sending" });
  }

  async deliver(pending) {
    pending.state = "sending";
    this.thread.add(pending);
    const { id, conversation, text: words, file } = pending;
    try {
      let answer;
      if (file) {
        const form = new FormData();
        form.append("client_msg_id", id);
        form.append("file", file);
        if (words) form.append("text", words);
        answer = await request(`conversations/${conversation}/files`, { form });
      } else answer = await post(`conversations/${conversation}/messages`, { client_msg_id: id, text: words });
      if (conversation !== this.id) return;
      this.thread.drop(pending);
      this.thread.take({ messages: [answer.message] });
      this.thread.toEnd();
      this.list.soon();
    } catch (error) {
      if (conversation !== this.id) {
        this.composer.restore(conversation, "reply", words);
        return tell(explain(error), "bad");
      }
      pending.state = "failed";
      pending.why = explain(error);
      this.thread.render();
      announce(`${text("not_sent")} ${pending.why}`);
      if (error.status === 409) this.refresh();
    }
  }

  async note(words, mentions) {
    const { id } = this;
    try {
      const { note } = await post(`conversations/${id}/notes`, { text: words, mentions });
      if (id === this.id) {
        this.thread.take({ notes: [note] });
        this.thread.toEnd();
      }
    } catch (error) {
      this.composer.restore(id, "note", words);
      this.problem(error);
    }
  }

  async fetchOlder() {
    const { id } = this;
    if (this.older) return;
    this.older = true;
    try {
      const { messages } = await request(`conversations/${id}/messages?before=${this.thread.first}`);
      if (id === this.id) this.thread.prepend(messages);
    } catch (error) {
      this.problem(error);
    } finally {
      this.older = false;
    }
  }

  markRead(seq) {
    if (seq <= this.read) return;
    this.read = seq;
    post(`conversations/${this.id}/read`, { seq }).catch(() => (this.read = 0));
  }

  async beat() {
    const { id } = this;
    if (id === null || document.visibilityState !== "visible") return;
    try {
      const { viewers } = await post(`conversations/${id}/view`);
      if (id !== this.id || !this.detail) return;
      this.header.update(this.detail, viewers);
    } catch {
      // The next one will tell.
    }
  }

  tick() {
    this.list.render();
    if (this.detail) this.update(this.detail);
  }

  // --- what happens ---

  hear(kind, data) {
    if (kind === "conversation") {
      if (this.list.concerns(data)) this.list.soon();
      if (data.id !== this.id) return;
      if (data.kind === "view") this.beatSoon();
      else if (data.kind !== "read") this.soon(data.kind === "status");
    } else if (kind === "typing" && data.id === this.id) data.agent !== this.desk.me.id && this.thread.showTyping(data.author);
    else if (kind === "mention") notify(text("notice_mention", { name: data.by }), "", data.id);
    else if (kind === "alert") {
      const words = text("alert_unclaimed", { since: texts.short(data.since) });
      tell(words, "bad");
      notify(text("notice_alert"), words, data.id);
    } else if (kind === "agents") this.desk.fetchAgents();
  }

  // Not from within a heartbeat's own echo: viewers change seldom.
  beatSoon() {
    if (this.beating) return;
    this.beating = setTimeout(() => {
      this.beating = null;
      this.beat();
    }, 5_000);
  }

  sync() {
    this.list.refresh();
    this.refresh(true);
  }

  problem(error) {
    if (error.status !== 401) tell(explain(error), "bad");
  }

  // --- keys ---

  press(key) {
    const acts = {
      j: () => this.list.step(1), k: () => this.list.step(-1), "/": () => this.list.search.focus(),
      c: () => this.detail && !this.header.own && ["queue", "bot"].includes(this.detail.owner) && this.change("claim"),
      r: () => this.detail && this.composer.use("reply", true), n: () => this.detail && this.composer.use("note", true),
      e: () => this.detail && this.header.own && this.header.close(),
    };
    if (!acts[key]) return false;
    acts[key]();
    return true;
  }
}
