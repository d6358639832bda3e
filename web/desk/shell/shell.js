// What stands around every page while an agent is signed in: the way between pages, keys, and what is new.

import { $, aria, el } from "../../shared/dom.js";
import { cases } from "../cases/cases.js";
import { request } from "../core/api.js";
import * as texts from "../core/texts.js";
import { explain, text } from "../core/texts.js";
import { Inbox } from "../inbox/inbox.js";
import { agents } from "../pages/agents.js";
import { audit } from "../pages/audit.js";
import { callbacks } from "../pages/callbacks.js";
import { figures } from "../pages/figures.js";
import { settings } from "../pages/settings.js";
import { options } from "../ui/controls.js";
import { anyOpen } from "../ui/dialogs.js";
import { tell, wish } from "../ui/notices.js";
import { Faults } from "./faults.js";
import { help } from "./help.js";
import { Live } from "./live.js";
import { Overdue } from "./overdue.js";
import { rail } from "./rail.js";
import { Watch } from "./watch.js";

/** @type {Map<string, (desk: Shell) => Desk.Page>} */
const PAGES = new Map([
  ["cases", cases],
  ["callbacks", callbacks],
  ["figures", figures],
  ["settings", settings],
  ["agents", agents],
  ["audit", audit],
]);

export class Shell {
  root = $("desk");
  offline = el("p.offline", { hidden: true });
  faults = new Faults();
  overdue = new Overdue();
  place = el("div.place");
  /** @type {string | null} the page beside the inbox that is shown; "" is the inbox */
  page = null;
  /** @type {Desk.Page | null} the page itself */
  beside = null;
  /** @type {boolean | undefined} undefined: not known yet */
  online;
  stateChanges = 0;

  /**
   * @param {Desk.Session} session
   * @param {() => void} onSignOut
   */
  constructor({ agent, shop, dispositions, agents: colleagues }, onSignOut) {
    this.me = agent;
    this.shop = shop;
    this.dispositions = dispositions;
    this.agents = colleagues;
    this.onSignOut = onSignOut;
    this.stateSelect = this.stateChoice();
    this.links = rail(this.me.role === "admin", this.overdue.element, this.onSignOut);
    this.inbox = new Inbox(this);
    this.fill();
    this.watch = new Watch(
      (id) =>
        this.inbox.conversation.id === id && document.visibilityState === "visible" && document.hasFocus(),
    );
    this.live = new Live({
      onEvent: (event) => {
        if (event.kind === "conversation") this.watch.hear(event.data);
        if (event.kind === "faults") this.faults.look().catch(() => {});
        this.overdue.hear(event);
        this.inbox.hear(event);
        this.beside?.hear?.(event);
      },
      onOnline: (online) => this.connected(online),
      onSync: async () => {
        this.watch.soon();
        this.faults.look().catch(() => {});
        this.overdue.look();
        this.fetchAgents();
        this.beside?.refresh();
        await this.inbox.sync(true);
      },
    });
    this.routing = () => this.route();
    this.keying = (/** @type {KeyboardEvent} */ event) => this.key(event);
    addEventListener("hashchange", this.routing);
    addEventListener("keydown", this.keying);
    this.route();
  }

  stop() {
    this.beside?.stop();
    this.overdue.stop();
    this.live.stop();
    this.watch.stop();
    this.inbox.stop();
    removeEventListener("hashchange", this.routing);
    removeEventListener("keydown", this.keying);
  }

  // --- what is always there ---

  stateChoice() {
    const pairs = Object.entries(texts.STATES).map(
      ([value, key]) => /** @type {const} */ ([value, text(key)]),
    );
    const change = () => this.setState(select.value);
    /** @type {HTMLSelectElement} */
    const select = el(
      "select.state",
      { "aria-label": text("own_state"), "data-state": this.me.state, change },
      options(pairs, this.me.state),
    );
    return select;
  }

