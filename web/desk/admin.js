// Pages beside the inbox: figures, call-backs, and for admins the agents and the audit trail.

import { post, query, request } from "./api.js";
import { ask, show } from "./dialogs.js";
import { button, el, options } from "./dom.js";
import { tell } from "./notices.js";
import * as texts from "./texts.js";
import { explain, text } from "./texts.js";

function page(title, ...tools) {
  const body = el("div.body", { tabindex: "0", role: "group", "aria-label": title });
  const element = el("main.page", {}, el("header.bar", {}, el("h1", { tabindex: "-1" }, title), tools), body);
  return { element, body, fail: (error) => body.replaceChildren(el("p.error", {}, explain(error))) };
}

const cell = (label, ...content) => el("td", { "data-label": label, dir: "auto" }, ...content);

function table(caption, heads, rows) {
  return el("div.table", {}, el("table", {}, el("caption.unseen", {}, caption), el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))), el("tbody", {}, rows)));
}

// --- figures ---

export function figures() {
  const days = el("select", { "aria-label": text("period"), change: fetchFigures }, options([1, 7, 30, 90].map((count) => [count, text("last_days", { count })]), 7));
  const { element, body, fail } = page(text("figures"), days);
  fetchFigures();
  return element;

  async function fetchFigures() {
    try {
      body.replaceChildren(...drawn(await request(`figures?${query({ days: days.value })}`)));
    } catch (error) {
      fail(error);
    }
  }
}

function drawn(found) {
  const { satisfaction, first_answer_seconds: first, resolution_seconds: ends } = found;
  const share = (value) => (value == null ? "–" : value <= 1 ? texts.percent(value) : texts.number(value));
  const span = (seconds) => (seconds == null ? "–" : texts.duration(seconds));
  const tile = (label, value) => el("div.tile", {}, el("dt", {}, label), el("dd", {}, value));
  return [
    el("dl.tiles", {},
      tile(text("figure_waiting"), texts.number(found.waiting ?? 0)), tile(text("figure_longest"), span(found.longest_wait_seconds)),
      tile(text("figure_overdue"), texts.number(found.overdue ?? 0)),
      tile(text("figure_handoffs"), texts.number(found.handoffs ?? 0)), tile(text("figure_answered"), share(found.answered_in_target)),
      tile(text("figure_resolved"), share(found.resolved_in_target)), tile(text("figure_median"), span(first?.median)), tile(text("figure_p90"), span(first?.p90)),
      tile(text("figure_ends"), span(ends?.median)), tile(text("figure_ends_p90"), span(ends?.p90)),
      tile(text("figure_satisfaction"), satisfaction?.average == null ? "–" : `${texts.number(satisfaction.average)} / 5 (${satisfaction.count})`)),
    el("h2", {}, text("agents")),
    table(text("agents"), [text("name"), text("figure_open"), text("figure_closed"), text("figure_satisfaction")], (found.agents ?? []).map((one) =>
      el("tr", {}, cell(text("name"), one.name), cell(text("figure_open"), texts.number(one.open)), cell(text("figure_closed"), texts.number(one.closed)), cell(text("figure_satisfaction"), one.satisfaction == null ? "–" : `${texts.number(one.satisfaction)} (${one.ratings})`)))),
    ...(satisfaction?.asked ? [el("h2", {}, text("figure_scores", satisfaction)), scores(satisfaction)] : []),
    el("p.quiet", {}, text("figure_clock")),
    ...(satisfaction?.comments?.length ? [el("h2", {}, text("comments")), el("ul.comments", {}, satisfaction.comments.map((one) =>
      el("li", { dir: "auto" }, `${one.score} / 5 · ${one.comment} `, el("a", { href: `#/c/${one.conversation}` }, text("open_conversation")))))] : []),
  ];
}

// How many gave each score, the best first.
function scores({ scores: given, count }) {
  return el("dl.scores", {}, given.map((times, at) => el("div", {}, el("dt", {}, `${at + 1} ★`),
    el("dd", {}, el("meter", { max: Math.max(1, count), value: times, "aria-hidden": "true" }), ` ${texts.number(times)}`))).reverse());
}

// --- call-backs ---

export function callbacks() {
  const { element, body, fail } = page(text("callbacks"));
  fetchCallbacks();
  return element;

  async function fetchCallbacks() {
    try {
      const { callbacks: found } = await request("callbacks");
      const open = found.filter(({ state }) => state !== "done");
      body.replaceChildren(open.length ? el("ul.cards", {}, open.map((one) => el("li", {},
        el("div", {}, el("b", {}, /^\+\d+$/.test(one.phone) ? el("a", { href: `tel:${one.phone}` }, one.phone) : one.phone), el("p", { dir: "auto" }, one.wish), one.created_at ? el("p.quiet", {}, texts.full(one.created_at)) : null),
        el("div.actions", {}, one.conversation_id ? el("a.plain", { href: `#/c/${one.conversation_id}` }, text("open_conversation")) : null, button(text("callback_done"), () => done(one.id), "primary"))))) : el("p.empty", {}, text("no_callbacks")));
    } catch (error) {
      fail(error);
    }
  }

  async function done(id) {
    try {
      await post(`callbacks/${id}/done`);
    } catch (error) {
      tell(explain(error), "bad");
    }
    fetchCallbacks();
  }
}

