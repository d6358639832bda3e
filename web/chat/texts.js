// The customer-facing texts of one language, and its dates.

let texts = {};
let language = "en";
let clock, calendar, days;

export function choose(config, wish) {
  const wanted = [wish, ...navigator.languages].map((tag) => (tag ?? "").toLowerCase().split(/[-_]/)[0]);
  language = wanted.find((tag) => config.languages.includes(tag)) ?? config.default_language;
  texts = config.texts[language];
  // "en-GB" writes the hours differently from "en".
  const locale = navigator.languages.find((tag) => tag.toLowerCase().split("-")[0] === language) ?? language;
  clock = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
  calendar = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
  days = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  document.documentElement.lang = language;
  document.documentElement.dir = /^(ar|dv|fa|he|ku|ps|ur|yi)$/.test(language) ? "rtl" : "ltr";
  return language;
}

export const text = (key, values = {}) =>
  (texts[key] ?? "").replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

export const starters = () => texts.starters ?? [];

export const time = (at) => clock.format(at);

export function day(at) {
  const midnight = (date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  const away = Math.round((midnight(at) - midnight(new Date())) / 86_400_000);
  const name = away === 0 || away === -1 ? days.format(away, "day") : calendar.format(at);
  return name.charAt(0).toLocaleUpperCase(language) + name.slice(1);
}
