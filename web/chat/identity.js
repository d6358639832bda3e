// Who the chat is for: the customer for whom the shop's page vouches, or a visitor nobody knows. When that
// changes, nothing of the one before is shown, sent or used any more.

import { backoff, known } from "../shared/http.js";
import * as host from "./host.js";
import * as session from "./session.js";

/** @type {Chat.IdentityHandlers} */
let on;
let settled = false;
let asks = false; // the page can be asked who is signed in

/** @param {Chat.IdentityHandlers} handlers */
export function handle(handlers) {
  on = handlers;
}

/** What the page said at the start. @param {Chat.Told} told */
export function begin(told) {
  session.restore(told);
  if (told.left) session.leave();
  return session.change(async () => {
    await meet(told);
    settled = true;
  });
}

/** Somebody is signed in now, or somebody else. @param {Chat.Told} told */
export const offer = (told) => session.change(() => meet(told));

/** The customer has signed out, perhaps in another tab. @param {Chat.Told} told */
export function signOut(told) {
  // At once: nothing that is waiting may go out as somebody else's.
  drop("signed_out");
  return session.change(() => (told.asks ? meet(told) : undefined));
}

/** The customer ends the chat on this device. */
export function end() {
  const ended = session.end();
  on.onOther("ended");
  return session.change(async () => {
    await ended;
    settled = false; // it is the same person who goes on
    if (asks) await meet({ asks });
    settled = true;
  });
}

/**
 * The server takes the token no longer.
 * @param {string | null | undefined} refused
 * @param {string} code
 */
export function renew(refused, code) {
  return session.change(async () => {
    if (!refused || refused !== session.current()) return;
    if (session.vouched()) {
      if (!(await become(await host.ask()))) drop("not_vouched");
    } else {
      // The secret has changed, or the visitor ended the chat: only then are others to be expected here.
      const over = code === "visit_over";
      session.forget();
      on.onOther(over ? "ended" : "", !over);
    }
  });
}

/** @param {Chat.Told} told */
async function meet(told) {
  asks = told.asks ?? false;
  const given = told.identity ?? (asks ? await host.ask() : null);
  if (await become(given)) return;
  // A note of an earlier visit, and the page knows of nobody: they have signed out.
  if (!given) session.leaveVisit();
  if (session.vouched()) drop(given ? "not_vouched" : "signed_out");
  session.resume();
  if (given) on.onUnproven();
}

/**
 * @param {string} why
 */
function drop(why) {
  session.leave();
  on.onOther(why);
}

/**
 * Hands over the shop's word; asks the page for another one if it doesn't hold (any more).
 * @param {string | null} identity
 */
async function become(identity) {
  let asked = false;
  for (let failures = 1; identity; ) {
    try {
      const same = await session.become(identity);
      if (settled && same === false) on.onOther("signed_in");
      else on.onKnown();
      return true;
    } catch (thrown) {
      const error = known(thrown);
      if (error.temporary) {
        await new Promise((resolve) => setTimeout(resolve, Math.max(backoff(failures), error.wait)));
        failures += 1;
      } else {
        identity = asked ? null : await host.ask();
        asked = true;
      }
    }
  }
  return false;
}
