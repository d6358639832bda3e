// The customer's orders, and what can be done with them.

import { el } from "../../shared/dom.js";
import { safe } from "../../shared/links.js";
import { post, request } from "../core/api.js";
import * as texts from "../core/texts.js";
import { text } from "../core/texts.js";
import { button } from "../ui/controls.js";
import { ask } from "../ui/dialogs.js";
import { tell } from "../ui/notices.js";
import { Standing } from "../ui/standing.js";
import { facts } from "./facts.js";

// What is in these states isn't expected any more.
const NEVER_COME = new Set(["returning", "returned", "lost"]);

export class Orders {
  /** @type {Desk.Order[]} */
  found = [];
  /** @type {number | undefined} the conversation */
  id;
  /** What the agent opened, and with "-" what they closed. @type {Set<string>} */
  opened = new Set();

  /** @param {() => void} onChange called when they are to be shown anew */
  constructor(onChange) {
    this.onChange = onChange;
    this.standing = new Standing(() => this.fetch(true));
  }

  /** @param {number} id of a conversation */
  open(id) {
    this.found = [];
    this.standing.reset();
    this.id = id;
    this.opened.clear();
  }

  /** @param {boolean} [unasked] nobody did anything for it */
  async fetch(unasked = false) {
    const { id } = this;
    try {
      const { orders } = await request(`conversations/${id}/orders`, { unasked });
      if (id !== this.id) return;
      const same = this.standing.there && JSON.stringify(orders) === JSON.stringify(this.found);
      this.found = orders;
      this.standing.done();
      if (!same) this.onChange();
    } catch (error) {
      if (id === this.id) this.standing.fail(error);
    }
  }

  /** @param {string} [number] of the order that the talk is about */
  shown(number) {
    const { element, there } = this.standing;
    if (!this.found.length) return [element, there ? el("p.quiet", {}, text("no_orders")) : null];
    // The one that the talk is about comes first.
    const about = (/** @type {Desk.Order} */ order) => Number(order.number === number);
    const sorted = [...this.found].sort((a, b) => about(b) - about(a));
    return [element, ...sorted.map((order, at) => this.order(order, at === 0))];
  }

  /**
   * @param {Desk.Order} order
   * @param {boolean} first
   */
  order(order, first) {
    const open = this.opened.has(order.number) || (first && !this.opened.has(`-${order.number}`));
    const toggle = () => {
      this.opened.delete(`-${order.number}`);
      this.opened.delete(order.number);
      this.opened.add(shown.open ? order.number : `-${order.number}`);
    };
    /** @type {HTMLDetailsElement} */
    const shown = el(
      "details.order",
      { open, toggle },
      el(
        "summary",
        {},
        el("b", { dir: "auto" }, order.number),
        el(`span.mark.${order.state}`, {}, texts.named(texts.ORDER_STATES, order.state)),
        el("span.sum", {}, texts.money(order.total, order.currency)),
      ),
      facts([
        [text("placed_at"), order.placed_at && texts.date(order.placed_at)],
        [text("name"), order.customer_name],
        [text("email"), order.email],
        [text("phone"), order.phone],
        [text("address"), order.address],
      ]),
      el(
        "ul.lines",
        {},
        order.lines.map((line) => lineOf(line, order.currency)),
        order.delivery_paid
          ? el(
              "li",
              {},
              el("span", {}, text("delivery_paid")),
              el("span", {}, texts.money(order.delivery_paid, order.currency)),
            )
          : null,
      ),
      order.shipments.map((shipment) => shipmentLine(shipment, order.shipments.length > 1)),
      el(
        "div.actions",
        {},
        order.can_change_address ? button(text("change_address"), () => this.changeAddress(order)) : null,
        order.can_send_invoice ? button(text("send_invoice"), () => this.sendInvoice(order)) : null,
        order.can_cancel ? button(text("cancel_order"), () => this.cancel(order), "plain.dangerous") : null,
      ),
    );
    return shown;
  }

