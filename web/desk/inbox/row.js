// One conversation in the list: who, the last words, and what needs attention.

import { el } from "../../shared/dom.js";
import { dueOf, nameOf, ownerOf } from "../core/summary.js";
import * as texts from "../core/texts.js";
import { text } from "../core/texts.js";
import { icon } from "../ui/icons.js";

/**
 * @param {Desk.Summary} item
 * @param {boolean} current whether it is the open one
 * @param {number} me the agent's id
 */
export function row(item, current, me) {
  const due = dueOf(item);
  const name = nameOf(item);
  const author =
    item.preview_author && item.preview_author !== "customer"
      ? `${text(texts.AUTHORS[item.preview_author])}: `
      : "";
  const who =
    item.owner === "human" && item.agent
      ? item.agent.id === me
        ? text("me")
        : item.agent.name
      : ownerOf(item);
  return el(
    "li",
    {},
    el(
      `a.row${item.unread ? ".unread" : ""}`,
      { href: `#/c/${item.id}`, "aria-current": current ? "true" : null },
      el(`span.face.${item.channel}`, { "aria-hidden": "true" }, initials(name)),
      el(
        "span.first",
        {},
        el("span.name", { dir: "auto" }, name),
        el("time", { datetime: item.updated_at }, texts.short(item.updated_at)),
      ),
      el("span.preview", { dir: "auto" }, author, item.preview || "—"),
      item.unread ? el("span.count", {}, el("span.unseen", {}, text("unread")), ` ${item.unread}`) : null,
      el(
        "span.marks",
        {},
        item.priority
          ? el(
              `span.mark.priority${item.priority}`,
              {},
              text(item.priority > 1 ? "priority_urgent" : "priority_high"),
            )
          : null,
        due
          ? el(
              `span.mark.${due.kind}`,
              { title: `${due.what}: ${texts.full(due.at)}` },
              icon("clock"),
              due.words,
            )
          : null,
        el("span.mark", {}, texts.named(texts.CHANNELS, item.channel)),
        el(`span.mark.${item.owner}`, { dir: "auto" }, who),
        item.viewers?.length
          ? el(
              "span.mark",
              { title: text("looking_too", { names: item.viewers.join(", ") }) },
              icon("eye"),
              item.viewers.join(", "),
            )
          : null,
      ),
    ),
  );
}

/**
 * What a person is recognised by where there is no picture.
 * @param {string} name
 */
function initials(name) {
  if (/^\+\d+$/.test(name)) return name.slice(-2); // a phone
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = [...new Set([words[0], words[words.length - 1]])].map((word) => [...(word ?? "")][0] ?? "");
  return letters.join("").toLocaleUpperCase() || "?";
}
