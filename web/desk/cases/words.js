// The words that stand for what the API says of cases.

import * as texts from "../core/texts.js";
import { text } from "../core/texts.js";

/**
 * Words by the value that stands behind what their names begin with.
 * @param {string} prefix
 * @param {string[]} names
 * @returns {Desk.Names}
 */
const table = (prefix, names) => Object.fromEntries(names.map((name) => [name.slice(prefix.length), name]));

export const KINDS = table("case_kind_", [
  "case_kind_withdrawal",
  "case_kind_return",
  "case_kind_exchange",
  "case_kind_damage",
  "case_kind_wrong_item",
  "case_kind_missing_item",
  "case_kind_not_delivered",
  "case_kind_defect",
  "case_kind_warranty",
  "case_kind_complaint",
]);
export const STATES = table("case_state_", [
  "case_state_submitted",
  "case_state_acknowledged",
  "case_state_needs_information",
  "case_state_approved",
  "case_state_declined",
  "case_state_closed",
  "case_state_withdrawn",
]);
export const WISHES = table("case_wish_", [
  "case_wish_refund",
  "case_wish_credit",
  "case_wish_exchange",
  "case_wish_replacement",
  "case_wish_repair",
  "case_wish_reduction",
  "case_wish_delivery",
  "case_wish_answer",
]);
export const GOODS = table("goods_", [
  "goods_kept",
  "goods_label_issued",
  "goods_in_transit",
  "goods_received",
  "goods_inspected",
  "goods_restocked",
  "goods_repaired",
  "goods_scrapped",
  "goods_sent_back",
  "goods_lost",
]);
export const CONDITIONS = table("condition_", [
  "condition_as_new",
  "condition_opened",
  "condition_used",
  "condition_damaged",
  "condition_wrong",
  "condition_missing",
]);
export const WAYS = table("way_", ["way_label", "way_locker", "way_shop", "way_keep"]);
export const MONEY = table("money_", [
  "money_calculated",
  "money_held",
  "money_due",
  "money_requested",
  "money_unknown",
  "money_succeeded",
  "money_failed",
  "money_disputed",
  "money_void",
]);
export const PARTS = table("part_", [
  "part_goods",
  "part_delivery",
  "part_rest",
  "part_return_cost",
  "part_deduction",
  "part_capped",
]);
export const DEADLINES = table("deadline_", [
  "deadline_answer",
  "deadline_refund",
  "deadline_send_back",
  "deadline_repair",
]);
export const ACTORS = table("actor_", [
  "actor_customer",
  "actor_assistant",
  "actor_agent",
  "actor_shop",
  "actor_clock",
]);
export const GOODS_ACTS = table("goods_act_", [
  "goods_act_issue_label",
  "goods_act_send",
  "goods_act_receive",
  "goods_act_inspect",
  "goods_act_restock",
  "goods_act_repair",
  "goods_act_scrap",
  "goods_act_send_back",
  "goods_act_lose",
]);
export const MONEY_ACTS = table("money_act_", [
  "money_act_sign",
  "money_act_release",
  "money_act_request",
  "money_act_confirm",
  "money_act_fail",
  "money_act_dispute",
  "money_act_void",
]);
// What a timeline tells.
export const HAPPENED = table("happened_", [
  "happened_submit",
  "happened_told_again",
  "happened_attach",
  "happened_acknowledge",
  "happened_ask",
  "happened_answer",
  "happened_approve",
  "happened_decline",
  "happened_close",
  "happened_reopen",
  "happened_withdraw",
  "happened_assign",
  "happened_note",
  "happened_issue_label",
  "happened_send",
  "happened_receive",
  "happened_inspect",
  "happened_restock",
  "happened_repair",
  "happened_scrap",
  "happened_send_back",
  "happened_lose",
  "happened_plan_refund",
  "happened_correct_sum",
  "happened_second_approval",
  "happened_hold_refund",
  "happened_release_refund",
  "happened_request_refund",
  "happened_doubt_refund",
  "happened_confirm_refund",
  "happened_fail_refund",
  "happened_dispute_refund",
  "happened_void_refund",
]);

/** @param {Desk.Names} names */
export const choices = (names) =>
  Object.entries(names).map(([value, key]) => /** @type {const} */ ([value, text(key)]));

/**
 * How a clock stands, in words, and how much it hurries; null without one.
 * @param {Desk.CaseClock | null} clock
 */
export function clockOf(clock) {
  if (!clock) return null;
  const { starts_at, due_at, met_at } = clock;
  if (met_at) {
    const late = Date.parse(met_at) > Date.parse(due_at);
    return { kind: late ? "late" : "calm", words: text(late ? "clock_met_late" : "clock_met"), part: 100 };
  }
  const [from, to, now] = [Date.parse(starts_at), Date.parse(due_at), Date.now()];
  const part = to > from ? Math.max(0, (100 * (now - from)) / (to - from)) : 100;
  const time = texts.duration(Math.abs(to - now) / 1000);
  const words = now > to ? text("clock_late", { time }) : text("clock_left", { time });
  return { kind: part >= 100 ? "late" : part >= 80 ? "hurry" : part >= 50 ? "soon" : "calm", words, part };
}

/**
 * Pieces of products in a line.
 * @param {Desk.CaseRow} one
 */
export const productsOf = ({ products }) =>
  products.map(({ name, quantity }) => `${quantity} × ${name}`).join(", ");
