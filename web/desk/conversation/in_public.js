// What is done with a comment that everybody reads, beside answering it there.

import { post } from "../core/api.js";
import { text } from "../core/texts.js";
import { ask } from "../ui/dialogs.js";
import { problem, tell } from "../ui/notices.js";

const MAX_PRIVATE = 2000;

/**
 * Hides a comment, once that is confirmed, or shows it again.
 * @param {number | null} id the conversation's
 * @param {number} seq the comment's
 * @param {boolean} hidden
 */
export async function hideComment(id, seq, hidden) {
  const act = () => post(`conversations/${id}/hide`, { seq, hidden });
  if (hidden) {
    const done = await ask({
      title: text("comment_hide"),
      body: text("comment_hide_body"),
      action: text("comment_hide"),
      act,
    });
    if (done) tell(text("comment_hidden"));
    return;
  }
  try {
    await act();
    tell(text("comment_shown"));
  } catch (error) {
    problem(error);
  }
}

/**
 * Answers a comment's author in private, under the rules that are told.
 * @param {number | null} id the conversation's
 * @param {number} seq the comment's
 */
export async function replyInPrivate(id, seq) {
  const done = await ask({
    title: text("private_reply"),
    body: text("private_reply_rules"),
    fields: [{ name: "text", label: text("reply"), kind: "area", required: true, maxlength: MAX_PRIVATE }],
    action: text("send"),
    act: (/** @type {{text: string}} */ given) =>
      post(`conversations/${id}/private-reply`, { seq, text: given.text }),
  });
  if (done) tell(text("private_reply_sent"));
}
