// The page of after-sales cases: the list beside the open one; on a phone one after the other.

import { el } from "../../shared/dom.js";
import { CaseList } from "./case_list.js";
import { CaseDetail } from "./detail.js";
import { receive } from "./receive.js";

const CLOCK = 30_000; // ms after which clocks are told anew

/**
 * @param {Desk.Shell} desk
 * @returns {Desk.Page}
 */
export function cases(desk) {
  const list = new CaseList(desk, () => receive(() => list.pace.soon()));
  const detail = new CaseDetail(desk, { onBack: leave, onChanged: () => list.pace.soon() });
  const element = el("main.inbox.cases-page", { "data-screen": "list" }, list.element, detail.element);
  const clock = setInterval(tick, CLOCK);
  list.refresh();
  return { element, refresh, stop, show, hear, press };

  function tick() {
    list.render();
    detail.draw();
  }

  function refresh() {
    list.refresh(true);
    detail.refresh(true);
  }

  function stop() {
    list.stop();
    detail.stop();
    clearInterval(clock);
  }

  function leave() {
    location.hash = "#/cases";
  }

  /** @param {number | null} id */
  function show(id) {
    const before = detail.id;
    element.dataset.screen = id === null ? "list" : "thread";
    detail.open(id);
    list.mark(id);
    if (id !== null || before === null) return;
    /** @type {HTMLElement | null} */
    const row = list.list.querySelector(`a[href="#/cases/${before}"]`);
    row?.focus();
  }

  /** @param {Desk.Event} event */
  function hear({ kind, data }) {
    if (kind !== "case" && kind !== "case_due") return;
    list.pace.soon();
    if (data.id === detail.id) detail.soon();
  }

  /** @param {string} key */
  function press(key) {
    /** @type {Record<string, () => unknown>} */
    const acts = {
      j: () => list.step(1),
      k: () => list.step(-1),
      "/": () => list.search.focus(),
      o: () => {
        const { conversation } = detail.shown ?? {};
        if (conversation) location.hash = `#/c/${conversation}`;
      },
    };
    if (!acts[key]) return false;
    acts[key]();
    return true;
  }
}
