// The support desk, put together: who is signed in, which page is shown, what the keys do.

import { paint } from "../chat/colour.js";
import { hold, request, whenSignedOut } from "./api.js";
import { agents, audit, callbacks, figures } from "./admin.js";
import { anyOpen, show } from "./dialogs.js";
import { button, el, icon, options } from "./dom.js";
import { Inbox } from "./inbox.js";
import { Live } from "./live.js";
import { tell, Watch, wish } from "./notices.js";
import { settings } from "./settings.js";
import { accept, signIn } from "./sign_in.js";
import * as texts from "./texts.js";
import { explain, text } from "./texts.js";

const KEYS = [
  ["j", "key_next"], ["k", "key_previous"], ["c", "key_claim"], ["r", "key_reply"], ["n", "key_note"], ["e", "key_close"], ["/", "key_search"], ["?", "key_help"],
];
const PAGES = { callbacks: () => callbacks(), figures: () => figures(), settings: () => settings(desk), agents: () => agents(desk), audit: () => audit() };
const root = document.getElementById("desk");
let desk = null;

await texts.load(texts.preferred());
whenSignedOut(() => desk && leave(true));
await begin();

async function begin() {
  const invited = invitation();
  if (invited) {
    history.replaceState(null, "", "/desk");
    await accept(...invited);
    return run(await request("me"));
  }
  let found = null;
  while (!found) {
    try {
      found = await request("me", { open: true });
    } catch (error) {
      if (error.status === 401) await signIn();
      else {
        await new Promise((resolve) => root.replaceChildren(el("main.card", {}, el("h1", {}, text("desk")), el("p.error", {}, explain(error)), button(text("retry"), resolve, "primary"))));
      }
    }
  }
  return run(found);
}

