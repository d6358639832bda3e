// The input: grows with its text; Enter sends, Shift+Enter starts a new line.

import { text } from "./texts.js";

const MOST = 4000; // characters
const TELL_FROM = 200; // left

export class Composer {
  constructor(form, onSend) {
    this.form = form;
    this.onSend = onSend;
    this.input = form.querySelector("textarea");
    this.left = form.querySelector("#left");
    this.button = form.querySelector("button");
    form.querySelector("label").append(text("input_label"));
    this.input.placeholder = text("input_placeholder");
    this.button.ariaLabel = text("send");
    this.input.addEventListener("input", () => this.fit());
    this.input.addEventListener("keydown", (event) => {
      // Enter that ends the composition of a character is not ours.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.send();
    });
    form.addEventListener("submit", (event) => (event.preventDefault(), this.send()));
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

  fit() {
    const { input, left } = this;
    input.style.blockSize = "auto";
    input.style.blockSize = `${input.scrollHeight + 2}px`; // and the border
    this.button.ariaDisabled = String(!input.value.trim());
    const room = MOST - input.value.length;
    left.hidden = room > TELL_FROM;
    left.textContent = left.hidden ? "" : text("characters_left", { count: room });
  }
}
