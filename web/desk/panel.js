// Beside the conversation: what it is about, who the customer is, their orders and what can be done with them.

import { post, request } from "./api.js";
import { ask } from "./dialogs.js";
import { button, el, iconButton } from "./dom.js";
import { dueOf } from "./list.js";
import { tell } from "./notices.js";
import * as texts from "./texts.js";
import { text } from "./texts.js";
import { safe } from "./thread.js";

export class Panel {
  // Handlers: onClose(), onError(error).
  constructor(handlers) {
    Object.assign(this, handlers, { orders: null, opened: new Set() });
    this.body = el("div.scroller", { tabindex: "0", role: "group", "aria-label": text("details") });
    this.element = el("aside.panel", { "aria-labelledby": "panel-title" },
      el("header.bar", {}, el("h2", { id: "panel-title", tabindex: "-1" }, text("details")), iconButton("close", text("close_details"), () => this.onClose(), { class: "icon shut" })), this.body);
  }

  open(detail) {
    Object.assign(this, { orders: null, failed: false, signature: "", id: detail.id });
    this.opened.clear();
    this.update(detail);
    this.fetchOrders();
  }

  async fetchOrders() {
    const { id } = this;
    try {
      const { orders } = await request(`conversations/${id}/orders`);
      if (id === this.id) this.orders = orders;
    } catch {
      if (id === this.id) this.failed = true;
    }
    if (id === this.id) this.render();
  }

  update(detail) {
    const proofBefore = this.detail?.id === detail.id && this.detail.customer?.proven_by;
    this.detail = detail;
    if (proofBefore !== false && proofBefore !== detail.customer?.proven_by) this.fetchOrders();
    const signature = JSON.stringify([detail.summary, detail.wish, detail.packet, detail.customer, detail.reason, detail.skill, dueOf(detail)?.words, detail.linked, detail.survey, detail.disposition, detail.language, detail.owner]);
    if (signature !== this.signature) {
      this.signature = signature;
      this.render();
    }
  }

  render() {
    const { detail } = this;
    const { customer, survey } = detail;
    const packet = detail.packet ?? {};
    const due = dueOf(detail);
    const { scrollTop } = this.body;
    this.body.replaceChildren(
      ...[
        detail.summary || detail.reason ? section(text("summary"), detail.reason ? el("p.mark.reason", {}, texts.named(texts.REASONS, detail.reason)) : null, detail.summary ? el("p.summary", { dir: "auto" }, detail.summary) : null,
          facts([
            [text("wish"), detail.wish],
            [text("mood"), packet.mood && texts.named(texts.MOODS, packet.mood)],
            [text("tried"), packet.tried?.length && el("ul.tried", {}, packet.tried.map((answer) => el("li", { dir: "auto" }, answer)))],
          ])) : null,
        section(text("customer"), facts([
          [text("name"), customer?.name],
          [text("contact"), customer?.contact],
          [text("identity"), [customer?.proven_by ? texts.named(texts.PROOFS, customer.proven_by) : text("not_proven"), packet.locked && text("locked")].filter(Boolean).join(" · ")],
          [text("language"), texts.languageName(detail.language)],
          [text("channel"), texts.named(texts.CHANNELS, detail.channel)],
          [text("waiting_since"), detail.waiting_since && texts.full(detail.waiting_since)],
          [text("skill"), detail.skill],
          [text("first_answer"), detail.answered_at && judged(detail)],
          [due?.what, due && el("span", {}, `${texts.full(due.at)} `, el(`span.mark.${due.kind}`, {}, due.words))],
        ])),
        section(text("orders"), this.orderList()),
        detail.linked?.length ? section(text("linked"), el("ul.linked", {}, detail.linked.map((one) =>
          el("li", {}, el("a", { href: `#/c/${one.id}` }, texts.named(texts.CHANNELS, one.channel)), ` · ${texts.named(texts.OWNERS, one.owner)} · ${texts.short(one.updated_at)}`)))) : null,
        survey?.score ? section(text("survey"), el("p", {}, text("survey_score", { score: survey.score })), survey.comment ? el("blockquote", { dir: "auto" }, survey.comment) : null) : null,
      ].filter(Boolean),
    );
    this.body.scrollTop = scrollTop;
  }

