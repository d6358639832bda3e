// The customer's cases, beside the conversation; and a new one, of an order of theirs.

import { el } from "../../shared/dom.js";
import { newId } from "../../shared/http.js";
import { marks } from "../cases/case_row.js";
import { choices, KINDS, productsOf, WISHES } from "../cases/words.js";
import { post, request } from "../core/api.js";
import { Pace } from "../core/pace.js";
import * as texts from "../core/texts.js";
import { text } from "../core/texts.js";
import { ask } from "../ui/dialogs.js";
import { Standing } from "../ui/standing.js";

export class Cases {
  /** @type {Desk.CaseRow[]} */
  found = [];
  /** @type {number | undefined} the conversation */
  id;

  /** @param {() => void} onChange called when they are to be shown anew */
  constructor(onChange) {
    this.onChange = onChange;
    this.standing = new Standing(() => this.fetch(true));
    this.pace = new Pace(() => this.fetch(true), 300, 2_000);
  }

  /** @param {number} id of a conversation */
  open(id) {
    this.found = [];
    this.standing.reset();
    this.id = id;
  }

  soon() {
    if (this.id !== undefined) this.pace.soon();
  }

  stop() {
    this.pace.stop();
    this.standing.stop();
  }

  /** @param {boolean} [unasked] nobody did anything for it */
  async fetch(unasked = false) {
    const { id } = this;
    try {
      const { cases } = await request(`conversations/${id}/cases`, { unasked });
      if (id !== this.id) return;
      const same = this.standing.there && JSON.stringify(cases) === JSON.stringify(this.found);
      this.found = cases;
      this.standing.done();
      if (!same) this.onChange();
    } catch (error) {
      if (id === this.id) this.standing.fail(error);
    }
  }

  shown() {
    const { element, there } = this.standing;
    if (!this.found.length) return [element, there ? el("p.quiet", {}, text("no_cases")) : null];
    return [
      element,
      el(
        "ul.linked",
        {},
        this.found.map((one) =>
          el(
            "li",
            {},
            el("a", { href: `#/cases/${one.id}` }, one.number),
            el(
              "span",
              { dir: "auto" },
              ` · ${texts.named(KINDS, one.kind)} · ${productsOf(one) || one.order}`,
            ),
            marks(one),
          ),
        ),
      ),
    ];
  }

  /** @param {Desk.Order} order */
  async begin(order) {
    const key = newId();
    const lines = order.lines.map((line, place) => ({ ...line, position: line.position ?? place }));
    /** @type {string | undefined} */
    let made;
    const done = await ask({
      title: text("case_new", { number: order.number }),
      body: el(
        "fieldset.pieces",
        {},
        el("legend", {}, text("case_pieces")),
        lines.map(({ name, quantity, position }) =>
          el(
            "div.field",
            {},
            el("label", { for: `pieces-${position}`, dir: "auto" }, `${name} (${quantity})`),
            el("input", {
              id: `pieces-${position}`,
              name: `pieces-${position}`,
              type: "number",
              min: 0,
              max: quantity,
              value: "0",
              inputmode: "numeric",
            }),
          ),
        ),
      ),
      fields: [
        { name: "kind", label: text("case_kind"), kind: "select", options: choices(KINDS), value: "return" },
        {
          name: "wish",
          label: text("wish"),
          kind: "select",
          options: [["", text("case_wish_first")], ...choices(WISHES)],
        },
        { name: "words", label: text("case_their_words"), kind: "area", maxlength: 4000 },
      ],
      action: text("case_begin"),
      act: async (/** @type {Record<string, string>} */ given) => {
        const body = {
          key,
          order: order.number,
          kind: given.kind,
          ...(given.wish ? { wish: given.wish } : {}),
          words: given.words.trim(),
          lines: lines
            .map(({ position }) => ({ position, quantity: Number(given[`pieces-${position}`]) }))
            .filter(({ quantity }) => quantity > 0),
        };
        const { case: one } = await post(`conversations/${this.id}/cases`, body);
        made = `#/cases/${one.id}`;
      },
    });
    if (done && made) location.hash = made;
  }
}
