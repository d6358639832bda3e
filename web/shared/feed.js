// Keeps up with what is new: streamed, or fetched where streams don't get through; and fetched first of all,
// after every interruption, and whenever it isn't sure that the stream does.

import { backoff, known } from "./http.js";
import { follow } from "./stream.js";

const POLL = 4_000; // ms
const STREAM_AGAIN = 300_000; // ms of fetching before streaming is tried anew

export class Feed {
  failures = 0;
  streamAt = 0;
  fetched = false;
  begun = 0; // times
  stopped = false;
  renewed = false; // what is under way is wanted no more
  good = Date.now(); // when what is shown was last known to be all there is
  /** @type {AbortController | null} */
  stream = null;
  /** @type {Set<() => void>} */
  wakers = new Set();

  /** @param {Shared.Source} source */
  constructor(source) {
    this.source = source;
    this.wake = () => {
      for (const waker of this.wakers) waker();
    };
    this.abort = () => this.stream?.abort();
    addEventListener("online", this.wake);
    addEventListener("offline", this.abort);
  }

  async run() {
    while (!this.stopped) {
      if (!this.source.ready()) {
        await this.pause(2 ** 30);
        continue;
      }
      this.renewed = false;
      try {
        if (!this.fetched || Date.now() < this.streamAt) {
          const { begun } = this;
          await this.fetch();
          if (this.fetched) await this.pause(POLL);
          if (begun === this.begun) this.fetched = true;
        } else {
          await this.follow();
          await this.pause(backoff(1)); // the server ended it: it restarts
        }
      } catch (error) {
        if (this.stopped || this.renewed || !this.source.ready()) continue;
        await this.recover(error);
      }
    }
  }

  // From the beginning.
  restart() {
    this.begun += 1;
    this.fetched = false;
    this.renewed = true;
    this.abort();
  }

  // Goes on where it is, as somebody else or with another key.
  renew() {
    this.renewed = true;
    this.abort();
    this.wake();
  }

  stop() {
    this.stopped = true;
    removeEventListener("online", this.wake);
    removeEventListener("offline", this.abort);
    this.abort();
    this.wake();
  }

  async fetch() {
    await this.source.fetch();
    this.alive();
  }

  alive() {
    this.good = Date.now();
    this.source.onOnline(true);
  }

  async follow() {
    const stream = new AbortController();
    this.stream = stream;
    let spoken = false;
    const unsure = setInterval(() => spoken || this.fetch().catch(() => {}), POLL);
    try {
      await follow(
        (signal) => this.source.open(signal),
        (events) => {
          this.failures = 0;
          if (!spoken) this.source.opened();
          spoken = true;
          this.alive();
          this.source.read(events);
        },
        stream,
      );
    } finally {
      clearInterval(unsure);
      this.stream = null;
    }
  }

  /** @param {unknown} error */
  async recover(error) {
    const { status, wait, code } = known(error);
    if (status === 401) return this.source.refused(code);
    this.failures += 1;
    try {
      // If this works it is only the stream that fails.
      await this.fetch();
      if (this.failures > 1) this.streamAt = Date.now() + STREAM_AGAIN;
    } catch (again) {
      if (this.stopped) return;
      if (known(again).status === 401) return this.source.refused(known(again).code);
      this.source.onOnline(false);
    }
    await this.pause(Math.max(backoff(this.failures), wait));
  }

  /**
   * Until it is woken, at the longest.
   * @param {number} duration ms
   * @returns {Promise<void>}
   */
  pause(duration) {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.wakers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, duration);
      this.wakers.add(done);
    });
  }
}
