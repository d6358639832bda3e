// Dates and times in one language, as the chat and the desk write them.

import { primary } from "./texts.js";

/**
 * Chromium has no names of Kazakh days and months and writes "M01": then a date is its numbers.
 * @param {string} locale
 */
export const dateStyle = (locale) =>
  /\d/.test(new Intl.DateTimeFormat(locale, { month: "long" }).format(0)) ? "short" : "medium";

/**
 * @param {string} language
 * @param {string} today the word for it
 * @param {string} yesterday
 */
export function dates(language, today, yesterday) {
  // "en-GB" writes the hours differently from "en".
  const locale = navigator.languages.find((tag) => primary(tag) === language) ?? language;
  /** @param {Intl.DateTimeFormatOptions} style */
  const written = (style) => {
    const format = new Intl.DateTimeFormat(locale, style);
    return (/** @type {Date} */ at) => format.format(at);
  };
  const date = written({ dateStyle: dateStyle(locale) });
  /** @param {Date} at */
  const midnight = (at) => Date.UTC(at.getFullYear(), at.getMonth(), at.getDate());
  return {
    time: written({ timeStyle: "short" }),
    date,
    full: written({ dateStyle: dateStyle(locale), timeStyle: "short" }),
    /** @param {Date} at */
    day(at) {
      const away = Math.round((midnight(at) - midnight(new Date())) / 86_400_000);
      if (away === 0) return today;
      return away === -1 ? yesterday : date(at);
    },
  };
}
