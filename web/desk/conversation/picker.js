// Choices while typing: canned answers after "/", colleagues after "@".

import { aria, el } from "../../shared/dom.js";
import { query, request } from "../core/api.js";
import * as texts from "../core/texts.js";
import { text } from "../core/texts.js";

const TYPED = 200; // ms without a key after which canned answers are looked for
const MOST = 8; // answers that are offered

/** @typedef {{title: string, text: string, insert: string, id?: number, name?: string}} Choice */
/** @typedef {{words: string, from: number}} Asked what was typed after the sign, and where the sign stands */

export class Picker {
  element = el("ul.picker", { id: "picker", role: "listbox", "aria-label": text("choices"), hidden: true });
  /** @type {Choice[]} */
  choices = [];
  at = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer;

  /**
   * @param {Desk.Shell} desk
   * @param {HTMLTextAreaElement} input
   * @param {{mode: () => "reply" | "note", detail: () => Desk.Detail | undefined, onPick: (choice: Choice) => void}} on
   */
  constructor(desk, input, on) {
    this.desk = desk;
    this.input = input;
    this.on = on;
    input.addEventListener("blur", () =>
      setTimeout(() => {
        if (document.activeElement !== input) this.close();
      }, 150),
    );
  }

  /** @returns {Asked | null} */
  get asked() {
    const before = this.input.value.slice(0, this.input.selectionStart);
    const pattern = this.on.mode() === "note" ? /(?:^|\s)@([^\n@]{0,30})$/ : /(?:^|\s)\/([^\n/]{0,60})$/;
    const found = before.match(pattern);
    return found && { words: found[1], from: before.length - found[1].length - 1 };
  }

  suggest() {
    const { asked } = this;
    if (!asked) return this.close();
    if (this.on.mode() === "note") return this.offer(this.colleagues(asked.words));
    clearTimeout(this.timer);
    if (this.element.hidden) this.offer([], text("loading"));
    this.timer = setTimeout(() => this.look(asked), asked.words ? TYPED : 0);
  }

  /**
   * @param {string} words
   * @returns {Choice[]}
   */
  colleagues(words) {
    const start = words.toLocaleLowerCase();
    const { agents, me } = this.desk;
    return agents
      .filter(({ id, name }) => id !== me.id && name.toLocaleLowerCase().startsWith(start))
      .map(({ id, name, state }) => ({
        title: name,
        text: texts.named(texts.STATES, state),
        insert: `@${name} `,
        id,
        name,
      }));
  }

  /** @param {Asked} asked */
  async look({ words }) {
    const detail = this.on.detail();
    try {
      const wanted = query({ language: detail?.language, q: words.trim(), conversation: detail?.id });
      /** @type {{answers: {title: string, text: string}[]}} */
      const { answers } = await request(`canned?${wanted}`);
      if (this.asked?.words !== words) return;
      const choices = answers.slice(0, MOST);
      this.offer(
        choices.map(({ title, text }) => ({ title, text, insert: text })),
        text("nothing_found"),
      );
    } catch {
      if (this.asked?.words === words) this.offer([], text("not_there"));
    }
  }

  /**
   * @param {Choice[]} choices
   * @param {string} [none] what to say where there are none
   */
  offer(choices, none) {
    if (!choices.length && !none) return this.close();
    this.choices = choices;
    this.element.replaceChildren(
      ...(choices.length
        ? choices.map((choice, at) => this.option(choice, at))
        : [el("li.none", { role: "option", "aria-disabled": "true", "aria-selected": "false" }, none)]),
    );
    this.element.hidden = false;
    this.point(0);
  }

  /**
   * @param {Choice} choice
   * @param {number} at
   */
  option(choice, at) {
    const pointerdown = (/** @type {PointerEvent} */ event) => {
      event.preventDefault();
      this.pick(at);
    };
    return el(
      "li",
      { role: "option", id: `choice-${at}`, "aria-selected": "false", pointerdown },
      el("b", { dir: "auto" }, choice.title),
      el("span", { dir: "auto" }, choice.text),
    );
  }

  /** @param {number} at */
  point(at) {
    const { choices, element, input } = this;
    if (!choices.length) return;
    this.at = (at + choices.length) % choices.length;
    for (const [index, item] of [...element.children].entries())
      aria(item, "selected", String(index === this.at));
    element.children[this.at].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", `choice-${this.at}`);
  }

  /**
   * Whether the key was meant for the choices.
   * @param {KeyboardEvent} event
   */
  key({ key, shiftKey }) {
    if (this.element.hidden) return false;
    if (key === "Escape") this.close();
    else if (!this.choices.length) return false;
    else if (key === "ArrowDown") this.point(this.at + 1);
    else if (key === "ArrowUp") this.point(this.at - 1);
    else if ((key === "Enter" || key === "Tab") && !shiftKey) this.pick(this.at);
    else return false;
    return true;
  }

  /** @param {number} at */
  pick(at) {
    const { asked, input } = this;
    const choice = this.choices[at];
    this.close();
    if (!asked || !choice) return;
    input.setRangeText(choice.insert, asked.from, input.selectionStart, "end");
    input.focus();
    this.on.onPick(choice);
    this.close();
  }

  close() {
    clearTimeout(this.timer);
    this.element.hidden = true;
    this.choices = [];
    this.input.removeAttribute("aria-activedescendant");
  }
}
