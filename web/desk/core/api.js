// Requests to the desk's API: JSON in, JSON out.

import { deadline, known, send } from "../../shared/http.js";

const BASE = new URL("../v1/", import.meta.url);
const PATIENCE = 20_000; // ms
const UPLOAD_PATIENCE = 120_000; // ms

let csrf = "";
let signedOut = () => {};

/** @param {string} token */
export function hold(token) {
  csrf = token;
}

/**
 * Called whenever the server says that nobody is signed in.
 * @param {() => void} handler
 */
export function whenSignedOut(handler) {
  signedOut = handler;
}

/** @param {string} path */
export const address = (path) => new URL(path, BASE);

/**
 * The answer; null if it is empty. Throws ApiError.
 * @param {string} path
 * @param {{method?: string, body?: unknown, form?: FormData, open?: boolean, unasked?: boolean}} [options]
 *   `open`: a 401 is an answer like others (signing in); `unasked`: the page asks by itself, which doesn't
 *   count as somebody's being there
 * @returns {Promise<any>}
 */
export async function request(path, { method, body, form, open = false, unasked = false } = {}) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (csrf) headers["X-CSRF-Token"] = csrf;
  if (body) headers["Content-Type"] = "application/json";
  if (unasked) headers["X-Unasked"] = "1";
  try {
    const answer = await send(address(path), {
      method: method ?? (body || form ? "POST" : "GET"),
      headers,
      body: form ?? (body ? JSON.stringify(body) : null),
      signal: deadline(form ? UPLOAD_PATIENCE : PATIENCE),
    });
    const said = await answer.text();
    return said ? JSON.parse(said) : null;
  } catch (thrown) {
    const error = known(thrown);
    if (error.status === 401 && !open) signedOut();
    throw error;
  }
}

/**
 * What happens at the desk, as a stream. Throws ApiError.
 * @param {AbortSignal} signal
 */
export const events = (signal) => send(address("events"), { headers: {}, signal });

/**
 * @param {string} path
 * @param {object} [body]
 * @param {{open?: boolean}} [more]
 */
export const post = (path, body = {}, more = {}) => request(path, { method: "POST", body, ...more });

/**
 * A query without its empty parts.
 * @param {Record<string, string | number | null | undefined>} values
 */
export function query(values) {
  const made = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== "" && value != null) made.append(name, String(value));
  }
  return made.toString();
}
