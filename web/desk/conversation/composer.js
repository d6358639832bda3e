// What the agent writes: answers and notes, with a draft for each conversation.

import { aria, composing, el, grow } from "../../shared/dom.js";
import { isFree } from "../core/summary.js";
import { text } from "../core/texts.js";
import { button, iconButton } from "../ui/controls.js";
import { icon } from "../ui/icons.js";
import * as drafts from "./drafts.js";
import { Picker } from "./picker.js";
import { holder, sendNote } from "./send_window.js";
import { segments } from "./sms.js";
import { Upload } from "./upload.js";

const MOST = 4000; // characters
const TYPING = 4_000; // ms between two signals that somebody is typing

export class Composer {
  /** @type {drafts.Mode} */
  mode = "reply";
  /** @type {number | null} the open conversation */
  id = null;
  /** @type {Desk.Detail | undefined} */
  detail;
  /** @type {Map<number, string>} */
  mentions = new Map();
  own = false; // the agent may answer here
  allowed = false;
  tooLong = false;
  told = 0; // when somebody was told of typing

  /**
   * @param {Desk.Shell} desk
   * @param {Desk.ComposerHandlers} on
   */
  constructor(desk, on) {
    this.desk = desk;
    this.on = on;
    this.replyTab = button(text("reply"), () => this.use("reply", true), "mode");
    this.noteTab = button(text("note"), () => this.use("note", true), "mode");
    this.state = el("p.window", { id: "window", hidden: true });
    this.input = el("textarea", {
      id: "input",
      rows: 2,
      maxlength: MOST,
      dir: "auto",
      autocomplete: "off",
      "aria-describedby": "window counter",
      "aria-autocomplete": "list",
      "aria-controls": "picker",
    });
    this.picker = new Picker(desk, this.input, {
      mode: () => this.mode,
      detail: () => this.detail,
      onPick: ({ id, name }) => {
        if (id && name) this.mentions.set(id, name);
        this.changed();
      },
    });
    this.counter = el("span.counter", { id: "counter" });
    this.upload = new Upload({
      onChange: () => {
        if (this.detail) this.fit();
      },
      onProblem: on.onProblem,
    });
    this.canned = iconButton("bolt", text("canned"), () => this.type("/"));
    this.mention = iconButton("at", text("mention"), () => this.type("@"));
    this.sendLabel = el("span", {}, text("send"));
    this.send = el("button.primary.send", { type: "submit" }, icon("send"), this.sendLabel);
    this.whose = el("span");
    this.claimButton = button(text("claim"), on.onClaim, "primary");
    this.claim = el("div.claim", { hidden: true }, this.whose, this.claimButton);
    this.box = el(
      "div.box",
      {},
      this.picker.element,
      this.input,
      this.upload.chip,
      el(
        "div.tools",
        {},
        this.canned,
        this.mention,
        this.upload.button,
        this.upload.input,
        this.counter,
        this.send,
      ),
    );
    this.element = el(
      "form.composer",
      { "aria-label": text("write") },
      el("div.modes", { role: "group", "aria-label": text("kind_of_text") }, this.replyTab, this.noteTab),
      this.state,
      this.claim,
      this.box,
    );
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.input.addEventListener("input", () => this.changed());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("paste", ({ clipboardData }) => {
      if (clipboardData?.files.length) this.upload.take(clipboardData.files[0]);
    });
  }

  /** @param {Desk.Detail} detail */
  open(detail) {
    this.keep();
    this.id = detail.id;
    this.upload.take(null);
    this.use("reply");
    this.update(detail);
  }

  /** @param {Desk.Detail} detail */
  update(detail) {
    this.detail = detail;
    const own =
      detail.owner === "human" && (detail.agent?.id === this.desk.me.id || this.desk.me.role === "admin");
    const { state } = detail.send;
    const shut = state !== "open" && state !== "late";
    this.own = own;
    this.allowed = this.mode === "note" || (own && !shut);
    this.claim.hidden = own || this.mode === "note";
    this.whose.textContent = holder(detail);
    this.claimButton.hidden = !isFree(detail);
    this.box.hidden = !this.claim.hidden;
    this.state.textContent = sendNote(detail.send);
    this.state.hidden = this.mode === "note" || !this.state.textContent || !own;
    this.state.classList.toggle("bad", state !== "open");
    this.canned.hidden = this.upload.button.hidden = this.mode === "note";
    this.mention.hidden = this.mode !== "note";
    this.fit();
  }

  /**
   * @param {drafts.Mode} mode
   * @param {boolean} [focus]
   */
  use(mode, focus = false) {
    if (this.id && this.mode !== mode) this.keep();
    this.mode = mode;
    this.element.classList.toggle("noting", mode === "note");
    aria(this.replyTab, "pressed", String(mode === "reply"));
    aria(this.noteTab, "pressed", String(mode === "note"));
    this.input.placeholder = text(mode === "note" ? "note_placeholder" : "reply_placeholder");
    aria(this.input, "label", text(mode === "note" ? "note" : "reply"));
    this.sendLabel.textContent = text(mode === "note" ? "add_note" : "send");
    this.input.value = drafts.read(this.desk.me.id, this.id, mode);
    if (this.detail && this.detail.id === this.id) this.update(this.detail);
    if (focus) (this.box.hidden ? this.claimButton : this.input).focus();
  }

  keep() {
    if (this.id) drafts.keep(this.input.value, this.desk.me.id, this.id, this.mode);
  }

  changed() {
    this.keep();
    this.fit();
    this.picker.suggest();
    if (this.mode === "reply" && this.own && this.input.value && Date.now() - this.told > TYPING) {
      this.told = Date.now();
      this.on.onTyping();
    }
  }

  fit() {
    const { input } = this;
    grow(input);
    const words = input.value.trim();
    aria(this.send, "disabled", String(!this.allowed || (!words && !this.upload.file)));
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

  /** @param {KeyboardEvent} event */
  key(event) {
    if (composing(event)) return;
    if (this.picker.key(event)) return event.preventDefault();
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "Escape") this.input.blur();
  }

  submit() {
    const words = this.input.value.trim();
    if (!this.allowed || this.tooLong || (!words && !this.upload.file)) return this.input.focus();
    const { mode } = this;
    const { file } = this.upload;
    this.input.value = "";
    this.upload.take(null);
    this.keep();
    this.fit();
    this.input.focus();
    if (mode === "reply") return this.on.onReply(words, file);
    const mentioned = [...this.mentions].filter(([, name]) => words.includes(`@${name}`)).map(([id]) => id);
    this.mentions.clear();
    this.on.onNote(words, mentioned);
  }

  /**
   * Puts back what could not be sent.
   * @param {number} id
   * @param {drafts.Mode} mode
   * @param {string} words
   */
  restore(id, mode, words) {
    if (id === this.id && mode === this.mode && !this.input.value) {
      this.input.value = words;
      this.changed();
    } else drafts.keep(words, this.desk.me.id, id, mode);
  }

  /**
   * Writes a sign that calls up choices.
   * @param {"/" | "@"} sign
   */
  type(sign) {
    const { input } = this;
    const before = input.value.slice(0, input.selectionStart);
    input.focus();
    input.setRangeText(
      /\S$/.test(before) ? ` ${sign}` : sign,
      input.selectionStart,
      input.selectionEnd,
      "end",
    );
    this.changed();
  }
}
