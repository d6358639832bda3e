// The one file that goes with an answer, from choosing it to taking it back.

import { el } from "../../shared/dom.js";
import { text } from "../core/texts.js";
import { iconButton } from "../ui/controls.js";
import { icon } from "../ui/icons.js";

const MOST_BYTES = 10_000_000;

export class Upload {
  /** @type {File | null} */
  file = null;
  chip = el("p.chip", { hidden: true });
  /** @type {HTMLInputElement} */
  input = el("input", {
    type: "file",
    hidden: true,
    tabindex: "-1",
    "aria-label": text("attach"),
    change: () => this.take(this.input.files?.[0]),
  });
  button = iconButton("clip", text("attach"), () => this.input.click());

  /** @param {{onChange: () => void, onProblem: (words: string) => void}} on */
  constructor(on) {
    this.on = on;
  }

  /** @param {File | null} [file] none takes the present one away */
  take(file) {
    const fits = !file || file.size <= MOST_BYTES;
    if (!fits) this.on.onProblem(text("file_too_large"));
    this.file = (fits && file) || null;
    this.input.value = "";
    this.chip.hidden = !this.file;
    this.chip.replaceChildren(...(this.file ? shown(this.file, () => this.take(null)) : []));
    this.on.onChange();
  }
}

/**
 * @param {File} file
 * @param {() => void} remove
 */
const shown = ({ name }, remove) => [
  icon("file"),
  el("span", { dir: "auto" }, name || text("picture")),
  iconButton("close", text("remove"), remove),
];
