// Readable colours out of the shop's one brand colour: WCAG contrast of at least 4.5:1.

// The background that is hardest to be read on: --raised of chat.css and desk.css.
const LIGHT = "#f1f2f5";
const DARK = "#262931";
const READABLE = 4.5;

/** @param {string | null} [value] */
export const isColour = (value) => /^#[0-9a-f]{6}$/i.test(value ?? "");

/**
 * @param {HTMLElement} root
 * @param {string} brand
 */
export function paint(root, brand) {
  root.style.setProperty("--brand", brand);
  // One of the two always reaches 4.5.
  root.style.setProperty("--on-brand", contrast(brand, "#ffffff") >= READABLE ? "#ffffff" : "#000000");
  root.style.setProperty("--accent-light", readable(brand, LIGHT, "#000000", READABLE));
  root.style.setProperty("--accent-dark", readable(brand, DARK, "#ffffff", 6));
}

/**
 * `colour`, moved towards `end` until it stands out from `surface` by `least`.
 * @param {string} colour
 * @param {string} surface
 * @param {string} end
 * @param {number} least
 */
function readable(colour, surface, end, least) {
  for (let share = 0; share < 1; share += 0.05) {
    const mixed = mix(colour, end, share);
    if (contrast(mixed, surface) >= least + 0.1) return mixed;
  }
  return end;
}

/**
 * @param {string} a
 * @param {string} b
 */
function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

/** @param {string} hex */
function luminance(hex) {
  const [r, g, b] = channels(hex)
    .map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/**
 * @param {string} a
 * @param {string} b
 * @param {number} share of `b`
 */
function mix(a, b, share) {
  const end = channels(b);
  const mixed = channels(a).map((c, at) => Math.round(c + (end[at] - c) * share));
  return `#${mixed.map((c) => c.toString(16).padStart(2, "0")).join("")}`;
}

/** @param {string} hex */
const channels = (hex) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
