// The goods of a case: which, where they are, and what is done with them.

import { el } from "../../shared/dom.js";
import * as texts from "../core/texts.js";
import { text } from "../core/texts.js";
import { button, options } from "../ui/controls.js";
import { facts } from "../ui/facts.js";
import { words } from "./acts.js";
import { CONDITIONS, choices, GOODS, GOODS_ACTS } from "./words.js";

/**
 * @param {Desk.CaseDetail} shown
 * @param {import("./acts.js").Acts} acts
 */
export function goods(shown, acts) {
  const possible = new Set(shown.goods.flatMap(({ can }) => can));
  return [
    shown.goods.length
      ? el(
          "ul.goods",
          {},
          shown.goods.map((line) => shownLine(line, shown.currency)),
        )
      : el("p.quiet", {}, text("case_no_goods")),
    el(
      "div.actions",
      {},
      Object.entries(GOODS_ACTS)
        .filter(([act]) => possible.has(act))
        .map(([act, key]) => button(text(key), () => move(act, shown, acts))),
    ),
  ];
}

/**
 * @param {Desk.CaseLine} line
 * @param {string} currency
 */
const shownLine = (line, currency) =>
  el(
    "li",
    {},
    el(
      "p",
      {},
      el("b", { dir: "auto" }, `${line.quantity} × ${line.name}`),
      el("span.quiet", {}, ` ${line.sku}`),
    ),
    el(
      "p.marks",
      {},
      el(`span.mark.${line.state}`, {}, texts.named(GOODS, line.state)),
      line.condition ? el(`span.mark.${line.condition}`, {}, texts.named(CONDITIONS, line.condition)) : null,
    ),
    facts([
      [text("case_paid"), line.paid && texts.money(line.paid, currency)],
      [text("case_reason"), line.reason],
      [text("case_instead"), line.instead?.words ?? line.instead?.name],
    ]),
  );

/**
 * @param {string} act
 * @param {Desk.CaseDetail} shown
 * @param {import("./acts.js").Acts} acts
 */
function move(act, shown, acts) {
  const lines = shown.goods.filter(({ can }) => can.includes(act));
  const inspects = act === "inspect";
  const label = texts.named(GOODS_ACTS, act);
  return acts.ask(shown, "goods", {
    title: label,
    body: inspects ? lines.map(conditionField) : null,
    fields: [
      ...(inspects
        ? []
        : lines.map((line) => ({
            name: `line-${line.id}`,
            label: `${line.quantity} × ${line.name}`,
            kind: /** @type {const} */ ("check"),
            value: true,
          }))),
      words(text("case_remark")),
    ],
    action: label,
    given: (/** @type {Record<string, string | boolean>} */ given) => ({
      act,
      why: String(given.why ?? "").trim(),
      lines: lines
        .filter(({ id }) => given[`line-${id}`])
        .map(({ id }) => (inspects ? { id, condition: given[`line-${id}`] } : { id })),
    }),
  });
}

/** What an inspection finds of a line; "": it is inspected another time. @param {Desk.CaseLine} line */
function conditionField(line) {
  const id = `condition-${line.id}`;
  return el(
    "div.field",
    {},
    el("label", { for: id, dir: "auto" }, `${line.quantity} × ${line.name}`),
    el(
      "select",
      { id, name: `line-${line.id}` },
      options([...choices(CONDITIONS), ["", text("condition_later")]], line.condition ?? "as_new"),
    ),
  );
}
