// Beside the conversation: what it is about, who the customer is, their orders and what can be done with them.

import { el } from "../../shared/dom.js";
import { dueOf } from "../core/summary.js";
import * as texts from "../core/texts.js";
import { text } from "../core/texts.js";
import { iconButton } from "../ui/controls.js";
import { facts } from "../ui/facts.js";
import { Orders } from "./orders.js";
import { Cases } from "./their_cases.js";

export class Panel {
  /** @type {Desk.Detail | undefined} */
  detail;
  signature = "";

  /** @param {() => void} onClose */
  constructor(onClose) {
    this.cases = new Cases(() => this.render());
    this.orders = new Orders(
      () => this.render(),
      (order) => this.cases.begin(order),
    );
    this.body = el("div.scroller", { tabindex: "0", role: "group", "aria-label": text("details") });
    this.element = el(
      "aside.panel",
      { "aria-labelledby": "panel-title" },
      el(
        "header.bar",
        {},
        el("h2", { id: "panel-title", tabindex: "-1" }, text("details")),
        iconButton("close", text("close_details"), onClose, { class: "icon shut" }),
      ),
      this.body,
    );
  }

  // Nothing of it is fetched by itself any more.
  stop() {
    this.orders.standing.stop();
    this.cases.stop();
  }

  /** @param {Desk.Detail} detail */
  open(detail) {
    this.signature = "";
    this.orders.open(detail.id);
    this.update(detail);
    this.orders.fetch();
    this.cases.open(detail.id);
    this.cases.fetch();
  }

  /** @param {Desk.Detail} detail */
  update(detail) {
    const before = this.detail?.id === detail.id ? this.detail : detail;
    this.detail = detail;
    // What may be done with orders depends on both.
    if (rightsOf(before) !== rightsOf(detail)) {
      this.orders.fetch();
      this.cases.fetch();
    }
    const signature = JSON.stringify([
      detail.summary,
      detail.wish,
      detail.packet,
      detail.customer,
      detail.reason,
      detail.skill,
      dueOf(detail)?.words,
      detail.linked,
      detail.survey,
      detail.disposition,
      detail.language,
      detail.owner,
    ]);
    if (signature !== this.signature) {
      this.signature = signature;
      this.render();
    }
  }

  render() {
    const { detail } = this;
    if (!detail) return;
    const { customer, survey } = detail;
    const packet = detail.packet ?? {};
    const due = dueOf(detail);
    const { scrollTop } = this.body;
    this.body.replaceChildren(
      ...[
        detail.summary || detail.reason
          ? section(
              text("summary"),
              detail.reason ? el("p.mark.reason", {}, texts.named(texts.REASONS, detail.reason)) : null,
              detail.summary ? el("p.summary", { dir: "auto" }, detail.summary) : null,
              facts([
                [text("wish"), detail.wish],
                [text("mood"), packet.mood && texts.named(texts.MOODS, packet.mood)],
                [
                  text("tried"),
                  packet.tried?.length
                    ? el(
                        "ul.tried",
                        {},
                        packet.tried.map((answer) => el("li", { dir: "auto" }, answer)),
                      )
                    : null,
                ],
              ]),
            )
          : null,
        section(
          text("customer"),
          facts([
            [text("name"), customer.name],
            [text("contact"), customer.contact],
            [
              text("identity"),
              [
                customer.proven_by ? texts.named(texts.PROOFS, customer.proven_by) : text("not_proven"),
                packet.locked && text("locked"),
              ]
                .filter(Boolean)
                .join(" · "),
            ],
            [text("language"), texts.languageName(detail.language)],
            [text("channel"), texts.named(texts.CHANNELS, detail.channel)],
            [text("waiting_since"), detail.waiting_since && texts.full(detail.waiting_since)],
            [text("skill"), detail.skill],
            [text("first_answer"), detail.answered_at && judged(detail.answered_at, detail.answer_due_at)],
            [
              due?.what,
              due && el("span", {}, `${texts.full(due.at)} `, el(`span.mark.${due.kind}`, {}, due.words)),
            ],
          ]),
        ),
        section(text("orders"), this.orders.shown(packet.order?.number)),
        section(text("cases"), this.cases.shown()),
        detail.linked.length
          ? section(
              text("linked"),
              el(
                "ul.linked",
                {},
                detail.linked.map((one) =>
                  el(
                    "li",
                    {},
                    el("a", { href: `#/c/${one.id}` }, texts.named(texts.CHANNELS, one.channel)),
                    ` · ${texts.named(texts.OWNERS, one.owner)} · ${texts.short(one.updated_at)}`,
                  ),
                ),
              ),
            )
          : null,
        survey?.score
          ? section(
              text("survey"),
              el("p", {}, text("survey_score", { score: survey.score })),
              survey.comment ? el("blockquote", { dir: "auto" }, survey.comment) : null,
            )
          : null,
      ].filter((one) => one !== null),
    );
    this.body.scrollTop = scrollTop;
  }
}

/** @param {Desk.Detail} detail */
const rightsOf = ({ customer, agent, owner }) => JSON.stringify([customer.proven_by, agent?.id, owner]);

/**
 * @param {string} title
 * @param {...Dom.Child} content
 */
const section = (title, ...content) => el("section", {}, el("h3", {}, title), ...content);

/**
 * When the first answer came, and whether that was in time.
 * @param {string} answered_at
 * @param {string | null} answer_due_at
 */
function judged(answered_at, answer_due_at) {
  const late = answer_due_at && Date.parse(answered_at) > Date.parse(answer_due_at);
  return el(
    "span",
    {},
    `${texts.full(answered_at)} `,
    answer_due_at ? el(`span.mark.${late ? "late" : "calm"}`, {}, text(late ? "too_late" : "in_time")) : null,
  );
}
