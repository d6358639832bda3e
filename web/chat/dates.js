// How a date is written where the browser may not know the language.

// Chromium has no names of Kazakh days and months and writes "M01": then a date is its numbers.
export const dateStyle = (locale) =>
  /\d/.test(new Intl.DateTimeFormat(locale, { month: "long" }).format(0)) ? "short" : "medium";

// Calendar days from today, -1 for yesterday.
export function daysAway(at) {
  const midnight = (date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(at) - midnight(new Date())) / 86_400_000);
}
