// Requests to the server: one kind of error, and what it takes to repeat them.

const LONGEST = 30_000; // ms between two tries

export class ApiError extends Error {
  /**
   * @param {number} status 0: no answer at all
   * @param {{code?: string, message?: string, agent?: string}} [refusal] what the server says; `agent` has
   *   the conversation
   * @param {number} [wait] ms that the server asks for
   */
  constructor(status, { code = "", message = "", agent = "" } = {}, wait = 0) {
    super(message || `${status} ${code}`);
    this.status = status;
    this.code = code;
    this.agent = agent;
    this.wait = wait;
  }

  get temporary() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/**
 * The answer if it is a good one, its body unread. Throws ApiError; an aborted request counts as no answer.
 * @param {URL} url
 * @param {RequestInit & {headers: Record<string, string>}} options
 */
export async function send(url, options) {
  const answer = await fetch(url, options).catch(() => {
    throw new ApiError(0);
  });
  if (answer.ok) return answer;
  const refusal = await answer.json().catch(() => null);
  throw new ApiError(answer.status, refusal?.error, 1000 * Number(answer.headers.get("Retry-After") ?? 0));
}

/**
 * Aborts after some time; AbortSignal.timeout is missing in browsers of before 2023.
 * @param {number} patience ms
 */
export function deadline(patience) {
  const over = new AbortController();
  setTimeout(() => over.abort(), patience);
  return over.signal;
}

/** @param {unknown} error Whatever was thrown, as an ApiError. */
export const known = (error) => (error instanceof ApiError ? error : new ApiError(0));

/**
 * ms to wait before the next try. Half to all of a doubling time: clients that lost the server together
 * don't come back together.
 * @param {number} failures in a row, 1 or more
 */
export function backoff(failures) {
  return Math.min(LONGEST, 1000 * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
}

// What is sent twice under one such id counts once.
export const newId = () =>
  Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
