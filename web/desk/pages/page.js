// What the pages beside the inbox have in common.

import { el } from "../../shared/dom.js";
import { Standing } from "../ui/standing.js";

const OLD = 60_000; // ms after which what is shown is fetched anew

/**
 * A page that shows what `fetch` gets, as soon as it is there, and keeps it up to date.
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} fetch
 * @param {(found: T) => Dom.Child[]} draw
 * @param {...HTMLElement} tools beside the title
 * @returns {Desk.FetchedPage}
 */
export function page(title, fetch, draw, ...tools) {
  let turn = 0;
  let drawn = "";
  const standing = new Standing(refresh);
  const body = el("div.body", { tabindex: "0", role: "group", "aria-label": title }, standing.element);
  const element = el(
    "main.page",
    {},
    el("header.bar", {}, el("h1", { tabindex: "-1" }, title), ...tools),
    body,
  );
  const clock = setInterval(refresh, OLD);
  refresh();
  return { element, fresh, refresh, stop };

  async function refresh() {
    turn += 1;
    const now = turn;
    try {
      const found = await fetch();
      if (now !== turn) return;
      standing.done();
      const signature = JSON.stringify(found);
      if (signature === drawn) return;
      drawn = signature;
      body.replaceChildren(standing.element, ...draw(found).flat().filter(isShown));
    } catch (error) {
      if (now === turn) standing.fail(error);
    }
  }

  function fresh() {
    standing.reset();
    drawn = "";
    body.replaceChildren(standing.element);
    refresh();
  }

  function stop() {
    turn += 1;
    standing.stop();
    clearInterval(clock);
  }
}

/**
 * @param {Dom.Leaf} one
 * @returns {one is Node | string}
 */
const isShown = (one) => Boolean(one);

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
