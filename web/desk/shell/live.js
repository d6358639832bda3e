// What happens at the desk, as it happens. After every interruption everything shown is fetched anew.

import { backoff, known } from "../../shared/http.js";
import { address, request } from "../core/api.js";

/** @type {Desk.Kind[]} */
const KINDS = ["conversation", "typing", "mention", "alert", "agents", "faults"];

export class Live {
  failures = 0;
  stopped = false;
  /** @type {EventSource | undefined} */
  source;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer;

  /**
   * `onSync`: at each (re)connection.
   * @param {{onEvent: (event: Desk.Event) => void, onOnline: (online: boolean) => void, onSync: () => void}} on
   */
  constructor(on) {
    this.on = on;
    this.now = () => {
      if (this.source?.readyState !== EventSource.OPEN) this.connect();
    };
    this.gone = () => this.lost();
    addEventListener("online", this.now);
    addEventListener("offline", this.gone);
  }

  connect() {
    clearTimeout(this.timer);
    this.source?.close();
    const source = new EventSource(address("events"));
    this.source = source;
    source.onopen = () => {
      this.failures = 0;
      this.on.onOnline(true);
      this.on.onSync();
    };
    source.onerror = () => {
      if (source === this.source) this.lost();
    };
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => this.on.onEvent({ kind, data: JSON.parse(event.data) }));
    }
  }

  lost() {
    this.source?.close();
    clearTimeout(this.timer);
    this.on.onOnline(false);
    this.failures += 1;
    this.timer = setTimeout(async () => {
      // An event stream doesn't say why it failed; this request does if nobody is signed in any more.
      try {
        await request("me");
      } catch (error) {
        if (known(error).status === 401) return;
      }
      if (!this.stopped) this.connect();
    }, backoff(this.failures));
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    this.source?.close();
    removeEventListener("online", this.now);
    removeEventListener("offline", this.gone);
  }
}
