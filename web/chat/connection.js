// What is new in the conversation, in order and once: streamed, or fetched where streams don't get
// through, and fetched again from the last known place after every interruption.

import { Feed } from "../shared/feed.js";
import { open, request } from "./api.js";
import * as session from "./session.js";

const PAGE = 200; // messages the server sends at once

export class Connection {
  last = 0;
  /** @type {string | null} */
  token = null;
  /** @type {string | null} */
  streamed = null; // whose stream it is

  /** @param {Chat.ConnectionHandlers} on */
  constructor(on) {
    this.on = on;
    this.feed = new Feed({
      // A browser gives all tabs together six connections to an HTTP/1.1 host: hidden ones hold none.
      ready: () => Boolean(session.current()) && !document.hidden,
      fetch: () => this.fetchNew(),
      open: (signal) => {
        this.token = this.streamed = session.current();
        return open(`events?after=${this.last}`, { token: this.token, signal });
      },
      opened: () => {}, // it begins after the last known place
      read: (events) => this.read(events),
      onOnline: on.onOnline,
      refused: (code) => on.onLost(this.token, code),
    });
    document.addEventListener("visibilitychange", () => (document.hidden ? this.feed.abort() : this.wake()));
  }

  run() {
    return this.feed.run();
  }

  // Goes on at once if it is waiting for anything.
  wake() {
    this.feed.wake();
  }

  restart() {
    this.last = 0;
    this.feed.restart();
  }

  // Goes on where it was, with another token.
  renew() {
    this.feed.renew();
  }

  async fetchNew() {
    const token = session.current();
    this.token = token;
    for (;;) {
      const { messages } = await request(`messages?after=${this.last}`, { token });
      if (token !== session.current()) return; // somebody else's by now
      this.take(messages);
      if (messages.length < PAGE) break;
    }
    this.on.onSynced();
  }

  /** @param {Shared.StreamEvent[]} events */
  read(events) {
    if (this.streamed !== session.current()) return;
    this.take(
      events.filter(({ kind }) => kind === "message").map(({ data }) => /** @type {Chat.Message} */ (data)),
    );
    const newest = events[events.length - 1];
    if (newest?.kind === "typing")
      this.on.onTyping(/** @type {{author: Chat.Author}} */ (newest.data).author);
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
}
