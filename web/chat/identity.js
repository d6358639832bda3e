// The shop's signed word for who is signed in: handed over once, before the visitor's next message.

import { known } from "../shared/http.js";
import { open } from "./api.js";

/** @type {string | null} */
let pending = null;

/** @param {unknown} identity */
export function offer(identity) {
  if (typeof identity === "string" && identity) pending = identity;
}

/**
 * What is refused (used before, expired) changes nothing: the visitor is then a stranger, as anybody.
 * @param {string} token
 */
export async function hand(token) {
  if (!pending) return;
  const identity = pending;
  pending = null;
  try {
    await open("identity", { token, body: { token: identity } });
  } catch (error) {
    if (known(error).temporary) pending = identity;
  }
}
