// Over the open conversation: whose it is, and what can be done with it as a whole.

import { address, post } from "./api.js";
import { ask } from "./dialogs.js";
import { button, el, icon, iconButton } from "./dom.js";
import { dueOf, nameOf } from "./list.js";
import { tell } from "./notices.js";
import * as texts from "./texts.js";
import { text } from "./texts.js";

export class Header {
  // Handlers: onChange(action, body, rethrow), onBack(), onDetails().
  constructor(desk, handlers) {
    Object.assign(this, handlers, { desk, viewers: [] });
    this.title = el("h2", { tabindex: "-1", dir: "auto" });
    this.about = el("p.about");
    this.actions = el("div.actions");
    this.element = el("header.bar", {}, iconButton("back", text("back_to_list"), () => this.onBack(), { class: "icon back" }),
      el("div.title", {}, this.title, this.about), this.actions, iconButton("info", text("details"), () => this.onDetails(), { class: "icon details" }));
  }

  update(detail, viewers = this.viewers) {
    Object.assign(this, { detail, viewers });
    this.title.textContent = nameOf(detail);
    this.draw();
  }

  draw() {
    const { detail } = this;
    const owner = detail.owner === "human" && detail.agent ? (this.own ? text("yours") : text("held_by", { agent: detail.agent.name })) : texts.named(texts.OWNERS, detail.owner);
    const looking = this.viewers.length ? text("looking_too", { names: this.viewers.map(({ name }) => name).join(", ") }) : "";
    const disposition = detail.owner === "closed" && this.desk.dispositions.find(({ id }) => id === detail.disposition)?.title;
    const due = dueOf(detail);
    this.about.replaceChildren(...[el(`span.mark.${detail.owner}`, { dir: "auto" }, owner), due ? " " : null,
      due ? el(`span.mark.${due.kind}`, { title: `${due.what}: ${texts.full(due.at)}` }, icon("clock"), el("span.unseen", {}, `${due.what}: `), due.words) : null,
      ` ${texts.named(texts.CHANNELS, detail.channel)}`, disposition ? ` · ${disposition}` : "", looking ? el("span.looking", {}, ` · ${looking}`) : ""].filter(Boolean));
    const signature = JSON.stringify([detail.owner, detail.agent, detail.id]);
    if (signature === this.drawn) return;
    this.drawn = signature;
    const focused = this.actions.contains(document.activeElement);
    const held = detail.owner === "human";
    const may = this.own || this.desk.me.role === "admin";
    this.actions.replaceChildren(...[
      detail.owner === "queue" || detail.owner === "bot" ? button(text("claim"), () => this.onChange("claim"), "primary") : null,
      held && may ? button(text("hand_back"), () => this.handBack()) : null,
      (held && may) || detail.owner === "queue" ? button(text("close_conversation"), () => this.close(), this.own ? "primary" : "plain") : null,
      this.menu(held, may),
    ].filter(Boolean));
    if (focused) this.title.focus();
  }

  menu(held, may) {
    const { detail } = this;
    const entry = (label, act) => button(label, () => {
      menu.open = false;
      act();
    }, "entry");
    const menu = el("details.menu", { focusout: (event) => {
      if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
    }, keydown: (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      menu.open = false;
      menu.firstChild.focus();
    } }, el("summary.icon", { "aria-label": text("more"), title: text("more") }, iconButton("more", "").firstChild),
    el("div.entries", {},
      detail.owner !== "closed" ? entry(text("assign"), () => this.assign()) : null,
      held && may ? entry(text("release"), () => this.onChange("release")) : null,
      el("a.entry", { href: address(`conversations/${detail.id}/transcript`).href, download: `conversation-${detail.id}.txt` }, text("transcript_download")),
      entry(text("transcript_mail"), () => this.mailTranscript())));
    return menu;
  }

  get own() {
    return this.detail?.owner === "human" && this.detail.agent?.id === this.desk.me.id;
  }

  handBack() {
    return ask({ title: text("hand_back"), body: text("hand_back_body"), fields: [{ name: "text", label: text("last_words"), kind: "area", maxlength: 1000 }],
      action: text("hand_back"), act: ({ text: words }) => this.onChange("bot", words.trim() ? { text: words.trim() } : {}, true) });
  }

  close() {
    return ask({ title: text("close_conversation"), fields: [
      { name: "disposition", label: text("disposition"), kind: "select", required: true, options: [["", text("choose")], ...this.desk.dispositions.map(({ id, title }) => [id, title])] },
      { name: "text", label: text("last_words"), kind: "area", maxlength: 1000 },
      // Where nothing may be sent any more there is nothing to ask.
      ...(this.detail.send.state === "open" ? [{ name: "survey", label: text("ask_survey"), kind: "check", value: true }] : []),
    ], action: text("close_conversation"), act: ({ disposition, text: words, survey = false }) =>
      this.onChange("close", { disposition, survey, ...(words.trim() ? { text: words.trim() } : {}) }, true) });
  }

  assign() {
    const pairs = this.desk.agents.map(({ id, name, state }) => [id, `${name} (${texts.named(texts.STATES, state)})`]);
    return ask({ title: text("assign"), fields: [{ name: "agent_id", label: text("agent"), kind: "select", options: pairs, required: true }],
      action: text("assign"), act: ({ agent_id }) => this.onChange("assign", { agent_id: Number(agent_id) }, true) });
  }

  async mailTranscript() {
    const { id, customer: { contact } } = this.detail;
    const done = await ask({ title: text("transcript_mail"), fields: [{ name: "email", label: text("email"), kind: "email", required: true, value: contact?.includes("@") ? contact : "" }],
      action: text("send"), act: (given) => post(`conversations/${id}/transcript`, given) });
    if (done) tell(text("transcript_mailed"));
  }
}
