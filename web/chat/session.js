// The visitor's token. Kept here and by the loader, since a browser may partition or refuse the storage
// of an embedded page.

import { request } from "./api.js";
import { tell } from "./host.js";

/** @type {string | null} */
let token = null;
/** @type {Promise<string> | null} */
let creating = null;

export const current = () => token;

/** @param {unknown} offered */
export function restore(offered) {
  token = recall("aftercare") ?? (typeof offered === "string" ? offered : null);
  if (token) keep("aftercare", token);
}

/**
 * The token, fetched at the first message: who only looks leaves no trace.
 * @returns {Promise<string>}
 */
export function ensure() {
  token ??= recall("aftercare"); // perhaps another tab was first
  if (token) return Promise.resolve(token);
  creating ??= request("sessions", { method: "POST" })
    .then((answer) => {
      token = answer.token;
      keep("aftercare", token);
      tell("token", { token });
      return answer.token;
    })
    .finally(() => {
      creating = null;
    });
  return creating;
}

/**
 * Drops a token that the server refused, unless there is a newer one already. Returns whether it did.
 * @param {string | null} [refused]
 */
export function forget(refused) {
  if (refused !== token) return false;
  token = null;
  keep("aftercare", null);
  keep("aftercare-seen", null);
  tell("token", { token: null });
  return true;
}

/** @param {string} key */
export function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/**
 * @param {string} key
 * @param {string | null} value
 */
export function keep(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // The loader keeps the token then.
  }
}
