// One conversation: what was said by whom, notes and changes of hands among it, in their order.

import { atEnd, el } from "../../shared/dom.js";
import { last } from "../../shared/lists.js";
import * as texts from "../core/texts.js";
import { text } from "../core/texts.js";
import { button } from "../ui/controls.js";
import { Keyed } from "../ui/keyed.js";
import { Standing } from "../ui/standing.js";
import { authorOf, made, troubled } from "./entries.js";

const PAUSE = 300_000; // ms between two messages of one author that are still shown as one group

export class Thread {
  /** @type {Map<number, Desk.Message>} */
  messages = new Map();
  /** @type {Map<number, Desk.Note>} */
  notes = new Map();
  /** @type {Desk.Change[]} */
  events = [];
  /** @type {Desk.Survey[]} */
  surveys = [];
  /** @type {Desk.Pending[]} */
  pending = [];
  whole = true; // nothing is older than what is shown
  atEnd = true;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer;

  /** @param {Desk.ThreadHandlers} on */
  constructor(on) {
    this.on = on;
    this.older = new Standing(() => on.onOlder());
    this.beginning = el("div", { hidden: true }, this.older.element);
    this.list = el("div.entries");
    this.typing = el("p.typing", { hidden: true });
    this.element = el(
      "div.log",
      { role: "log", "aria-live": "off", "aria-label": text("conversation"), tabindex: "0" },
      this.beginning,
      this.list,
      this.typing,
    );
    this.newest = button(
      text("new_messages"),
      () => {
        this.toEnd();
        this.element.focus();
      },
      "newest",
      { hidden: true },
    );
    this.keyed = new Keyed(this.list);
    this.element.addEventListener("scroll", () => this.watch(), { passive: true });
    new ResizeObserver(() => this.atEnd && this.toEnd()).observe(this.element);
  }

  open() {
    this.messages.clear();
    this.notes.clear();
    this.events = [];
    this.surveys = [];
    this.pending = [];
    this.whole = false;
    this.older.reset();
    this.atEnd = true;
    this.typing.hidden = true;
  }

  get first() {
    return Math.min(...this.messages.keys());
  }

  get last() {
    return Math.max(0, ...this.messages.keys());
  }

  /**
   * Returns the customer's messages that were not there before.
   * @param {Desk.Told} told
   */
  take({ messages = [], notes = [], events, surveys }) {
    const before = this.last;
    for (const message of messages) {
      this.messages.set(message.seq, message);
      this.pending = this.pending.filter(({ id }) => id !== message.client_msg_id);
    }
    for (const note of notes) this.notes.set(note.id, note);
    if (events) this.events = events;
    if (surveys) this.surveys = surveys;
    if (messages.some(({ author, seq }) => author === "agent" && seq > before)) this.typing.hidden = true;
    const news = messages.filter(({ seq, author }) => seq > before && author === "customer");
    const stay = this.atEnd;
    this.render();
    if (stay) this.toEnd();
    else if (news.length) this.newest.hidden = false;
    return news;
  }

  /**
   * Messages from before what is shown, which stays where it is on the screen.
   * @param {Desk.Message[]} messages
   * @param {boolean} whole nothing is older than these
   */
  prepend(messages, whole) {
    const { scrollHeight, scrollTop } = this.element;
    for (const message of messages) this.messages.set(message.seq, message);
    this.whole = whole;
    this.older.reset();
    this.render();
    this.element.scrollTop = scrollTop + this.element.scrollHeight - scrollHeight;
  }

  /** @param {Desk.Pending} pending */
  add(pending) {
    if (!this.pending.includes(pending)) this.pending.push(pending);
    this.render();
    this.toEnd();
  }

  /** @param {Desk.Pending} pending */
  drop(pending) {
    this.pending = this.pending.filter((one) => one !== pending);
    this.render();
  }

  /** @param {Desk.Author} author */
  showTyping(author) {
    this.typing.textContent = text("typing", { author: texts.named(texts.AUTHORS, author) });
    this.typing.hidden = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.typing.hidden = true;
    }, 6_000);
    if (this.atEnd) this.toEnd();
  }

  toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
    this.atEnd = true;
    this.newest.hidden = true;
    this.seen();
  }

  seen() {
    if (this.atEnd && this.last && document.visibilityState === "visible" && this.element.clientHeight)
      this.on.onSeen(this.last);
  }

  watch() {
    const end = atEnd(this.element);
    if (end === undefined) return;
    this.atEnd = end;
    if (this.atEnd) {
      this.newest.hidden = true;
      this.seen();
    }
    if (this.element.scrollTop < 200 && !this.whole && this.messages.size) this.on.onOlder();
  }

  // All that is shown, in its order. What has no number of its own stands after the message before it.
  sorted() {
    const messages = [...this.messages.values()].sort((a, b) => a.seq - b.seq);
    const first = messages[0]?.seq ?? 0;
    /** @type {(Desk.Entry & {place: number, order: 0 | 1})[]} */
    const entries = messages.map((item) => ({
      kind: "message",
      key: `m${item.seq}`,
      place: item.seq,
      order: 0,
      at: item.at,
      item,
    }));
    // What belongs to messages that are not there yet waits for them.
    const there = (/** @type {number} */ seq, least = first) => seq >= least || this.whole;
    for (const item of this.notes.values()) {
      if (there(item.after_seq, first - 1))
        entries.push({
          kind: "note",
          key: `n${item.id}`,
          place: item.after_seq,
          order: 1,
          at: item.at,
          item,
        });
    }
    const place = (/** @type {string} */ at) => last(messages, (one) => one.at <= at)?.seq ?? first - 1;
    for (const [index, item] of this.events.entries()) {
      const after = place(item.at);
      if (there(after))
        entries.push({ kind: "event", key: `e${index}`, place: after, order: 1, at: item.at, item });
    }
    for (const item of this.surveys) {
      const after = place(item.at);
      if (there(after))
        entries.push({ kind: "survey", key: `s${item.id}`, place: after, order: 1, at: item.at, item });
    }
    entries.sort((a, b) => a.place - b.place || a.order - b.order || Date.parse(a.at) - Date.parse(b.at));
    /** @type {Desk.Entry[]} */
    const pending = this.pending.map((item) => ({
      kind: "pending",
      key: `p${item.id}`,
      at: new Date().toISOString(),
      item,
    }));
    return [...entries, ...pending];
  }

  render() {
    const entries = this.sorted();
    const lastOwn = last(
      entries,
      ({ kind, item }) => kind === "message" && item.author !== "customer" && item.author !== "system",
    );
    /** @type {Parameters<Keyed["show"]>[0]} */
    const shown = [];
    /** @type {Desk.Entry | undefined} */
    let before;
    for (const entry of entries) {
      const name = texts.day(entry.at);
      const newDay = !before || texts.day(before.at) !== name;
      if (newDay) shown.push([`d${name}`, name, () => el("p.day", {}, name)]);
      const first =
        newDay ||
        !before ||
        authorOf(entry) !== authorOf(before) ||
        Date.parse(entry.at) - Date.parse(before.at) > PAUSE;
      const { kind, item } = entry;
      const state =
        entry === lastOwn || (kind === "message" && item.delivery !== null && troubled(item.delivery));
      shown.push([entry.key, JSON.stringify([item, first, state]), () => made(entry, first, state, this.on)]);
      before = entry;
    }
    this.keyed.show(shown);
    this.beginning.hidden = this.whole || !this.messages.size;
  }
}
