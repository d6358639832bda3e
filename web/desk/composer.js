// What the agent writes: answers and notes, with a draft for each conversation.

import { query, request } from "./api.js";
import { button, el, icon, iconButton } from "./dom.js";
import { segments } from "./sms.js";
import * as texts from "./texts.js";
import { text } from "./texts.js";

const MOST = 4000; // characters
const MOST_BYTES = 10_000_000; // of a file
const TYPING = 4_000; // ms between two signals that somebody is typing
const SEND_NOTES = { closed: "send_closed", stopped: "send_stopped", unreachable: "send_unreachable", late: "send_late" };

export class Composer {
  // Handlers: onReply(text, file), onNote(text, mentions), onTyping(), onClaim(), onProblem(words).
  constructor(desk, handlers) {
    Object.assign(this, handlers, { desk, mode: "reply", mentions: new Map(), file: null });
    this.replyTab = button(text("reply"), () => this.use("reply", true), "mode");
    this.noteTab = button(text("note"), () => this.use("note", true), "mode");
    this.state = el("p.window", { id: "window", hidden: true });
    this.input = el("textarea", { id: "input", rows: 2, maxlength: MOST, dir: "auto", autocomplete: "off", "aria-describedby": "window counter", "aria-autocomplete": "list", "aria-controls": "picker" });
    this.picker = el("ul.picker", { id: "picker", role: "listbox", "aria-label": text("choices"), hidden: true });
    this.counter = el("span.counter", { id: "counter" });
    this.chip = el("p.chip", { hidden: true });
    this.fileInput = el("input", { type: "file", hidden: true, tabindex: "-1", "aria-label": text("attach"), change: () => this.take(this.fileInput.files[0]) });
    this.canned = iconButton("bolt", text("canned"), () => this.type("/"));
    this.mention = iconButton("at", text("mention"), () => this.type("@"));
    this.attach = iconButton("clip", text("attach"), () => this.fileInput.click());
    this.send = el("button.primary.send", { type: "submit" }, icon("send"), el("span", {}, text("send")));
    this.claim = el("div.claim", { hidden: true }, el("span", {}, ""), button(text("claim"), () => this.onClaim(), "primary"));
    this.box = el("div.box", {}, this.picker, this.input, this.chip,
      el("div.tools", {}, this.canned, this.mention, this.attach, this.fileInput, this.counter, this.send));
    this.element = el("form.composer", { "aria-label": text("write") },
      el("div.modes", { role: "group", "aria-label": text("kind_of_text") }, this.replyTab, this.noteTab), this.state, this.claim, this.box);
    this.element.addEventListener("submit", (event) => (event.preventDefault(), this.submit()));
    this.input.addEventListener("input", () => this.changed());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => setTimeout(() => document.activeElement !== this.input && this.closePicker(), 150));
    this.input.addEventListener("paste", (event) => event.clipboardData.files.length && this.take(event.clipboardData.files[0]));
  }

  open(detail) {
    this.keep();
    this.id = detail.id;
    this.take(null);
    this.use("reply");
    this.update(detail);
  }

  update(detail) {
    this.detail = detail;
    const own = detail.owner === "human" && (detail.agent?.id === this.desk.me.id || this.desk.me.role === "admin");
    const { state, until } = detail.send;
    const shut = state !== "open" && state !== "late";
    this.own = own;
    this.allowed = this.mode === "note" || (own && !shut);
    this.claim.hidden = own || this.mode === "note";
    this.claim.firstChild.textContent = this.whose(detail);
    this.claim.lastChild.hidden = detail.owner !== "queue" && detail.owner !== "bot";
    this.box.hidden = !this.claim.hidden;
    const until_words = until && Date.parse(until) > Date.now()
      ? text("send_until", { time: texts.full(until), left: texts.duration((Date.parse(until) - Date.now()) / 1000) }) : "";
    this.state.textContent = SEND_NOTES[state] ? [text(SEND_NOTES[state]), state === "late" ? until_words : ""].join(" ").trim() : until_words;
    this.state.hidden = this.mode === "note" || !this.state.textContent || !own;
    this.state.classList.toggle("bad", state !== "open");
    this.canned.hidden = this.attach.hidden = this.mode === "note";
    this.mention.hidden = this.mode !== "note";
    this.fit();
  }

  whose({ owner, agent }) {
    if (owner === "human") return text("held_by", { agent: agent?.name ?? "" });
    return text({ queue: "claim_queue", bot: "claim_bot", closed: "claim_closed" }[owner]);
  }

  use(mode, focus = false) {
    if (this.id && this.mode !== mode) this.keep();
    this.mode = mode;
    this.element.classList.toggle("noting", mode === "note");
    this.replyTab.ariaPressed = String(mode === "reply");
    this.noteTab.ariaPressed = String(mode === "note");
    this.input.placeholder = text(mode === "note" ? "note_placeholder" : "reply_placeholder");
    this.input.ariaLabel = text(mode === "note" ? "note" : "reply");
    this.send.lastChild.textContent = text(mode === "note" ? "add_note" : "send");
    this.input.value = sessionStorage.getItem(this.draft) ?? "";
    if (this.detail?.id === this.id) this.update(this.detail);
    if (focus) (this.box.hidden ? this.claim.lastChild : this.input).focus();
  }

  get draft() {
    return `draft-${this.desk.me.id}-${this.id}-${this.mode}`;
  }

  keep() {
    if (!this.id) return;
    if (this.input.value.trim()) sessionStorage.setItem(this.draft, this.input.value);
    else sessionStorage.removeItem(this.draft);
  }

  changed() {
    this.keep();
    this.fit();
    this.suggest();
    if (this.mode === "reply" && this.own && this.input.value && Date.now() - (this.told ?? 0) > TYPING) {
      this.told = Date.now();
      this.onTyping();
    }
  }

  fit() {
    const { input } = this;
    input.style.blockSize = "auto";
    input.style.blockSize = `${input.scrollHeight + 2}px`; // and the border
    const words = input.value.trim();
    this.send.ariaDisabled = String(!this.allowed || (!words && !this.file));
    const { limit, segments: counted } = this.detail?.send ?? {};
    const most = this.mode === "reply" && limit ? Math.min(limit, MOST) : MOST;
    const room = most - [...input.value].length;
    let told = room < 200 ? text("characters_left", { count: room }) : "";
    if (this.mode === "reply" && counted && words) {
      const { count, left } = segments(words);
      told = text("sms_count", { count, left });
    }
    this.counter.textContent = told;
    this.tooLong = room < 0;
    this.counter.classList.toggle("bad", this.tooLong);
  }

  key(event) {
    // Enter that ends the composition of a character is not ours.
    if (event.isComposing || event.keyCode === 229) return;
    if (!this.picker.hidden && this.pickerKey(event)) return event.preventDefault();
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "Escape") this.input.blur();
  }

  submit() {
    const words = this.input.value.trim();
    if (!this.allowed || this.tooLong || (!words && !this.file)) return this.input.focus();
    const { mode, file } = this;
    this.input.value = "";
    this.take(null);
    this.keep();
    this.fit();
    this.input.focus();
    if (mode === "reply") return this.onReply(words, file);
    const mentioned = [...this.mentions].filter(([, name]) => words.includes(`@${name}`)).map(([id]) => id);
    this.mentions.clear();
    this.onNote(words, mentioned);
  }

  // Puts back what could not be sent.
  restore(id, mode, words) {
    if (id === this.id && mode === this.mode && !this.input.value) {
      this.input.value = words;
      this.changed();
    } else sessionStorage.setItem(`draft-${this.desk.me.id}-${id}-${mode}`, words);
  }

  take(file) {
    if (file && file.size > MOST_BYTES) {
      this.onProblem(text("file_too_large"));
      file = null;
    }
    this.file = file ?? null;
    this.fileInput.value = "";
    this.chip.hidden = !this.file;
    this.chip.replaceChildren(...(file ? [icon("file"), el("span", { dir: "auto" }, file.name || text("picture")), iconButton("close", text("remove"), () => this.take(null))] : []));
    if (this.detail) this.fit();
  }

  // --- choices while typing: canned answers after "/", colleagues after "@" ---

  type(sign) {
    const { input } = this;
    const before = input.value.slice(0, input.selectionStart);
    input.focus();
    input.setRangeText(/\S$/.test(before) ? ` ${sign}` : sign, input.selectionStart, input.selectionEnd, "end");
    this.changed();
  }

  get asked() {
    const before = this.input.value.slice(0, this.input.selectionStart);
    const found = before.match(this.mode === "note" ? /(?:^|\s)@([^\n@]{0,30})$/ : /(?:^|\s)\/([^\n/]{0,60})$/);
    return found && { words: found[1], from: before.length - found[1].length - 1 };
  }

  async suggest() {
    const { asked } = this;
    if (!asked) return this.closePicker();
    if (this.mode === "note") {
      const start = asked.words.toLocaleLowerCase();
      return this.offer(asked, this.desk.agents.filter(({ id, name }) => id !== this.desk.me.id && name.toLocaleLowerCase().startsWith(start))
        .map(({ id, name, state }) => ({ title: name, text: texts.named(texts.STATES, state), insert: `@${name} `, id, name })), false);
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      try {
        const { answers } = await request(`canned?${query({ language: this.detail.language, q: asked.words.trim(), conversation: this.id })}`);
        if (this.asked?.words === asked.words) this.offer(asked, answers.slice(0, 8).map((answer) => ({ ...answer, id: null, insert: answer.text })), true);
      } catch {
        this.closePicker();
      }
    }, asked.words ? 200 : 0);
  }

  offer(asked, choices, tellNone) {
    if (!choices.length && !tellNone) return this.closePicker();
    this.choices = choices;
    this.picker.replaceChildren(...(choices.length ? choices.map((choice, at) => el("li", { role: "option", id: `choice-${at}`, "aria-selected": "false",
      pointerdown: (event) => (event.preventDefault(), this.pick(at)) }, el("b", { dir: "auto" }, choice.title), el("span", { dir: "auto" }, choice.text)))
      : [el("li.none", { role: "option", "aria-disabled": "true", "aria-selected": "false" }, text("nothing_found"))]));
    this.picker.hidden = false;
    this.point(0);
  }

  point(at) {
    if (!this.choices.length) return;
    this.at = (at + this.choices.length) % this.choices.length;
    [...this.picker.children].forEach((item, index) => (item.ariaSelected = String(index === this.at)));
    this.picker.children[this.at].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", `choice-${this.at}`);
  }

  pickerKey({ key, shiftKey }) {
    if (key === "Escape") this.closePicker();
    else if (!this.choices.length) return false;
    else if (key === "ArrowDown") this.point(this.at + 1);
    else if (key === "ArrowUp") this.point(this.at - 1);
    else if ((key === "Enter" || key === "Tab") && !shiftKey) this.pick(this.at);
    else return false;
    return true;
  }

  pick(at) {
    const { asked } = this;
    const choice = this.choices[at];
    this.closePicker();
    if (!asked || !choice) return;
    this.input.setRangeText(choice.insert, asked.from, this.input.selectionStart, "end");
    if (choice.id) this.mentions.set(choice.id, choice.name);
    this.input.focus();
    this.changed();
    this.closePicker();
  }

  closePicker() {
    clearTimeout(this.timer);
    this.picker.hidden = true;
    this.choices = [];
    this.input.removeAttribute("aria-activedescendant");
  }
}
