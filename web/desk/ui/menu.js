// A menu of what is done less often, behind three dots.

import { el } from "../../shared/dom.js";
import { text } from "../core/texts.js";
import { button } from "./controls.js";
import { icon } from "./icons.js";

/**
 * Closes itself when something of it is chosen, with Escape, or when the focus leaves it.
 * @param {(entry: (label: string, act: () => unknown) => HTMLElement) => Dom.Child[]} made what stands in it;
 *   `entry` makes a button
 */
export function menu(made) {
  /**
   * @param {string} label
   * @param {() => unknown} act
   */
  const entry = (label, act) =>
    button(
      label,
      () => {
        shown.open = false;
        act();
      },
      "entry",
    );
  const focusout = (/** @type {FocusEvent} */ { relatedTarget }) => {
    if (relatedTarget instanceof Node && !shown.contains(relatedTarget)) shown.open = false;
  };
  const keydown = (/** @type {KeyboardEvent} */ { key }) => {
    if (key !== "Escape" || !shown.open) return;
    shown.open = false;
    summary.focus();
  };
  const summary = el("summary.icon", { "aria-label": text("more"), title: text("more") }, icon("more"));
  /** @type {HTMLDetailsElement} */
  const shown = el("details.menu", { focusout, keydown }, summary, el("div.entries", {}, ...made(entry)));
  return shown;
}
