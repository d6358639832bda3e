// Over the open case: how it stands, and what can be done with it as a whole.

import { el } from "../../shared/dom.js";
import { address } from "../core/api.js";
import * as texts from "../core/texts.js";
import { text } from "../core/texts.js";
import { button, iconButton } from "../ui/controls.js";
import { menu } from "../ui/menu.js";
import { problem } from "../ui/notices.js";
import { words } from "./acts.js";
import { approve } from "./approve.js";
import { marks } from "./case_row.js";
import { KINDS } from "./words.js";

/**
 * @param {Desk.CaseDetail} shown
 * @param {number} me the agent's id
 * @param {import("./acts.js").Acts} acts
 * @param {() => void} onBack
 */
export function header(shown, me, acts, onBack) {
  return el(
    "header.case-head",
    {},
    el(
      "div.bar",
      {},
      iconButton("back", text("back_to_list"), onBack, { class: "icon back" }),
      el("h2", { tabindex: "-1", id: "case-title" }, `${shown.number} · ${texts.named(KINDS, shown.kind)}`),
    ),
    marks(shown, me),
    el(
      "div.actions",
      {},
      buttons(shown, me, acts),
      shown.conversation
        ? el("a.plain", { href: `#/c/${shown.conversation}` }, text("open_conversation"))
        : null,
      rest(shown, acts),
    ),
  );
}

/**
 * What is done less often.
 * @param {Desk.CaseDetail} shown
 * @param {import("./acts.js").Acts} acts
 */
const rest = (shown, acts) =>
  menu((entry) => [
    entry(text("case_note"), () => note(shown, acts)),
    shown.can.includes("withdraw")
      ? entry(text("case_withdraw"), () => confirmed(shown, acts, "withdraw", text("case_withdraw")))
      : null,
    el("a.entry", { href: address(`cases/${shown.id}/label`).href, target: "_blank" }, text("case_label")),
  ]);

/**
 * @param {Desk.CaseDetail} shown
 * @param {number} me
 * @param {import("./acts.js").Acts} acts
 */
function buttons(shown, me, acts) {
  const mine = shown.agent?.id === me;
  /** @param {string} path */
  const step = (path) => () => acts.at_once(shown, path).catch(problem);
  /** @type {Record<string, () => HTMLElement>} */
  const made = {
    approve: () => button(text("case_approve"), () => approve(shown, acts), "primary"),
    acknowledge: () => button(text("case_acknowledge"), step("acknowledge")),
    ask: () => button(text("case_ask"), () => question(shown, acts)),
    decline: () => button(text("case_decline"), () => decline(shown, acts), "plain.dangerous"),
    close: () => button(text("case_close"), () => confirmed(shown, acts, "close", text("case_close"))),
    reopen: () => button(text("case_reopen"), step("reopen")),
  };
  const order = ["approve", "acknowledge", "ask", "decline", "close", "reopen"];
  const assign = () => acts.at_once(shown, "assign", { mine: !mine }).catch(problem);
  return [
    ...order.filter((act) => shown.can.includes(act)).map((act) => made[act]()),
    button(text(mine ? "case_let_go" : "case_take"), assign),
  ];
}

/** @param {Desk.CaseDetail} shown @param {import("./acts.js").Acts} acts */
const question = (shown, acts) =>
  acts.ask(shown, "ask", {
    title: text("case_ask"),
    fields: [
      words(text("case_question"), {
        required: true,
        hint: text("case_in_their_language", { language: texts.languageName(shown.language) }),
      }),
    ],
    action: text("send"),
    given: (/** @type {{why: string}} */ { why }) => ({ question: why.trim() }),
  });

/** @param {Desk.CaseDetail} shown @param {import("./acts.js").Acts} acts */
const decline = (shown, acts) =>
  acts.ask(shown, "decline", {
    title: text("case_decline"),
    fields: [
      words(text("case_reason"), {
        required: true,
        hint: text("case_reason_hint", { language: texts.languageName(shown.language) }),
      }),
    ],
    action: text("case_decline"),
    danger: true,
    given: (/** @type {{why: string}} */ { why }) => ({ why: why.trim() }),
  });

/** @param {Desk.CaseDetail} shown @param {import("./acts.js").Acts} acts */
const note = (shown, acts) =>
  acts.ask(shown, "notes", {
    title: text("case_note"),
    fields: [words(text("note"), { required: true, hint: text("case_note_hint") })],
    action: text("save"),
    given: (/** @type {{why: string}} */ { why }) => ({ text: why.trim() }),
  });

/**
 * @param {Desk.CaseDetail} shown
 * @param {import("./acts.js").Acts} acts
 * @param {string} path
 * @param {string} title
 */
const confirmed = (shown, acts, path, title) =>
  acts.ask(shown, path, {
    title,
    fields: [words(text("case_remark"))],
    action: title,
    given: (/** @type {{why: string}} */ { why }) => ({ why: why.trim() }),
  });
