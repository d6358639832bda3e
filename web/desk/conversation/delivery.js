// Answers and notes on their way; what could not be sent is not lost.

import { known, newId } from "../../shared/http.js";
import { post, request } from "../core/api.js";
import { explain, text } from "../core/texts.js";
import { announce, problem, tell } from "../ui/notices.js";

export class Delivery {
  /** @param {import("./conversation.js").Conversation} open */
  constructor(open) {
    this.open = open;
  }

  /**
   * @param {string} words
   * @param {File | null} file
   */
  reply(words, file) {
    const { id } = this.open;
    if (id !== null) this.deliver({ id: newId(), conversation: id, text: words, file, state: "sending" });
  }

  /** @param {Desk.Pending} pending */
  async deliver(pending) {
    const { open } = this;
    const { thread } = open;
    pending.state = "sending";
    thread.add(pending);
    try {
      const message = await sent(pending);
      if (pending.conversation !== open.id) return;
      thread.drop(pending);
      thread.take({ messages: [message] });
      thread.toEnd();
      open.on.onChanged();
    } catch (error) {
      if (pending.conversation !== open.id) {
        open.composer.restore(pending.conversation, "reply", pending.text);
        return tell(explain(error), "bad");
      }
      pending.state = "failed";
      pending.why = explain(error);
      thread.render();
      announce(`${text("not_sent")} ${pending.why}`);
      if (known(error).status === 409) open.refresh();
    }
  }

  /**
   * @param {string} words
   * @param {number[]} mentions agents
   */
  async note(words, mentions) {
    const { open } = this;
    const { id, thread } = open;
    if (id === null) return;
    try {
      const { note } = await post(`conversations/${id}/notes`, { text: words, mentions });
      if (id !== open.id) return;
      thread.take({ notes: [note] });
      thread.toEnd();
    } catch (error) {
      open.composer.restore(id, "note", words);
      problem(error);
    }
  }
}

/**
 * @param {Desk.Pending} pending
 * @returns {Promise<Desk.Message>} as the server has it
 */
async function sent({ id, conversation, text: words, file }) {
  if (!file)
    return (await post(`conversations/${conversation}/messages`, { client_msg_id: id, text: words })).message;
  const form = new FormData();
  form.append("client_msg_id", id);
  form.append("file", file);
  if (words) form.append("text", words);
  return (await request(`conversations/${conversation}/files`, { form })).message;
}
