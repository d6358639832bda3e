// The list of messages: sorted by their place in the transcript, those still on their way at the end.

import { linked } from "./links.js";
import { day, text, time } from "./texts.js";

const PAUSE = 300_000; // ms between two messages of one author that are still shown as one group
const AUTHORS = { bot: "assistant", agent: "agent", customer: "you" };
const NEAR = 80; // px from the end that still count as reading the newest

export class Log {
  // Handlers: onPress(button), onRetry(message).
  constructor(element, newest, handlers) {
    Object.assign(this, handlers, { element, newest });
    this.entries = [];
    this.tail = document.getElementById("typing");
    this.atEnd = true;
    element.setAttribute("aria-label", text("conversation"));
    element.addEventListener("scroll", () => this.watch(), { passive: true });
    new ResizeObserver(() => this.atEnd && this.toEnd()).observe(element);
    newest.append(text("new_messages"));
    newest.addEventListener("click", () => (this.toEnd(), element.focus()));
  }

  // Messages of the transcript; an own one takes the place of what was shown while it was on its way.
  receive(messages) {
    for (const message of messages) {
      const own = message.client_msg_id && this.entries.find((entry) => entry.id === message.client_msg_id);
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

  // A message of the customer's that is only now being sent.
  show(message) {
    this.insert(Object.assign(message, { author: "customer", at: new Date(), seq: Infinity }));
    this.arrange();
    this.toEnd();
  }

  mark(entry, state) {
    entry.state = state;
    if (!entry.element) return;
    entry.element.dataset.state = state;
    const label = { sending: "sending", sent: "sent", failed: "failed", refused: entry.press ? "expired_choice" : "failed" };
    entry.note.textContent = text(label[state]);
    entry.again.hidden = state !== "failed";
    this.arrange();
    if (this.atEnd) this.toEnd();
  }

  clear() {
    for (const entry of this.entries) entry.element.remove();
    this.entries = this.entries.filter((entry) => entry.seq === Infinity);
    for (const entry of this.entries) this.tail.before(entry.element);
    this.arrange();
  }

  get newestSeq() {
    return this.entries.reduce((most, { seq }) => (seq < Infinity ? Math.max(most, seq) : most), 0);
  }

  // Who spoke last on the shop's side.
  get counterpart() {
    return this.entries.findLast((entry) => entry.author !== "customer")?.author;
  }

  toEnd() {
    if (this.entries.length < 2) return; // the greeting alone is read from its start
    this.element.scrollTop = this.element.scrollHeight;
    this.atEnd = true;
    this.newest.hidden = true;
  }

  watch() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    if (!clientHeight) return; // closed: nothing can be read off
    this.atEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    if (this.atEnd) this.newest.hidden = true;
  }

  insert(entry) {
    const { author, at } = entry;
    entry.element = made("div", `message ${author}`);
    entry.day = made("p", "day");
    const by = made("p", "by");
    // Whose a message is shows in its place and colour; the own name is for those who listen.
    by.append(made("span", author === "customer" ? "unseen" : "", AUTHORS[author]));
    const bubble = made("div", "bubble");
    bubble.dir = "auto";
    bubble.append(author === "customer" ? entry.text : linked(entry.text));
    entry.element.append(entry.day, by, bubble);
    if (at) {
      const stamp = made("time");
      stamp.dateTime = at.toISOString();
      stamp.append(time(at));
      by.append(" ", stamp);
    }
    if (author === "customer") this.addState(entry);
    if (entry.buttons?.length) this.addButtons(entry);
    const place = this.entries.findLastIndex((other) => other.seq <= entry.seq) + 1;
    (this.entries[place]?.element ?? this.tail).before(entry.element);
    this.entries.splice(place, 0, entry);
    if (entry.note) this.mark(entry, entry.state);
  }

  addState(entry) {
    const line = made("p", "state");
    entry.note = made("span");
    entry.again = made("button", "again", "retry");
    entry.again.type = "button";
    entry.again.addEventListener("click", () => this.onRetry(entry));
    line.append(entry.note, entry.again);
    entry.element.append(line);
  }

  addButtons(entry) {
    entry.choices = made("div", "choices");
    for (const { token, title } of entry.buttons) {
      const button = made("button");
      button.type = "button";
      button.dir = "auto";
      button.append(title);
      button.addEventListener("click", () => {
        // Not `disabled`: that would throw the keyboard's focus away.
        if (button.ariaDisabled === "true") return;
        button.classList.add("chosen");
        this.onPress({ token, title });
      });
      entry.choices.append(button);
    }
    entry.element.append(entry.choices);
  }

  // Day lines, groups, which state is shown, and which choices are still open.
  arrange() {
    if (!this.entries.every((entry) => entry.element)) return;
    let before = null;
    for (const entry of this.entries) {
      const dayName = entry.at ? day(entry.at) : "";
      const newDay = dayName && dayName !== (before?.at ? day(before.at) : "");
      if (entry.day.textContent !== (newDay ? dayName : "")) entry.day.textContent = newDay ? dayName : "";
      const first = newDay || before?.author !== entry.author || entry.at - before.at > PAUSE;
      entry.element.classList.toggle("first", Boolean(first));
      before = entry;
    }
    let answered = false;
    let newestOwn = true;
    for (const entry of this.entries.toReversed()) {
      for (const button of entry.choices?.children ?? []) button.ariaDisabled = String(answered);
      if (entry.author !== "customer") continue;
      entry.element.classList.toggle("newest", newestOwn);
      newestOwn = false;
      answered ||= entry.state !== "refused";
    }
  }
}

function made(name, className = "", key = "") {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (key) element.textContent = text(key);
  return element;
}
