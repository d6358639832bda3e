// The open conversation: what was said, what can be done with it, what is known of it.

import { el } from "../../shared/dom.js";
import { known } from "../../shared/http.js";
import { post, request } from "../core/api.js";
import { Pace } from "../core/pace.js";
import { nameOf } from "../core/summary.js";
import { text } from "../core/texts.js";
import { Panel } from "../customer/panel.js";
import { iconButton } from "../ui/controls.js";
import { announce, problem, tell } from "../ui/notices.js";
import { Standing } from "../ui/standing.js";
import { Composer } from "./composer.js";
import { Delivery } from "./delivery.js";
import { Header } from "./header.js";
import { hideComment, replyInPrivate } from "./in_public.js";
import { Presence } from "./presence.js";
import { Thread } from "./thread.js";

const PAGE = 200; // messages the server sends at once

export class Conversation {
  /** @type {number | null} null: none is open */
  id = null;
  /** @type {Desk.Detail | null} null until it is there */
  detail = null;
  read = 0; // up to where the server knows that it was seen
  changes = 0; // what was asked for before one and comes after it is out of date
  whole = false; // older messages may have changed too
  older = false; // are on their way

  /**
   * @param {Desk.Shell} desk
   * @param {Desk.ConversationHandlers} on
   */
  constructor(desk, on) {
    this.on = on;
    this.thread = new Thread({
      onOlder: () => this.fetchOlder(),
      onSeen: (seq) => this.markRead(seq),
      onRetry: (pending) => this.delivery.deliver(pending),
      onDiscard: (pending) => this.thread.drop(pending),
      onHide: (seq, hidden) => hideComment(this.id, seq, hidden),
      onPrivate: (seq) => replyInPrivate(this.id, seq),
    });
    this.composer = new Composer(desk, {
      onReply: (words, file) => this.delivery.reply(words, file),
      onNote: (words, mentions) => this.delivery.note(words, mentions),
      onTyping: () => post(`conversations/${this.id}/typing`).catch(() => {}),
      onClaim: () => this.change("claim"),
      onProblem: (words) => tell(words, "bad"),
    });
    this.delivery = new Delivery(this);
    this.presence = new Presence(
      () => this.id,
      (viewers) => this.detail && this.header.update(this.detail, viewers),
    );
    this.panel = new Panel(on.onClosePanel);
    this.header = new Header(desk, {
      onChange: (...what) => this.change(...what),
      onBack: on.onLeave,
      onDetails: on.onDetails,
    });
    this.blank = el("div.blank", {}, el("p", {}, text("choose_one")), el("p.quiet", {}, text("press_help")));
    this.standing = new Standing(() => this.refresh(true, true));
    this.waiting = el(
      "div.waiting",
      { hidden: true },
      el(
        "header.bar",
        {},
        iconButton("back", text("back_to_list"), () => on.onLeave(), { class: "icon back" }),
      ),
      el("div.blank"),
    );
    this.public = el("p.public", { role: "note", hidden: true }, text("public_banner"));
    this.open = el(
      "div.open",
      { hidden: true },
      this.header.element,
      this.public,
      el("div.middle", {}, this.thread.element, this.thread.newest),
      this.composer.element,
    );
    this.element = el(
      "section.thread",
      { "aria-label": text("conversation") },
      this.blank,
      this.waiting,
      this.open,
    );
    this.panel.element.hidden = true;
    this.pace = new Pace(
      () => {
        this.refresh(this.whole, true);
        this.whole = false;
      },
      80,
      300,
    );
    this.visible = () => this.thread.seen();
    document.addEventListener("visibilitychange", this.visible);
  }

  stop() {
    this.composer.keep();
    this.pace.stop();
    this.standing.stop();
    this.thread.older.stop();
    this.panel.stop();
    this.presence.stop();
    document.removeEventListener("visibilitychange", this.visible);
  }

