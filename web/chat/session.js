// The visitor's token. Kept here and by the loader, since a browser may partition or refuse the storage
// of an embedded page.

import { request } from "./api.js";
import { tell } from "./host.js";

let token = null;
let creating = null;

export const current = () => token;

export function restore(offered) {
  token = recall("aftercare") ?? (typeof offered === "string" ? offered : null);
  if (token) keep("aftercare", token);
}

// The token, fetched at the first message: who only looks leaves no trace.
export function ensure() {
  token ??= recall("aftercare"); // perhaps another tab was first
  if (token) return Promise.resolve(token);
  creating ??= request("sessions", { method: "POST" })
    .then((answer) => {
      token = answer.token;
      keep("aftercare", token);
      tell("token", { token });
      return token;
    })
    .finally(() => (creating = null));
  return creating;
}

// Drops a token that the server refused, unless there is a newer one already. Returns whether it did.
export function forget(refused) {
  if (refused !== token) return false;
  token = null;
  keep("aftercare", null);
  keep("aftercare-seen", null);
  tell("token", { token: null });
  return true;
}

export function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function keep(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // The loader keeps the token then.
  }
}