  fill() {
    const skip = (/** @type {MouseEvent} */ event) => {
      event.preventDefault();
      this.skip();
    };
    this.root.className = "desk";
    this.root.replaceChildren(
      el("a.skip", { href: "#/", click: skip }, text("skip")),
      el("div.warnings", {}, this.offline, this.faults.element),
      this.links,
      this.place,
    );
  }

  skip() {
    /** @type {HTMLElement | null} */
    const input = this.root.querySelector("main .open:not([hidden]) #input");
    (input ?? this.heading())?.focus();
  }

  /** @returns {HTMLElement | null} */
  heading() {
    return this.root.querySelector("main h1");
  }

  /** @param {boolean} online */
  connected(online) {
    if (online) this.inbox.still();
    if (this.online === online) return;
    if (this.online !== undefined || !online)
      tell(text(online ? "online_again" : "offline"), online ? "plain" : "bad");
    this.online = online;
    this.offline.hidden = online;
    this.offline.textContent = online
      ? ""
      : `${text("offline")} ${text("stale", { time: texts.short(this.live.since) })}`;
    this.inbox.connected();
  }

  // --- which page ---

  route() {
    const path = location.hash.replace(/^#\/?/, "");
    const [place, id] = path.match(/^(c|cases)\/(\d+)$/)?.slice(1) ?? [path];
    const page = PAGES.get(place);
    const name = page ? place : "";
    const changed = this.page !== name;
    this.page = name;
    for (const one of this.links.querySelectorAll("a")) {
      if (one.getAttribute("href") === `#/${name}`) aria(one, "current", "page");
      else one.removeAttribute("aria-current");
    }
    if (changed || !this.beside?.show) this.turn(page);
    if (!page) {
      if (this.inbox.element.parentNode !== this.place) this.place.replaceChildren(this.inbox.element);
    }
    this.root.classList.toggle("deep", Boolean(id));
    this.beside?.show?.(id ? Number(id) : null);
    if (!page) return this.inbox.show(id ? Number(id) : null);
    const heading = this.heading();
    document.title = `${heading?.textContent} – ${this.shop.name}`;
    if (changed) heading?.focus();
  }

  /** @param {((desk: Shell) => Desk.Page) | undefined} page */
  turn(page) {
    this.beside?.stop();
    this.beside = page?.(this) ?? null;
    if (this.beside) this.place.replaceChildren(this.beside.element);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { target } = event;
    if (
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      event.isComposing ||
      anyOpen() ||
      !wish("keys", "yes")
    )
      return;
    if (target instanceof Element && target.closest("input, textarea, select, [contenteditable]")) return;
    if (event.key === "?") help();
    else if (!(this.beside ? this.beside.press?.(event.key) : this.inbox.press(event.key))) return;
    event.preventDefault();
  }

  // --- who is here ---

  /** @param {string} state */
  async setState(state) {
    this.stateChanges += 1;
    try {
      const { agent } = await request("me", { method: "PATCH", body: { state } });
      this.me = agent;
    } catch (error) {
      tell(explain(error), "bad");
    }
    this.stateChanges += 1;
    this.showState();
  }

  showState() {
    this.stateSelect.value = this.me.state;
    this.stateSelect.dataset.state = this.me.state;
  }

  /**
   * The agent's own account is another now; a new language is shown at once.
   * @param {Desk.Agent} agent
   */
  async changed(agent) {
    this.me = agent;
    await texts.load(agent.language);
    this.stateSelect = this.stateChoice();
    this.links = rail(this.me.role === "admin", this.overdue.element, this.onSignOut);
    this.inbox.stop();
    this.inbox = new Inbox(this);
    this.place = el("div.place");
    this.fill();
    this.page = null;
    this.route();
    this.inbox.sync().catch(() => {}); // it tells so itself
  }

  async fetchAgents() {
    const { stateChanges } = this;
    try {
      const { agents: found, agent } = await request("me", { unasked: true });
      // The composer and the list hold on to this very list.
      this.agents.splice(0, this.agents.length, ...found);
      if (stateChanges !== this.stateChanges) return; // it may be older than what the agent chose
      this.me.state = agent.state;
      this.showState();
    } catch {
      // It is fetched again with the next change.
    }
  }
}
