// Signs that the open conversation is on the screen; who else looks at it.

import { post } from "../core/api.js";

const HEARTBEAT = 20_000; // ms between two signs
const SOON = 5_000; // ms after which others' are looked for

export class Presence {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer;

  /**
   * @param {() => number | null} open the open conversation
   * @param {(viewers: Desk.Viewer[] | null) => void} onViewers null: it can't be known now
   */
  constructor(open, onViewers) {
    this.open = open;
    this.onViewers = onViewers;
    this.heart = setInterval(() => this.beat(), HEARTBEAT);
    this.visible = () => this.beat();
    document.addEventListener("visibilitychange", this.visible);
  }

  async beat() {
    const id = this.open();
    if (id === null || document.visibilityState !== "visible") return;
    try {
      const { viewers } = await post(`conversations/${id}/view`);
      if (id === this.open()) this.onViewers(viewers);
    } catch {
      if (id === this.open()) this.onViewers(null); // the next one will tell
    }
  }

  // Not from within a heartbeat's own echo: viewers change seldom.
  soon() {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.beat();
    }, SOON);
  }

  stop() {
    clearInterval(this.heart);
    document.removeEventListener("visibilitychange", this.visible);
  }
}
