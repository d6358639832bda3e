// What the list is narrowed down to: words, and a channel, a language, an agent.

import { aria, el } from "../../shared/dom.js";
import * as texts from "../core/texts.js";
import { text } from "../core/texts.js";
import { iconButton, options } from "../ui/controls.js";
import { icon } from "../ui/icons.js";

const TYPED = 300; // ms without a key after which a search begins

export class Search {
  /** @type {Record<string, string>} */
  filters = {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  typing;

  /**
   * @param {Desk.Shell} desk
   * @param {() => void} onChange
   */
  constructor(desk, onChange) {
    this.onChange = onChange;
    /** @type {HTMLInputElement} */
    this.input = el("input", {
      type: "search",
      id: "search",
      placeholder: text("search"),
      "aria-label": text("search"),
      autocomplete: "off",
      maxlength: 100,
      input: () => this.typed(),
      keydown: ({ key }) => key === "Escape" && this.input.blur(),
    });
    this.toggle = iconButton("filter", text("filters"), () => this.toggleFilters(), {
      "aria-expanded": "false",
      "aria-controls": "filters",
    });
    this.element = el("div.find", {}, el("div.search", {}, icon("search"), this.input), this.toggle);
    this.box = el(
      "div.filters",
      { id: "filters", hidden: true },
      this.filter(
        "channel",
        text("channel"),
        Object.entries(texts.CHANNELS).map(([value, key]) => [value, text(key)]),
      ),
      this.filter(
        "language",
        text("language"),
        desk.shop.languages.map((code) => [code, texts.languageName(code)]),
      ),
      this.filter(
        "agent",
        text("agent"),
        desk.agents.map(({ id, name }) => [id, name]),
      ),
    );
  }

  // As the API takes it.
  get wanted() {
    return { ...this.filters, q: this.input.value.trim() };
  }

  get active() {
    return Object.values(this.wanted).some(Boolean);
  }

  /**
   * @param {string} name
   * @param {string} label
   * @param {Desk.Pair[]} pairs
   */
  filter(name, label, pairs) {
    const change = () => {
      this.filters[name] = chosen.value;
      this.onChange();
    };
    const all = `${label}: ${text("any")}`;
    const chosen = el("select", { "aria-label": label, change }, options([["", all], ...pairs], ""));
    return chosen;
  }

  toggleFilters() {
    this.box.hidden = !this.box.hidden;
    aria(this.toggle, "expanded", String(!this.box.hidden));
  }

  typed() {
    clearTimeout(this.typing);
    this.typing = setTimeout(this.onChange, TYPED);
  }
}
