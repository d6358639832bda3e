// One case in a list: its number, who and what, how it stands, and how its clock does.

import { el } from "../../shared/dom.js";
import * as texts from "../core/texts.js";
import { text } from "../core/texts.js";
import { icon } from "../ui/icons.js";
import { clockOf, DEADLINES, KINDS, productsOf, STATES } from "./words.js";

/**
 * @param {Desk.CaseRow} one
 * @param {boolean} current whether it is the open one
 * @param {number} me the agent's id
 */
export function row(one, current, me) {
  return el(
    "li",
    {},
    el(
      "a.case-row",
      { href: `#/cases/${one.id}`, "aria-current": current ? "true" : null },
      el(
        "span.first",
        {},
        el("b.number", {}, one.number),
        el("span.name", { dir: "auto" }, one.name || one.contact),
      ),
      el(
        "span.preview",
        { dir: "auto" },
        `${texts.named(KINDS, one.kind)} · ${productsOf(one) || one.order}`,
      ),
      marks(one, me),
    ),
  );
}

/**
 * @param {Desk.CaseRow} one
 * @param {number} [me] the agent's id
 */
export function marks(one, me) {
  return el(
    "span.marks",
    {},
    clockMark(one.clock),
    el(`span.mark.${one.state}`, {}, texts.named(STATES, one.state)),
    one.agent
      ? el("span.mark", { dir: "auto" }, icon("person"), one.agent.id === me ? text("me") : one.agent.name)
      : null,
  );
}

/** @param {Desk.CaseClock | null} clock */
function clockMark(clock) {
  const stands = clockOf(clock);
  if (!clock || !stands) return null;
  const what = texts.named(DEADLINES, clock.kind);
  return el(
    `span.mark.${stands.kind}`,
    { title: `${what}: ${texts.full(clock.due_at)}` },
    icon("clock"),
    `${what}: ${stands.words}`,
  );
}
