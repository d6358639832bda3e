// An agent's own account.

import { el } from "../../shared/dom.js";
import { post, request } from "../core/api.js";
import { explain, languageName, languages, text } from "../core/texts.js";
import { button } from "../ui/controls.js";
import { ask, labelled, values } from "../ui/dialogs.js";
import { beep, setWish, tell, wish } from "../ui/notices.js";

/** @param {Desk.Shell} desk */
export function settings(desk) {
  const { me } = desk;
  const body = el("div.body.narrow", {}, account(), password(), secondFactor(), notices());
  const heading = el("h1", { tabindex: "-1" }, text("settings"));
  // What it shows is the agent's own doing.
  return { element: el("main.page", {}, el("header.bar", {}, heading), body), refresh() {}, stop() {} };

  function account() {
    return block(
      text("account"),
      [
        labelled({
          name: "name",
          label: text("own_name"),
          hint: text("own_name_hint"),
          value: me.name,
          required: true,
          maxlength: 80,
        }),
        labelled({
          name: "language",
          label: text("desk_language"),
          kind: "select",
          value: me.language,
          options: languages.map((code) => [code, languageName(code)]),
        }),
      ],
      text("save"),
      async (given) => {
        const { agent } = await request("me", { method: "PATCH", body: given });
        tell(text("saved"));
        desk.changed(agent);
      },
    );
  }

  function password() {
    return block(
      text("password"),
      [
        labelled({
          name: "old",
          label: text("old_password"),
          kind: "password",
          autocomplete: "current-password",
          required: true,
        }),
        labelled({
          name: "new",
          label: text("new_password"),
          hint: text("password_rules"),
          kind: "password",
          autocomplete: "new-password",
          required: true,
          minlength: 10,
          maxlength: 200,
        }),
      ],
      text("change_password"),
      async (given, form) => {
        await request("me", { method: "PATCH", body: { password: given } });
        form.reset();
        tell(text("saved"));
      },
    );
  }

  function secondFactor() {
    const act = me.totp ? remove : add;
    return el(
      "section",
      {},
      el("h2", {}, text("two_factor")),
      el("p", {}, text(me.totp ? "two_factor_on" : "two_factor_off")),
      button(text(me.totp ? "two_factor_remove" : "two_factor_add"), act),
    );
  }

  async function add() {
    try {
      const { secret, uri, qr } = await post("me/totp");
      const spaced = secret.match(/.{1,4}/g).join(" ");
      const done = await ask({
        title: text("two_factor_add"),
        body: [
          text("two_factor_body"),
          el("img.qr", { src: qr, alt: text("two_factor_qr") }),
          el("p.secret", { tabindex: "0" }, spaced),
          el("p", {}, el("a", { href: uri.startsWith("otpauth://") ? uri : "#" }, text("two_factor_app"))),
        ],
        fields: [
          {
            name: "code",
            label: text("code"),
            inputmode: "numeric",
            autocomplete: "one-time-code",
            required: true,
            maxlength: 8,
          },
        ],
        action: text("save"),
        act: (/** @type {{code: string}} */ { code }) =>
          request("me/totp", { method: "PUT", body: { code: code.replaceAll(/\s/g, "") } }),
      });
      if (done) desk.changed({ ...me, totp: true });
    } catch (error) {
      tell(explain(error), "bad");
    }
  }

  async function remove() {
    const done = await ask({
      title: text("two_factor_remove"),
      fields: [
        {
          name: "password",
          label: text("password"),
          kind: "password",
          autocomplete: "current-password",
          required: true,
        },
      ],
      action: text("two_factor_remove"),
      danger: true,
      act: (/** @type {object} */ given) => request("me/totp", { method: "DELETE", body: given }),
    });
    if (done) desk.changed({ ...me, totp: false });
  }

  function notices() {
    /**
     * @param {string} name
     * @param {string} label
     * @param {(on: boolean) => void} [then]
     */
    const check = (name, label, then) => {
      const change = (/** @type {Event} */ { target }) => {
        const on = target instanceof HTMLInputElement && target.checked;
        setWish(name, on);
        then?.(on);
      };
      return labelled({ name, label, kind: "check", value: wish(name, "yes"), change });
    };
    const supported = "Notification" in window;
    const permission = supported ? Notification.permission : "denied";
    const allow = button(text("notices_allow"), async () => {
      await Notification.requestPermission();
      desk.changed(me);
    });
    return el(
      "section",
      {},
      el("h2", {}, text("notices")),
      check("sound", text("sound"), (on) => on && beep()),
      check("keys", text("keys_on")),
      permission === "default"
        ? allow
        : el("p.quiet", {}, text(permission === "granted" ? "notices_on" : "notices_denied")),
    );
  }
}

/**
 * @param {string} title
 * @param {HTMLElement[]} fields
 * @param {string} action
 * @param {(given: any, form: HTMLFormElement) => Promise<void>} act
 */
function block(title, fields, action, act) {
  const error = el("p.error", { role: "alert", hidden: true });
  const form = el(
    "form",
    { "aria-label": title },
    fields,
    error,
    el("button.primary", { type: "submit" }, action),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    error.hidden = true;
    try {
      await act(values(form), form);
    } catch (problem) {
      error.textContent = explain(problem);
      error.hidden = false;
    }
  });
  return el("section", {}, el("h2", {}, title), form);
}
