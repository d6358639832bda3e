// The open conversation: what was said, what can be done with it, what is known of it.

import { el } from "../../shared/dom.js";
import { known } from "../../shared/http.js";
import { post, request } from "../core/api.js";
import { Pace } from "../core/pace.js";
import { nameOf } from "../core/summary.js";
import { text } from "../core/texts.js";
import { Panel } from "../customer/panel.js";
import { announce, problem, tell } from "../ui/notices.js";
import { Composer } from "./composer.js";
import { Delivery } from "./delivery.js";
import { Header } from "./header.js";
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
    this.open = el(
      "div.open",
      { hidden: true },
      this.header.element,
      el("div.middle", {}, this.thread.element, this.thread.newest),
      this.composer.element,
    );
    this.element = el("section.thread", { "aria-label": text("conversation") }, this.blank, this.open);
    this.panel.element.hidden = true;
    this.pace = new Pace(
      () => {
        this.refresh(this.whole);
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
    if (id !== null) {
      this.thread.open();
      this.load(id);
      return;
    }
    this.composer.id = null;
    this.open.hidden = true;
    this.blank.hidden = false;
    this.panel.element.hidden = true;
  }

  /**
   * @param {number} id
   * @returns {Promise<void>}
   */
  async load(id) {
    const { changes } = this;
    try {
      /** @type {Desk.Thread} */
      const answer = await request(`conversations/${id}`);
      if (id !== this.id) return;
      if (changes !== this.changes) return this.load(id);
      const fresh = this.detail === null;
      this.blank.hidden = true;
      this.open.hidden = this.panel.element.hidden = false;
      if (fresh) {
        this.thread.whole = answer.messages.length < PAGE;
        this.composer.open(answer.conversation);
        this.panel.open(answer.conversation);
        this.on.onShow();
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
      problem(error);
      if (known(error).status === 404) this.on.onLeave();
    }
  }

  /**
   * What is new in the open conversation.
   * @param {boolean} [whole] older messages may have changed too
   */
  async refresh(whole = false) {
    const { id, changes } = this;
    if (id === null) return;
    if (!this.detail || whole) return this.load(id);
    try {
      const answer = await request(`conversations/${id}?after=${this.thread.last}`);
      if (id === this.id && changes === this.changes) this.take(answer);
    } catch (error) {
      problem(error);
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
      if (id === this.id) this.thread.prepend(messages);
    } catch (error) {
      problem(error);
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
