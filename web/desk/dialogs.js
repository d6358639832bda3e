// Questions to the agent, one at a time, in front of everything else.

import { button, el, iconButton, options } from "./dom.js";
import { explain, text } from "./texts.js";

let numbers = 0;

// A labelled input. `field`: {name, label, kind: text|area|select|check|password|email|number, value, options,
// hint, required, …attributes}.
export function labelled(field) {
  const { name, label, kind = "text", value = "", options: pairs = [], hint, ...more } = field;
  const id = `field-${(numbers += 1)}`;
  const common = { id, name, "aria-describedby": hint ? `${id}-hint` : null, ...more };
  const below = hint && el("p.hint", { id: `${id}-hint` }, hint);
  if (kind === "check") {
    return el("div.field.check", {}, el("input", { ...common, type: "checkbox", checked: Boolean(value) }), el("label", { for: id }, label), below);
  }
  const input =
    kind === "area" ? el("textarea", { rows: 4, ...common, value })
    : kind === "select" ? el("select", common, options(pairs, value))
    : el("input", { type: kind, ...common, value });
  return el("div.field", {}, el("label", { for: id }, label), input, below);
}

export function values(form) {
  const found = {};
  for (const input of form.elements) {
    if (input.name) found[input.name] = input.type === "checkbox" ? input.checked : input.value;
  }
  return found;
}

// Asks; `act(values)` does it, and what it throws is shown in the dialog. Returns whether it was done.
export function ask({ title, body, fields = [], action, danger = false, act }) {
  const error = el("p.error", { role: "alert", hidden: true });
  const go = el(`button.${danger ? "danger" : "primary"}`, { type: "submit" }, action);
  const form = el("form", { novalidate: false },
    [].concat(body ?? []).map((part) => (typeof part === "string" ? el("p", {}, part) : part)),
    fields.map(labelled), error,
    el("div.actions", {}, button(text("cancel"), () => dialog.close()), go));
  const dialog = framed(title, form);
  return new Promise((resolve) => {
    let done = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (go.ariaDisabled === "true") return;
      go.ariaDisabled = "true";
      error.hidden = true;
      try {
        await act(values(form));
        done = true;
        dialog.close();
      } catch (problem) {
        error.textContent = explain(problem);
        error.hidden = false;
        go.ariaDisabled = null;
      }
    });
    dialog.addEventListener("close", () => resolve(done));
  });
}

// Shows; closes itself with Escape or its button.
export function show(title, ...body) {
  framed(title, el("div.body", {}, ...body));
}

function framed(title, content) {
  const from = document.activeElement;
  const id = `dialog-${(numbers += 1)}`;
  const dialog = el("dialog", { "aria-labelledby": id },
    el("div.top", {}, el("h2", { id }, title), iconButton("close", text("close"), () => dialog.close())), content);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (from?.isConnected) from.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector(".field input, .field textarea, .field select, .actions button:last-child")?.focus();
  return dialog;
}

export const anyOpen = () => Boolean(document.querySelector("dialog[open]"));
