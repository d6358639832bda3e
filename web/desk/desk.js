// The support desk: who is signed in, and who comes and goes.

import { isColour, paint } from "../shared/colour.js";
import { $, el } from "../shared/dom.js";
import { known } from "../shared/http.js";
import * as drafts from "./conversation/drafts.js";
import { hold, request, whenSignedOut } from "./core/api.js";
import * as texts from "./core/texts.js";
import { explain, text } from "./core/texts.js";
import { Shell } from "./shell/shell.js";
import { accept, signIn } from "./shell/sign_in.js";
import { button } from "./ui/controls.js";
import { tell } from "./ui/notices.js";

const root = $("desk");
// Below whatever path the server is reached.
const HOME = new URL("../desk", import.meta.url).pathname;
/** @type {Shell | null} null: nobody is signed in */
let shell = null;

await texts.load(texts.preferred());
whenSignedOut(() => leave(true));
await begin();

async function begin() {
  const invited = invitation();
  if (invited) {
    history.replaceState(null, "", HOME);
    await accept(invited.kind, invited.token);
    return run(await request("me"));
  }
  for (;;) {
    try {
      return run(await request("me", { open: true }));
    } catch (error) {
      if (known(error).status === 401) await signIn();
      else await failed(error);
    }
  }
}

/**
 * Resolves when it is to be tried again.
 * @param {unknown} error
 * @returns {Promise<unknown>}
 */
const failed = (error) =>
  new Promise((resolve) => {
    const again = button(text("retry"), () => resolve(null), "primary");
    root.replaceChildren(
      el("main.card", {}, el("h1", {}, text("desk")), el("p.error", {}, explain(error)), again),
    );
  });

// From the link of a mail: /desk#invitation=… or #reset=…, or /desk/invitation#….
function invitation() {
  const [, kind, token] = location.hash.match(/^#(invitation|reset)=([\w-]+)$/) ?? [];
  if (kind) return { kind, token };
  const plain = location.pathname.match(/\/desk\/(invitation|reset)\/?$/);
  const [, bare] = location.hash.match(/^#([\w-]+)$/) ?? [];
  return plain && bare ? { kind: plain[1], token: bare } : null;
}

/** @param {Desk.Session} session */
async function run(session) {
  const { agent, csrf, shop } = session;
  hold(csrf);
  if (document.documentElement.lang !== agent.language) await texts.load(agent.language);
  if (shop.colour && isColour(shop.colour)) paint(document.documentElement, shop.colour);
  shell = new Shell(session, signOut);
}

async function signOut() {
  try {
    await request("sessions/current", { method: "DELETE" });
  } catch (error) {
    if (known(error).status !== 401) return tell(explain(error), "bad");
  }
  drafts.clear();
  leave(false);
}

/**
 * Back to signing in.
 * @param {boolean} expired the session ended by itself: drafts stay
 */
function leave(expired) {
  if (!shell) return;
  shell.stop();
  shell = null;
  hold("");
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  if (expired) tell(text("session_over"));
  else history.replaceState(null, "", HOME);
  signIn()
    .then(() => request("me"))
    .then(run);
}