  /** @param {Desk.Order} [order] as it is now */
  replace(order) {
    if (order) this.found = this.found.map((one) => (one.number === order.number ? order : one));
    this.onChange();
  }

  /**
   * @param {Desk.Order} order
   * @param {string} action
   * @param {object} [more]
   */
  async act(order, action, more = {}) {
    const { order: changed } =
      (await post(`orders/${encodeURIComponent(order.number)}/${action}`, {
        conversation: this.id,
        ...more,
      })) ?? {};
    this.replace(changed);
  }

  /** @param {Desk.Order} order */
  async cancel(order) {
    const done = await ask({
      title: text("cancel_order_title", { number: order.number }),
      body: text("cancel_order_body", { total: texts.money(order.total, order.currency) }),
      action: text("cancel_order"),
      danger: true,
      act: () => this.act(order, "cancel"),
    });
    if (done) tell(text("order_cancelled_done", { number: order.number }));
  }

  /** @param {Desk.Order} order */
  async sendInvoice(order) {
    const done = await ask({
      title: text("send_invoice"),
      body: text("send_invoice_body", { number: order.number }),
      action: text("send"),
      act: () => this.act(order, "invoice"),
    });
    if (done) tell(text("invoice_sent"));
  }

  /** @param {Desk.Order} order */
  async changeAddress(order) {
    const done = await ask({
      title: text("change_address"),
      fields: [
        {
          name: "address",
          label: text("address"),
          kind: "area",
          value: order.address ?? "",
          required: true,
          maxlength: 500,
        },
      ],
      action: text("save"),
      act: (/** @type {{address: string}} */ { address }) =>
        this.act(order, "address", { address: address.trim() }),
    });
    if (done) tell(text("address_changed"));
  }
}

/**
 * What was really paid for it or, where nobody says, the price of a piece.
 *
 * @param {Desk.Order["lines"][number]} line
 * @param {string} currency
 */
function lineOf({ name, quantity, unit_price, paid, options, returnable }, currency) {
  const chosen = Object.entries(options ?? {}).map(([option, value]) => `${option}: ${value}`);
  const more = [...chosen, returnable === false ? text("not_returnable") : ""].filter(Boolean);
  return el(
    "li",
    {},
    el(
      "span",
      { dir: "auto" },
      `${quantity} × ${name}`,
      more.length ? el("small.quiet", { dir: "auto" }, more.join(" · ")) : null,
    ),
    el(
      "span",
      {},
      paid ? text("line_paid", { sum: texts.money(paid, currency) }) : texts.money(unit_price, currency),
    ),
  );
}

/**
 * @param {Desk.Order["shipments"][number]} shipment
 * @param {boolean} several whether the order came in more than one
 */
function shipmentLine(shipment, several) {
  const { carrier, tracking_number, tracking_url, state, expected_on, delivered_at, fetch_until } = shipment;
  const url = safe(tracking_url);
  const number = [carrier, tracking_number].filter(Boolean).join(" ");
  const known = texts.SHIPMENT_STATES[state];
  const inside = several ? (shipment.contents ?? []) : [];
  /** @type {[string, string | null]} */
  const [what, date] = delivered_at
    ? ["delivered_on", delivered_at]
    : state === "waiting"
      ? ["fetch_until", fetch_until]
      : ["expected_on", NEVER_COME.has(state) ? null : expected_on];
  return el(
    "p.shipment",
    { dir: "auto" },
    url ? el("a", { href: url.href, target: "_blank", rel: "noopener noreferrer" }, number) : number,
    known ? ` · ${text(known)}` : "",
    date ? ` · ${text(what, { date: texts.date(date) })}` : "",
    inside.length
      ? el("small.quiet", {}, inside.map(({ name, quantity }) => `${quantity} × ${name}`).join(", "))
      : null,
  );
}
