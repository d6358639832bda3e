// What agents do with a case: questions to the agent, and what is sent.

import { known, newId } from "../../shared/http.js";
import { post } from "../core/api.js";
import { text } from "../core/texts.js";
import { ask } from "../ui/dialogs.js";
import { tell } from "../ui/notices.js";

/** What is told of whom the customer heard it from. @type {Desk.Names} */
const TOLD = {
  conversation: "case_told_conversation",
  mail: "case_told_mail",
  nobody: "case_told_nobody",
};

export class Acts {
  /**
   * @param {{onChange: (shown: Desk.CaseDetail) => void, onStale: () => void}} on
   */
  constructor(on) {
    this.on = on;
  }

  /**
   * Sends an act on a case as it is shown; of one that has changed meanwhile it tells so, and nothing happens.
   * @param {Desk.CaseDetail} shown
   * @param {string} path below the case's own
   * @param {object} body
   * @param {string} key the same again is the same act
   */
  async send(shown, path, body, key) {
    try {
      const done = await post(`cases/${shown.id}/${path}`, { key, version: shown.version, ...body });
      this.on.onChange(done.case);
      if (done.told) tell(text(TOLD[done.told]), done.told === "nobody" ? "bad" : "plain");
    } catch (error) {
      if (known(error).code !== "stale") throw error;
      tell(text("error_stale"), "bad");
      this.on.onStale();
    }
  }

  /**
   * Asks, and sends what was given.
   * @template Given
   * @param {Desk.CaseDetail} shown
   * @param {string} path
   * @param {Omit<Desk.Question<Given>, "act"> & {given: (given: Given) => object}} question
   */
  ask(shown, path, { given, ...question }) {
    const key = newId(); // however often the button is pressed
    return ask({
      ...question,
      act: (/** @type {Given} */ found) => this.send(shown, path, given(found), key),
    });
  }

  /**
   * What needs no question.
   * @param {Desk.CaseDetail} shown
   * @param {string} path
   * @param {object} [body]
   */
  at_once(shown, path, body = {}) {
    return this.send(shown, path, body, newId());
  }
}

/**
 * A field for words of the agent's.
 * @param {string} label
 * @param {Partial<Desk.Field>} [more]
 * @returns {Desk.Field}
 */
export const words = (label, more = {}) => ({
  name: "why",
  label,
  kind: "area",
  maxlength: 4000,
  ...more,
});
