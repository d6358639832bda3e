// Buttons and choices, as the whole desk has them.

import { el } from "../../shared/dom.js";
import { icon } from "./icons.js";

/**
 * A button that shows a sign only; its name is read out, and shown when pointed at.
 * @param {Parameters<typeof icon>[0]} name
 * @param {string} label
 * @param {() => unknown} click
 * @param {Dom.Attributes} [more]
 */
export function iconButton(name, label, click, more = {}) {
  return el("button.icon", { type: "button", "aria-label": label, title: label, click, ...more }, icon(name));
}

/**
 * @param {string} label
 * @param {() => unknown} click
 * @param {string} [kind] its classes: "primary", "plain.dangerous", …
 * @param {Dom.Attributes} [more]
 */
export const button = (label, click, kind = "plain", more = {}) =>
  el(`button.${kind}`, { type: "button", click, ...more }, label);

/**
 * @param {Desk.Pair[]} pairs
 * @param {unknown} [chosen] one's value
 */
export const options = (pairs, chosen) =>
  pairs.map(([value, label]) => el("option", { value, selected: String(value) === String(chosen) }, label));
