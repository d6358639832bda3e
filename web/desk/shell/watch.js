// Finds out what is new in the queue and in the agent's own conversations, whatever is on the screen.

import { known } from "../../shared/http.js";
import { query, request } from "../core/api.js";
import { Pace } from "../core/pace.js";
import { CHANNELS, named, text } from "../core/texts.js";
import { notify } from "../ui/notices.js";

export class Watch {
  /** @type {Set<number> | undefined} */
  queue;
  /** @type {Map<number, string> | undefined} with when they changed */
  mine;
  stopped = false;

  /** @param {(id: number) => boolean} isOpen the agent is looking at it */
  constructor(isOpen) {
    this.isOpen = isOpen;
    this.pace = new Pace(() => this.look(), 300, 1_500);
  }

  /** @param {Desk.Happening["conversation"]} happening */
  hear({ id, kind }) {
    if (kind === "owner" || (kind === "message" && this.mine?.has(id))) this.soon();
  }

  soon() {
    this.pace.soon();
  }

  // What can't be seen now is looked for again: a missed look would be a missed notice.
  async look() {
    try {
      this.compare(await Promise.all([listed("queue"), listed("mine")]));
    } catch (error) {
      if (known(error).temporary && !this.stopped) this.soon();
    }
  }

  stop() {
    this.stopped = true;
    this.pace.stop();
  }

  /** @param {[Desk.Summary[], Desk.Summary[]]} found */
  compare([queue, mine]) {
    for (const one of queue) {
      if (this.queue && !this.queue.has(one.id)) this.tell("notice_queue", one);
    }
    for (const one of mine) {
      const before = this.mine?.get(one.id);
      const news = one.preview_author === "customer" && one.updated_at !== before;
      if (news && before !== undefined && !this.isOpen(one.id)) this.tell("notice_message", one);
    }
    this.queue = new Set(queue.map(({ id }) => id));
    this.mine = new Map(mine.map(({ id, updated_at }) => [id, updated_at]));
  }

  /**
   * @param {string} key
   * @param {Desk.Summary} conversation
   */
  tell(key, { id, customer, channel, preview }) {
    const name = customer.name || customer.contact || named(CHANNELS, channel);
    notify(text(key, { name }), preview ?? "", `#/c/${id}`);
  }
}

/**
 * @param {string} view
 * @returns {Promise<Desk.Summary[]>}
 */
const listed = async (view) =>
  (await request(`conversations?${query({ view })}`, { unasked: true })).conversations;
