// Requests to the desk's API: JSON in, JSON out, and one kind of error.

const BASE = new URL("/desk/v1/", import.meta.url);
const PATIENCE = 20_000; // ms
const UPLOAD_PATIENCE = 120_000; // ms

let csrf = "";
let signedOut = () => {};

export class ApiError extends Error {
  // `status` 0: no answer at all. `wait`: seconds the server asks for. `agent`: who has the conversation.
  constructor(status, { code = "", message = "", agent = "" } = {}, wait = 0) {
    super(message || `${status} ${code}`);
    Object.assign(this, { status, code, agent, wait });
  }
}

export function hold(token) {
  csrf = token;
}

// Called whenever the server says that nobody is signed in.
export function whenSignedOut(handler) {
  signedOut = handler;
}

export const address = (path) => new URL(path, BASE);

// `open`: a 401 is an answer like others (signing in). Returns null for an empty answer.
export async function request(path, { method, body, form, open = false } = {}) {
  const headers = {};
  if (csrf) headers["X-CSRF-Token"] = csrf;
  if (body) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(address(path), {
      method: method ?? (body || form ? "POST" : "GET"),
      headers,
      body: form ?? (body && JSON.stringify(body)),
      signal: AbortSignal.timeout(form ? UPLOAD_PATIENCE : PATIENCE),
    });
    const said = answer.status === 204 ? "" : await answer.text();
    if (answer.ok) return said ? JSON.parse(said) : null;
    const refused = said.startsWith("{") ? JSON.parse(said) : {};
    throw new ApiError(answer.status, refused.error, Number(answer.headers.get("Retry-After") ?? 0));
  } catch (error) {
    if (!(error instanceof ApiError)) throw new ApiError(0);
    if (error.status === 401 && !open) signedOut();
    throw error;
  }
}

export const post = (path, body = {}, more = {}) => request(path, { method: "POST", body, ...more });

// A query without its empty parts.
export const query = (values) =>
  new URLSearchParams(Object.entries(values).filter(([, value]) => value !== "" && value != null)).toString();

export const newId = () =>
  Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
