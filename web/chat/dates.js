// Dates and times in one language, as the chat and the desk write them.

// Chromium has no names of Kazakh days and months and writes "M01": then a date is its numbers.
export const dateStyle = (locale) =>
  /\d/.test(new Intl.DateTimeFormat(locale, { month: "long" }).format(0)) ? "short" : "medium";

// `today` and `yesterday` are the words for these days.
export function dates(language, today, yesterday) {
  // "en-GB" writes the hours differently from "en".
  const locale = navigator.languages.find((tag) => tag.toLowerCase().split("-")[0] === language) ?? language;
  const written = (style) => {
    const format = new Intl.DateTimeFormat(locale, style);
    return (at) => format.format(at);
  };
  const date = written({ dateStyle: dateStyle(locale) });
  const midnight = (at) => Date.UTC(at.getFullYear(), at.getMonth(), at.getDate());
  return {
    time: written({ timeStyle: "short" }),
    date,
    full: written({ dateStyle: dateStyle(locale), timeStyle: "short" }),
    day(at) {
      const away = Math.round((midnight(at) - midnight(new Date())) / 86_400_000);
      return { 0: today, [-1]: yesterday }[away] ?? date(at);
    },
  };
}
