// The list of conversations: views, filters, search, and who waits for how long.

import { el } from "../../shared/dom.js";
import { query, request } from "../core/api.js";
import { Pace } from "../core/pace.js";
import { dueOf } from "../core/summary.js";
import { text } from "../core/texts.js";
import { button } from "../ui/controls.js";
import { Keyed } from "../ui/keyed.js";
import { Standing } from "../ui/standing.js";
import { row } from "./row.js";
import { Search } from "./search.js";

const VIEWS = {
  queue: "view_queue",
  mine: "view_mine",
  all: "view_all",
  bot: "view_bot",
  closed: "view_closed",
};
const COUNTED = new Set(["queue", "mine", "all"]); // views whose number the server tells
const BUSY = 1_500; // ms between two requests while much happens
/** @type {Record<string, Desk.Owner[]>} */
const OWNERS = { queue: ["queue"], all: ["queue", "human"], bot: ["bot"] };

export class List {
  view = "queue";
  /** @type {Record<string, number> | null} null: not known */
  counts = null;
  /** @type {Desk.Summary[]} */
  items = [];
  /** @type {string | null} where the next page begins */
  next = null;
  /** @type {number | null} the open conversation */
  current = null;
  turn = 0;
  loading = false;

  /**
   * @param {Desk.Shell} desk
   * @param {{onOpen: (id: number) => void, onError: (error: unknown) => void}} on
   */
  constructor(desk, on) {
    this.desk = desk;
    this.on = on;
    this.search = new Search(desk, () => this.restart());
    this.tabs = el("nav.views", { "aria-label": text("views") });
    this.tabKeys = new Keyed(this.tabs);
    this.list = el("ul.conversations", { "aria-label": text("conversations") });
    this.empty = el("p.empty", { hidden: true });
    this.standing = new Standing(() => this.refresh(true));
    this.more = button(text("show_more"), () => this.fetchMore(), "link", { hidden: true });
    const scroller = el(
      "div.scroller",
      { tabindex: "-1" },
      this.standing.element,
      this.list,
      this.empty,
      this.more,
    );
    this.element = el(
      "section.list",
      { "aria-labelledby": "list-title" },
      el(
        "header.bar",
        {},
        el("h1", { id: "list-title", tabindex: "-1" }, text("conversations")),
        desk.stateSelect,
      ),
      this.search.element,
      this.search.box,
      this.tabs,
      scroller,
    );
    this.keyed = new Keyed(this.list);
    this.pace = new Pace(() => this.refresh(true), 250, BUSY);
    scroller.addEventListener(
      "scroll",
      () => {
        const { scrollHeight, scrollTop, clientHeight } = scroller;
        if (this.next && scrollHeight - scrollTop - clientHeight < 300) this.fetchMore();
      },
      { passive: true },
    );
    this.showTabs();
  }

  /** @param {string} view */
  choose(view) {
    this.view = view;
    this.showTabs();
    this.restart();
  }

  restart() {
    this.next = null;
    this.items = [];
    this.standing.reset();
    this.render();
    return this.refresh();
  }

  stop() {
    this.pace.stop();
    this.standing.stop();
  }

  /** @param {string} [after] */
  path(after) {
    return `conversations?${query({ view: this.view, ...this.search.wanted, after })}`;
  }

  /**
   * The first page anew; what was loaded below it stays. What can't be had is told in its place.
   * @param {boolean} [unasked] nobody did anything for it
   * @returns {Promise<unknown>} what went wrong
   */
  async refresh(unasked = false) {
    this.turn += 1;
    const { turn } = this;
    try {
      const { conversations, counts, next } = await request(this.path(), { unasked });
      if (turn !== this.turn) return;
      const fresh = ids(conversations);
      const below =
        this.next && this.items.length > 50 ? this.items.slice(50).filter(({ id }) => !fresh.has(id)) : [];
      if (!below.length) this.next = next;
      this.items = [...conversations, ...below];
      this.counts = counts;
      this.standing.done();
    } catch (error) {
      if (turn !== this.turn) return;
      this.standing.fail(error);
      return error;
    } finally {
      if (turn === this.turn) {
        this.showTabs();
        this.render();
      }
    }
  }

  // Whether what is shown is all there is.
  get sure() {
    return this.standing.current && this.desk.online !== false;
  }

  soon() {
    this.pace.soon();
  }

  /**
   * Whether something that happened may change what is shown here; a message comes with who has its
   * conversation.
   * @param {Desk.Happening["conversation"]} happening
   */
  concerns({ id, kind, owner, agent }) {
    if (kind === "status") return false;
    if (this.items.some((one) => one.id === id)) return true;
    if (kind === "view" || kind === "note") return false;
    if (kind !== "message" || !owner || agent === this.desk.me.id) return true;
    return this.view !== "mine" && Boolean(OWNERS[this.view]?.includes(owner));
  }

  async fetchMore() {
    if (this.loading || !this.next) return;
    this.loading = true;
    try {
      const { conversations, next } = await request(this.path(this.next));
      const there = ids(this.items);
      this.items.push(...conversations.filter((/** @type {Desk.Summary} */ { id }) => !there.has(id)));
      this.next = next;
      this.render();
    } catch (error) {
      this.on.onError(error);
    } finally {
      this.loading = false;
    }
  }

  showTabs() {
    const { counts } = this;
    this.tabKeys.show(
      Object.entries(VIEWS).map(([view, key]) => {
        const count = counts ? counts[view] : COUNTED.has(view) ? "…" : 0;
        const signature = `${count} ${view === this.view}`;
        return [
          view,
          signature,
          () =>
            el(
              "button.tab",
              {
                type: "button",
                "aria-current": view === this.view ? "true" : null,
                click: () => this.choose(view),
              },
              text(key),
              count ? el("span.count", {}, String(count)) : null,
            ),
        ];
      }),
    );
    const unread = this.sure ? counts?.unread : "?";
    document.title = `${unread ? `(${unread}) ` : ""}${this.desk.shop.name}`;
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
    if (next) this.on.onOpen(next.id);
  }

  render() {
    this.keyed.show(
      this.items.map((item) => {
        const current = item.id === this.current;
        const signature = JSON.stringify([item, current, dueOf(item)?.words, new Date().toDateString()]);
        return [item.id, signature, () => row(item, current, this.desk.me.id)];
      }),
    );
    this.empty.hidden = this.items.length > 0 || !this.standing.there;
    const none = this.view === "queue" ? "queue_empty" : "list_empty";
    this.empty.textContent = text(!this.sure ? "unknown_now" : this.search.active ? "nothing_found" : none);
    this.more.hidden = !this.next;
  }
}

/** @param {Desk.Summary[]} conversations */
const ids = (conversations) => new Set(conversations.map(({ id }) => id));
