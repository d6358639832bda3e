// The page of what was done at the desk, for admins.

import { el } from "../../shared/dom.js";
import { query, request } from "../core/api.js";
import * as texts from "../core/texts.js";
import { text } from "../core/texts.js";
import { button } from "../ui/controls.js";
import { cell, page, table } from "./page.js";

const PAGE = 50; // entries

export function audit() {
  /** @type {HTMLElement[]} */
  const rows = [];
  /** @type {number | undefined} */
  let before;
  const { element, body, fail } = page(text("audit"));
  fetchEntries();
  return element;

  async function fetchEntries() {
    try {
      /** @type {{entries: Desk.AuditEntry[]}} */
      const { entries } = await request(`audit?${query({ before, limit: PAGE })}`);
      rows.push(...entries.map(row));
      before = entries.at(-1)?.id ?? before;
      body.replaceChildren(
        table(
          text("audit"),
          [text("when"), text("who"), text("action"), text("target"), text("particulars")],
          rows,
        ),
        ...(entries.length === PAGE ? [button(text("show_more"), fetchEntries, "link")] : []),
      );
    } catch (error) {
      fail(error);
    }
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