  orderList() {
    if (this.failed) return [el("p.quiet", {}, text("orders_failed")), button(text("retry"), () => ((this.failed = false), this.fetchOrders()), "link")];
    if (!this.orders) return el("p.quiet", {}, text("loading"));
    if (!this.orders.length) return el("p.quiet", {}, text("no_orders"));
    // The one that the talk is about comes first.
    const about = (order) => order.number === this.detail.packet?.order?.number;
    const sorted = [...this.orders].sort((a, b) => about(b) - about(a));
    return sorted.map((order, at) => this.order(order, at === 0));
  }

  order(order, first) {
    const open = this.opened.has(order.number) || (first && !this.opened.has(`-${order.number}`));
    const shown = el("details.order", { open, toggle: () => {
      this.opened.delete(`-${order.number}`);
      this.opened.delete(order.number);
      this.opened.add(shown.open ? order.number : `-${order.number}`);
    } },
    el("summary", {}, el("b", { dir: "auto" }, order.number), el(`span.mark.${order.state}`, {}, texts.named(texts.ORDER_STATES, order.state)), el("span.sum", {}, texts.money(order.total, order.currency))),
    facts([
      [text("placed_at"), order.placed_at && texts.date(order.placed_at)],
      [text("name"), order.customer_name], [text("email"), order.email], [text("phone"), order.phone], [text("address"), order.address],
    ]),
    el("ul.lines", {}, (order.lines ?? []).map((line) => el("li", {}, el("span", { dir: "auto" }, `${line.quantity} × ${line.name}`), el("span", {}, texts.money(line.unit_price, order.currency))))),
    (order.shipments ?? []).map((shipment) => {
      const url = safe(shipment.tracking_url);
      const number = [shipment.carrier, shipment.tracking_number].filter(Boolean).join(" ");
      return el("p.shipment", { dir: "auto" }, url ? el("a", { href: url.href, target: "_blank", rel: "noopener noreferrer" }, number) : number,
        texts.SHIPMENT_STATES[shipment.state] ? ` · ${text(texts.SHIPMENT_STATES[shipment.state])}` : "", shipment.expected_on ? ` · ${text("expected_on", { date: texts.date(shipment.expected_on) })}` : "");
    }),
    el("div.actions", {},
      order.can_change_address ? button(text("change_address"), () => this.changeAddress(order)) : null,
      order.invoice_url ? button(text("send_invoice"), () => this.sendInvoice(order)) : null,
      order.can_cancel ? button(text("cancel_order"), () => this.cancel(order), "plain.dangerous") : null));
    return shown;
  }

  replace(order) {
    if (order) this.orders = this.orders?.map((one) => (one.number === order.number ? order : one)) ?? null;
    this.render();
  }

  async act(order, action, more = {}) {
    const { order: changed } = (await post(`orders/${encodeURIComponent(order.number)}/${action}`, { conversation: this.id, ...more })) ?? {};
    this.replace(changed);
  }

  async cancel(order) {
    const done = await ask({ title: text("cancel_order_title", { number: order.number }), body: text("cancel_order_body", { total: texts.money(order.total, order.currency) }),
      action: text("cancel_order"), danger: true, act: () => this.act(order, "cancel") });
    if (done) tell(text("order_cancelled_done", { number: order.number }));
  }

  async sendInvoice(order) {
    const done = await ask({ title: text("send_invoice"), body: text("send_invoice_body", { number: order.number }), action: text("send"), act: () => this.act(order, "invoice") });
    if (done) tell(text("invoice_sent"));
  }

  async changeAddress(order) {
    const done = await ask({ title: text("change_address"), fields: [{ name: "address", label: text("address"), kind: "area", value: order.address ?? "", required: true, maxlength: 500 }],
      action: text("save"), act: ({ address }) => this.act(order, "address", { address: address.trim() }) });
    if (done) tell(text("address_changed"));
  }
}

const section = (title, ...content) => el("section", {}, el("h3", {}, title), ...content);

// When the first answer came, and whether that was in time.
function judged({ answered_at, answer_due_at }) {
  const late = answer_due_at && Date.parse(answered_at) > Date.parse(answer_due_at);
  return el("span", {}, `${texts.full(answered_at)} `, answer_due_at ? el(`span.mark.${late ? "late" : "calm"}`, {}, text(late ? "too_late" : "in_time")) : null);
}

const facts = (pairs) =>
  el("dl", {}, pairs.filter(([, value]) => value).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", { dir: "auto" }, value))));
