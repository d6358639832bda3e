// What a case is about, its clocks, its photos, and all that happened to it.

import { el } from "../../shared/dom.js";
import { safe } from "../../shared/links.js";
import * as texts from "../core/texts.js";
import { text } from "../core/texts.js";
import { facts } from "../ui/facts.js";
import { ACTORS, CONDITIONS, clockOf, DEADLINES, HAPPENED, WAYS, WISHES } from "./words.js";

/** @param {Desk.CaseDetail} shown */
export const about = (shown) => [
  shown.words ? el("blockquote", { dir: "auto" }, shown.words) : null,
  facts([
    [text("wish"), texts.named(WISHES, shown.wish)],
    [text("case_stated"), texts.full(shown.stated_at)],
    [text("order"), shown.order],
    [text("name"), shown.name],
    [text("contact"), shown.contact],
    [text("language"), texts.languageName(shown.language)],
    [text("case_way"), shown.way && texts.named(WAYS, shown.way)],
    [text("case_serial"), shown.serial_number],
    [text("case_country"), shown.jurisdiction],
    ...Object.entries(shown.facts).map(
      ([name, value]) => /** @type {const} */ ([name.replaceAll("_", " "), String(value)]),
    ),
  ]),
];

/** @param {Desk.CaseDetail} shown */
export const clocks = (shown) =>
  shown.deadlines.length
    ? el("ul.clocks", {}, shown.deadlines.map(clock))
    : el("p.quiet", {}, text("case_no_clocks"));

/** @param {Desk.CaseClock} one */
function clock(one) {
  const stands = clockOf(one);
  if (!stands) return null;
  const what = texts.named(DEADLINES, one.kind);
  return el(
    `li.${stands.kind}`,
    {},
    el("p", {}, el("b", {}, what), ` ${one.ours ? "" : text("clock_customers")}`),
    one.met_at
      ? null
      : el("progress", { max: 100, value: String(Math.min(100, stands.part)), "aria-label": what }),
    el(
      "p",
      {},
      el(`span.mark.${stands.kind}`, {}, stands.words),
      one.met_at
        ? ` ${texts.full(one.met_at)}`
        : ` ${text("clock_due", { date: texts.full(one.due_at) })} · ${text("clock_part", { share: texts.percent(stands.part / 100) })}`,
    ),
  );
}

/** @param {Desk.CaseDetail} shown */
export const photos = (shown) =>
  el(
    "ul.photos",
    {},
    shown.files.map((file) => {
      const target = safe(file.link);
      const label = file.name || text("picture");
      if (!target) return el("li.quiet", {}, `${label} (${text("case_file_missing")})`);
      const open = { href: target.href, target: "_blank", rel: "noopener noreferrer" };
      return el(
        "li",
        {},
        file.media_type.startsWith("image/")
          ? el("a.picture", open, el("img", { src: target.href, alt: label, loading: "lazy" }))
          : el("a", open, label),
      );
    }),
  );

/** The newest first. @param {Desk.CaseDetail} shown */
export const timeline = (shown) =>
  el(
    "ol.timeline",
    { reversed: true },
    [...shown.timeline].reverse().map((one) => happened(one, shown)),
  );

/**
 * @param {Desk.CaseHappening} one
 * @param {Desk.CaseDetail} shown
 */
function happened({ at, actor, who, act, why, details }, shown) {
  const found = Object.values(details.conditions ?? {}).map((name) => texts.named(CONDITIONS, name));
  const more = [
    details.amount && shown.currency ? texts.money(details.amount, shown.currency) : "",
    found.join(", "),
  ];
  return el(
    "li",
    {},
    el(
      "p",
      {},
      el("b", {}, texts.named(HAPPENED, act)),
      more.filter(Boolean).map((words) => ` · ${words}`),
    ),
    why && act !== "submit" ? el("p", { dir: "auto" }, why) : null,
    el(
      "p.quiet",
      { dir: "auto" },
      el("time", { datetime: at }, texts.full(at)),
      ` · ${who || texts.named(ACTORS, actor)}`,
    ),
  );
}
