// The chat's frame, put together.

import { isColour, paint } from "../shared/colour.js";
import { $, aria, el } from "../shared/dom.js";
import { backoff, newId } from "../shared/http.js";
import { request } from "./api.js";
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import * as host from "./host.js";
import * as identity from "./identity.js";
import { Log } from "./log.js";
import { Outbox } from "./outbox.js";
import * as session from "./session.js";
import { choose, starters, text } from "./texts.js";

const WAITING = 15_000; // ms for which an answer is expected after a message
const TYPING = 6_000; // ms for which one typing event counts
const SEEN = "aftercare-seen"; // the conversation, and the number of the last message read in it
const HANDSHAKE = 2_000; // ms after which the loader is not waited for any longer

/** @type {Promise<Chat.Told>} */
const asked = host.embedded ? handshake() : Promise.resolve({ open: true });
/** @type {Chat.Config} */
const config = await settled(() => request("config"));
const language = choose(config, host.wish("language"));
const wished = host.wish("colour");
paint(document.documentElement, wished && isColour(wished) ? wished : config.colour);

const log = new Log({ onPress: press, onRetry: (message) => outbox.add(message) });
const outbox = new Outbox(language, { onState, onLost });
const connection = new Connection({ onMessages, onTyping, onOnline, onSynced, onLost });
const composer = new Composer(say);
identity.handle({
  onOther,
  onKnown: () => connection.renew(),
  onUnproven: () => log.note(text("not_vouched")),
});

let shown = false;
let online = true;
let synced = false;
let seen = 0;
const ending = /** @type {HTMLDialogElement} */ ($("ending"));
/** @type {ReturnType<typeof setTimeout>} */
let typingTimer;

dress();
host.listen({
  open: ({ focus }) => show(focus),
  close: hide,
  identity: identity.offer,
  signout: identity.signOut,
});
const told = await asked;
if (told.open) show(told.focus);
connection.run();
await identity.begin(told);
const [place, last] = (session.recall(SEEN) ?? "").split(" ");
if (place && place === session.place()) seen = Number(last);
if (!session.current()) onSynced();
connection.wake();

/** @returns {Promise<Chat.Told>} */
function handshake() {
  return new Promise((resolve) => {
    host.listen({ init: resolve });
    setTimeout(() => resolve({ open: true }), HANDSHAKE);
    host.tell("ready");
  });
}

/**
 * @template T
 * @param {() => Promise<T>} attempt
 */
async function settled(attempt) {
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, backoff(failures)));
    }
  }
}

function dress() {
  document.title = $("shop").textContent = config.name;
  $("mark").textContent = config.name.trim().charAt(0);
  $("subtitle").textContent = text("subtitle");
  $("close").hidden = !host.embedded;
  aria($("close"), "label", text("close"));
  $("close").addEventListener("click", leave);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing && !ending.open) leave();
  });
  addEventListener("online", () => outbox.retry());
  dressEnd();
  greet();
}

function greet() {
  log.insert({ author: "bot", text: text("greeting", { shop: config.name }), seq: 0 });
  log.arrange();
}

/** @param {boolean} [focus] */
function show(focus) {
  shown = true;
  requestAnimationFrame(() => {
    log.toEnd();
    // On a touch screen the input would call up the keyboard over what is to be read.
    if (focus) (matchMedia("(pointer: coarse)").matches ? $("shop") : $("input")).focus();
  });
  see();
}

function hide() {
  shown = false;
}

function leave() {
  if (!host.embedded) return;
  hide();
  host.tell("close");
}

function see() {
  if (!synced) return;
  if (shown) {
    seen = Math.max(seen, connection.last);
    if (session.current()) session.keep(SEEN, `${session.place()} ${seen}`);
  }
  host.tell("unread", {
    count: log.entries.filter(({ author, at, seq }) => author !== "customer" && at && seq > seen).length,
  });
}

/** @param {string} text */
function say(text) {
  submit({ text });
}

/** @param {Chat.Button} button */
function press({ token, title }) {
  submit({ press: token, text: title });
}

