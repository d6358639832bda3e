// The page of figures: how much comes in, how soon it is answered, how content customers are.

import { el } from "../../shared/dom.js";
import { query, request } from "../core/api.js";
import * as texts from "../core/texts.js";
import { text } from "../core/texts.js";
import { options } from "../ui/controls.js";
import { ofCases } from "./case_figures.js";
import { cell, page, table } from "./page.js";

const PERIODS = [1, 7, 30, 90]; // days

export function figures() {
  const days = el(
    "select",
    { "aria-label": text("period"), change: () => shown.fresh() },
    options(
      PERIODS.map((count) => [count, text("last_days", { count })]),
      7,
    ),
  );
  const fetch = () => request(`figures?${query({ days: days.value })}`, { unasked: true });
  /** @type {Desk.FetchedPage} */
  const shown = page(text("figures"), fetch, drawn, days);
  return shown;
}

/** @param {Desk.Figures} found */
function drawn(found) {
  const { satisfaction, first_answer_seconds: first, resolution_seconds: ends } = found;
  /** @param {number | null} value */
  const share = (value) => (value == null ? "–" : value <= 1 ? texts.percent(value) : texts.number(value));
  /** @param {number | null} [value] */
  const count = (value) => (value == null ? "–" : texts.number(value));
  /** @param {number | null} [seconds] */
  const span = (seconds) => (seconds == null ? "–" : texts.duration(seconds));
  /**
   * @param {string} label
   * @param {string} value
   */
  const tile = (label, value) => el("div.tile", {}, el("dt", {}, label), el("dd", {}, value));
  return [
    el(
      "dl.tiles",
      {},
      tile(text("figure_waiting"), count(found.waiting)),
      tile(text("figure_longest"), span(found.longest_wait_seconds)),
      tile(text("figure_overdue"), count(found.overdue)),
      tile(text("figure_handoffs"), count(found.handoffs)),
      tile(text("figure_answered"), share(found.answered_in_target)),
      tile(text("figure_resolved"), share(found.resolved_in_target)),
      tile(text("figure_median"), span(first?.median)),
      tile(text("figure_p90"), span(first?.p90)),
      tile(text("figure_ends"), span(ends?.median)),
      tile(text("figure_ends_p90"), span(ends?.p90)),
      tile(
        text("figure_satisfaction"),
        satisfaction?.average == null
          ? "–"
          : `${texts.number(satisfaction.average)} / 5 (${satisfaction.count})`,
      ),
    ),
    ...ofCases(found.cases),
    el("h2", {}, text("agents")),
    table(
      text("agents"),
      [text("name"), text("figure_open"), text("figure_closed"), text("figure_satisfaction")],
      (found.agents ?? []).map((one) =>
        el(
          "tr",
          {},
          cell(text("name"), one.name),
          cell(text("figure_open"), texts.number(one.open)),
          cell(text("figure_closed"), texts.number(one.closed)),
          cell(
            text("figure_satisfaction"),
            one.satisfaction == null ? "–" : `${texts.number(one.satisfaction)} (${one.ratings})`,
          ),
        ),
      ),
    ),
    ...(satisfaction?.asked ? [el("h2", {}, text("figure_scores", satisfaction)), scores(satisfaction)] : []),
    el("p.quiet", {}, text("figure_clock")),
    ...(satisfaction?.comments?.length
      ? [
          el("h2", {}, text("comments")),
          el(
            "ul.comments",
            {},
            satisfaction.comments.map((one) =>
              el(
                "li",
                { dir: "auto" },
                `${one.score} / 5 · ${one.comment} `,
                el("a", { href: `#/c/${one.conversation}` }, text("open_conversation")),
              ),
            ),
          ),
        ]
      : []),
  ];
}

/**
 * How many gave each score, the best first.
 * @param {Desk.Satisfaction} satisfaction
 */
function scores({ scores: given, count }) {
  return el(
    "dl.scores",
    {},
    given
      .map((times, at) =>
        el(
          "div",
          {},
          el("dt", {}, `${at + 1} ★`),
          el(
            "dd",
            {},
            el("meter", { max: Math.max(1, count), value: times, "aria-hidden": "true" }),
            ` ${texts.number(times)}`,
          ),
        ),
      )
      .reverse(),
  );
}
