// How many cases are overdue, beside the way to them; and a word when one becomes so.

import { el } from "../../shared/dom.js";
import { request } from "../core/api.js";
import { Pace } from "../core/pace.js";
import * as texts from "../core/texts.js";
import { text } from "../core/texts.js";
import { notify, tell } from "../ui/notices.js";

const HURRIES = 80; // per cent of the time from which agents are told

/** What has to be done. @type {Desk.Names} */
const DEADLINES = {
  answer: "deadline_answer",
  refund: "deadline_refund",
  send_back: "deadline_send_back",
  repair: "deadline_repair",
};

export class Overdue {
  pace = new Pace(() => this.look(), 300, 2_000);
  element = el("b.count", { hidden: true });

  // What can't be seen now is looked for with the next event.
  async look() {
    try {
      const { counts } = await request("case-counts", { unasked: true });
      this.element.hidden = !counts.overdue;
      this.element.textContent = String(counts.overdue);
      this.element.title = text("cases_overdue_count", { count: counts.overdue });
      this.element.setAttribute("aria-label", this.element.title);
    } catch {
      // A number that isn't known is not told.
    }
  }

  /** @param {Desk.Event} event */
  hear(event) {
    if (event.kind !== "case" && event.kind !== "case_due") return;
    this.pace.soon();
    if (event.kind !== "case_due" || event.data.part < HURRIES) return;
    const { id, number, deadline, part } = event.data;
    const key = part < 100 ? "notice_case_due" : "notice_case_late";
    const words = text(key, { case: number, what: texts.named(DEADLINES, deadline) });
    tell(words, part < 100 ? "plain" : "bad");
    notify(text("notice_alert"), words, `#/cases/${id}`);
  }

  stop() {
    this.pace.stop();
  }
}
