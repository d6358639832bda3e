// Requests to the chat's API: JSON in, JSON out, and one kind of error.

const BASE = new URL("v1/", import.meta.url);

export class ApiError extends Error {
  // `status` 0: no answer at all. `wait`: milliseconds the server asks for.
  constructor(status, code = "", wait = 0) {
    super(`${status} ${code}`);
    Object.assign(this, { status, code, wait });
  }

  get temporary() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

// The raw answer, for streaming. Throws ApiError; an aborted request counts as no answer.
export async function open(path, { token, body, method = body ? "POST" : "GET", signal } = {}) {
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(new URL(path, BASE), { method, headers, signal, body: body && JSON.stringify(body) });
  } catch {
    throw new ApiError(0);
  }
  if (answer.ok) return answer;
  const refused = await answer.json().catch(() => ({}));
  throw new ApiError(answer.status, refused.error?.code, 1000 * Number(answer.headers.get("Retry-After") ?? 0));
}

export async function request(path, options = {}) {
  const answer = await open(path, { signal: AbortSignal.timeout(20_000), ...options });
  try {
    return await answer.json();
  } catch {
    throw new ApiError(0);
  }
}

// Half to all of a doubling time: clients that lost the server together don't come back together.
export function backoff(failures, most = 30_000) {
  return Math.min(most, 1000 * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
}
