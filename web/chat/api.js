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
  return send(new URL(path, BASE), {
    method,
    headers,
    signal: signal ?? deadline(PATIENCE),
    body: body ? JSON.stringify(body) : null,
  });
}

/** @type {(...request: Parameters<typeof open>) => Promise<any>} */
export async function request(...request) {
  const answer = await open(...request);
  return answer.json().catch((error) => {
    throw known(error);
  });
}
