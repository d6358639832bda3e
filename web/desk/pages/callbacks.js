// The page of customers who asked to be called back.

import { el } from "../../shared/dom.js";
import { post, request } from "../core/api.js";
import * as texts from "../core/texts.js";
import { explain, text } from "../core/texts.js";
import { button } from "../ui/controls.js";
import { tell } from "../ui/notices.js";
import { page } from "./page.js";

export function callbacks() {
  /** @type {Desk.FetchedPage} */
  const shown = page(text("callbacks"), fetchCallbacks, draw);
  return shown;

  /** @returns {Promise<Desk.Callback[]>} */
  async function fetchCallbacks() {
    const { callbacks: found } = await request("callbacks", { unasked: true });
    return found.filter((/** @type {Desk.Callback} */ { state }) => state !== "done");
  }

  /** @param {Desk.Callback[]} open */
  function draw(open) {
    return [
      open.length
        ? el(
            "ul.cards",
            {},
            open.map((one) =>
              el(
                "li",
                {},
                el(
                  "div",
                  {},
                  el(
                    "b",
                    {},
                    /^\+\d+$/.test(one.phone) ? el("a", { href: `tel:${one.phone}` }, one.phone) : one.phone,
                  ),
                  el("p", { dir: "auto" }, one.wish),
                  one.created_at ? el("p.quiet", {}, texts.full(one.created_at)) : null,
                ),
                el(
                  "div.actions",
                  {},
                  one.conversation_id
                    ? el("a.plain", { href: `#/c/${one.conversation_id}` }, text("open_conversation"))
                    : null,
                  button(text("callback_done"), () => done(one.id), "primary"),
                ),
              ),
            ),
          )
        : el("p.empty", {}, text("no_callbacks")),
    ];
  }

  /** @param {number} id */
  async function done(id) {
    try {
      await post(`callbacks/${id}/done`);
    } catch (error) {
      tell(explain(error), "bad");
    }
    shown.refresh();
  }
}
