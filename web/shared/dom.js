// Elements. What customers or shops wrote only ever becomes a text node.

const NEAR = 80; // px from the end that still count as reading the newest

/** @param {string} id of an element that is always there */
export const $ = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * @template {string} N
 * @param {N} name "tag.class.class"
 * @param {Dom.Attributes} [attributes] functions are listeners ("click"), true is an empty attribute, and
 *   false, null and undefined leave it out
 * @param {...Dom.Child} children
 * @returns {Dom.Made<N>}
 */
export function el(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const made = document.createElement(tag);
  if (classes.length) made.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, /** @type {EventListener} */ (value));
    else if (key === "value") Object.assign(made, { value });
    else if (value != null && value !== false) made.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of children.flat()) if (child) made.append(child);
  return /** @type {Dom.Made<N>} */ (made);
}

/**
 * Sets an ARIA attribute; null takes it away. Browsers of before 2024 may lack the properties of that name.
 * @param {Element} element
 * @param {string} name without "aria-"
 * @param {string | null} value
 */
export function aria(element, name, value) {
  if (value === null) element.removeAttribute(`aria-${name}`);
  else element.setAttribute(`aria-${name}`, value);
}

/** @param {Element} element that says so, but keeps the keyboard's focus */
export const off = (element) => element.getAttribute("aria-disabled") === "true";

/**
 * Makes an input as high as its text.
 * @param {HTMLTextAreaElement} input
 */
export function grow(input) {
  input.style.blockSize = "auto";
  input.style.blockSize = `${input.scrollHeight + 2}px`; // and the border
}

/**
 * Whether a key belongs to the composition of a character: an Enter that ends it is not ours.
 * @param {KeyboardEvent} event
 */
export const composing = (event) => event.isComposing || event.keyCode === 229;

/**
 * Whether a log's newest entry is read; undefined while it is not shown and nothing can be told.
 * @param {HTMLElement} log
 */
export function atEnd({ scrollHeight, scrollTop, clientHeight }) {
  return clientHeight ? scrollHeight - scrollTop - clientHeight < NEAR : undefined;
}
