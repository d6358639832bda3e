// The page of agents, for admins.

import { el } from "../../shared/dom.js";
import { post, request } from "../core/api.js";
import * as texts from "../core/texts.js";
import { explain, text } from "../core/texts.js";
import { button } from "../ui/controls.js";
import { ask, show } from "../ui/dialogs.js";
import { tell } from "../ui/notices.js";
import { cell, page, table } from "./page.js";

/** @typedef {{name: string, role: string, languages: string, skills: string, capacity: string}} Given */

/** @param {string} words */
const parts = (words) => words.split(/[,\s]+/).filter(Boolean);
/** @param {Given} given */
const read = ({ name, role, languages, skills, capacity }) => ({
  name: name.trim(),
  role,
  languages: parts(languages),
  skills: parts(skills),
  capacity: Number(capacity),
});

/** @param {Desk.Shell} desk */
export function agents(desk) {
  const tool = button(text("invite"), invite, "primary");
  /** @type {Desk.FetchedPage} */
  const shown = page(text("agents"), () => request("agents", { unasked: true }), draw, tool);
  return shown;

  /** @param {{agents: Desk.Agent[]}} found */
  function draw({ agents: found }) {
    const heads = [
      text("name"),
      text("role"),
      text("state"),
      text("languages"),
      text("skills"),
      text("capacity"),
      "",
    ];
    return [table(text("agents"), heads, found.map(row))];
  }

  /** @param {Desk.Agent} agent */
  function row(agent) {
    const state = agent.disabled
      ? text("disabled")
      : agent.invited
        ? text("invited")
        : texts.named(texts.STATES, agent.state);
    return el(
      "tr",
      {},
      cell(text("name"), el("b", {}, agent.name), el("br"), el("span.quiet", {}, agent.email)),
      cell(
        text("role"),
        texts.named(texts.ROLES, agent.role),
        agent.totp ? el("span.mark", {}, text("two_factor_short")) : null,
      ),
      cell(text("state"), el(`span.mark.${agent.disabled ? "late" : agent.state}`, {}, state)),
      cell(text("languages"), agent.languages.map(texts.languageName).join(", ") || text("all_languages")),
      cell(text("skills"), agent.skills.join(", ") || "–"),
      cell(text("capacity"), texts.number(agent.capacity)),
      el(
        "td.actions",
        {},
        button(text("change"), () => change(agent), "plain", {
          "aria-label": `${text("change")}: ${agent.name}`,
        }),
        button(text("new_link"), () => link(agent), "plain", {
          "aria-label": `${text("new_link")}: ${agent.name}`,
        }),
      ),
    );
  }

  /**
   * @param {Partial<Desk.Agent>} [agent]
   * @returns {Desk.Field[]}
   */
  function fields(agent = {}) {
    return [
      {
        name: "name",
        label: text("own_name"),
        hint: text("own_name_hint"),
        value: agent.name ?? "",
        required: true,
        maxlength: 80,
      },
      {
        name: "role",
        label: text("role"),
        kind: "select",
        value: agent.role ?? "agent",
        options: [
          ["agent", text("role_agent")],
          ["admin", text("role_admin")],
        ],
      },
      {
        name: "languages",
        label: text("languages"),
        hint: text("languages_hint", { codes: desk.shop.languages.join(", ") }),
        value: (agent.languages ?? []).join(", "),
      },
      {
        name: "skills",
        label: text("skills"),
        hint: text("skills_hint"),
        value: (agent.skills ?? []).join(", "),
      },
      {
        name: "capacity",
        label: text("capacity"),
        hint: text("capacity_hint"),
        kind: "number",
        min: 1,
        max: 50,
        value: agent.capacity ?? 6,
        required: true,
      },
    ];
  }

  async function invite() {
    /** @type {{link: string} | undefined} */
    let made;
    await ask({
      title: text("invite"),
      body: text("invite_body"),
      fields: [
        { name: "email", label: text("email"), kind: "email", required: true, maxlength: 254 },
        ...fields(),
      ],
      action: text("invite"),
      act: async (/** @type {Given & {email: string}} */ given) => {
        made = await post("agents", { email: given.email.trim(), ...read(given) });
      },
    });
    if (made) showLink(made.link);
    shown.refresh();
  }

  /** @param {Desk.Agent} agent */
  async function change(agent) {
    await ask({
      title: agent.name,
      fields: [
        ...fields(agent),
        {
          name: "disabled",
          label: text("disabled"),
          hint: text("disabled_hint"),
          kind: "check",
          value: agent.disabled,
        },
      ],
      action: text("save"),
      act: (/** @type {Given & {disabled: boolean}} */ given) =>
        request(`agents/${agent.id}`, {
          method: "PATCH",
          body: { ...read(given), disabled: given.disabled },
        }),
    });
    shown.refresh();
  }

  /** @param {Desk.Agent} agent */
  async function link(agent) {
    try {
      showLink((await post(`agents/${agent.id}/invitation`)).link);
    } catch (error) {
      tell(explain(error), "bad");
    }
  }

  /** @param {string} address */
  function showLink(address) {
    show(
      text("new_link"),
      el("p", {}, text("link_body")),
      el("p.secret", { tabindex: "0" }, address),
      button(
        text("copy"),
        () =>
          navigator.clipboard
            .writeText(address)
            .then(() => tell(text("copied")))
            .catch(() => {}),
        "primary",
      ),
    );
  }
}
