// What is new in the conversation, in order and once: streamed, or fetched where streams don't get
// through, and fetched again from the last known place after every interruption.

import { backoff, known } from "../shared/http.js";
import { open, request } from "./api.js";
import * as session from "./session.js";

const PAGE = 200; // messages the server sends at once
const FIRST_BYTE = 8_000; // ms; the server speaks at once, so a proxy must be holding it back
const SILENCE = 40_000; // ms; more than two heartbeats
const POLL = 4_000; // ms
const STREAM_AGAIN = 300_000; // ms of fetching before streaming is tried anew

export class Connection {
  last = 0;
  failures = 0;
  streamAt = 0;
  synced = false;
  /** @type {string | null} */
  token = null;
  /** @type {AbortController | null} */
  stream = null;
  /** @type {Set<() => void>} */
  wakers = new Set();

  /** @param {Chat.ConnectionHandlers} on */
  constructor(on) {
    this.on = on;
    addEventListener("online", () => this.wake());
    addEventListener("offline", () => this.stream?.abort());
    // A browser gives all tabs together six connections to an HTTP/1.1 host: hidden ones hold none.
    document.addEventListener("visibilitychange", () =>
      document.hidden ? this.stream?.abort() : this.wake(),
    );
  }

  async run() {
    for (;;) {
      while (!session.current() || document.hidden) await this.pause(2 ** 30);
      this.token = session.current();
      try {
        if (!this.synced || Date.now() < this.streamAt) {
          await this.fetchNew();
          if (this.synced) await this.pause(POLL);
          this.synced = true;
          this.on.onSynced();
        } else {
          await this.streamNew();
          await this.pause(backoff(1)); // the server ended it: it restarts
        }
      } catch (error) {
        if (document.hidden || this.token !== session.current()) continue;
        await this.recover(error);
      }
    }
  }

  // Goes on at once if it is waiting for anything.
  wake() {
    for (const waker of this.wakers) waker();
  }

  restart() {
    this.last = 0;
    this.synced = false;
    this.stream?.abort();
  }

  // Goes on where it was, with another token.
  renew() {
    this.stream?.abort();
    this.wake();
  }

  /** @param {unknown} error */
  async recover(error) {
    const { status, wait, code } = known(error);
    if (status === 401) return this.on.onLost(this.token, code);
    this.failures += 1;
    try {
      // If this works it is only the stream that fails.
      await this.fetchNew();
      if (this.failures > 1) this.streamAt = Date.now() + STREAM_AGAIN;
    } catch (again) {
      if (known(again).status === 401) return this.on.onLost(this.token, known(again).code);
      this.on.onOnline(false);
    }
    await this.pause(Math.max(backoff(this.failures), wait));
  }

  async fetchNew() {
    for (;;) {
      const { messages } = await request(`messages?after=${this.last}`, { token: this.token });
      this.on.onOnline(true);
      this.take(messages);
      if (messages.length < PAGE) return;
    }
  }

  async streamNew() {
    const stream = new AbortController();
    this.stream = stream;
    let watchdog = setTimeout(() => stream.abort(), FIRST_BYTE);
    try {
      const answer = await open(`events?after=${this.last}`, { token: this.token, signal: stream.signal });
      const reader = /** @type {ReadableStream} */ (answer.body)
        .pipeThrough(new TextDecoderStream())
        .getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        clearTimeout(watchdog);
        watchdog = setTimeout(() => stream.abort(), SILENCE);
        this.failures = 0;
        this.on.onOnline(true);
        const blocks = (rest + value).split("\n\n");
        rest = blocks.pop() ?? "";
        this.read(blocks);
      }
    } catch (error) {
      throw known(error);
    } finally {
      clearTimeout(watchdog);
      this.stream = null;
    }
  }

  /** @param {string[]} blocks */
  read(blocks) {
    const messages = [];
    let typing = null;
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: ?(.*)/s, 2)));
      if (fields.event === "message") messages.push(JSON.parse(fields.data));
      typing = fields.event === "typing" ? JSON.parse(fields.data) : null;
    }
    this.take(messages);
    if (typing) this.on.onTyping(typing.author);
  }

  /** @param {Chat.Message[]} messages */
  take(messages) {
    // Too late: somebody else is here now.
    if (this.token !== session.current()) return;
    const fresh = messages.filter((message) => message.seq > this.last);
    if (!fresh.length) return;
    this.last = fresh[fresh.length - 1].seq;
    this.on.onMessages(fresh);
  }

  /** @param {number} duration ms @returns {Promise<void>} */
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
