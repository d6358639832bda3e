// What happens at the desk, as it happens. After every interruption everything shown is fetched anew.

import { address, request } from "./api.js";

const KINDS = ["conversation", "typing", "mention", "alert", "agents"];
const LONGEST = 30_000; // ms between two tries

export class Live {
  // Handlers: onEvent(kind, data), onOnline(boolean), onSync() at each (re)connection.
  constructor(handlers) {
    Object.assign(this, handlers);
    this.failures = 0;
    this.now = () => this.source?.readyState !== EventSource.OPEN && this.connect();
    addEventListener("online", this.now);
    this.gone = () => this.lost();
    addEventListener("offline", this.gone);
  }

  connect() {
    clearTimeout(this.timer);
    this.source?.close();
    const source = (this.source = new EventSource(address("events")));
    source.onopen = () => {
      this.failures = 0;
      this.onOnline(true);
      this.onSync();
    };
    source.onerror = () => source === this.source && this.lost();
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => this.onEvent(kind, JSON.parse(event.data)));
    }
  }

  lost() {
    this.source?.close();
    clearTimeout(this.timer);
    this.onOnline(false);
    this.failures += 1;
    // Half to all of a doubling time: desks that lost the server together don't come back together.
    const wait = Math.min(LONGEST, 500 * 2 ** this.failures) * (0.5 + Math.random() / 2);
    this.timer = setTimeout(async () => {
      // An event stream doesn't say why it failed; this request does if nobody is signed in any more.
      try {
        await request("me");
      } catch (error) {
        if (error.status === 401) return;
      }
      if (!this.stopped) this.connect();
    }, wait);
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    this.source?.close();
    removeEventListener("online", this.now);
    removeEventListener("offline", this.gone);
  }
}
