// How many text messages a text is billed as (3GPP TS 23.038); as channels/sms/segments.py counts it.

const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§" +
    "¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENDED = new Set("\f^{}\\[~]|€");
// Sent as a phone's keyboard has them.
/** @type {Record<string, string>} */
const PLAIN = {
  "“": '"',
  "”": '"',
  "„": '"',
  "«": '"',
  "»": '"',
  "‘": "'",
  "’": "'",
  "‚": "'",
  "`": "'",
  "–": "-",
  "—": "-",
  "−": "-",
  "…": "...",
  "•": "-",
  "·": "-",
  "\u00a0": " ",
  "\u202f": " ",
  "\u2009": " ",
  "\u200b": "",
  "\u2060": "",
  "\ufeff": "",
  "\t": " ",
};

/**
 * Returns {count, left}: messages, and the room that is left in the last one (its own units).
 * @param {string} text
 */
export function segments(text) {
  const characters = [...[...text].map((character) => PLAIN[character] ?? character).join("")];
  const gsm = characters.every((character) => BASIC.has(character) || EXTENDED.has(character));
  const [single, multi] = gsm ? [160, 153] : [70, 67];
  const widths = characters.map((character) => (gsm ? (EXTENDED.has(character) ? 2 : 1) : character.length));
  const total = widths.reduce((sum, width) => sum + width, 0);
  if (total <= single) return { count: 1, left: single - total };
  let count = 1;
  let room = multi;
  for (const width of widths) {
    if (width > room) {
      count += 1;
      room = multi;
    }
    room -= width;
  }
  return { count, left: room };
}
