// Addresses in a text made clickable. Only text nodes and http(s) anchors are built, never markup.

const ADDRESS = /\bhttps?:\/\/[^\s<>"“”«»]+/gi;

/** @param {string} text */
export function linked(text) {
  const made = document.createDocumentFragment();
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimmed(match[0]);
    const url = safe(address);
    if (!url) continue;
    const link = document.createElement("a");
    link.href = url.href;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    link.textContent = address;
    made.append(text.slice(from, match.index), link);
    from = match.index + address.length;
  }
  made.append(text.slice(from));
  return made;
}

/**
 * What ends a sentence is not part of its last address; a closing bracket only if it was opened there.
 * @param {string} address
 */
function trimmed(address) {
  const pairs = new Map([
    [")", "("],
    ["]", "["],
    ["}", "{"],
  ]);
  for (;;) {
    const last = address.slice(-1);
    const pair = pairs.get(last);
    if (!/[.,;:!?'’*]/.test(last) && (!pair || address.includes(pair))) return address;
    address = address.slice(0, -1);
  }
}

/**
 * The address that a link may lead to, also one of this server's; null if it is none of the web's.
 * @param {string | null} [link]
 */
export function safe(link) {
  try {
    // This server's own are told from its base on, which may lie below a path.
    const url = link?.startsWith("/") ? new URL(`..${link}`, import.meta.url) : new URL(link ?? "");
    return link && /^https?:$/.test(url.protocol) ? url : null;
  } catch {
    return null;
  }
}
