// What a provider refuses until the shop's owner mends it: a line above every page, as long as it is so.

import { el } from "../../shared/dom.js";
import { request } from "../core/api.js";
import { CHANNELS, FAULTS, named, text } from "../core/texts.js";

/** @type {Desk.Names} */
const PLACES = { ...CHANNELS, mail: "channel_mail", chatwoot: "channel_chatwoot" };

export class Faults {
  element = el("ul.faults", { hidden: true });

  /** Fetches them anew; what can't be fetched stays as it was. */
  async look() {
    const { faults } = await request("faults");
    this.show(faults);
  }

  /** @param {Desk.Fault[]} faults */
  show(faults) {
    this.element.replaceChildren(...faults.map((one) => el("li", { dir: "auto" }, words(one))));
    this.element.hidden = !faults.length;
  }
}

/** @param {Desk.Fault} fault */
const words = ({ channel, account, fault, reason }) =>
  text("fault_stands", {
    channel: [named(PLACES, channel), account].filter(Boolean).join(" "),
    fault: named(FAULTS, fault),
    said: reason,
  });
