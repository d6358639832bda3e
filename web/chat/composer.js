// The input: grows with its text; Enter sends, Shift+Enter starts a new line.

import { $, aria, composing, grow } from "../shared/dom.js";
import { text } from "./texts.js";

const MOST = 4000; // characters
const TELL_FROM = 200; // left

export class Composer {
  input = /** @type {HTMLTextAreaElement} */ ($("input"));
  left = $("left");
  button = $("send");

  /** @param {(text: string) => void} onSend */
  constructor(onSend) {
    this.onSend = onSend;
    this.input.labels[0].append(text("input_label"));
    this.input.placeholder = text("input_placeholder");
    aria(this.button, "label", text("send"));
    this.input.addEventListener("input", () => this.fit());
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || composing(event)) return;
      event.preventDefault();
      this.send();
    });
    $("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.fit();
  }

  send() {
    const message = this.input.value.trim();
    if (!message) return this.input.focus();
    this.input.value = "";
    this.fit();
    this.input.focus();
    this.onSend(message);
  }

  /** Takes away what was being written; whether there was anything. */
  drop() {
    const written = Boolean(this.input.value.trim());
    this.input.value = "";
    this.fit();
    return written;
  }

  fit() {
    const { input, left } = this;
    grow(input);
    aria(this.button, "disabled", String(!input.value.trim()));
    const room = MOST - input.value.length;
    left.hidden = room > TELL_FROM;
    left.textContent = left.hidden ? "" : text("characters_left", { count: room });
  }
}
