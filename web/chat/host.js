// The shop's page around the frame: messages go to the origin that embedded us and come from there only.

const origin = new URLSearchParams(location.hash.slice(1)).get("origin");

export const embedded = window.parent !== window && origin !== null;

/**
 * @param {string} type
 * @param {object} [detail]
 */
export function tell(type, detail = {}) {
  if (embedded && origin) window.parent.postMessage({ aftercare: type, ...detail }, origin);
}

/** @param {Record<string, (told: Chat.Told) => void>} handlers */
export function listen(handlers) {
  const known = new Map(Object.entries(handlers));
  addEventListener("message", (event) => {
    if (!embedded || event.source !== window.parent || event.origin !== origin) return;
    known.get(event.data?.aftercare)?.(event.data);
  });
}

/**
 * What the loader asked for in the frame's address.
 * @param {"language" | "colour"} name
 */
export function wish(name) {
  return new URLSearchParams(location.hash.slice(1)).get(name);
}

const PATIENCE = 10_000; // ms for the page to say who is signed in

/** Asks the page for the shop's word anew. @returns {Promise<string | null>} */
export function ask() {
  return new Promise((resolve) => {
    if (!embedded) return resolve(null);
    listen({ vouched: ({ identity }) => resolve(identity ?? null) });
    setTimeout(() => resolve(null), PATIENCE);
    tell("ask");
  });
}
