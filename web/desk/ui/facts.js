// A list of what is known, in pairs.

import { el } from "../../shared/dom.js";

/** @param {(readonly [name: string | undefined, value: Dom.Leaf])[]} pairs those without a value are left out */
export const facts = (pairs) =>
  el(
    "dl",
    {},
    pairs
      .filter(([, value]) => value)
      .map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", { dir: "auto" }, value))),
  );
