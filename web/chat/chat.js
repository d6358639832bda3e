// The chat's frame, put together.

import { backoff, request } from "./api.js";
import { paint } from "./colour.js";
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

const $ = (id) => document.getElementById(id);
const asked = host.embedded ? handshake() : Promise.resolve({ open: true });
const config = await settled(() => request("config"));
const language = choose(config, host.wish("language"));
const wished = host.wish("colour") ?? "";
paint(document.documentElement, /^#[0-9a-f]{6}$/i.test(wished) ? wished : config.colour);

const log = new Log($("log"), $("newest"), { onPress: press, onRetry: (message) => outbox.add(message) });
const outbox = new Outbox(language, { onState, onLost });
const connection = new Connection({ onMessages, onTyping, onOnline, onSynced, onLost });
new Composer($("composer"), say);

let shown = false;
let online = true;
let synced = false;
let seen = Number(session.recall("aftercare-seen") ?? 0);
let typingTimer;

dress();
host.listen({ open: ({ focus }) => show(focus), close: hide, identity: (told) => identity.offer(told.identity) });
const { token, open, focus, identity: vouched } = await asked;
identity.offer(vouched);
session.restore(token);
if (open) show(focus);
if (!session.current()) onSynced();
connection.run();

function handshake() {
  return new Promise((resolve) => {
    host.listen({ init: resolve });
    setTimeout(() => resolve({ open: true }), HANDSHAKE);
    host.tell("ready");
  });
}

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
  $("close").ariaLabel = text("close");
  $("close").addEventListener("click", leave);
  addEventListener("keydown", (event) => event.key === "Escape" && !event.isComposing && leave());
  addEventListener("online", () => outbox.retry());
  greet();
}

function greet() {
  log.insert({ author: "bot", text: text("greeting", { shop: config.name }), seq: 0 });
  log.arrange();
}

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
  host.tell("unread", { count: log.entries.filter(({ author, seq }) => author !== "customer" && seq > seen).length });
}

function say(words) {
  submit({ text: words });
}

function press({ token, title }) {
  submit({ press: token, text: title });
}

function submit(message) {
  message.id = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
  message.state = "sending";
  suggest(false);
  log.show(message);
  outbox.add(message);
}

function onState(message, state) {
  log.mark(message, state);
  if (state !== "sent") return;
  connection.wake();
  const answered = log.entries.some(({ author, seq }) => author !== "customer" && seq > message.seq);
  if (!answered && log.counterpart === "bot") typing(WAITING);
}

function onMessages(messages) {
  log.receive(messages);
  suggest(false);
  if (messages.some(({ author }) => author !== "customer")) typing(0);
  see();
}

function onTyping(author) {
  // Once a person has taken over, the assistant doesn't answer.
  if (author !== "bot" || log.counterpart === "bot") typing(TYPING);
}

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
  $("log").ariaLive = "polite";
  if (session.recall("aftercare-seen") === null) seen = connection.last;
  see();
  suggest(log.entries.length === 1);
}

// The server doesn't know the token (any more): a new conversation.
function onLost(token) {
  if (!session.forget(token)) return;
  seen = 0;
  connection.restart();
  log.clear();
  greet();
}

function suggest(wanted) {
  $("starters")?.remove();
  if (!wanted || !starters().length) return;
  const list = document.createElement("div");
  list.id = "starters";
  list.className = "choices";
  for (const title of starters().slice(0, 4)) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(title);
    button.addEventListener("click", () => ($("input").focus({ preventScroll: true }), say(title)));
    list.append(button);
  }
  $("typing").before(list);
}

function typing(duration) {
  clearTimeout(typingTimer);
  $("typing").hidden = !duration;
  if (!duration) return;
  if (log.atEnd) log.toEnd();
  typingTimer = setTimeout(() => typing(0), duration);
}
