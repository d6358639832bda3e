// The question by which a case is approved, with the sum that was reckoned or another one.

import { el } from "../../shared/dom.js";
import * as texts from "../core/texts.js";
import { text } from "../core/texts.js";
import { words } from "./acts.js";
import { derivation } from "./derivation.js";

/**
 * @param {Desk.CaseDetail} shown
 * @param {import("./acts.js").Acts} acts
 */
export function approve(shown, acts) {
  const reckoned = shown.money?.reckoned;
  if (!reckoned)
    return acts.ask(shown, "approve", {
      title: text("case_approve"),
      body: text("case_approve_body"),
      fields: [words(text("case_remark"))],
      action: text("case_approve"),
      given: (/** @type {{why: string}} */ { why }) => ({ why: why.trim() }),
    });
  return acts.ask(shown, "approve", {
    title: text("case_approve"),
    body: [
      derivation(reckoned.parts, reckoned.total, shown),
      reckoned.two ? el("p.quiet", {}, text("case_two_needed")) : null,
    ],
    fields: sumFields(reckoned.total, shown),
    action: text("case_approve"),
    given: (/** @type {{amount: string, why: string}} */ { amount, why }) => ({
      amount: plain(amount),
      why: why.trim(),
    }),
  });
}

/**
 * @param {Desk.CaseDetail} shown
 * @param {import("./acts.js").Acts} acts
 * @param {string} amount that was approved
 */
export const changeSum = (shown, acts, amount) =>
  acts.ask(shown, "sum", {
    title: text("case_change_sum"),
    body: text("case_change_sum_body", { most: texts.money(shown.money?.most ?? "0", shown.currency) }),
    fields: sumFields(amount, shown, true),
    action: text("save"),
    given: (/** @type {{amount: string, why: string}} */ given) => ({
      amount: plain(given.amount),
      why: given.why.trim(),
    }),
  });

/**
 * @param {string} amount
 * @param {Desk.CaseDetail} shown
 * @param {boolean} [required] the reason is
 * @returns {Desk.Field[]}
 */
const sumFields = (amount, shown, required = false) => [
  {
    name: "amount",
    label: text("case_sum", { currency: shown.currency }),
    value: amount,
    required: true,
    maxlength: 12,
    inputmode: "decimal",
  },
  words(text("case_sum_reason"), { required, hint: text("case_sum_reason_hint") }),
];

// As people write it, and as the API takes it.
/** @param {string} amount */
const plain = (amount) => amount.replace(/\s/g, "").replace(",", ".");
