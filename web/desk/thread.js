// One conversation: what was said by whom, notes and changes of hands among it, in their order.

import { linked } from "../chat/links.js";
import { button, el, icon, Keyed } from "./dom.js";
import * as texts from "./texts.js";
import { text } from "./texts.js";

const PAUSE = 300_000; // ms between two messages of one author that are still shown as one group
const NEAR = 80; // px from the end that still count as reading the newest
const CHANGES = {
  queue: "event_queue", human: "event_human", bot: "event_bot", closed: "event_closed",
};
const ATTACHMENT_STATES = { waiting: "attachment_waiting", refused: "attachment_refused", failed: "attachment_failed" };

export class Thread {
  // Handlers: onOlder(), onSeen(seq), onRetry(pending).
  constructor(handlers) {
    Object.assign(this, handlers, { messages: new Map(), notes: new Map(), events: [], surveys: [], pending: [], whole: true, atEnd: true });
    this.list = el("div.entries");
    this.typing = el("p.typing", { hidden: true });
    this.element = el("div.log", { role: "log", "aria-live": "off", "aria-label": text("conversation"), tabindex: "0" }, this.list, this.typing);
    this.newest = button(text("new_messages"), () => (this.toEnd(), this.element.focus()), "newest", { hidden: true });
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
    this.atEnd = true;
    this.typing.hidden = true;
  }

  get first() {
    return Math.min(...this.messages.keys());
  }

  get last() {
    return Math.max(0, ...this.messages.keys());
  }

  // Returns the customer's messages that were not there before.
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

  // Messages from before what is shown, which stays where it is on the screen.
  prepend(messages) {
    const { scrollHeight, scrollTop } = this.element;
    for (const message of messages) this.messages.set(message.seq, message);
    this.whole = messages.length === 0;
    this.render();
    this.element.scrollTop = scrollTop + this.element.scrollHeight - scrollHeight;
  }

  add(pending) {
    if (!this.pending.includes(pending)) this.pending.push(pending);
    this.render();
    this.toEnd();
  }

  drop(pending) {
    this.pending = this.pending.filter((one) => one !== pending);
    this.render();
  }

  showTyping(author) {
    this.typing.textContent = text("typing", { author: texts.named(texts.AUTHORS, author) });
    this.typing.hidden = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.typing.hidden = true), 6_000);
    if (this.atEnd) this.toEnd();
  }

  toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
    this.atEnd = true;
    this.newest.hidden = true;
    this.seen();
  }

  seen() {
    if (this.atEnd && this.last && document.visibilityState === "visible" && this.element.clientHeight) this.onSeen(this.last);
  }

  watch() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    if (!clientHeight) return;
    this.atEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    if (this.atEnd) {
      this.newest.hidden = true;
      this.seen();
    }
    if (scrollTop < 200 && !this.whole && this.messages.size) this.onOlder();
  }

  sorted() {
    const messages = [...this.messages.values()].sort((a, b) => a.seq - b.seq);
    const entries = messages.map((message) => ({ kind: "message", key: `m${message.seq}`, place: message.seq, order: 0, at: message.at, item: message }));
    const first = messages[0]?.seq ?? 0;
    for (const note of this.notes.values()) {
      if (note.after_seq >= first - 1 || this.whole) entries.push({ kind: "note", key: `n${note.id}`, place: note.after_seq, order: 1, at: note.at, item: note });
    }
    const between = (kind, key, item) => {
      const place = messages.findLast((message) => message.at <= item.at)?.seq ?? first - 1;
      if (place >= first || this.whole) entries.push({ kind, key, place, order: 1, at: item.at, item });
    };
    this.events.forEach((event, at) => between("event", `e${at}`, event));
    for (const survey of this.surveys) between("survey", `s${survey.id}`, survey);
    entries.sort((a, b) => a.place - b.place || a.order - b.order || Date.parse(a.at) - Date.parse(b.at));
    for (const one of this.pending) {
      entries.push({ kind: "pending", key: `p${one.id}`, at: new Date().toISOString(), item: one });
    }
    return entries;
  }

  render() {
    const entries = this.sorted();
    const lastOwn = entries.findLast(({ kind, item }) => kind === "message" && item.author !== "customer" && item.author !== "system");
    const shown = [];
    let before = null;
    for (const entry of entries) {
      const name = texts.day(entry.at);
      if (!before || texts.day(before.at) !== name) shown.push([`d${name}`, name, () => el("p.day", {}, name)]);
      const author = authorOf(entry);
      const first = !before || author !== authorOf(before) || Date.parse(entry.at) - Date.parse(before.at) > PAUSE || shown.at(-1)[0] === `d${name}`;
      const state = entry === lastOwn || ["failed", "unknown", "withdrawn"].includes(entry.item.delivery?.state);
      shown.push([entry.key, JSON.stringify([entry.item, first, state]), () => this.make(entry, first, state)]);
      before = entry;
    }
    this.keyed.show(shown);
  }

  make({ kind, item, at }, first, state) {
    if (kind === "survey") return el("p.event.rated", { dir: "auto" }, text("rated", { score: item.score }), item.comment ? `: ${item.comment}` : "", " ", stamp(at));
    if (kind === "event") return el("p.event", {}, changeOf(item), " ", stamp(at));
    if (kind === "note") {
      return el("article.note", {}, el("p.by", {}, icon("lock"), el("b", { dir: "auto" }, item.author_name), ` · ${text("private_note")} `, stamp(at)), el("div.bubble", { dir: "auto" }, item.text));
    }
    if (kind === "pending") return this.makePending(item);
    const { author } = item;
    const by = item.author_name && author === "agent" ? item.author_name : text(texts.AUTHORS[author]);
    const label = author === "bot" ? text("author_bot") : by;
    return el(`article.message.${author}${first ? ".first" : ""}`, {},
      el("p.by", {}, el("b", { dir: "auto" }, author === "customer" && item.author_name ? item.author_name : label), " ", stamp(at), item.edited_at ? ` · ${text("edited")}` : null),
      item.text ? el("div.bubble", { dir: "auto" }, author === "customer" ? item.text : linked(item.text)) : null,
      (item.attachments ?? []).map(attachment),
      item.buttons?.length ? el("ul.offered", { "aria-label": text("offered_buttons") }, item.buttons.map(({ title }) => el("li", { dir: "auto" }, title))) : null,
      state && item.delivery ? deliveryLine(item.delivery) : null);
  }

  makePending(pending) {
    const failed = pending.state === "failed";
    return el("article.message.agent.first", { "data-state": pending.state },
      el("div.bubble", { dir: "auto" }, [pending.text, pending.file?.name].filter(Boolean).join("\n")),
      el(`p.delivery${failed ? ".bad" : ""}`, {}, failed ? `${text("not_sent")} ${pending.why ?? ""}` : text("delivery_sending"),
        failed ? button(text("retry"), () => this.onRetry(pending), "link") : null,
        failed ? button(text("discard"), () => this.drop(pending), "link") : null));
  }
}

