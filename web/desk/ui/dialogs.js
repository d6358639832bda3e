// Questions to the agent, one at a time, in front of everything else.

import { aria, el, off } from "../../shared/dom.js";
import { explain, text } from "../core/texts.js";
import { button, iconButton, options } from "./controls.js";

let numbers = 0;

/** @param {string} kind */
function newId(kind) {
  numbers += 1;
  return `${kind}-${numbers}`;
}

/**
 * A labelled input.
 * @param {Desk.Field} field
 */
export function labelled(field) {
  const { name, label, kind = "text", value = "", options: pairs = [], hint, ...more } = field;
  const id = newId("field");
  const common = { id, name, "aria-describedby": hint ? `${id}-hint` : null, ...more };
  const below = hint && el("p.hint", { id: `${id}-hint` }, hint);
  if (kind === "check") {
    return el(
      "div.field.check",
      {},
      el("input", { ...common, type: "checkbox", checked: Boolean(value) }),
      el("label", { for: id }, label),
      below,
    );
  }
  const input =
    kind === "area"
      ? el("textarea", { rows: 4, ...common, value })
      : kind === "select"
        ? el("select", common, options(pairs, value))
        : el("input", { type: kind, ...common, value });
  return el("div.field", {}, el("label", { for: id }, label), input, below);
}

/**
 * What was given in a form, by the fields' names: strings, and whether boxes are checked.
 * @param {HTMLFormElement} form
 * @returns {any}
 */
export function values(form) {
  /** @type {Record<string, string | boolean>} */
  const found = {};
  for (const input of form.querySelectorAll("input")) {
    found[input.name] = input.type === "checkbox" ? input.checked : input.value;
  }
  for (const input of form.querySelectorAll("select")) found[input.name] = input.value;
  for (const input of form.querySelectorAll("textarea")) found[input.name] = input.value;
  return found;
}

/**
 * Asks. Returns whether it was done.
 * @template Given what the fields give: see `values`
 * @param {Desk.Question<Given>} question
 * @returns {Promise<boolean>}
 */
export function ask({ title, body, fields = [], action, danger = false, act }) {
  const error = el("p.error", { role: "alert", hidden: true });
  const go = el(`button.${danger ? "danger" : "primary"}`, { type: "submit" }, action);
  const parts = Array.isArray(body) ? body : [body];
  const form = el(
    "form",
    { novalidate: false },
    parts.map((part) => (typeof part === "string" ? el("p", {}, part) : part)),
    fields.map(labelled),
    error,
    el(
      "div.actions",
      {},
      button(text("cancel"), () => dialog.close()),
      go,
    ),
  );
  const dialog = framed(title, form);
  return new Promise((resolve) => {
    let done = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (off(go)) return;
      aria(go, "disabled", "true");
      error.hidden = true;
      try {
        await act(values(form));
        done = true;
        dialog.close();
      } catch (problem) {
        error.textContent = explain(problem);
        error.hidden = false;
        aria(go, "disabled", null);
      }
    });
    dialog.addEventListener("close", () => resolve(done));
  });
}

/**
 * Shows; closes itself with Escape or its button.
 * @param {string} title
 * @param {...Dom.Child} body
 */
export function show(title, ...body) {
  framed(title, el("div.body", {}, ...body));
}

/**
 * @param {string} title
 * @param {HTMLElement} content
 */
function framed(title, content) {
  const from = document.activeElement;
  const id = newId("dialog");
  /** @type {HTMLDialogElement} */
  const dialog = el(
    "dialog",
    { "aria-labelledby": id },
    el(
      "div.top",
      {},
      el("h2", { id }, title),
      iconButton("close", text("close"), () => dialog.close()),
    ),
    content,
  );
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (from instanceof HTMLElement && from.isConnected) from.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  /** @type {HTMLElement | null} */
  const first = dialog.querySelector(
    ".field input, .field textarea, .field select, .actions button:last-child",
  );
  first?.focus();
  return dialog;
}

export const anyOpen = () => Boolean(document.querySelector("dialog[open]"));
