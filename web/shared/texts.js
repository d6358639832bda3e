// Texts and their language.

/**
 * A text with its {placeholders} filled in.
 * @param {string} template
 * @param {Record<string, unknown>} values
 */
export const filled = (template, values) =>
  template.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));

/**
 * "pt" of "pt-BR".
 * @param {string | null} [tag]
 */
export const primary = (tag) => (tag ?? "").toLowerCase().split(/[-_]/)[0];
