// The shop's signed word for who is signed in: handed over once, before the visitor's next message.

import { open } from "./api.js";

let pending = null;

export function offer(identity) {
  if (typeof identity === "string" && identity) pending = identity;
}

// What is refused (used before, expired) changes nothing: the visitor is then a stranger, as anybody.
export async function hand(token) {
  if (!pending || !token) return;
  const identity = pending;
  pending = null;
  try {
    await open("identity", { token, body: { token: identity }, signal: AbortSignal.timeout(20_000) });
  } catch (error) {
    if (error.temporary) pending = identity;
  }
}
