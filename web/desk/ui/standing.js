// How far what is shown can be relied on: on its way, not to be had, or there; and old where it can't be had
// anew. Unknown never looks like empty.

import { el } from "../../shared/dom.js";
import { backoff, known } from "../../shared/http.js";
import { explain, short, text } from "../core/texts.js";
import { button } from "./controls.js";

export class Standing {
  /** @type {string | null} ISO 8601; when it was there last */
  at = null;
  /** @type {unknown} why it can't be had now */
  error = null;
  failures = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer;
  element = el("p.standing");

  /** @param {() => unknown} retry fetches it anew, and ends in `done` or `fail` */
  constructor(retry) {
    this.retry = retry;
    this.draw();
  }

  // It has been there.
  get there() {
    return this.at !== null;
  }

  // It is there, and nothing is known to be missing.
  get current() {
    return this.there && !this.error;
  }

  // Nothing has happened since, as far as is known.
  still() {
    if (this.current) this.at = new Date().toISOString();
  }

  // Something else is wanted now, of which nothing is there yet.
  reset() {
    this.stop();
    this.at = this.error = null;
    this.failures = 0;
    this.draw();
  }

  done() {
    this.stop();
    this.at = new Date().toISOString();
    this.error = null;
    this.failures = 0;
    this.draw();
  }

  /** @param {unknown} error What may pass is tried again by itself. */
  fail(error) {
    const { status, temporary, wait } = known(error);
    if (status === 401) return; // signed out: told elsewhere
    this.stop();
    this.error = error;
    this.failures += 1;
    if (temporary) this.timer = setTimeout(() => this.retry(), Math.max(backoff(this.failures), wait));
    this.draw();
  }

  stop() {
    clearTimeout(this.timer);
  }

  draw() {
    const { error, there } = this;
    this.element.hidden = this.current;
    this.element.classList.toggle("bad", Boolean(error));
    if (this.current) return this.element.replaceChildren();
    if (!error) return this.element.replaceChildren(text("loading"));
    const why = there && this.at ? text("stale", { time: short(this.at) }) : text("not_there");
    const again = button(text("retry"), () => this.retry(), "link");
    this.element.replaceChildren(el("span", {}, why), ` ${there ? "" : explain(error)} `, again);
  }
}
