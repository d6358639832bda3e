// The desk's main page: the list, the open conversation, and its panel; on a phone one after the other.

import { $, el } from "../../shared/dom.js";
import { Conversation } from "../conversation/conversation.js";
import { isFree } from "../core/summary.js";
import * as texts from "../core/texts.js";
import { text } from "../core/texts.js";
import { notify, problem, tell } from "../ui/notices.js";
import { List } from "./list.js";

const CLOCK = 15_000; // ms after which it is told anew who waits for how long

export class Inbox {
  /** @param {Desk.Shell} desk */
  constructor(desk) {
    this.desk = desk;
    this.list = new List(desk, { onOpen: (id) => this.go(id), onError: problem });
    this.conversation = new Conversation(desk, {
      onShow: () => this.screen("thread"),
      onOpened: () => this.opened(),
      onChanged: () => this.list.soon(),
      onLeave: () => this.leave(),
      onDetails: () => this.togglePanel(),
      onClosePanel: () => this.screen("thread"),
    });
    this.element = el(
      "main.inbox",
      { "data-screen": "list" },
      this.list.element,
      this.conversation.element,
      this.conversation.panel.element,
    );
    this.clock = setInterval(() => this.tick(), CLOCK);
  }

  stop() {
    this.conversation.stop();
    this.list.stop();
    clearInterval(this.clock);
  }

  // --- which conversation, which screen ---

  /** @param {number} id */
  go(id) {
    location.hash = `#/c/${id}`;
  }

  leave() {
    location.hash = "#/";
  }

  /** @param {"list" | "thread" | "panel"} name */
  screen(name) {
    this.element.dataset.screen = name;
  }

  togglePanel() {
    const shown = this.element.dataset.screen === "panel";
    this.screen(shown ? "thread" : "panel");
    if (!shown) $("panel-title").focus();
  }

  /** @param {number | null} id */
  show(id) {
    const before = this.conversation.id;
    if (id !== null && id === before) return this.screen("thread");
    this.conversation.show(id);
    this.list.mark(id);
    if (id !== null) return;
    this.screen("list");
    if (before === null) return;
    /** @type {HTMLElement | null} */
    const row = this.list.list.querySelector(`a[href="#/c/${before}"]`);
    (row ?? $("list-title")).focus();
  }

  // Who goes through the list with the keyboard stays in it, where it is beside the conversation.
  opened() {
    const inList = this.list.element.contains(document.activeElement);
    if (!inList || matchMedia("(max-width: 767px)").matches) this.conversation.header.title.focus();
  }

  tick() {
    const { detail } = this.conversation;
    this.list.render();
    if (detail) this.conversation.update(detail);
  }

  // --- what happens ---

  /** @param {Desk.Event} event */
  hear({ kind, data }) {
    if (kind === "conversation") {
      if (this.list.concerns(data)) this.list.soon();
      if (data.id !== this.conversation.id) return;
      if (data.kind === "view") this.conversation.presence.soon();
      else if (data.kind !== "read") this.conversation.soon(data.kind === "status");
    } else if (kind === "typing") {
      if (data.id === this.conversation.id && data.agent !== this.desk.me.id)
        this.conversation.thread.showTyping(data.author);
    } else if (kind === "mention") notify(text("notice_mention", { name: data.by }), "", `#/c/${data.id}`);
    else if (kind === "alert") {
      const words = text("alert_unclaimed", { since: texts.short(data.since) });
      tell(words, "bad");
      notify(text("notice_alert"), words, `#/c/${data.id}`);
    } else if (kind === "agents") this.desk.fetchAgents();
    else if (kind === "case") this.conversation.panel.cases.soon();
  }

  /**
   * Everything that is shown anew. The open conversation tells by itself what it lacks.
   * @param {boolean} [unasked] nobody did anything for it
   */
  async sync(unasked = false) {
    this.conversation.refresh(true, unasked);
    const error = await this.list.refresh(unasked);
    if (error) throw error;
  }

  // A sign of life: nothing has happened that isn't shown.
  still() {
    this.list.standing.still();
    this.conversation.standing.still();
  }

  /** The desk's connection came or went. */
  connected() {
    this.list.showTabs();
    this.list.render();
  }

  // --- keys ---

  /**
   * Whether the key means something here.
   * @param {string} key
   */
  press(key) {
    const { composer, detail, header } = this.conversation;
    /** @type {Record<string, () => unknown>} */
    const acts = {
      j: () => this.list.step(1),
      k: () => this.list.step(-1),
      "/": () => this.list.search.input.focus(),
      c: () => detail && !header.own && isFree(detail) && this.conversation.change("claim"),
      r: () => detail && composer.use("reply", true),
      n: () => detail && composer.use("note", true),
      e: () => detail && header.own && header.close(),
    };
    if (!acts[key]) return false;
    acts[key]();
    return true;
  }
}
