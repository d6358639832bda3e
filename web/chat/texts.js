// The customer-facing texts of one language, and its dates.

import { dates } from "./dates.js";

let texts = {};
let language = "en";
let written;

export function choose(config, wish) {
  const wanted = [wish, ...navigator.languages].map((tag) => (tag ?? "").toLowerCase().split(/[-_]/)[0]);
  language = wanted.find((tag) => config.languages.includes(tag)) ?? config.default_language;
  texts = config.texts[language];
  written = dates(language, text("today"), text("yesterday"));
  document.documentElement.lang = language;
  document.documentElement.dir = /^(ar|dv|fa|he|ku|ps|ur|yi)$/.test(language) ? "rtl" : "ltr";
  return language;
}

export const text = (key, values = {}) =>
  (texts[key] ?? "").replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

export const starters = () => texts.starters ?? [];

export const time = (at) => written.time(at);
export const day = (at) => written.day(at);
