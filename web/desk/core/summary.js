// A conversation in words: whose it is, and what it waits for.

import * as texts from "./texts.js";
import { text } from "./texts.js";

const SOON = 300; // seconds before the promised time from which an answer is urgent

/** @param {Desk.Summary} conversation */
export const nameOf = ({ customer, channel, id }) =>
  customer.name || customer.contact || text("visitor", { channel: texts.named(texts.CHANNELS, channel), id });

/**
 * Who has a conversation that isn't an agent's here.
 * @param {Desk.Summary} conversation
 */
export function ownerOf({ owner, elsewhere }) {
  if (owner !== "human" || !elsewhere) return texts.named(texts.OWNERS, owner);
  const [program, person] = elsewhere.by.split(":", 2);
  const who = person || texts.named(texts.CHANNELS, program);
  return text("elsewhere", { who, time: texts.short(elsewhere.until) });
}

/**
 * Whether an agent may take it: no other agent has it, and it isn't closed.
 * @param {Desk.Summary} conversation
 */
export const isFree = ({ owner, agent }) => !agent && owner !== "closed";

/**
 * The time promised next, and how it stands.
 * @param {Desk.Summary} conversation
 */
export function dueOf({ owner, answer_due_at, answered_at, resolve_due_at }) {
  if (owner === "closed") return null;
  const at = answered_at ? resolve_due_at : answer_due_at;
  if (!at) return null;
  const left = (Date.parse(at) - Date.now()) / 1000;
  const time = texts.duration(Math.abs(left));
  const words = left < 0 ? text("overdue", { time }) : text("due_in", { time });
  const what = text(answered_at ? "resolve_due" : "answer_due");
  return { at, words, what, kind: left < 0 ? "late" : left < SOON ? "soon" : "calm" };
}
