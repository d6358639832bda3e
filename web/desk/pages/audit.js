// The page of what was done at the desk, for admins.

import { el } from "../../shared/dom.js";
import { query, request } from "../core/api.js";
import * as texts from "../core/texts.js";
import { text } from "../core/texts.js";
import { button } from "../ui/controls.js";
import { cell, page, table } from "./page.js";

const PAGE = 50; // entries

export function audit() {
  /** @type {Desk.AuditEntry[]} those of the pages before the last one that is wanted */
  let above = [];
  /** @type {Desk.FetchedPage} */
  const shown = page(text("audit"), fetchEntries, draw);
  return shown;

  async function fetchEntries() {
    const before = above[above.length - 1]?.id;
    /** @type {{entries: Desk.AuditEntry[]}} */
    const { entries } = await request(`audit?${query({ before, limit: PAGE })}`, { unasked: true });
    return [...above, ...entries];
  }

  /** @param {Desk.AuditEntry[]} entries */
  function draw(entries) {
    const more = () => {
      above = entries;
      return shown.refresh();
    };
    const heads = [text("when"), text("who"), text("action"), text("target"), text("particulars")];
    return [
      table(text("audit"), heads, entries.map(row)),
      entries.length - above.length === PAGE ? button(text("show_more"), more, "link") : null,
    ];
  }
}

/** @param {Desk.AuditEntry} entry */
const row = ({ at, who, action, target, details }) =>
  el(
    "tr",
    {},
    cell(text("when"), texts.full(at)),
    cell(text("who"), who),
    cell(text("action"), action),
    cell(text("target"), target),
    cell(text("particulars"), listed(details)),
  );

/** @param {Record<string, unknown> | null} given */
const listed = (given) =>
  Object.entries(given ?? {})
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" · ");
