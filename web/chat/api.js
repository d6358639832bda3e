// Requests to the chat's API: JSON in, JSON out.

import { deadline, known, send } from "../shared/http.js";

const BASE = new URL("v1/", import.meta.url);
const PATIENCE = 20_000; // ms

/**
 * The raw answer, for streaming. Throws ApiError.
 * @param {string} path
 * @param {{token?: string | null, body?: unknown, method?: string, signal?: AbortSignal}} [options]
 */
export function open(path, { token, body, method = body ? "POST" : "GET", signal } = {}) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  // What ends something must arrive also when the page is left.
  const keepalive = method === "DELETE";
  const json = body ? JSON.stringify(body) : null;
  signal ??= deadline(PATIENCE);
  return send(new URL(path, BASE), { method, headers, signal, keepalive, body: json });
}

/** @type {(...request: Parameters<typeof open>) => Promise<any>} */
export async function request(...request) {
  const answer = await open(...request);
  return answer.json().catch((error) => {
    throw known(error);
  });
}
