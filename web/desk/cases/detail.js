// The open case: fetched, shown, and kept up to date.

import { el } from "../../shared/dom.js";
import { known } from "../../shared/http.js";
import { request } from "../core/api.js";
import { Pace } from "../core/pace.js";
import { text } from "../core/texts.js";
import { Standing } from "../ui/standing.js";
import { Acts } from "./acts.js";
import { header } from "./case_header.js";
import { goods } from "./goods.js";
import { about, clocks, photos, timeline } from "./story.js";
import { sums } from "./sums.js";

export class CaseDetail {
  /** @type {number | null} */
  id = null;
  /** @type {Desk.CaseDetail | null} */
  shown = null;
  drawn = "";
  turn = 0;

  /**
   * @param {Desk.Shell} desk
   * @param {{onBack: () => void, onChanged: () => void}} on
   */
  constructor(desk, on) {
    this.desk = desk;
    this.on = on;
    this.standing = new Standing(() => this.refresh(true));
    this.acts = new Acts({
      onChange: (shown) => {
        if (shown.id === this.id) this.take(shown);
        this.on.onChanged();
      },
      onStale: () => this.refresh(),
    });
    this.pace = new Pace(() => this.refresh(true), 250, 1_000);
    this.body = el("div.case-body");
    this.element = el("section.case", { "aria-live": "off" }, this.body);
    this.blank();
  }

  stop() {
    this.pace.stop();
    this.standing.stop();
  }

  blank() {
    this.body.replaceChildren(el("div.blank", {}, el("p.quiet", {}, text("case_choose"))));
  }

  /** @param {number | null} id */
  open(id) {
    if (id === this.id) return;
    this.id = id;
    this.shown = null;
    this.drawn = "";
    this.turn += 1;
    this.standing.reset();
    if (id === null) return this.blank();
    this.body.replaceChildren(this.standing.element);
    this.refresh();
  }

  soon() {
    if (this.id !== null) this.pace.soon();
  }

  /** @param {boolean} [unasked] nobody did anything for it */
  async refresh(unasked = false) {
    const { id } = this;
    if (id === null) return;
    this.turn += 1;
    const { turn } = this;
    try {
      const found = await request(`cases/${id}`, { unasked });
      if (turn !== this.turn) return;
      this.standing.done();
      this.take(found.case);
    } catch (error) {
      if (turn !== this.turn) return;
      this.standing.fail(error);
      if (known(error).status === 404) this.body.replaceChildren(this.standing.element);
    }
  }

  /** @param {Desk.CaseDetail} shown */
  take(shown) {
    this.turn += 1; // what was asked for before is older
    const first = this.shown === null;
    this.shown = shown;
    this.draw();
    const title = this.body.querySelector("h2");
    if (first && title && !this.desk.root.querySelector(".list :focus")) title.focus();
  }

  // The links of photos are signed anew each time.
  signature() {
    const { shown } = this;
    if (!shown) return "";
    return JSON.stringify({
      ...shown,
      files: shown.files.map(({ id }) => id),
      minute: Math.floor(Date.now() / 60_000),
    });
  }

  draw() {
    const { shown } = this;
    const signature = this.signature();
    if (!shown || signature === this.drawn) return;
    this.drawn = signature;
    const { scrollTop } = this.body;
    const money = sums(shown, this.acts);
    this.body.replaceChildren(
      this.standing.element,
      header(shown, this.desk.me.id, this.acts, this.on.onBack),
      el(
        "div.case-parts",
        {},
        el(
          "div",
          {},
          part(text("case_about"), ...about(shown)),
          part(text("case_goods"), ...goods(shown, this.acts)),
          shown.files.length ? part(text("case_photos"), photos(shown)) : null,
          money.length ? part(text("case_money"), ...money) : null,
        ),
        el("div", {}, part(text("case_clocks"), clocks(shown)), part(text("case_timeline"), timeline(shown))),
      ),
    );
    this.body.scrollTop = scrollTop;
  }
}

/**
 * @param {string} title
 * @param {...Dom.Child} content
 */
const part = (title, ...content) => el("section.part", {}, el("h3", {}, title), ...content);
