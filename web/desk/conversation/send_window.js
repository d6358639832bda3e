// Whether an agent may answer, in words.

import { ownerOf } from "../core/summary.js";
import * as texts from "../core/texts.js";
import { text } from "../core/texts.js";

/** @type {Desk.Names} */
const NOTES = {
  closed: "send_closed",
  stopped: "send_stopped",
  unreachable: "send_unreachable",
  late: "send_late",
};

/**
 * Who has a conversation that is not the agent's own.
 * @param {Desk.Detail} detail
 */
export function holder(detail) {
  const { owner, agent } = detail;
  if (owner === "human") return agent ? text("held_by", { agent: agent.name }) : ownerOf(detail);
  return text({ queue: "claim_queue", bot: "claim_bot", closed: "claim_closed" }[owner]);
}

/**
 * Why nothing can be sent, or until when something can; empty where there is nothing to know.
 * @param {Desk.Detail["send"]} send
 */
export function sendNote({ state, until }) {
  if (!NOTES[state]) return untilWhen(until);
  return state === "late" ? `${text(NOTES[state])} ${untilWhen(until)}`.trim() : text(NOTES[state]);
}

/** @param {string | null} until */
function untilWhen(until) {
  const left = until ? (Date.parse(until) - Date.now()) / 1000 : 0;
  return until && left > 0 ? text("send_until", { time: texts.full(until), left: texts.duration(left) }) : "";
}
