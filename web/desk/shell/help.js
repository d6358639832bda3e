// What the keys do.

import { el } from "../../shared/dom.js";
import { text } from "../core/texts.js";
import { show } from "../ui/dialogs.js";

const KEYS = [
  ["j", "key_next"],
  ["k", "key_previous"],
  ["o", "key_case_conversation"],
  ["c", "key_claim"],
  ["r", "key_reply"],
  ["n", "key_note"],
  ["e", "key_close"],
  ["/", "key_search"],
  ["?", "key_help"],
];

export function help() {
  show(
    text("help"),
    el(
      "dl.keys",
      {},
      KEYS.map(([sign, label]) =>
        el("div", {}, el("dt", {}, el("kbd", {}, sign)), el("dd", {}, text(label))),
      ),
    ),
    el("p.quiet", {}, text("help_typing")),
    el("p.quiet", {}, text("help_keys_off")),
  );
}
