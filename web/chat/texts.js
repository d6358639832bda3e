// The customer-facing texts of one language, and its dates.

import { dates } from "../shared/dates.js";
import { filled, primary } from "../shared/texts.js";

/** @type {Chat.Texts} */
let texts;
/** @type {ReturnType<typeof dates>} */
let written;

/**
 * Returns the language: the one wished for, if the shop has it, else the first of the browser's.
 * @param {Chat.Config} config
 * @param {string | null} wish
 */
export function choose(config, wish) {
  const wanted = [wish, ...navigator.languages].map(primary);
  const language = wanted.find((tag) => config.languages.includes(tag)) ?? config.default_language;
  texts = config.texts[language];
  written = dates(language, text("today"), text("yesterday"));
  document.documentElement.lang = language;
  document.documentElement.dir = /^(ar|dv|fa|he|ku|ps|ur|yi)$/.test(language) ? "rtl" : "ltr";
  return language;
}

/**
 * @param {string} key
 * @param {Record<string, unknown>} [values]
 */
export const text = (key, values = {}) => filled(texts[key] ?? "", values);

export const starters = () => texts.starters ?? [];

/** @param {Date} at */
export const time = (at) => written.time(at);
/** @param {Date} at */
export const day = (at) => written.day(at);
