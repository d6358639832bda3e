// Parcels that came: numbers of cases, typed or scanned one after another.

import { el } from "../../shared/dom.js";
import { newId } from "../../shared/http.js";
import { post } from "../core/api.js";
import { explain, text } from "../core/texts.js";
import { show } from "../ui/dialogs.js";

/** @type {Desk.Names} */
const RESULTS = {
  received: "received_received",
  already: "received_already",
  unknown: "received_unknown",
  impossible: "received_impossible",
};

/** @param {() => void} onReceived */
export function receive(onReceived) {
  const results = el("ol.scanned", { role: "log", "aria-label": text("receive_results") });
  const input = el("input", {
    id: "scanned",
    name: "scanned",
    autocomplete: "off",
    autocapitalize: "characters",
    spellcheck: "false",
    enterkeyhint: "next",
    maxlength: 4000,
  });
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    const numbers = input.value
      .toUpperCase()
      .split(/[\s,;]+/)
      .filter(Boolean);
    input.value = "";
    input.focus();
    // Each by itself, and in the order in which they were scanned.
    for (const number of numbers) taken(number);
  };
  /** @type {Promise<unknown>} */
  let before = Promise.resolve();
  /** @param {string} number */
  function taken(number) {
    const line = el("li", {}, el("b", {}, number), " ", el("span.mark", {}, "…"));
    results.prepend(line);
    const key = newId();
    before = before.then(() => note(number, key, line));
  }

  /**
   * @param {string} number
   * @param {string} key
   * @param {HTMLElement} line
   */
  async function note(number, key, line) {
    try {
      const { results: found } = await post("cases/receive", { key, numbers: [number.slice(0, 40)] });
      const { result, id } = found[0];
      const kind = result === "received" ? "good" : result === "already" ? "soon" : "late";
      line.replaceChildren(
        id
          ? el("a", { href: `#/cases/${id}`, click: () => results.closest("dialog")?.close() }, number)
          : el("b", {}, number),
        " ",
        el(`span.mark.${kind}`, {}, text(RESULTS[result])),
      );
      if (result === "received") onReceived();
    } catch (error) {
      line.replaceChildren(el("b", {}, number), " ", el("span.mark.late", {}, explain(error)));
    }
  }

  show(
    text("receive_parcels"),
    el(
      "form.scan",
      { submit },
      el(
        "div.field",
        {},
        el("label", { for: "scanned" }, text("receive_number")),
        input,
        el("p.hint", {}, text("receive_hint")),
      ),
      el("div.actions", {}, el("button.primary", { type: "submit" }, text("receive_note"))),
    ),
    results,
  );
}
