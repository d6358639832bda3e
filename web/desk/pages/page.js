// What the pages beside the inbox have in common.

import { el } from "../../shared/dom.js";
import { explain } from "../core/texts.js";

/**
 * @param {string} title
 * @param {...HTMLElement} tools beside the title
 */
export function page(title, ...tools) {
  const body = el("div.body", { tabindex: "0", role: "group", "aria-label": title });
  const element = el(
    "main.page",
    {},
    el("header.bar", {}, el("h1", { tabindex: "-1" }, title), ...tools),
    body,
  );
  /** @param {unknown} error */
  const fail = (error) => body.replaceChildren(el("p.error", {}, explain(error)));
  return { element, body, fail };
}

/**
 * @param {string} label its column's, for narrow screens
 * @param {...Dom.Child} content
 */
export const cell = (label, ...content) => el("td", { "data-label": label, dir: "auto" }, ...content);

/**
 * @param {string} caption
 * @param {string[]} heads
 * @param {HTMLElement[]} rows
 */
export function table(caption, heads, rows) {
  return el(
    "div.table",
    {},
    el(
      "table",
      {},
      el("caption.unseen", {}, caption),
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          heads.map((head) => el("th", { scope: "col" }, head)),
        ),
      ),
      el("tbody", {}, rows),
    ),
  );
}
