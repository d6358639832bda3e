// The loader: a launcher button and the chat's frame in the shop's page. Everything else, and all that
// is said, stays in the frame on the chat's own origin.
(() => {
  /** @type {Chat.LoaderSettings} */
  // @ts-expect-error: the server puts them here
  const settings = "__SETTINGS__";
  const script = document.currentScript;
  if (!(script instanceof HTMLScriptElement) || document.querySelector("aftercare-chat")) return;
  const chat = new URL("chat", script.src);

  const STYLE = `
    :host { all: initial; position: fixed; z-index: 2147483000; inset-block-end: 0; inset-inline-end: 0; }
    [hidden] { display: none !important; }
    button {
      position: fixed; box-sizing: border-box; inline-size: 60px; block-size: 60px; padding: 0; border: 0;
      inset-block-end: calc(20px + env(safe-area-inset-bottom)); inset-inline-end: 20px; border-radius: 50%;
      background: var(--brand); color: var(--on-brand); cursor: pointer;
      box-shadow: 0 1px 3px rgb(0 0 0 / .25), 0 8px 24px rgb(0 0 0 / .22);
      transition: transform .15s ease, box-shadow .15s ease;
    }
    button:hover { transform: translateY(-2px); box-shadow: 0 2px 4px rgb(0 0 0 / .25), 0 12px 28px rgb(0 0 0 / .28); }
    button:focus-visible { outline: 3px solid #fff; outline-offset: 0; box-shadow: 0 0 0 6px #1a1a1a; }
    svg { position: absolute; inset: 0; margin: auto; inline-size: 28px; block-size: 28px; transition: opacity .15s, transform .2s; }
    [aria-expanded=false] .cross, [aria-expanded=true] .bubble { opacity: 0; transform: rotate(-45deg) scale(.6); }
    span {
      position: absolute; inset-block-start: -4px; inset-inline-end: -4px; min-inline-size: 22px; box-sizing: border-box;
      padding: 0 6px; border: 2px solid #fff; border-radius: 13px; background: #c8102e; color: #fff;
      font: 700 12px/20px system-ui, sans-serif; text-align: center;
    }
    dialog {
      position: fixed; inset: auto; inset-block-end: calc(96px + env(safe-area-inset-bottom)); inset-inline-end: 20px;
      box-sizing: border-box; inline-size: 400px; block-size: min(680px, 100dvh - 116px); max-inline-size: none;
      max-block-size: none; margin: 0; padding: 0; border: 0; overflow: hidden; border-radius: 18px; background: Canvas;
      color-scheme: light dark; box-shadow: 0 0 0 1px rgb(0 0 0 / .08), 0 24px 64px rgb(0 0 0 / .28);
    }
    dialog[open] { animation: rise .2s ease-out; }
    dialog.full { inset: 0; inline-size: 100%; block-size: 100dvh; border-radius: 0; box-shadow: none; }
    dialog::backdrop { background: none; }
    p { margin: 0; padding: 24px; font: 16px/1.5 system-ui, sans-serif; color: CanvasText; }
    iframe { display: block; inline-size: 100%; block-size: 100%; border: 0; color-scheme: light dark; }
    @keyframes rise { from { opacity: 0; transform: translateY(12px); } }
    @media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
    @media print { :host { display: none; } }
  `;

  const given = script.dataset.language;
  const wanted = [
    ...(given === "auto" ? [] : [given, document.documentElement.lang]),
    ...navigator.languages,
  ];
  const language =
    wanted
      .map((tag) => (tag ?? "").toLowerCase().split(/[-_]/)[0])
      .find((tag) => settings.languages.includes(tag)) ?? settings.default_language;
  const texts = settings.texts[language];
  const asked = script.dataset.colour;
  const colour = asked && /^#[0-9a-f]{6}$/i.test(asked) ? asked : settings.colour;

  // A shop's page may forbid storage; then the visitor's token lives as long as the page. A signed-in customer's
  // is never kept, but for the note of the visit, which opens nothing: by it the visit ends on a later page.
  const kept = {
    token: recall("localStorage", "aftercare"),
    visit: recall("localStorage", "aftercare-visit"),
    open: recall("sessionStorage", "aftercare-open"),
  };

  const narrow = matchMedia("(max-width: 667px), (max-height: 420px)");
  /** @type {ShadowRoot} */
  let root;
  /** @type {HTMLElement} */
  let launcher;
  /** @type {HTMLElement} */
  let badge;
  /** @type {HTMLDialogElement} */
  let dialog;
  /** @type {HTMLIFrameElement | undefined} */
  let frame;
  /** @type {string | undefined} */
  let overflow;
  let ready = false;
  let sized = false; // by hand
  /** @type {HTMLElement | undefined} the way to the shop in place of the chat */
  let out;
  let left = false;
  // The shop's signed word for who is signed in, or a function that fetches one.
  /** @type {Chat.Provided} */
  let provided = script.dataset.identity;
  /** @type {BroadcastChannel | undefined} */
  let tabs;

  // Without these there is no chat, only the shop's contact.
  const capable =
    "attachShadow" in Element.prototype &&
    "HTMLDialogElement" in window &&
    "AbortController" in window &&
    "noModule" in HTMLScriptElement.prototype;
  const start = capable ? build : plain;
  if (document.body) start();
  else addEventListener("DOMContentLoaded", start);

  function plain() {
    const host = element("aftercare-chat");
    host.lang = language;
    host.append(contact());
    // Set one by one: that needs nothing of the shop's policy.
    Object.assign(host.style, {
      position: "fixed",
      zIndex: "2147483000",
      bottom: "20px",
      right: "20px",
      padding: "12px 16px",
      borderRadius: "12px",
      background: "#fff",
      color: "#1a1a1a",
    });
    stay(host);
  }

  // The way to the shop where the chat doesn't work.
  function contact() {
    const way = element("p");
    const link = element("a", { href: settings.email ? `mailto:${settings.email}` : chat.href });
    link.textContent = settings.email || chat.href;
    way.append(`${texts.launcher_unable} `, link);
    return way;
  }

  /**
   * Keeps it in the page, also in one that swaps its body for another page's: beside the body, not in it.
   * @param {HTMLElement} host
   */
  function stay(host) {
    document.documentElement.append(host);
    const observer = new MutationObserver(() => {
      if (host.isConnected) return;
      ready = false; // its frame begins anew
      document.documentElement.append(host);
      observer.observe(document.documentElement, { childList: true });
      if (dialog?.open) place();
    });
    observer.observe(document, { childList: true });
    observer.observe(document.documentElement, { childList: true });
  }

  function dress() {
    // A constructed sheet needs no 'unsafe-inline' in the shop's own policy. Safari has them since 16.4.
    if ("adoptedStyleSheets" in root) {
      try {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(STYLE);
        root.adoptedStyleSheets = [sheet];
        return;
      } catch {
        // It has none to construct.
      }
    }
    const style = element("style");
    style.nonce = script instanceof HTMLScriptElement ? script.nonce : "";
    style.textContent = STYLE;
    root.prepend(style);
    if (style.sheet) return;
    // Refused by the shop's policy. Set one by one they are not: enough to be found and used.
    Object.assign(launcher.style, {
      position: "fixed",
      bottom: "20px",
      right: "20px",
      width: "60px",
      height: "60px",
      border: "0",
      borderRadius: "50%",
      background: colour,
      color: "#fff",
    });
    const box = { position: "fixed", bottom: "96px", right: "20px", left: "auto", top: "auto", padding: "0" };
    Object.assign(dialog.style, { ...box, width: "min(400px, 90vw)", height: "min(680px, 75vh)" });
    for (const one of launcher.querySelectorAll("svg"))
      Object.assign(one.style, { width: "28px", height: "28px" });
    Object.assign(badge.style, { position: "absolute", top: "0", right: "0" });
    sized = true;
  }

  function build() {
    const host = element("aftercare-chat");
    root = host.attachShadow({ mode: "open" });
    host.style.setProperty("--brand", colour);
    host.style.setProperty("--on-brand", luminance(colour) > 0.183 ? "#000" : "#fff");
    host.lang = language;

    badge = element("span", { hidden: "", "aria-hidden": "true" });
    launcher = element("button", { type: "button", "aria-haspopup": "dialog", "aria-controls": "panel" });
    launcher.append(
      icon(
        "bubble",
        "M21 11.5a8.4 8.4 0 0 1-8.5 8.3 9 9 0 0 1-3.6-.8L3.5 20.5l1.6-4.6A8 8 0 0 1 4 11.5a8.4 8.4 0 0 1 8.5-8.3 8.4 8.4 0 0 1 8.5 8.3zM9 11.5h.01M12.5 11.5h.01M16 11.5h.01",
      ),
      icon("cross", "M6 6l12 12M18 6L6 18"),
      badge,
    );
    launcher.addEventListener("click", () => (dialog.open ? close() : open(true)));
    dialog = element("dialog", { id: "panel", "aria-label": texts.launcher_title });
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      close();
    });
    host.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && dialog.open) close();
    });
    root.append(dialog, launcher);
    stay(host);
    dress();

    Object.assign(window, { aftercare: { identify, signOut } });
    if (window.BroadcastChannel) {
      tabs = new BroadcastChannel("aftercare");
      tabs.addEventListener("message", leave);
    }
    dispatchEvent(new Event("aftercare-ready"));
    addEventListener("message", receive);
    narrow.addEventListener("change", () => {
      if (dialog.open) place();
    });
    visualViewport?.addEventListener("resize", fit);
    visualViewport?.addEventListener("scroll", fit);
    label(0);
    if (kept.open && !narrow.matches) open(false);
    // Who has written before is told of new answers while the chat is closed.
    else if (kept.token || kept.visit) (window.requestIdleCallback ?? setTimeout)(load);
  }

  function load() {
    if (frame) return;
    frame = element("iframe", { title: texts.launcher_title });
    const hash = new URLSearchParams({ origin: location.origin, language, colour });
    frame.src = `${chat}#${hash}`;
    if (sized) Object.assign(frame.style, { width: "100%", height: "100%", border: "0" });
    // A browser too old for the chat, a policy that forbids it, no network: never an empty window.
    frame.addEventListener("load", () => setTimeout(unable, 3_000));
    setTimeout(unable, 15_000);
    dialog.append(frame);
  }

  function unable() {
    if (ready || !frame || out) return;
    out = contact();
    dialog.prepend(out);
    frame.hidden = true;
  }

  function able() {
    ready = true;
    out?.remove();
    out = undefined;
    if (frame) frame.hidden = false;
  }

  /** @param {boolean} focus */
  function open(focus) {
    load();
    place();
    keep("sessionStorage", "aftercare-open", "1");
    label(0);
    if (focus) frame?.focus();
    tell("open", { focus });
  }

  function close() {
    dialog.close();
    if (out) {
      // Next time it is tried anew.
      out.remove();
      frame?.remove();
      out = frame = undefined;
    }
    release();
    keep("sessionStorage", "aftercare-open", null);
    label(0);
    launcher.focus();
    tell("close");
  }

  // Beside the page on a desktop; over all of it, and modal, where there is no room beside.
  function place() {
    const full = narrow.matches;
    if (dialog.open) dialog.close();
    release();
    dialog.classList.toggle("full", full);
    if (full) {
      dialog.showModal();
      overflow = document.documentElement.style.overflow;
      document.documentElement.style.overflow = "hidden";
    } else {
      dialog.open = true; // show() would take the focus, even when a page has only just loaded
    }
    fit();
  }

  function release() {
    if (overflow === undefined) return;
    document.documentElement.style.overflow = overflow;
    overflow = undefined;
  }

  // An on-screen keyboard shrinks only the visual viewport; the input must stay above it.
  function fit() {
    const view = visualViewport;
    const covered = dialog.open && narrow.matches && view && view.scale < 1.05;
    dialog.style.blockSize = covered ? `${view.height}px` : "";
    dialog.style.insetBlockStart = covered ? `${view.offsetTop}px` : "";
  }

  /** @param {MessageEvent} event */
  function receive(event) {
    if (event.origin !== chat.origin || !frame || event.source !== frame.contentWindow) return;
    const { aftercare: type, token, visit, count } = event.data ?? {};
    if (type === "ready") {
      able();
      tell("init", {
        token: kept.token,
        visit: kept.visit,
        ...who(),
        left,
        open: dialog.open,
        focus: root.activeElement === frame,
      });
    } else if (type === "kept") {
      if (token !== undefined) keep("localStorage", "aftercare", token);
      if (visit !== undefined) keep("localStorage", "aftercare-visit", visit);
      Object.assign(kept, event.data);
    } else if (type === "ask") {
      // Each word counts once: a new one, or none.
      Promise.resolve(typeof provided === "function" ? provided() : null)
        .catch(() => null)
        .then((identity) => tell("vouched", { identity }));
    } else if (type === "left") {
      tabs?.postMessage("left");
    } else if (type === "unread") {
      label(dialog.open ? 0 : Number(count) || 0);
    } else if (type === "close" && dialog.open) {
      close();
    }
  }

  /** @param {Chat.Provided} next */
  function identify(next) {
    if (!next) return signOut();
    left = false;
    provided = next;
    tell("identity", who());
  }

  function signOut() {
    provided = undefined;
    tabs?.postMessage("left");
    leave();
  }

  // Here or in another tab: a word that was given before is worth nothing.
  function leave() {
    if (typeof provided === "string") provided = undefined;
    left = true;
    if (kept.token || kept.visit) load();
    tell("signout", who());
  }

  function who() {
    const asks = typeof provided === "function";
    return { asks, identity: asks ? null : provided };
  }

  /**
   * @param {string} type
   * @param {object} [detail]
   */
  function tell(type, detail) {
    if (ready) frame?.contentWindow?.postMessage({ aftercare: type, ...detail }, chat.origin);
  }

  /** @param {number} unread */
  function label(unread) {
    badge.hidden = !unread;
    badge.textContent = unread > 9 ? "9+" : String(unread);
    const hint = unread ? `, ${texts.launcher_unread.replace("{count}", String(unread))}` : "";
    launcher.setAttribute("aria-label", (dialog.open ? texts.launcher_close : texts.launcher_open) + hint);
    launcher.setAttribute("aria-expanded", String(dialog.open));
  }

  /**
   * @template {string} N
   * @param {N} name
   * @param {Record<string, string>} [attributes]
   */
  function element(name, attributes = {}) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return /** @type {Dom.Made<N>} */ (made);
  }

  /**
   * @param {string} name
   * @param {string} path
   */
  function icon(name, path) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    const attributes = {
      class: name,
      viewBox: "0 0 24 24",
      fill: "none",
      stroke: "currentColor",
      "aria-hidden": "true",
    };
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    line.setAttribute("d", path);
    line.setAttribute("stroke-width", "2");
    line.setAttribute("stroke-linecap", "round");
    line.setAttribute("stroke-linejoin", "round");
    made.append(line);
    return made;
  }

  /** @param {string} hex */
  function luminance(hex) {
    const [r, g, b] = [1, 3, 5]
      .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }

  /**
   * @param {"localStorage" | "sessionStorage"} storage
   * @param {string} key
   */
  function recall(storage, key) {
    try {
      return window[storage].getItem(key);
    } catch {
      return null;
    }
  }

  /**
   * @param {"localStorage" | "sessionStorage"} storage
   * @param {string} key
   * @param {string | null} value
   */
  function keep(storage, key, value) {
    try {
      if (value === null) window[storage].removeItem(key);
      else window[storage].setItem(key, value);
    } catch {
      // The page's own memory has to do.
    }
  }
})();
