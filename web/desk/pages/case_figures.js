// Of the page of figures, what tells of cases: which there are, whether clocks are kept, why goods come back.

import { el } from "../../shared/dom.js";
import { DEADLINES, KINDS, STATES } from "../cases/words.js";
import * as texts from "../core/texts.js";
import { text } from "../core/texts.js";
import { cell, table } from "./page.js";

/** @param {Desk.CaseFigures} [found] */
export function ofCases(found) {
  if (!found?.states.length) return [];
  return [
    el("h2", {}, text("cases")),
    el(
      "dl.tiles",
      {},
      found.clocks.map(({ kind, judged, kept }) =>
        el(
          "div.tile",
          {},
          el("dt", {}, text("figure_clock_kept", { what: texts.named(DEADLINES, kind) })),
          el("dd", {}, kept == null ? "–" : `${texts.percent(kept)} (${texts.number(judged)})`),
        ),
      ),
    ),
    el("h3.figures-head", {}, text("figure_cases")),
    table(text("figure_cases"), [text("case_kind"), text("state"), text("figure_count")], states(found)),
    el("h3.figures-head", {}, text("figure_reasons")),
    table(
      text("figure_reasons"),
      [text("case_product"), text("case_kind"), text("case_reason"), text("figure_pieces"), text("cases")],
      reasons(found),
    ),
  ];
}

/** @param {Desk.CaseFigures} found */
const states = (found) =>
  found.states.map(({ kind, state, count }) =>
    el(
      "tr",
      {},
      cell(text("case_kind"), texts.named(KINDS, kind)),
      cell(text("state"), texts.named(STATES, state)),
      cell(text("figure_count"), texts.number(count)),
    ),
  );

/** @param {Desk.CaseFigures} found */
const reasons = (found) =>
  found.reasons.map(({ name, sku, kind, reason, pieces, cases }) =>
    el(
      "tr",
      {},
      cell(text("case_product"), `${name} (${sku})`),
      cell(text("case_kind"), texts.named(KINDS, kind)),
      cell(text("case_reason"), reason || "–"),
      cell(text("figure_pieces"), texts.number(pieces)),
      cell(text("cases"), texts.number(cases)),
    ),
  );
