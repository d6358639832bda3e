// The customer-facing texts of one language, and its dates.

import { dateStyle, daysAway } from "./dates.js";

let texts = {};
let language = "en";
let clock, calendar;

export function choose(config, wish) {
  const wanted = [wish, ...navigator.languages].map((tag) => (tag ?? "").toLowerCase().split(/[-_]/)[0]);
  language = wanted.find((tag) => config.languages.includes(tag)) ?? config.default_language;
  texts = config.texts[language];
  // "en-GB" writes the hours differently from "en".
  const locale = navigator.languages.find((tag) => tag.toLowerCase().split("-")[0] === language) ?? language;
  clock = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
  calendar = new Intl.DateTimeFormat(locale, { dateStyle: dateStyle(locale) });
  document.documentElement.lang = language;
  document.documentElement.dir = /^(ar|dv|fa|he|ku|ps|ur|yi)$/.test(language) ? "rtl" : "ltr";
  return language;
}

export const text = (key, values = {}) =>
  (texts[key] ?? "").replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

export const starters = () => texts.starters ?? [];

export const time = (at) => clock.format(at);

export function day(at) {
  const name = { 0: "today", [-1]: "yesterday" }[daysAway(at)];
  return name ? text(name) : calendar.format(at);
}
