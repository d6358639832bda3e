// The list of messages: sorted by their place in the transcript, those still on their way at the end.

import { $, aria, atEnd, el, off } from "../shared/dom.js";
import { linked } from "../shared/links.js";
import { last, lastIndex } from "../shared/lists.js";
import { day, text, time } from "./texts.js";

const PAUSE = 300_000; // ms between two messages of one author that are still shown as one group
const AUTHORS = { bot: "assistant", agent: "agent", customer: "you", system: "" };

export class Log {
  /** @type {Chat.Entry[]} */
  entries = [];
  element = $("log");
  newest = $("newest");
  tail = $("typing");
  atEnd = true;

  /** @param {Chat.LogHandlers} on */
  constructor(on) {
    this.on = on;
    const { element, newest } = this;
    element.setAttribute("aria-label", text("conversation"));
    element.addEventListener("scroll", () => this.watch(), { passive: true });
    new ResizeObserver(() => this.atEnd && this.toEnd()).observe(element);
    newest.append(text("new_messages"));
    newest.addEventListener("click", () => {
      this.toEnd();
      element.focus();
    });
  }

  /**
   * Messages of the transcript; an own one takes the place of what was shown while it was on its way.
   * @param {Chat.Message[]} messages
   */
  receive(messages) {
    for (const message of messages) {
      const own =
        this.entries.find(({ id }) => message.client_msg_id && id === message.client_msg_id) ??
        this.entries.find(({ seq }) => seq === message.seq);
      if (own) {
        Object.assign(own, { seq: message.seq, at: new Date(message.at) });
        this.mark(own, "sent");
      } else {
        this.insert({ ...message, at: new Date(message.at), id: message.client_msg_id, state: "sent" });
      }
    }
    this.arrange();
    if (this.atEnd) this.toEnd();
    else this.newest.hidden = !messages.some((message) => message.author !== "customer");
  }

  /**
   * A message of the customer's that is only now being sent.
   * @param {{id: string, text: string, press?: string}} message
   */
  show(message) {
    const shown = this.insert({
      ...message,
      author: "customer",
      at: new Date(),
      seq: Number.POSITIVE_INFINITY,
      state: "sending",
    });
    this.arrange();
    this.toEnd();
    return shown;
  }

  /**
   * @param {Chat.Entry} entry
   * @param {Chat.State} state
   * @param {number} [wait] s until it is sent
   */
  mark(entry, state, wait) {
    // Said aloud once: the seconds that follow are only to be seen.
    if (entry.note) aria(entry.note, "live", state === "waiting" && entry.state === state ? "off" : null);
    entry.state = state;
    // Chosen in another tab already: it stands there once.
    if (entry.press && this.entries.some((other) => other !== entry && other.seq === entry.seq)) {
      entry.element.remove();
      this.entries = this.entries.filter((other) => other !== entry);
      return this.arrange();
    }
    const { element, note, again } = entry;
    if (!note || !again) return;
    element.dataset.state = state;
    const refused = entry.press ? "expired_choice" : "failed";
    note.textContent = text(state === "refused" ? refused : state, { count: wait });
    again.hidden = state !== "failed";
    this.arrange();
    if (this.atEnd) this.toEnd();
  }

  /** @param {boolean} [all] also what is on its way */
  clear(all) {
    for (const entry of this.entries) entry.element.remove();
    this.entries = this.entries.filter((entry) => !all && entry.seq === Infinity);
    for (const entry of this.entries) this.tail.before(entry.element);
    this.arrange();
  }

  // Something that the window itself has to say, behind what is there.
  /** @param {string} said */
  note(said) {
    const seq = this.entries.reduce((most, { seq }) => (seq < Infinity ? Math.max(most, seq) : most), 0);
    this.insert({ author: "system", text: said, seq });
    this.arrange();
    this.toEnd();
  }

  // Whether anything was said yet.
  get begun() {
    return this.entries.some(({ seq }) => seq > 0);
  }

  // Who spoke last on the shop's side.
  get counterpart() {
    return last(this.entries, ({ author }) => author !== "customer" && author !== "system")?.author;
  }

  toEnd() {
    if (this.entries.length < 2) return; // the greeting alone is read from its start
    this.element.scrollTop = this.element.scrollHeight;
    this.atEnd = true;
    this.newest.hidden = true;
  }

  watch() {
    this.atEnd = atEnd(this.element) ?? this.atEnd;
    if (this.atEnd) this.newest.hidden = true;
  }

  /** @param {Chat.Content} content */
  insert(content) {
    const { author, at, buttons } = content;
    const dayLine = el("p.day");
    // Whose a message is shows in its place and colour; the own name is for those who listen.
    const by = el("p.by", {}, el(author === "customer" ? "span.unseen" : "span", {}, text(AUTHORS[author])));
    if (at) by.append(" ", el("time", { datetime: at.toISOString() }, time(at)));
    const said = author === "customer" ? content.text : linked(content.text);
    const element = el(`div.message.${author}`, {}, dayLine, by, el("div.bubble", { dir: "auto" }, said));
    /** @type {Chat.Entry} */
    const entry = { ...content, element, day: dayLine };
    if (author === "customer") this.addState(entry);
    if (buttons?.length) {
      entry.choices = el(
        "div.choices",
        {},
        buttons.map((button) => this.choice(button)),
      );
      element.append(entry.choices);
    }
    const place = lastIndex(this.entries, (other) => other.seq <= entry.seq) + 1;
    (this.entries[place]?.element ?? this.tail).before(element);
    this.entries.splice(place, 0, entry);
    if (entry.state) this.mark(entry, entry.state);
    return entry;
  }

  /** @param {Chat.Entry} entry */
  addState(entry) {
    entry.note = el("span");
    entry.again = el("button.again", { type: "button", click: () => this.on.onRetry(entry) }, text("retry"));
    entry.element.append(el("p.state", {}, entry.note, entry.again));
  }

  /** @param {Chat.Button} choice */
  choice(choice) {
    const click = () => {
      // Not `disabled`: that would throw the keyboard's focus away.
      if (off(button)) return;
      button.classList.add("chosen");
      this.on.onPress(choice);
    };
    const button = el("button", { type: "button", dir: "auto", click }, choice.title);
    return button;
  }

  // Day lines, groups, which state is shown, and which choices are still open.
  arrange() {
    /** @type {Chat.Entry | undefined} */
    let before;
    for (const entry of this.entries) {
      const dayName = entry.at ? day(entry.at) : "";
      const newDay = dayName && dayName !== (before?.at ? day(before.at) : "");
      if (entry.day.textContent !== (newDay ? dayName : "")) entry.day.textContent = newDay ? dayName : "";
      const pause = Number(entry.at) - Number(before?.at) > PAUSE;
      entry.element.classList.toggle("first", Boolean(newDay) || before?.author !== entry.author || pause);
      before = entry;
    }
    let answered = false;
    let newestOwn = true;
    for (const entry of [...this.entries].reverse()) {
      for (const button of entry.choices?.children ?? []) aria(button, "disabled", String(answered));
      if (entry.author !== "customer") continue;
      entry.element.classList.toggle("newest", newestOwn);
      newestOwn = false;
      answered ||= entry.state !== "refused";
    }
  }
}
