// What happens at the desk, as it happens; where event streams don't get through, everything shown is fetched
// every few seconds instead, as it is first of all and after every interruption.

import { Feed } from "../../shared/feed.js";
import { events } from "../core/api.js";

/** @type {Desk.Kind[]} */
const KINDS = ["conversation", "typing", "mention", "alert", "agents", "faults", "case", "case_due"];

export class Live {
  /**
   * `onSync` fetches everything shown.
   * @param {{onEvent: (event: Desk.Event) => void, onOnline: (online: boolean) => void, onSync: () => Promise<unknown>}} on
   */
  constructor(on) {
    this.feed = new Feed({
      ready: () => true,
      fetch: on.onSync,
      open: events,
      // Its events tell what to fetch anew, and none tells what happened before it.
      opened: () => on.onSync().catch(() => {}),
      read: (told) => {
        for (const event of told)
          if (KINDS.includes(/** @type {Desk.Kind} */ (event.kind)))
            on.onEvent(/** @type {Desk.Event} */ (event));
      },
      onOnline: on.onOnline,
      refused: () => this.stop(), // whoever asked has told so already
    });
    this.feed.run();
  }

  /** Since when what is shown may not be all there is; ISO 8601. */
  get since() {
    return new Date(this.feed.good).toISOString();
  }

  stop() {
    this.feed.stop();
  }
}
