// The way between pages, at the side of each.

import { el } from "../../shared/dom.js";
import { text } from "../core/texts.js";
import { icon } from "../ui/icons.js";
import { help } from "./help.js";

/**
 * @param {boolean} admin
 * @param {HTMLElement} overdue how many cases are
 * @param {() => void} onSignOut
 */
export function rail(admin, overdue, onSignOut) {
  return el(
    "nav.rail",
    { "aria-label": text("pages") },
    link("#/", "inbox", text("conversations")),
    link("#/cases", "box", text("cases"), overdue),
    link("#/callbacks", "phone", text("callbacks")),
    link("#/figures", "chart", text("figures")),
    admin ? [link("#/agents", "people", text("agents")), link("#/audit", "shield", text("audit"))] : null,
    el("span.gap"),
    link("#/settings", "sliders", text("settings")),
    act("help", text("help"), help),
    act("leave", text("sign_out"), onSignOut),
  );
}

/**
 * @param {string} href
 * @param {Parameters<typeof icon>[0]} shape
 * @param {string} label
 * @param {HTMLElement} [more]
 */
const link = (href, shape, label, more) =>
  el("a", { href, title: label }, icon(shape), el("span", {}, label), more);

/**
 * @param {Parameters<typeof icon>[0]} shape
 * @param {string} label
 * @param {() => void} click
 */
const act = (shape, label, click) =>
  el("button", { type: "button", title: label, click }, icon(shape), el("span", {}, label));
