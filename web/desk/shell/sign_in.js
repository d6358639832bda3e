// Coming in: signing in, taking up an invitation, asking for and setting a new password.

import { $, aria, el, off } from "../../shared/dom.js";
import { ApiError, known } from "../../shared/http.js";
import { hold, post, request } from "../core/api.js";
import { explain, text } from "../core/texts.js";
import { button } from "../ui/controls.js";
import { labelled, values } from "../ui/dialogs.js";

const root = $("desk");

/**
 * Resolves when somebody is signed in.
 * @returns {Promise<void>}
 */
export function signIn() {
  return new Promise((resolve) => {
    const code = labelled({
      name: "code",
      label: text("code"),
      hint: text("code_hint"),
      inputmode: "numeric",
      autocomplete: "one-time-code",
      maxlength: 8,
    });
    code.hidden = true;
    const form = card(
      text("sign_in_title"),
      [
        labelled({
          name: "email",
          label: text("email"),
          kind: "email",
          autocomplete: "username",
          required: true,
        }),
        labelled({
          name: "password",
          label: text("password"),
          kind: "password",
          autocomplete: "current-password",
          required: true,
        }),
        code,
      ],
      text("sign_in"),
      async ({ email, password, code: digits }) => {
        try {
          await enter("sessions", {
            email,
            password,
            ...(digits ? { code: digits.replaceAll(/\s/g, "") } : {}),
          });
          resolve();
        } catch (thrown) {
          const error = known(thrown);
          // The first time it only says that a code is needed; that is no mistake yet.
          const expected = error.code === "second_factor" && code.hidden;
          const input = code.querySelector("input");
          if (error.code === "second_factor" && input) {
            code.hidden = false;
            input.required = true;
            input.value = "";
            input.focus();
          }
          if (!expected) throw error;
        }
      },
    );
    form.append(
      button(
        text("forgotten"),
        () =>
          forgotten(values(form).email)
            .then(() => signIn())
            .then(resolve),
        "link",
      ),
    );
  });
}

/**
 * @param {string} email
 * @returns {Promise<void>}
 */
function forgotten(email) {
  return new Promise((resolve) => {
    const form = card(
      text("forgotten_title"),
      [
        el("p", {}, text("forgotten_body")),
        labelled({
          name: "email",
          label: text("email"),
          kind: "email",
          autocomplete: "username",
          required: true,
          value: email,
        }),
      ],
      text("send_link"),
      async (given) => {
        await post("password-resets", given, { open: true });
        card(
          text("forgotten_title"),
          [el("p", {}, text("forgotten_done"))],
          text("back_to_sign_in"),
          resolve,
        );
      },
    );
    form.append(button(text("back_to_sign_in"), resolve, "link"));
  });
}

/**
 * Resolves when somebody is signed in.
 * @param {string} kind "invitation" (the name is chosen too) or "reset"
 * @param {string} token
 * @returns {Promise<void>}
 */
export function accept(kind, token) {
  return new Promise((resolve) => {
    const form = card(
      text(kind === "reset" ? "reset_title" : "invitation_title"),
      [
        el("p", {}, text(kind === "reset" ? "reset_body" : "invitation_body")),
        kind === "reset"
          ? null
          : labelled({
              name: "name",
              label: text("own_name"),
              hint: text("own_name_hint"),
              autocomplete: "name",
              required: true,
              maxlength: 80,
            }),
        labelled({
          name: "password",
          label: text("new_password"),
          hint: text("password_rules"),
          kind: "password",
          autocomplete: "new-password",
          required: true,
          minlength: 10,
          maxlength: 200,
        }),
      ],
      text("save_and_sign_in"),
      async ({ name, password }) => {
        try {
          await enter("invitations/accept", { token, password, ...(name ? { name } : {}) });
          resolve();
        } catch (thrown) {
          const error = known(thrown);
          if (error.status === 404 || error.status === 410) error.message = text("invitation_gone");
          throw error;
        }
      },
    );
    form.append(button(text("back_to_sign_in"), () => signIn().then(resolve), "link"));
  });
}

/**
 * @param {string} path
 * @param {object} body
 */
async function enter(path, body) {
  const answer = await post(path, body, { open: true });
  hold(answer.csrf);
  // A browser may throw the session's cookie away without a word.
  await request("me", { open: true }).catch((thrown) => {
    const error = known(thrown);
    throw error.status === 401 ? new ApiError(401, { code: "cookie_lost" }) : error;
  });
}

/**
 * @param {string} title
 * @param {Dom.Leaf[]} parts
 * @param {string} action the label of the button that does it
 * @param {(given: any) => unknown} act
 */
function card(title, parts, action, act) {
  const heading = el("h1", { tabindex: "-1" }, title);
  const error = el("p.error", { id: "sign-in-error", role: "alert", hidden: true });
  const go = el("button.primary", { type: "submit" }, action);
  const form = el("form", {}, parts, error, go);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (off(go)) return;
    aria(go, "disabled", "true");
    error.hidden = true;
    try {
      await act(values(form));
    } catch (thrown) {
      const problem = known(thrown);
      error.textContent = problem.status === 404 ? problem.message : explain(problem);
      error.hidden = false;
    }
    aria(go, "disabled", null);
  });
  root.className = "entrance";
  root.replaceChildren(el("main.card", {}, heading, form));
  document.title = title;
  /** @type {HTMLElement | null} */
  const first = form.querySelector("input:not([value]), input");
  (first ?? heading).focus();
  return form;
}
