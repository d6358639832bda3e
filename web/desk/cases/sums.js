// The money of a case: how a sum comes about, and what became of it.

import { el } from "../../shared/dom.js";
import * as texts from "../core/texts.js";
import { text } from "../core/texts.js";
import { button } from "../ui/controls.js";
import { facts } from "../ui/facts.js";
import { problem } from "../ui/notices.js";
import { words } from "./acts.js";
import { changeSum } from "./approve.js";
import { derivation } from "./derivation.js";
import { MONEY, MONEY_ACTS } from "./words.js";

const PLANNED = new Set(["calculated", "held", "due", "failed"]);

/**
 * @param {Desk.CaseDetail} shown
 * @param {import("./acts.js").Acts} acts
 */
export function sums(shown, acts) {
  const { money } = shown;
  if (!money) return [];
  const { reckoned, refunds } = money;
  return [
    reckoned && !refunds.some(({ state }) => state !== "void")
      ? el(
          "div.refund",
          {},
          el("p.quiet", {}, text("case_reckoned")),
          derivation(reckoned.parts, reckoned.total, shown),
        )
      : null,
    ...refunds.map((one) => refund(one, shown, acts)),
    !reckoned && !refunds.length ? el("p.quiet", {}, text("case_no_money")) : null,
  ];
}

/**
 * @param {Desk.CaseRefund} one
 * @param {Desk.CaseDetail} shown
 * @param {import("./acts.js").Acts} acts
 */
function refund(one, shown, acts) {
  const changeable = PLANNED.has(one.state) && shown.state === "approved";
  return el(
    `div.refund${one.state === "void" ? ".void" : ""}`,
    {},
    el(
      "p.refund-head",
      {},
      el("b", {}, texts.money(one.amount, one.currency)),
      el(`span.mark.${one.state}`, {}, texts.named(MONEY, one.state)),
      one.unsigned && one.state === "held" ? el("span.mark.soon", {}, text("case_unsigned")) : null,
    ),
    derivation(one.parts, one.amount, shown),
    facts([
      [text("case_means"), one.means === "credit" ? text("case_wish_credit") : one.means],
      [text("case_refund_key"), one.key],
      [text("case_provider_id"), one.provider_id],
      [text("case_sum_reason"), one.why],
      [text("case_first_agent"), one.first_agent],
    ]),
    one.state === "void"
      ? null
      : el(
          "div.actions",
          {},
          one.can.map((act) => actButton(act, one, shown, acts)),
          changeable ? button(text("case_change_sum"), () => changeSum(shown, acts, one.amount)) : null,
        ),
  );
}

/**
 * @param {string} act
 * @param {Desk.CaseRefund} one
 * @param {Desk.CaseDetail} shown
 * @param {import("./acts.js").Acts} acts
 */
function actButton(act, one, shown, acts) {
  const path = `refunds/${one.id}`;
  const label = texts.named(MONEY_ACTS, act);
  const amount = texts.money(one.amount, one.currency);
  /** @type {Record<string, Desk.Field[]>} */
  const fields = {
    confirm: [
      {
        name: "provider_id",
        label: text("case_provider_id"),
        value: one.provider_id,
        required: true,
        maxlength: 120,
        hint: text("case_provider_hint"),
      },
    ],
    fail: [words(text("case_reason"), { required: true })],
    void: [words(text("case_reason"), { required: true })],
    dispute: [words(text("case_reason"))],
  };
  const click = () =>
    fields[act] || act === "sign"
      ? acts.ask(shown, path, {
          title: label,
          body: text(act === "sign" ? "case_sign_body" : "case_refund_body", { amount }),
          fields: fields[act] ?? [],
          action: label,
          given: (/** @type {object} */ given) => ({ act, ...given }),
        })
      : acts.at_once(shown, path, { act }).catch(problem);
  return button(label, click, act === "sign" ? "primary" : act === "void" ? "plain.dangerous" : "plain");
}
