// The desk's words in one language; its numbers, dates, sums of money.

import { dates } from "../../shared/dates.js";
import { ApiError } from "../../shared/http.js";
import { filled, primary } from "../../shared/texts.js";

/** @type {Record<string, string>} */
let words = {};
let language = "en";
/** @type {ReturnType<typeof dates>} */
let written;

/** @type {string[]} */
export let languages = [];

/** @param {string} wish a language; the server takes another where it has none */
export async function load(wish) {
  const answer = await fetch(new URL(`../texts/${encodeURIComponent(wish)}.json`, import.meta.url));
  if (!answer.ok) throw new Error("no texts");
  ({ language, languages, texts: words } = await answer.json());
  written = dates(language, text("today"), text("yesterday"));
  document.documentElement.lang = language;
}

export const preferred = () => primary(navigator.languages[0] ?? "en");

/**
 * @param {string} key
 * @param {object} [values]
 */
export const text = (key, values = {}) => filled(words[key] ?? key, { ...values });

/**
 * The text of one of several values, or the value itself where there is none (yet).
 * @param {Desk.Names} table
 * @param {string | null} [value]
 */
export const named = (table, value) =>
  table[value ?? ""] ? text(table[value ?? ""]) : (value ?? "").replaceAll("_", " ");

// Of ISO 8601.

/** @param {string} at */
export const time = (at) => written.time(new Date(at));
/** @param {string} at */
export const full = (at) => written.full(new Date(at));
/** @param {string} at */
export const date = (at) => written.date(new Date(at));
/** @param {string} at */
export const day = (at) => written.day(new Date(at));

/**
 * As short as a list needs it: the time of today, the date of what is older.
 * @param {string} at
 */
export function short(at) {
  const when = new Date(at);
  return when.toDateString() === new Date().toDateString() ? time(at) : date(at);
}

/**
 * Seconds in their largest unit, "4 min"; two where one would be coarse, "2 h 30 min".
 * @param {number} seconds
 */
export function duration(seconds) {
  const minutes = Math.max(0, Math.floor(seconds / 60));
  /**
   * @param {number} count
   * @param {string} name
   */
  const unit = (count, name) =>
    new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "short" }).format(count);
  if (minutes < 60) return unit(minutes, "minute");
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return unit(Math.floor(hours / 24), "day");
  return minutes % 60 && hours < 10
    ? `${unit(hours, "hour")} ${unit(minutes % 60, "minute")}`
    : unit(hours, "hour");
}

/**
 * @param {string} amount
 * @param {string} currency
 */
export function money(amount, currency) {
  try {
    return new Intl.NumberFormat(language, { style: "currency", currency }).format(Number(amount));
  } catch {
    return `${amount} ${currency}`; // not a currency that the browser knows
  }
}

/** @param {number} share */
export const percent = (share) =>
  new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 }).format(share);

/** @param {number} value */
export const number = (value) => new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(value);

/** @param {string} code */
export function languageName(code) {
  try {
    return new Intl.DisplayNames(language, { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}

// The words that stand for the API's values.
/** @type {Desk.Names} */
export const CHANNELS = {
  web: "channel_web",
  telegram: "channel_telegram",
  messenger: "channel_messenger",
  sms: "channel_sms",
  facebook: "channel_facebook",
  case_webhook: "channel_case_webhook",
};
/** @type {Desk.Names} */
export const FAULTS = {
  credentials: "fault_credentials",
  permission: "fault_permission",
  sender: "fault_sender",
  account: "fault_account",
  address: "fault_address",
};
/** @type {Desk.Names} */
export const OWNERS = {
  bot: "owner_bot",
  queue: "owner_queue",
  human: "owner_human",
  closed: "owner_closed",
};
/** @type {Desk.Names} */
export const STATES = { online: "state_online", away: "state_away", offline: "state_offline" };
/** @type {Desk.Names} */
export const ROLES = { agent: "role_agent", admin: "role_admin" };
/** @type {Desk.Names} */
export const AUTHORS = {
  customer: "author_customer",
  bot: "author_bot",
  agent: "author_agent",
  system: "author_system",
};
/** @type {Desk.Names} */
export const DELIVERY = {
  queued: "delivery_queued",
  sending: "delivery_sending",
  sent: "delivery_sent",
  delivered: "delivery_delivered",
  read: "delivery_read",
  failed: "delivery_failed",
  unknown: "delivery_unknown",
  withdrawn: "delivery_withdrawn",
};
/** @type {Desk.Names} */
export const REASONS = {
  asked: "reason_asked",
  unsure: "reason_unsure",
  safety: "reason_safety",
  tone: "reason_tone",
  payment: "reason_payment",
  complaint: "reason_complaint",
  damaged: "reason_damaged",
  data_protection: "reason_data_protection",
  proofs: "reason_proofs",
  rule: "reason_rule",
  failure: "reason_failure",
  released: "reason_released",
  unanswered: "reason_unanswered",
  public: "reason_public",
};
/** @type {Desk.Names} */
export const MOODS = {
  calm: "mood_calm",
  upset: "mood_upset",
  angry: "mood_angry",
  threatening: "mood_threatening",
};
/** @type {Desk.Names} */
export const PROOFS = {
  order: "proof_order",
  sender: "proof_sender",
  code: "proof_code",
  provider: "proof_provider",
  shop: "proof_shop",
};
/** @type {Desk.Names} */
export const ORDER_STATES = {
  placed: "order_placed",
  unpaid: "order_unpaid",
  paid: "order_paid",
  processing: "order_processing",
  shipped: "order_shipped",
  out_for_delivery: "order_out_for_delivery",
  delivered: "order_delivered",
  cancelled: "order_cancelled",
  returned: "order_returned",
  partly_returned: "order_partly_returned",
};
// Of parcels, in the words for orders where those are true of them.
/** @type {Desk.Names} */
export const SHIPMENT_STATES = {
  ...ORDER_STATES,
  packed: "order_processing",
  accepted: "parcel_accepted",
  in_transit: "order_shipped",
  failed_attempt: "parcel_failed_attempt",
  waiting: "parcel_waiting",
  returning: "parcel_returning",
  lost: "parcel_lost",
  exception: "parcel_exception",
};

// What an agent is told when the server refused something.
/** @type {Desk.Names} */
const REFUSALS = {
  taken: "error_taken",
  wrong_state: "error_wrong_state",
  window_closed: "error_window_closed",
  forbidden: "error_forbidden",
  not_found: "error_not_found",
  not_allowed: "error_not_allowed",
  wrong: "error_wrong",
  second_factor: "error_second_factor",
  insecure: "error_insecure",
  cookie_lost: "error_cookie_lost",
  stale: "error_stale",
  impossible: "error_impossible",
  same_person: "error_same_person",
  no_money_right: "error_no_money_right",
  no_order: "error_no_order",
};

/** @param {unknown} error */
export function explain(error) {
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error);
  if (error.status === 0 || error.status >= 500) return text("error_no_answer");
  if (error.status === 429)
    return text("error_too_often", { wait: duration(Math.max(60, error.wait / 1000)) });
  if (error.code === "taken" && !error.agent) return text("error_wrong_state");
  const key = REFUSALS[error.code];
  return key ? text(key, { agent: error.agent }) : error.message;
}
