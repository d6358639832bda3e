// The lines of a conversation's log: messages, notes, changes of hands, surveys.

import { el } from "../../shared/dom.js";
import { linked, safe } from "../../shared/links.js";
import * as texts from "../core/texts.js";
import { text } from "../core/texts.js";
import { button } from "../ui/controls.js";
import { icon } from "../ui/icons.js";

/** @type {Desk.Names} */
const CHANGES = { queue: "event_queue", human: "event_human", bot: "event_bot", closed: "event_closed" };
/** @type {Desk.Names} */
const ATTACHMENTS = { image: "picture", location: "location", contact: "contact", link: "link" };
/** @type {Desk.Names} */
const ATTACHMENT_STATES = {
  waiting: "attachment_waiting",
  refused: "attachment_refused",
  failed: "attachment_failed",
};

/**
 * @param {Desk.Entry} entry
 * @param {boolean} first whether it begins a group
 * @param {boolean} state whether to show how its delivery stands
 * @param {Desk.EntryHandlers} on
 */
export function made({ kind, item, at }, first, state, on) {
  if (kind === "survey") return survey(item, at);
  if (kind === "event") return el("p.event", {}, changeOf(item), " ", stamp(at));
  if (kind === "note") return note(item);
  return kind === "pending" ? pendingMessage(item, on) : message(item, first, state, on);
}

/**
 * @param {Desk.Survey} survey
 * @param {string} at
 */
const survey = ({ score, comment }, at) =>
  el(
    "p.event.rated",
    { dir: "auto" },
    text("rated", { score }),
    comment ? `: ${comment}` : "",
    " ",
    stamp(at),
  );

/** @param {Desk.Note} note */
const note = ({ author_name, text: words, at }) =>
  el(
    "article.note",
    {},
    el(
      "p.by",
      {},
      icon("lock"),
      el("b", { dir: "auto" }, author_name),
      ` · ${text("private_note")} `,
      stamp(at),
    ),
    el("div.bubble", { dir: "auto" }, words),
  );

/**
 * @param {Desk.Message} item
 * @param {boolean} first
 * @param {boolean} state
 * @param {Desk.EntryHandlers} on
 */
function message(item, first, state, on) {
  const { author } = item;
  const by = item.author_name && author === "agent" ? item.author_name : text(texts.AUTHORS[author]);
  const label = author === "bot" ? text("author_bot") : by;
  return el(
    `article.message.${author}${first ? ".first" : ""}`,
    {},
    el(
      "p.by",
      {},
      el("b", { dir: "auto" }, author === "customer" && item.author_name ? item.author_name : label),
      " ",
      stamp(item.at),
      item.edited_at ? ` · ${text("edited")}` : null,
    ),
    item.text
      ? el("div.bubble", { dir: "auto" }, author === "customer" ? item.text : linked(item.text))
      : null,
    item.attachments.map(attachment),
    item.buttons.length
      ? el(
          "ul.offered",
          { "aria-label": text("offered_buttons") },
          item.buttons.map(({ title }) => el("li", { dir: "auto" }, title)),
        )
      : null,
    state && item.delivery ? deliveryLine(item.delivery) : null,
    item.comment ? comment(item.seq, item.comment, on) : null,
  );
}

/**
 * What can be done with a message that everybody reads.
 * @param {number} seq
 * @param {{exposes: boolean, gone: boolean}} is
 * @param {Desk.EntryHandlers} on
 */
const comment = (seq, { exposes, gone }, on) =>
  el(
    "p.comment",
    {},
    exposes ? el("b.bad", {}, text("public_exposes")) : null,
    gone
      ? text("comment_gone")
      : [
          button(text("private_reply"), () => on.onPrivate(seq), "link"),
          button(text("comment_hide"), () => on.onHide(seq, true), "link"),
          button(text("comment_show"), () => on.onHide(seq, false), "link"),
        ],
  );

/**
 * @param {Desk.Pending} pending
 * @param {Desk.PendingHandlers} on
 */
function pendingMessage(pending, on) {
  const failed = pending.state === "failed";
  return el(
    "article.message.agent.first",
    { "data-state": pending.state },
    el("div.bubble", { dir: "auto" }, [pending.text, pending.file?.name].filter(Boolean).join("\n")),
    el(
      `p.delivery${failed ? ".bad" : ""}`,
      {},
      failed ? `${text("not_sent")} ${pending.why ?? ""}` : text("delivery_sending"),
      failed ? button(text("retry"), () => on.onRetry(pending), "link") : null,
      failed ? button(text("discard"), () => on.onDiscard(pending), "link") : null,
    ),
  );
}

/**
 * Who is meant by it, so that neighbours of one author stand together.
 * @param {Desk.Entry} entry
 */
export function authorOf({ kind, item }) {
  if (kind === "pending") return "agent";
  return kind === "message" ? `${item.author} ${item.author_name ?? ""}` : kind;
}

/** @param {string} at */
const stamp = (at) => el("time", { datetime: at, title: texts.full(at) }, texts.time(at));

/** @param {Desk.Change} change */
function changeOf({ to, by, why }) {
  // An agent's name, or a word of the system's.
  const who = by && texts.AUTHORS[by] && by !== "agent" ? text(texts.AUTHORS[by]) : (by ?? "");
  const said = text(CHANGES[to] ?? "event_other", { who });
  return why && texts.REASONS[why] ? `${said} (${text(texts.REASONS[why])})` : said;
}

/** @param {Desk.Delivery} delivery */
export const troubled = ({ state }) => ["failed", "unknown", "withdrawn"].includes(state);

/** @param {Desk.Delivery} delivery */
function deliveryLine(delivery) {
  const { state, reason } = delivery;
  const bad = troubled(delivery);
  return el(
    `p.delivery${bad ? ".bad" : ""}`,
    {},
    texts.named(texts.DELIVERY, state),
    bad && reason ? ` (${reason})` : null,
  );
}

/**
 * Files open in a tab of their own, from this server; pictures show here too if they are its own.
 * @param {Desk.Attachment} attached
 */
function attachment({ kind, name, media_type, size, state, link, reference }) {
  const label = name || text(ATTACHMENTS[kind] ?? "file");
  const target = safe(link ?? (kind === "link" ? String(reference) : null));
  if (kind === "location" || kind === "contact")
    return el(
      "div.attachment",
      {},
      icon("info"),
      el(
        "span",
        { dir: "auto" },
        `${label}: ${typeof reference === "string" ? reference : JSON.stringify(reference)}`,
      ),
    );
  if (!target)
    return el(
      "div.attachment",
      {},
      icon("file"),
      el("span", { dir: "auto" }, label),
      el("small", {}, texts.named(ATTACHMENT_STATES, state)),
    );
  const more = { href: target.href, target: "_blank", rel: "noopener noreferrer" };
  if (
    kind === "image" &&
    target.origin === location.origin &&
    /^image\/(png|jpeg|gif|webp)$/.test(media_type ?? "")
  ) {
    return el("a.picture", more, el("img", { src: target.href, alt: label, loading: "lazy" }));
  }
  return el(
    "a.attachment",
    more,
    icon("file"),
    el("span", { dir: "auto" }, label),
    size ? el("small", {}, `${texts.number(size / 1000)} kB`) : null,
  );
}
