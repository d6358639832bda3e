// Whose conversation this is. The token of a visitor nobody vouches for is kept here and by the loader, since
// a browser may partition or refuse the storage of an embedded page. A signed-in customer's stays in this
// page's memory; the note of their visit, which the loader keeps, opens nothing.

import { ApiError, backoff, known } from "../shared/http.js";
import { open, request } from "./api.js";
import { tell } from "./host.js";

/** @type {string | null} */
let token = null;
/** @type {string | null} */
let spare = null; // a visitor's, until it is known whether the shop vouches for somebody
/** @type {string | null} */
let note = null;
let isVouched = false;
let era = 0; // grows when the token is dropped: what was asked for before comes too late
/** @type {Promise<string> | null} */
let creating = null;
/** @type {Promise<unknown>} */
let changing = Promise.resolve();

export const current = () => token;
export const vouched = () => isVouched;

/** The id of the conversation, which is no secret; null without one. */
export function place() {
  try {
    const claims = /** @type {string} */ (token).split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    return JSON.parse(atob(claims)).sub;
  } catch {
    return null;
  }
}

/**
 * One change of who it is after the other.
 * @template T
 * @param {() => Promise<T> | T} step
 * @returns {Promise<T>}
 */
export function change(step) {
  const done = changing.then(step);
  changing = done.catch(() => {});
  return done;
}

/** @param {Chat.Told} told */
export function restore(told) {
  const kept = recall("aftercare") ?? told.token;
  spare = typeof kept === "string" ? kept : null;
  note = told.visit ?? null;
}

/** Nobody vouches: goes on with what the browser has. */
export function resume() {
  token ??= spare;
  spare = null;
  if (token && !isVouched) keep("aftercare", token);
}

/** Until it is settled who it is. */
export async function settled() {
  for (let seen; seen !== changing; await seen) seen = changing;
}

/**
 * The token, fetched at the first message: who only looks leaves no trace.
 * @returns {Promise<string>}
 */
export function ensure() {
  token ??= recall("aftercare"); // perhaps another tab was first
  if (token) return Promise.resolve(token);
  const asked = era;
  creating ??= request("sessions", { method: "POST" })
    .then((answer) => {
      if (asked !== era) throw new ApiError(0);
      token = answer.token;
      keep("aftercare", token);
      tell("kept", { token });
      return answer.token;
    })
    .finally(() => {
      if (asked === era) creating = null;
    });
  return creating;
}

/**
 * Becomes the customer for whom the shop vouches. Returns whether the conversation is the one that was open;
 * null if they have signed out meanwhile.
 * @param {string} identity
 */
export async function become(identity) {
  const [before, asked] = [place(), era];
  const answer = await request("identity", { token: note ?? token ?? spare, body: { token: identity } });
  if (asked !== era) {
    quit(answer.visit);
    return null;
  }
  const left = note && !isVouched && (token ?? spare);
  forget();
  ({ token, visit: note } = answer);
  isVouched = true;
  tell("kept", { visit: note });
  if (left) quit(left);
  return before === place();
}

/** Leaves the visit, here at once; the server hears of it as soon as it can. */
export function leave() {
  const left = note ?? token ?? spare;
  forget();
  note = null;
  if (left) quit(left).then(() => note ?? tell("kept", { visit: null }));
}

/** The page knows of nobody any more: ends the visit that an earlier page had. */
export function leaveVisit() {
  if (isVouched || !note) return;
  const left = note;
  note = null;
  quit(left).then(() => note ?? tell("kept", { visit: null }));
}

/** Puts the conversation out of reach. */
export async function end() {
  const [left, kept] = [token, note];
  forget();
  note = null;
  if (left) await quit(left, "messages");
  if (kept) await quit(kept);
  tell("kept", { visit: null });
}

/** Drops the token, in all places. */
export function forget() {
  token = spare = creating = null;
  isVouched = false;
  era += 1;
  keep("aftercare", null);
  keep("aftercare-seen", null);
  tell("kept", { token: null });
}

/**
 * @param {string} left
 * @param {string} [path]
 */
async function quit(left, path = "sessions") {
  for (let failures = 1; ; failures += 1) {
    try {
      return await open(path, { token: left, method: "DELETE" });
    } catch (error) {
      if (!known(error).temporary) return;
      await new Promise((resolve) => setTimeout(resolve, backoff(failures)));
    }
  }
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
