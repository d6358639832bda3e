// What agents have begun to write: kept by conversation while the browser's tab is open.

/** @typedef {"reply" | "note"} Mode */

/**
 * @param {number} agent
 * @param {number | null} conversation
 * @param {Mode} mode
 */
const keyOf = (agent, conversation, mode) => `draft-${agent}-${conversation}-${mode}`;

/** @param {Parameters<typeof keyOf>} of */
export const read = (...of) => sessionStorage.getItem(keyOf(...of)) ?? "";

/**
 * @param {string} words without any the draft goes
 * @param {Parameters<typeof keyOf>} of
 */
export function keep(words, ...of) {
  if (words.trim()) sessionStorage.setItem(keyOf(...of), words);
  else sessionStorage.removeItem(keyOf(...of));
}

export function clear() {
  for (const name of Object.keys(sessionStorage)) {
    if (name.startsWith("draft-")) sessionStorage.removeItem(name);
  }
}
