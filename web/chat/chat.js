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
new Composer(say);

let shown = false;
let online = true;
let synced = false;
let seen = Number(session.recall("aftercare-seen") ?? 0);
/** @type {ReturnType<typeof setTimeout>} */
let typingTimer;

dress();
host.listen({
  open: ({ focus }) => show(focus),
  close: hide,
  identity: (told) => identity.offer(told.identity),
});
const { token, open, focus, identity: vouched } = await asked;
identity.offer(vouched);
session.restore(token);
if (open) show(focus);
if (!session.current()) onSynced();
connection.run();

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
    if (event.key === "Escape" && !event.isComposing) leave();
  });
  addEventListener("online", () => outbox.retry());
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
    session.keep("aftercare-seen", String(seen));
  }
  host.tell("unread", {
    count: log.entries.filter(({ author, seq }) => author !== "customer" && seq > seen).length,
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
}

/**
 * @param {Chat.Entry} message
 * @param {Chat.State} state
 */
function onState(message, state) {
  log.mark(message, state);
  if (state !== "sent") return;
  connection.wake();
  const answered = log.entries.some(({ author, seq }) => author !== "customer" && seq > message.seq);
  if (!answered && log.counterpart === "bot") typing(WAITING);
}

/** @param {Chat.Message[]} messages */
function onMessages(messages) {
  log.receive(messages);
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
  if (session.recall("aftercare-seen") === null) seen = connection.last;
  see();
  suggest(log.entries.length === 1);
}

/**
 * The server doesn't know the token (any more): a new conversation.
 * @param {string | null} [token]
 */
function onLost(token) {
  if (!session.forget(token)) return;
  seen = 0;
  connection.restart();
  log.clear();
  greet();
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
