// How a sum comes about.

import { el } from "../../shared/dom.js";
import * as texts from "../core/texts.js";
import { text } from "../core/texts.js";
import { PARTS } from "./words.js";

/**
 * Each part of a sum, and the sum.
 * @param {Desk.SumPart[]} parts
 * @param {string} total
 * @param {Desk.CaseDetail} shown
 */
export function derivation(parts, total, shown) {
  const names = new Map(shown.goods.map(({ position, name }) => [position, name]));
  /** @param {Desk.SumPart} part */
  const label = ({ kind, position, quantity }) => {
    const name = position === null ? undefined : names.get(position);
    return name ? `${quantity} × ${name}` : texts.named(PARTS, kind);
  };
  return el(
    "table.sum",
    {},
    el("caption.unseen", {}, text("case_sum_parts")),
    el(
      "tbody",
      {},
      parts.map((part) =>
        el(
          "tr",
          {},
          el("th", { scope: "row", dir: "auto" }, label(part)),
          el("td", {}, texts.money(part.amount, shown.currency)),
        ),
      ),
    ),
    el(
      "tfoot",
      {},
      el(
        "tr",
        {},
        el("th", { scope: "row" }, text("case_total")),
        el("td", {}, texts.money(total, shown.currency)),
      ),
    ),
  );
}
