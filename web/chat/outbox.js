// The customer's messages on their way: one after the other, each under its own id, so that however
// often one is sent it counts once.

import { backoff, known } from "../shared/http.js";
import { request } from "./api.js";
import * as session from "./session.js";

const ATTEMPTS = 4;
const LONGEST_TURN = 600_000; // ms

export class Outbox {
  running = false;
  era = 0; // grows when what waits is dropped
  /** @type {Chat.Entry[]} */
  waiting = [];
  /** @type {Set<Chat.Entry>} */
  failed = new Set();

  /**
   * @param {string} language
   * @param {Chat.OutboxHandlers} on
   */
  constructor(language, on) {
    this.language = language;
    this.on = on;
  }

  /** @param {Chat.Entry} message */
  add(message) {
    this.failed.delete(message);
    this.waiting.push(message);
    this.on.onState(message, "sending");
    this.run();
  }

  // Everything that failed for want of a connection, in its order.
  retry() {
    for (const message of [...this.failed]) this.add(message);
  }

  /** Sends none of it any more, as somebody else may be here. Returns how many messages that are. */
  drop() {
    const count = this.waiting.length + this.failed.size;
    this.era += 1;
    this.waiting = [];
    this.failed.clear();
    return count;
  }

  async run() {
    if (this.running) return;
    this.running = true;
    while (this.waiting.length) {
      const message = this.waiting[0];
      const { era } = this;
      const state = await this.send(message);
      if (era !== this.era) continue;
      if (state === "failed") {
        // Later ones would overtake it.
        for (const stuck of this.waiting.splice(0)) {
          this.failed.add(stuck);
          this.on.onState(stuck, "failed");
        }
      } else {
        this.waiting.shift();
        this.on.onState(message, state);
      }
    }
    this.running = false;
  }

  /** @param {Chat.Entry} message @returns {Promise<Chat.State>} */
  async send(message) {
    const { era } = this;
    for (let attempt = 1; ; attempt += 1) {
      let token;
      try {
        await session.settled();
        if (era !== this.era) return "failed";
        token = await session.ensure();
        const { id: client_msg_id, press, text } = message;
        const body = { client_msg_id, language: this.language, ...(press ? { press } : { text }) };
        const { seq } = await request("messages", { token, body });
        message.seq = seq;
        return "sent";
      } catch (thrown) {
        const error = known(thrown);
        if (error.status === 401 && attempt === 1) {
          await this.on.onLost(token, error.code);
        } else if (!error.temporary) {
          return "refused";
        } else if (error.status === 429) {
          // Not a failure: its turn comes, however many others write.
          await this.queue(Math.min(error.wait, LONGEST_TURN));
          attempt -= 1;
        } else if (attempt === ATTEMPTS || !navigator.onLine) {
          return "failed";
        } else {
          await pause(Math.max(backoff(attempt), Math.min(error.wait, 60_000)));
        }
      }
    }
  }

  /**
   * Waits as long as the server asks; the customer sees how long.
   * @param {number} wait ms
   */
  async queue(wait) {
    for (let left = Math.max(1, Math.ceil(wait / 1000)); left > 0; left -= 1) {
      for (const message of this.waiting) this.on.onState(message, "waiting", left);
      // Of those who were told the same, not all come back at once.
      await pause(left > 1 ? 1000 : 1000 + 500 * Math.random());
    }
    for (const message of this.waiting) this.on.onState(message, "sending");
  }
}

/** @param {number} duration ms */
const pause = (duration) => new Promise((resolve) => setTimeout(resolve, duration));
