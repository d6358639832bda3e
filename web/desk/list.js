// The list of conversations: views, filters, search, and who waits for how long.

import { query, request } from "./api.js";
import { button, el, icon, iconButton, initials, Keyed, options } from "./dom.js";
import { Pace } from "./pace.js";
import * as texts from "./texts.js";
import { text } from "./texts.js";

const VIEWS = { queue: "view_queue", mine: "view_mine", all: "view_all", bot: "view_bot", closed: "view_closed" };
const TYPED = 300; // ms without a key after which a search begins
const BUSY = 1_500; // ms between two requests while much happens
const OWNERS = { queue: ["queue"], all: ["queue", "human"], bot: ["bot"] };
const SOON = 300; // seconds before the promised time from which an answer is urgent

export class List {
  // Handlers: onOpen(id), onError(error).
  constructor(desk, handlers) {
    Object.assign(this, handlers, { desk, view: "queue", filters: {}, items: [], next: null, current: null });
    const search = el("input", { type: "search", id: "search", placeholder: text("search"), "aria-label": text("search"), autocomplete: "off", maxlength: 100,
      input: () => this.typed(), keydown: (event) => event.key === "Escape" && event.target.blur() });
    this.search = search;
    this.filterButton = iconButton("filter", text("filters"), () => this.toggleFilters(), { "aria-expanded": "false", "aria-controls": "filters" });
    this.tabs = el("nav.views", { "aria-label": text("views") });
    this.filterBox = el("div.filters", { id: "filters", hidden: true },
      this.filter("channel", text("channel"), Object.entries(texts.CHANNELS).map(([value, key]) => [value, text(key)])),
      this.filter("language", text("language"), desk.shop.languages.map((code) => [code, texts.languageName(code)])),
      this.filter("agent", text("agent"), desk.agents.map(({ id, name }) => [id, name])));
    this.list = el("ul.conversations", { "aria-label": text("conversations") });
    this.empty = el("p.empty", { hidden: true });
    this.more = button(text("show_more"), () => this.fetchMore(), "link", { hidden: true });
    const scroller = el("div.scroller", { tabindex: "-1" }, this.list, this.empty, this.more);
    this.element = el("section.list", { "aria-labelledby": "list-title" },
      el("header.bar", {}, el("h1", { id: "list-title", tabindex: "-1" }, text("conversations")), desk.stateSelect),
      el("div.find", {}, el("div.search", {}, icon("search"), search), this.filterButton),
      this.filterBox, this.tabs, scroller);
    this.keyed = new Keyed(this.list);
    this.pace = new Pace(() => this.refresh(), 250, BUSY);
    scroller.addEventListener("scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = scroller;
      if (this.next && scrollHeight - scrollTop - clientHeight < 300) this.fetchMore();
    }, { passive: true });
    this.showTabs({});
  }

  filter(name, label, pairs) {
    const chosen = el("select", { "aria-label": label, change: (event) => {
      this.filters[name] = event.target.value;
      this.restart();
    } }, options([["", `${label}: ${text("any")}`], ...pairs], ""));
    return chosen;
  }

  toggleFilters() {
    this.filterBox.hidden = !this.filterBox.hidden;
    this.filterButton.ariaExpanded = String(!this.filterBox.hidden);
  }

  typed() {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.restart(), TYPED);
  }

  choose(view) {
    this.view = view;
    this.showTabs(this.counts ?? {});
    this.restart();
  }

  restart() {
    this.next = null;
    this.items = [];
    return this.refresh();
  }

  path(after) {
    return `conversations?${query({ view: this.view, ...this.filters, q: this.search.value.trim(), after })}`;
  }

  // The first page anew; what was loaded below it stays.
  async refresh() {
    const turn = (this.turn = (this.turn ?? 0) + 1);
    try {
      const { conversations, counts, next } = await request(this.path());
      if (turn !== this.turn) return;
      const fresh = new Set(conversations.map(({ id }) => id));
      const below = this.next && this.items.length > 50 ? this.items.slice(50).filter(({ id }) => !fresh.has(id)) : [];
      if (!below.length) this.next = next;
      this.items = [...conversations, ...below];
      this.counts = counts;
      this.showTabs(counts);
      this.render();
    } catch (error) {
      this.onError(error);
      // Lost on the way, while events still come: none of them may ask for it again.
      if (error.status === 0 && this.desk.online) this.pace.soon();
    }
  }

  soon() {
    this.pace.soon();
  }

  // Whether something that happened may change what is shown here; a message comes with who has its conversation.
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
      const known = new Set(this.items.map(({ id }) => id));
      this.items.push(...conversations.filter(({ id }) => !known.has(id)));
      this.next = next;
      this.render();
    } catch (error) {
      this.onError(error);
    } finally {
      this.loading = false;
    }
  }

  showTabs(counts) {
    this.tabKeys ??= new Keyed(this.tabs);
    this.tabKeys.show(Object.entries(VIEWS).map(([view, key]) => {
      const count = counts[view];
      const signature = `${count} ${view === this.view}`;
      return [view, signature, () => el("button.tab", { type: "button", "aria-current": view === this.view ? "true" : null, click: () => this.choose(view) },
        text(key), count ? el("span.count", {}, String(count)) : null)];
    }));
    document.title = `${counts.unread ? `(${counts.unread}) ` : ""}${this.desk.shop.name}`;
  }

  mark(id) {
    this.current = id;
    this.render();
    this.list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }

  step(by) {
    const at = this.items.findIndex(({ id }) => id === this.current);
    const next = this.items[at < 0 ? 0 : at + by];
    if (next) this.onOpen(next.id);
  }

  render() {
    this.keyed.show(this.items.map((item) => {
      const due = dueOf(item);
      const signature = JSON.stringify([item, item.id === this.current, due?.words, new Date().toDateString()]);
      return [item.id, signature, () => this.row(item, due)];
    }));
    this.empty.hidden = this.items.length > 0;
    const searching = this.search.value.trim() || Object.values(this.filters).some(Boolean);
    this.empty.textContent = text(searching ? "nothing_found" : this.view === "queue" ? "queue_empty" : "list_empty");
    this.more.hidden = !this.next;
  }

  row(item, due) {
    const name = nameOf(item);
    const author = item.preview_author && item.preview_author !== "customer" ? `${text(texts.AUTHORS[item.preview_author])}: ` : "";
    const who = item.owner === "human" && item.agent ? (item.agent.id === this.desk.me.id ? text("me") : item.agent.name) : texts.named(texts.OWNERS, item.owner);
    return el("li", {}, el(`a.row${item.unread ? ".unread" : ""}`, { href: `#/c/${item.id}`, "aria-current": item.id === this.current ? "true" : null },
      el(`span.face.${item.channel}`, { "aria-hidden": "true" }, initials(name)),
      el("span.first", {}, el("span.name", { dir: "auto" }, name), el("time", { datetime: item.updated_at }, texts.short(item.updated_at))),
      el("span.preview", { dir: "auto" }, author, item.preview || "—"),
      item.unread ? el("span.count", {}, el("span.unseen", {}, text("unread")), ` ${item.unread}`) : null,
      el("span.marks", {},
        item.priority ? el(`span.mark.priority${item.priority}`, {}, text(item.priority > 1 ? "priority_urgent" : "priority_high")) : null,
        due ? el(`span.mark.${due.kind}`, { title: `${due.what}: ${texts.full(due.at)}` }, icon("clock"), due.words) : null,
        el("span.mark", {}, texts.named(texts.CHANNELS, item.channel)),
        el(`span.mark.${item.owner}`, { dir: "auto" }, who),
        item.viewers?.length ? el("span.mark", { title: text("looking_too", { names: item.viewers.join(", ") }) }, icon("eye"), item.viewers.join(", ")) : null)));
  }
}

export const nameOf = ({ customer, channel, id }) =>
  customer?.name || customer?.contact || text("visitor", { channel: texts.named(texts.CHANNELS, channel), id });

// The time promised next, and how it stands.
export function dueOf({ owner, answer_due_at, answered_at, resolve_due_at }) {
  if (owner === "closed") return null;
  const at = answered_at ? resolve_due_at : answer_due_at;
  if (!at) return null;
  const left = (Date.parse(at) - Date.now()) / 1000;
  const words = left < 0 ? text("overdue", { time: texts.duration(-left) }) : text("due_in", { time: texts.duration(left) });
  return { at, words, what: text(answered_at ? "resolve_due" : "answer_due"), kind: left < 0 ? "late" : left < SOON ? "soon" : "calm" };
}
