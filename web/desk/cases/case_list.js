// The list of cases: views, filters, and whose clock runs out first.

import { aria, el } from "../../shared/dom.js";
import { query, request } from "../core/api.js";
import { Pace } from "../core/pace.js";
import { text } from "../core/texts.js";
import { button, iconButton, options } from "../ui/controls.js";
import { Keyed } from "../ui/keyed.js";
import { problem } from "../ui/notices.js";
import { Standing } from "../ui/standing.js";
import { row } from "./case_row.js";
import { choices, clockOf, KINDS, STATES } from "./words.js";

/** @type {Record<string, string>} */
const VIEWS = {
  open: "cases_open",
  mine: "cases_mine",
  overdue: "cases_overdue",
  unsigned: "cases_unsigned",
  all: "cases_all",
};
const TYPED = 300; // ms without a key after which a search begins
const BUSY = 1_500; // ms between two requests while much happens

export class CaseList {
  view = "open";
  /** @type {Record<string, number>} */
  counts = {};
  /** @type {Desk.CaseRow[]} */
  items = [];
  /** @type {string | null} where the next page begins */
  next = null;
  /** @type {number | null} the open case */
  current = null;
  turn = 0;
  loading = false;
  /** @type {Record<string, string>} */
  filters = {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  typing;

  /**
   * @param {Desk.Shell} desk
   * @param {() => void} onReceive parcels came
   */
  constructor(desk, onReceive) {
    this.desk = desk;
    this.tabs = el("nav.views", { "aria-label": text("views") });
    this.tabKeys = new Keyed(this.tabs);
    this.list = el("ul.cases", { "aria-label": text("cases") });
    this.keyed = new Keyed(this.list);
    this.empty = el("p.empty", { hidden: true });
    this.standing = new Standing(() => this.refresh(true));
    this.more = button(text("show_more"), () => this.fetchMore(), "link", { hidden: true });
    this.pace = new Pace(() => this.refresh(true), 250, BUSY);
    this.search = this.written("contact", text("case_search"));
    this.box = this.filterBox();
    const toggle = iconButton("filter", text("filters"), () => this.toggle(toggle), {
      "aria-expanded": "false",
      "aria-controls": "case-filters",
    });
    this.element = el(
      "section.list",
      { "aria-labelledby": "cases-title" },
      el(
        "header.bar",
        {},
        el("h1", { id: "cases-title", tabindex: "-1" }, text("cases")),
        button(text("receive_parcels"), onReceive),
      ),
      el("div.find", {}, this.search, toggle),
      this.box,
      this.tabs,
      el("div.scroller", { tabindex: "-1" }, this.standing.element, this.list, this.empty, this.more),
    );
    this.showTabs();
  }

  stop() {
    this.pace.stop();
    this.standing.stop();
    clearTimeout(this.typing);
  }

  filterBox() {
    return el(
      "div.filters",
      { id: "case-filters", hidden: true },
      this.chosen("state", text("state"), choices(STATES)),
      this.chosen("kind", text("case_kind"), choices(KINDS)),
      this.written("order", text("case_order_number")),
      this.written("product", text("case_product")),
    );
  }

  /**
   * @param {string} name
   * @param {string} label
   * @param {Desk.Pair[]} pairs
   */
  chosen(name, label, pairs) {
    const all = `${label}: ${text("any")}`;
    /** @type {HTMLSelectElement} */
    const select = el(
      "select",
      { "aria-label": label, change: () => this.filter(name, select.value) },
      options([["", all], ...pairs], ""),
    );
    return select;
  }

  /**
   * @param {string} name
   * @param {string} label
   */
  written(name, label) {
    const typed = () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.filter(name, input.value.trim()), TYPED);
    };
    const input = el("input", {
      type: "search",
      placeholder: label,
      "aria-label": label,
      autocomplete: "off",
      maxlength: 100,
      input: typed,
    });
    return input;
  }

  /** @param {HTMLElement} toggle */
  toggle(toggle) {
    this.box.hidden = !this.box.hidden;
    aria(toggle, "expanded", String(!this.box.hidden));
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  filter(name, value) {
    this.filters[name] = value;
    this.restart();
  }

  /** @param {string} view */
  choose(view) {
    this.view = view;
    this.showTabs();
    this.restart();
  }

  restart() {
    this.items = [];
    this.next = null;
    this.standing.reset();
    this.render();
    return this.refresh();
  }

  /** @param {string} [after] */
  path = (after) => `cases?${query({ view: this.view, ...this.filters, after })}`;

  /**
   * The first page anew.
   * @param {boolean} [unasked] nobody did anything for it
   */
  async refresh(unasked = false) {
    this.turn += 1;
    const { turn } = this;
    try {
      const { cases, counts, next } = await request(this.path(), { unasked });
      if (turn !== this.turn) return;
      this.items = cases;
      this.counts = counts;
      this.next = next;
      this.standing.done();
    } catch (error) {
      if (turn === this.turn) this.standing.fail(error);
    }
    if (turn !== this.turn) return;
    this.showTabs();
    this.render();
  }

  async fetchMore() {
    if (this.loading || !this.next) return;
    this.loading = true;
    const { turn } = this;
    try {
      const { cases, next } = await request(this.path(this.next));
      if (turn !== this.turn) return;
      const there = new Set(this.items.map(({ id }) => id));
      this.items.push(...cases.filter((/** @type {Desk.CaseRow} */ { id }) => !there.has(id)));
      this.next = next;
      this.render();
    } catch (error) {
      problem(error);
    } finally {
      this.loading = false;
    }
  }

  showTabs() {
    // Who decides on no money is told of no sums to sign.
    const views = Object.entries(VIEWS).filter(([view]) => view !== "unsigned" || "unsigned" in this.counts);
    this.tabKeys.show(
      views.map(([view, key]) => {
        const count = this.counts[view] ?? 0;
        const attributes = {
          type: "button",
          "aria-current": view === this.view ? "true" : null,
          click: () => this.choose(view),
        };
        const shown = count ? el("span.count", {}, String(count)) : null;
        return [view, `${count} ${view === this.view}`, () => el("button.tab", attributes, text(key), shown)];
      }),
    );
  }

  /** @param {number | null} id */
  mark(id) {
    this.current = id;
    this.render();
    this.list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }

  /** @param {1 | -1} by */
  step(by) {
    const at = this.items.findIndex(({ id }) => id === this.current);
    const next = this.items[at < 0 ? 0 : at + by];
    if (next) location.hash = `#/cases/${next.id}`;
  }

  render() {
    this.keyed.show(
      this.items.map((item) => {
        const current = item.id === this.current;
        const signature = JSON.stringify([item, current, clockOf(item.clock)?.words]);
        return [item.id, signature, () => row(item, current, this.desk.me.id)];
      }),
    );
    this.empty.hidden = this.items.length > 0 || !this.standing.there;
    const narrowed = Object.values(this.filters).some(Boolean);
    this.empty.textContent = text(narrowed ? "nothing_found" : "cases_none");
    this.more.hidden = !this.next;
  }
}