// --- agents ---

const parts = (words) => words.split(/[,\s]+/).filter(Boolean);
const read = ({ name, role, languages, skills, capacity }) => ({ name: name.trim(), role, languages: parts(languages), skills: parts(skills), capacity: Number(capacity) });

export function agents(desk) {
  const { element, body, fail } = page(text("agents"), button(text("invite"), invite, "primary"));
  fetchAgents();
  return element;

  async function fetchAgents() {
    try {
      const { agents: found } = await request("agents");
      body.replaceChildren(table(text("agents"), [text("name"), text("role"), text("state"), text("languages"), text("skills"), text("capacity"), ""], found.map(row)));
    } catch (error) {
      fail(error);
    }
  }

  function row(agent) {
    const state = agent.disabled ? text("disabled") : agent.invited ? text("invited") : texts.named(texts.STATES, agent.state);
    return el("tr", {},
      cell(text("name"), el("b", {}, agent.name), el("br"), el("span.quiet", {}, agent.email)), cell(text("role"), texts.named(texts.ROLES, agent.role), agent.totp ? el("span.mark", {}, text("two_factor_short")) : null),
      cell(text("state"), el(`span.mark.${agent.disabled ? "late" : agent.state}`, {}, state)), cell(text("languages"), agent.languages.map(texts.languageName).join(", ") || text("all_languages")),
      cell(text("skills"), agent.skills.join(", ") || "–"), cell(text("capacity"), texts.number(agent.capacity)),
      el("td.actions", {}, button(text("change"), () => change(agent), "plain", { "aria-label": `${text("change")}: ${agent.name}` }), button(text("new_link"), () => link(agent), "plain", { "aria-label": `${text("new_link")}: ${agent.name}` })));
  }

  function fields(agent = {}) {
    return [
      { name: "name", label: text("own_name"), hint: text("own_name_hint"), value: agent.name ?? "", required: true, maxlength: 80 },
      { name: "role", label: text("role"), kind: "select", value: agent.role ?? "agent", options: [["agent", text("role_agent")], ["admin", text("role_admin")]] },
      { name: "languages", label: text("languages"), hint: text("languages_hint", { codes: desk.shop.languages.join(", ") }), value: (agent.languages ?? []).join(", ") },
      { name: "skills", label: text("skills"), hint: text("skills_hint"), value: (agent.skills ?? []).join(", ") },
      { name: "capacity", label: text("capacity"), hint: text("capacity_hint"), kind: "number", min: 1, max: 50, value: agent.capacity ?? 6, required: true },
    ];
  }

  async function invite() {
    let made;
    await ask({ title: text("invite"), body: text("invite_body"), fields: [{ name: "email", label: text("email"), kind: "email", required: true, maxlength: 254 }, ...fields()],
      action: text("invite"), act: async (given) => (made = await post("agents", { email: given.email.trim(), ...read(given) })) });
    if (made) showLink(made.link);
    fetchAgents();
  }

  async function change(agent) {
    await ask({ title: agent.name, fields: [...fields(agent), { name: "disabled", label: text("disabled"), hint: text("disabled_hint"), kind: "check", value: agent.disabled }],
      action: text("save"), act: (given) => request(`agents/${agent.id}`, { method: "PATCH", body: { ...read(given), disabled: given.disabled } }) });
    fetchAgents();
  }

  async function link(agent) {
    try {
      showLink((await post(`agents/${agent.id}/invitation`)).link);
    } catch (error) {
      tell(explain(error), "bad");
    }
  }

  function showLink(address) {
    show(text("new_link"), el("p", {}, text("link_body")), el("p.secret", { tabindex: "0" }, address),
      button(text("copy"), () => navigator.clipboard.writeText(address).then(() => tell(text("copied"))).catch(() => {}), "primary"));
  }
}

// --- audit trail ---

export function audit() {
  const rows = [];
  const { element, body, fail } = page(text("audit"));
  fetchEntries();
  return element;

  async function fetchEntries() {
    try {
      const { entries } = await request(`audit?${query({ before: rows.at(-1)?.id, limit: 50 })}`);
      rows.push(...entries);
      body.replaceChildren(table(text("audit"), [text("when"), text("who"), text("action"), text("target"), text("particulars")], rows.map((one) =>
        el("tr", {}, cell(text("when"), texts.full(one.at)), cell(text("who"), one.who), cell(text("action"), one.action), cell(text("target"), one.target), cell(text("particulars"), details(one.details))))),
      ...(entries.length === 50 ? [button(text("show_more"), fetchEntries, "link")] : []));
    } catch (error) {
      fail(error);
    }
  }
}

const details = (given) => Object.entries(given ?? {}).map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`).join(" · ");
