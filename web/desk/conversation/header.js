// Over the open conversation: whose it is, and what can be done with it as a whole.

import { el } from "../../shared/dom.js";
import { address, post } from "../core/api.js";
import { dueOf, isFree, nameOf, ownerOf } from "../core/summary.js";
import * as texts from "../core/texts.js";
import { text } from "../core/texts.js";
import { button, iconButton } from "../ui/controls.js";
import { ask } from "../ui/dialogs.js";
import { icon } from "../ui/icons.js";
import { menu } from "../ui/menu.js";
import { tell } from "../ui/notices.js";

export class Header {
  /** @type {Desk.Viewer[] | null} null: not known now */
  viewers = [];
  /** @type {Desk.Detail | undefined} */
  detail;
  drawn = "";

  /**
   * @param {Desk.Shell} desk
   * @param {{onChange: Desk.OnChange, onBack: () => void, onDetails: () => void}} on
   */
  constructor(desk, on) {
    this.desk = desk;
    this.on = on;
    this.title = el("h2", { tabindex: "-1", dir: "auto" });
    this.about = el("p.about");
    this.actions = el("div.actions");
    this.element = el(
      "header.bar",
      {},
      iconButton("back", text("back_to_list"), () => this.on.onBack(), { class: "icon back" }),
      el("div.title", {}, this.title, this.about),
      this.actions,
      iconButton("info", text("details"), () => this.on.onDetails(), { class: "icon details" }),
    );
  }

  /**
   * @param {Desk.Detail} detail
   * @param {Desk.Viewer[] | null} [viewers] who looks at it too
   */
  update(detail, viewers = this.viewers) {
    this.detail = detail;
    this.viewers = viewers;
    this.title.textContent = nameOf(detail);
    this.draw();
  }

  draw() {
    const { detail } = this;
    if (!detail) return;
    const owner =
      detail.owner === "human" && detail.agent
        ? this.own
          ? text("yours")
          : text("held_by", { agent: detail.agent.name })
        : ownerOf(detail);
    const names = this.viewers?.map(({ name }) => name).join(", ");
    const looking = names === undefined ? text("looking_unknown") : names && text("looking_too", { names });
    const disposition =
      detail.owner === "closed" && this.desk.dispositions.find(({ id }) => id === detail.disposition)?.title;
    const due = dueOf(detail);
    this.about.replaceChildren(
      ...[
        el(`span.mark.${detail.owner}`, { dir: "auto" }, owner),
        due ? " " : null,
        due
          ? el(
              `span.mark.${due.kind}`,
              { title: `${due.what}: ${texts.full(due.at)}` },
              icon("clock"),
              el("span.unseen", {}, `${due.what}: `),
              due.words,
            )
          : null,
        ` ${texts.named(texts.CHANNELS, detail.channel)}`,
        disposition ? ` · ${disposition}` : "",
        looking ? el("span.looking", {}, ` · ${looking}`) : "",
      ].filter((one) => one !== null),
    );
    const signature = JSON.stringify([detail.owner, detail.agent, detail.elsewhere, detail.id]);
    if (signature === this.drawn) return;
    this.drawn = signature;
    const focused = this.actions.contains(document.activeElement);
    const held = detail.owner === "human";
    const may = this.own || this.desk.me.role === "admin";
    this.actions.replaceChildren(
      ...[
        isFree(detail) ? button(text("claim"), () => this.on.onChange("claim"), "primary") : null,
        held && may ? button(text("hand_back"), () => this.handBack()) : null,
        (held && may) || detail.owner === "queue"
          ? button(text("close_conversation"), () => this.close(), this.own ? "primary" : "plain")
          : null,
        this.menu(detail, held && may),
      ].filter((one) => one !== null),
    );
    if (focused) this.title.focus();
  }

  /**
   * @param {Desk.Detail} detail
   * @param {boolean} releasable
   */
  menu(detail, releasable) {
    return menu((entry) => [
      detail.owner !== "closed" ? entry(text("assign"), () => this.assign()) : null,
      releasable ? entry(text("release"), () => this.on.onChange("release")) : null,
      el(
        "a.entry",
        {
          href: address(`conversations/${detail.id}/transcript`).href,
          download: `conversation-${detail.id}.txt`,
        },
        text("transcript_download"),
      ),
      this.own || this.desk.me.role === "admin"
        ? entry(text("transcript_mail"), () => this.mailTranscript())
        : null,
    ]);
  }

  get own() {
    return this.detail?.owner === "human" && this.detail.agent?.id === this.desk.me.id;
  }

  handBack() {
    return ask({
      title: text("hand_back"),
      body: text("hand_back_body"),
      fields: [{ name: "text", label: text("last_words"), kind: "area", maxlength: 1000 }],
      action: text("hand_back"),
      act: (/** @type {{text: string}} */ given) => this.on.onChange("bot", lastWords(given), true),
    });
  }

  close() {
    /** @type {Desk.Pair[]} */
    const ways = this.desk.dispositions.map(({ id, title }) => [id, title]);
    ways.unshift(["", text("choose")]);
    /** @type {Desk.Field[]} */
    const survey = [];
    // Where nothing may be sent any more there is nothing to ask.
    if (this.detail?.send.state === "open")
      survey.push({ name: "survey", label: text("ask_survey"), kind: "check", value: true });
    return ask({
      title: text("close_conversation"),
      fields: [
        {
          name: "disposition",
          label: text("disposition"),
          kind: "select",
          required: true,
          options: ways,
        },
        { name: "text", label: text("last_words"), kind: "area", maxlength: 1000 },
        ...survey,
      ],
      action: text("close_conversation"),
      act: (/** @type {{disposition: string, text: string, survey?: boolean}} */ given) =>
        this.on.onChange("close", { survey: false, ...given, text: undefined, ...lastWords(given) }, true),
    });
  }

  assign() {
    /** @type {Desk.Pair[]} */
    const pairs = this.desk.agents.map(({ id, name, state }) => [
      id,
      `${name} (${texts.named(texts.STATES, state)})`,
    ]);
    return ask({
      title: text("assign"),
      fields: [{ name: "agent_id", label: text("agent"), kind: "select", options: pairs, required: true }],
      action: text("assign"),
      act: (/** @type {{agent_id: string}} */ { agent_id }) =>
        this.on.onChange("assign", { agent_id: Number(agent_id) }, true),
    });
  }

  async mailTranscript() {
    if (!this.detail) return;
    const { id, customer } = this.detail;
    const contact = customer.contact ?? "";
    const done = await ask({
      title: text("transcript_mail"),
      fields: [
        {
          name: "email",
          label: text("email"),
          kind: "email",
          required: true,
          value: contact.includes("@") ? contact : "",
        },
      ],
      action: text("send"),
      act: (/** @type {{email: string}} */ given) => post(`conversations/${id}/transcript`, given),
    });
    if (done) tell(text("transcript_mailed"));
  }
}

/** @param {{text: string}} given */
const lastWords = (given) => (given.text.trim() ? { text: given.text.trim() } : {});