  /** @param {number | null} id */
  show(id) {
    this.composer.keep();
    this.id = id;
    this.detail = null;
    this.read = 0;
    this.header.viewers = [];
    // Nothing of the one before may be taken for this one's.
    this.composer.id = null;
    this.open.hidden = this.panel.element.hidden = true;
    this.blank.hidden = id !== null;
    this.waiting.hidden = id === null;
    this.standing.reset();
    this.panel.stop();
    if (id === null) return;
    this.waiting.lastElementChild?.append(this.standing.element);
    this.thread.open();
    this.on.onShow();
    this.load(id);
  }

  /**
   * @param {number} id
   * @param {boolean} [unasked] nobody did anything for it
   * @returns {Promise<void>}
   */
  async load(id, unasked = false) {
    const { changes } = this;
    try {
      /** @type {Desk.Thread} */
      const answer = await request(`conversations/${id}`, { unasked });
      if (id !== this.id) return;
      if (changes !== this.changes) return this.load(id, unasked);
      const fresh = this.detail === null;
      this.waiting.hidden = true;
      this.open.hidden = this.panel.element.hidden = false;
      this.header.element.after(this.standing.element);
      this.standing.done();
      if (!fresh) this.panel.orders.fetch(unasked);
      if (fresh) {
        this.thread.whole = answer.messages.length < PAGE;
        this.composer.open(answer.conversation);
        this.panel.open(answer.conversation);
      }
      this.take(answer);
      if (fresh) {
        this.thread.toEnd();
        this.presence.beat();
        this.on.onOpened();
        announce(text("opened", { name: nameOf(answer.conversation) }));
      }
    } catch (error) {
      if (id !== this.id) return;
      if (known(error).status !== 404) return this.standing.fail(error);
      problem(error);
      this.on.onLeave();
    }
  }

  /**
   * What is new in the open conversation.
   * @param {boolean} [whole] older messages may have changed too
   * @param {boolean} [unasked] nobody did anything for it
   */
  async refresh(whole = false, unasked = false) {
    const { id, changes } = this;
    if (id === null) return;
    if (!this.detail || whole || !this.standing.current) return this.load(id, unasked);
    try {
      const answer = await request(`conversations/${id}?after=${this.thread.last}`, { unasked });
      if (id !== this.id || changes !== this.changes) return;
      this.standing.done();
      this.take(answer);
    } catch (error) {
      if (id === this.id) this.standing.fail(error);
    }
  }

  /** @param {boolean} whole */
  soon(whole) {
    this.whole ||= whole;
    this.pace.soon();
  }

  /** @param {Desk.Thread} answer */
  take(answer) {
    const news = this.thread.take(answer);
    if (this.detail && news.length)
      announce(news.map((message) => `${nameOf(answer.conversation)}: ${message.text}`).join("\n"));
    this.update(answer.conversation);
  }

  /** @param {Desk.Detail} detail */
  update(detail) {
    this.detail = detail;
    this.public.hidden = !detail.public;
    this.header.update(detail);
    this.composer.update(detail);
    this.panel.update(detail);
  }

  /** @type {Desk.OnChange} */
  async change(action, body = {}, rethrow = false) {
    const { id } = this;
    try {
      const { conversation } = await post(`conversations/${id}/${action}`, body);
      if (id === this.id) {
        this.changes += 1;
        this.update(conversation);
        this.refresh();
      }
      this.on.onChanged();
      if (action === "claim") {
        tell(text("claimed"));
        if (id === this.id) this.composer.use("reply", !matchMedia("(pointer: coarse)").matches);
      }
    } catch (error) {
      if (known(error).status === 409) this.refresh();
      if (rethrow) throw error;
      problem(error);
    }
  }

  async fetchOlder() {
    const { id } = this;
    if (this.older) return;
    this.older = true;
    try {
      const { messages } = await request(`conversations/${id}/messages?before=${this.thread.first}`);
      if (id === this.id) this.thread.prepend(messages, messages.length < PAGE);
    } catch (error) {
      if (id === this.id) this.thread.older.fail(error);
    } finally {
      this.older = false;
    }
  }

  /** @param {number} seq */
  markRead(seq) {
    if (seq <= this.read) return;
    this.read = seq;
    post(`conversations/${this.id}/read`, { seq }).catch(() => {
      this.read = 0;
    });
  }
}