function authorOf({ kind, item }) {
  if (kind === "pending") return "agent";
  return kind === "message" ? `${item.author} ${item.author_name ?? ""}` : kind;
}

const stamp = (at) => el("time", { datetime: at, title: texts.full(at) }, texts.time(at));

function changeOf({ to, by, why }) {
  // An agent's name, or a word of the system's.
  const who = { bot: text("author_bot"), customer: text("author_customer"), system: text("author_system") }[by] ?? by ?? "";
  const said = text(CHANGES[to] ?? "event_other", { who });
  return why && texts.REASONS[why] ? `${said} (${text(texts.REASONS[why])})` : said;
}

function deliveryLine({ state, reason }) {
  const bad = ["failed", "unknown", "withdrawn"].includes(state);
  return el(`p.delivery${bad ? ".bad" : ""}`, {}, texts.named(texts.DELIVERY, state), bad && reason ? ` (${reason})` : null);
}

// Files open in a tab of their own, from this server; pictures show here too if they are its own.
function attachment({ kind, name, media_type, size, state, link, reference }) {
  const label = name || { image: text("picture"), location: text("location"), contact: text("contact"), link: text("link") }[kind] || text("file");
  const target = safe(link ?? (kind === "link" ? reference : null));
  if (kind === "location" || kind === "contact") return el("div.attachment", {}, icon("info"), el("span", { dir: "auto" }, `${label}: ${typeof reference === "string" ? reference : JSON.stringify(reference)}`));
  if (!target) return el("div.attachment", {}, icon("file"), el("span", { dir: "auto" }, label), el("small", {}, texts.named(ATTACHMENT_STATES, state)));
  const more = { href: target.href, target: "_blank", rel: "noopener noreferrer" };
  if (kind === "image" && target.origin === location.origin && /^image\/(png|jpeg|gif|webp)$/.test(media_type ?? "")) {
    return el("a.picture", more, el("img", { src: target.href, alt: label, loading: "lazy" }));
  }
  return el("a.attachment", more, icon("file"), el("span", { dir: "auto" }, label), size ? el("small", {}, `${texts.number(size / 1000)} kB`) : null);
}

export function safe(link) {
  try {
    const url = new URL(link, location.origin);
    return link && /^https?:$/.test(url.protocol) ? url : null;
  } catch {
    return null;
  }
}