/** @param {{text: string, press?: string}} message */
function submit(message) {
  suggest(false);
  outbox.add(log.show({ ...message, id: newId() }));
  offerEnd();
}

/**
 * @param {Chat.Entry} message
 * @param {Chat.State} state
 * @param {number} [wait] s until it is sent
 */
function onState(message, state, wait) {
  log.mark(message, state, wait);
  if (state !== "sent") return;
  connection.wake();
  const answered = log.entries.some(({ author, seq }) => author !== "customer" && seq > message.seq);
  if (!answered && log.counterpart === "bot") typing(WAITING);
}

/** @param {Chat.Message[]} messages */
function onMessages(messages) {
  log.receive(messages);
  offerEnd();
  suggest(false);
  if (messages.some(({ author }) => author !== "customer")) typing(0);
  see();
}

/** @param {Chat.Author} author */
function onTyping(author) {
  // Once a person has taken over, the assistant doesn't answer.
  if (author !== "bot" || log.counterpart === "bot") typing(TYPING);
}

/** @param {boolean} now */
function onOnline(now) {
  if (now === online) return;
  online = now;
  $("offline").hidden = now;
  $("offline").textContent = now ? "" : text("offline");
  if (now) outbox.retry();
  else typing(0);
  if (log.atEnd) log.toEnd();
}

// The transcript so far is there; what comes from now on is news.
function onSynced() {
  if (synced) return;
  synced = true;
  aria($("log"), "live", "polite");
  if (session.recall(SEEN)?.split(" ")[0] !== session.place()) seen = connection.last;
  see();
  suggest(!log.begun);
}

/**
 * The server takes the token no longer.
 * @param {string | null} [token]
 * @param {string} [code]
 */
function onLost(token, code = "") {
  return identity.renew(token, code);
}

/**
 * Somebody else may be here now: nothing of the talk before is shown, and nothing that was written in it sent.
 * @param {string} why the text that says so
 * @param {boolean} [same] it is the same person for certain: what is on its way goes on
 */
function onOther(why, same = false) {
  const begun = log.begun;
  // What stands in the input goes nowhere by itself; a stranger who signs in may go on with it.
  const unsent = same ? 0 : outbox.drop() + Number(why !== "signed_in" && composer.drop());
  seen = 0;
  synced = false;
  typing(0);
  ending.close();
  connection.restart();
  log.clear(!same);
  greet();
  if (why && begun) log.note(text(why));
  if (unsent) log.note(text("unsent", { count: unsent }));
  host.tell("unread", { count: 0 });
  if (session.current()) connection.wake();
  else onSynced();
  offerEnd();
}

// A page that is kept for the way back shows nothing of a signed-in customer's before the server has agreed.
addEventListener("pagehide", () => {
  if (!session.vouched()) return;
  connection.restart();
  log.clear(true);
  greet();
});

// --- the end of the chat on this device

function offerEnd() {
  $("end").hidden = !log.begun;
}

function dressEnd() {
  $("end").title = $("end_yes").textContent = text("end_chat");
  aria($("end"), "label", text("end_chat"));
  $("end_question").textContent = text("end_question");
  $("end_no").textContent = text("end_no");
  $("end").addEventListener("click", () => ending.showModal());
  $("end_no").addEventListener("click", () => ending.close());
  $("end_yes").addEventListener("click", () => {
    host.tell("left");
    identity.end();
    $("input").focus({ preventScroll: true });
  });
}

/** @param {boolean} wanted */
function suggest(wanted) {
  document.getElementById("starters")?.remove();
  if (!wanted || !starters().length) return;
  /** @param {string} title */
  const choose = (title) => {
    $("input").focus({ preventScroll: true });
    say(title);
  };
  const titles = starters().slice(0, 4);
  const buttons = titles.map((title) => el("button", { type: "button", click: () => choose(title) }, title));
  $("typing").before(el("div.choices", { id: "starters" }, buttons));
}

/** @param {number} duration ms; 0: nobody is typing */
function typing(duration) {
  clearTimeout(typingTimer);
  $("typing").hidden = !duration;
  if (!duration) return;
  if (log.atEnd) log.toEnd();
  typingTimer = setTimeout(() => typing(0), duration);
}