// From the link of a mail: /desk#invitation=… or #reset=…, or /desk/invitation#….
function invitation() {
  const [, kind, token] = location.hash.match(/^#(invitation|reset)=([\w-]+)$/) ?? [];
  if (kind) return [kind, token];
  const plain = location.pathname.match(/^\/desk\/(invitation|reset)$/);
  const [, bare] = location.hash.match(/^#([\w-]+)$/) ?? [];
  return plain && bare ? [plain[1], bare] : null;
}

async function run({ agent, csrf, shop, dispositions, agents: colleagues }) {
  hold(csrf);
  if (document.documentElement.lang !== agent.language) await texts.load(agent.language);
  if (/^#[0-9a-f]{6}$/i.test(shop.colour ?? "")) paint(document.documentElement, shop.colour);
  desk = { me: agent, shop, dispositions, agents: colleagues, changed, fetchAgents };
  build();
  desk.watch = new Watch((id) => desk.inbox.id === id && document.visibilityState === "visible" && document.hasFocus());
  desk.live = new Live({
    onEvent: (kind, data) => {
      if (kind === "conversation") desk.watch.hear(data);
      desk.inbox.hear(kind, data);
    },
    onOnline: (online) => {
      if (desk.online !== undefined && desk.online !== online) tell(text(online ? "online_again" : "offline"), online ? "plain" : "bad");
      desk.online = online;
      desk.offline.hidden = online;
    },
    onSync: () => {
      desk.inbox.sync();
      desk.watch.soon();
    },
  });
  desk.live.connect();
  addEventListener("hashchange", route);
  addEventListener("keydown", key);
  route();
}

function build() {
  const { me } = desk;
  root.className = "desk";
  desk.stateSelect = el("select.state", { "aria-label": text("own_state"), "data-state": me.state, change: (event) => setState(event.target.value) },
    options(Object.entries(texts.STATES).map(([value, key]) => [value, text(key)]), me.state));
  desk.inbox?.stop();
  desk.inbox = new Inbox(desk);
  const link = (href, shape, label) => el("a", { href, title: label }, icon(shape), el("span", {}, label));
  desk.links = el("nav.rail", { "aria-label": text("pages") },
    link("#/", "inbox", text("conversations")), link("#/callbacks", "phone", text("callbacks")), link("#/figures", "chart", text("figures")),
    me.role === "admin" ? [link("#/agents", "people", text("agents")), link("#/audit", "shield", text("audit"))] : null,
    el("span.gap"), link("#/settings", "sliders", text("settings")),
    el("button", { type: "button", title: text("help"), click: help }, icon("help"), el("span", {}, text("help"))),
    el("button", { type: "button", title: text("sign_out"), click: signOut }, icon("leave"), el("span", {}, text("sign_out"))));
  desk.offline = el("p.offline", { hidden: desk.online !== false }, text("offline"));
  desk.place = el("div.place");
  root.replaceChildren(el("a.skip", { href: "#/", click: skip }, text("skip")), desk.offline, desk.links, desk.place);
}

function skip(event) {
  event.preventDefault();
  const main = root.querySelector("main");
  (main.querySelector(".open:not([hidden]) #input") ?? main.querySelector("h1")).focus();
}

function route() {
  const path = location.hash.replace(/^#\/?/, "");
  const id = path.match(/^c\/(\d+)$/)?.[1];
  const name = PAGES[path] ? path : "";
  const changed = desk.page !== name;
  desk.page = name;
  for (const one of desk.links.querySelectorAll("a")) {
    if (one.getAttribute("href") === `#/${name}`) one.ariaCurrent = "page";
    else one.removeAttribute("aria-current");
  }
  if (name) desk.place.replaceChildren(PAGES[name]());
  else if (desk.inbox.element.parentNode !== desk.place) desk.place.replaceChildren(desk.inbox.element);
  root.classList.toggle("deep", Boolean(id));
  if (!name) desk.inbox.show(id ? Number(id) : null);
  if (name) {
    document.title = `${desk.place.querySelector("h1").textContent} – ${desk.shop.name}`;
    if (changed) desk.place.querySelector("h1").focus();
  }
}

function key(event) {
  const { target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || anyOpen() || !wish("keys", "yes")) return;
  if (target.closest?.("input, textarea, select, [contenteditable]")) return;
  if (event.key === "?") help();
  else if (desk.page || !desk.inbox.press(event.key)) return;
  event.preventDefault();
}

function help() {
  show(text("help"), el("dl.keys", {}, KEYS.map(([sign, label]) => el("div", {}, el("dt", {}, el("kbd", {}, sign)), el("dd", {}, text(label))))),
    el("p.quiet", {}, text("help_typing")), el("p.quiet", {}, text("help_keys_off")));
}

async function setState(state) {
  try {
    const { agent } = await request("me", { method: "PATCH", body: { state } });
    desk.me = agent;
  } catch (error) {
    tell(explain(error), "bad");
  }
  desk.stateSelect.value = desk.me.state;
  desk.stateSelect.dataset.state = desk.me.state;
}

async function changed(agent) {
  desk.me = agent;
  await texts.load(agent.language);
  build();
  desk.page = null;
  route();
  desk.inbox.sync();
}

async function fetchAgents() {
  try {
    const { agents: found, agent } = await request("me");
    // The composer and the list hold on to this very list.
    desk.agents.splice(0, desk.agents.length, ...found);
    desk.me.state = desk.stateSelect.value = desk.stateSelect.dataset.state = agent.state;
  } catch {
    // It is fetched again with the next change.
  }
}

async function signOut() {
  try {
    await request("sessions/current", { method: "DELETE" });
  } catch (error) {
    if (error.status !== 401) return tell(explain(error), "bad");
  }
  for (const name of Object.keys(sessionStorage)) if (name.startsWith("draft-")) sessionStorage.removeItem(name);
  if (desk) leave(false);
}

// Back to signing in; `expired`: the session ended by itself, drafts stay.
function leave(expired) {
  const left = desk;
  desk = null;
  left.live.stop();
  left.inbox.stop();
  removeEventListener("hashchange", route);
  removeEventListener("keydown", key);
  hold("");
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  if (expired) tell(text("session_over"));
  else history.replaceState(null, "", "/desk");
  signIn().then(() => request("me")).then(run);
}
