// Coming in: signing in, taking up an invitation, asking for and setting a new password.

import { hold, post } from "./api.js";
import { labelled, values } from "./dialogs.js";
import { button, el } from "./dom.js";
import { explain, text } from "./texts.js";

const root = document.getElementById("desk");

// Resolves with the answer to the request that signed somebody in.
export function signIn() {
  return new Promise((resolve) => {
    const code = labelled({ name: "code", label: text("code"), hint: text("code_hint"), inputmode: "numeric", autocomplete: "one-time-code", maxlength: 8 });
    code.hidden = true;
    const form = card(text("sign_in_title"), [
      labelled({ name: "email", label: text("email"), kind: "email", autocomplete: "username", required: true }),
      labelled({ name: "password", label: text("password"), kind: "password", autocomplete: "current-password", required: true }),
      code,
    ], text("sign_in"), async ({ email, password, code: digits }) => {
      try {
        resolve(await enter("sessions", { email, password, ...(digits ? { code: digits.replaceAll(/\s/g, "") } : {}) }));
      } catch (error) {
        const input = code.querySelector("input");
        // The first time it only says that a code is needed; that is no mistake yet.
        const expected = error.code === "second_factor" && code.hidden;
        if (error.code === "second_factor") {
          code.hidden = false;
          input.required = true;
          input.value = "";
          input.focus();
        }
        if (!expected) throw error;
      }
    });
    form.append(button(text("forgotten"), () => forgotten(form.elements.email.value).then(() => signIn()).then(resolve), "link"));
  });
}

function forgotten(email) {
  return new Promise((resolve) => {
    const form = card(text("forgotten_title"), [
      el("p", {}, text("forgotten_body")),
      labelled({ name: "email", label: text("email"), kind: "email", autocomplete: "username", required: true, value: email }),
    ], text("send_link"), async (given) => {
      await post("password-resets", given, { open: true });
      card(text("forgotten_title"), [el("p", {}, text("forgotten_done"))], text("back_to_sign_in"), resolve);
    });
    form.append(button(text("back_to_sign_in"), resolve, "link"));
  });
}

// `kind`: "invitation" (the name is chosen too) or "reset".
export function accept(kind, token) {
  return new Promise((resolve) => {
    const form = card(text(kind === "reset" ? "reset_title" : "invitation_title"), [
      el("p", {}, text(kind === "reset" ? "reset_body" : "invitation_body")),
      kind === "reset" ? null : labelled({ name: "name", label: text("own_name"), hint: text("own_name_hint"), autocomplete: "name", required: true, maxlength: 80 }),
      labelled({ name: "password", label: text("new_password"), hint: text("password_rules"), kind: "password", autocomplete: "new-password", required: true, minlength: 10, maxlength: 200 }),
    ], text("save_and_sign_in"), async ({ name, password }) => {
      try {
        resolve(await enter("invitations/accept", { token, password, ...(name ? { name } : {}) }));
      } catch (error) {
        if (error.status === 404 || error.status === 410) error.message = text("invitation_gone");
        throw error;
      }
    });
    form.append(button(text("back_to_sign_in"), () => signIn().then(resolve), "link"));
  });
}

async function enter(path, body) {
  const answer = await post(path, body, { open: true });
  hold(answer.csrf);
  return answer;
}

function card(title, parts, action, act) {
  const heading = el("h1", { tabindex: "-1" }, title);
  const error = el("p.error", { id: "sign-in-error", role: "alert", hidden: true });
  const go = el("button.primary", { type: "submit" }, action);
  const form = el("form", {}, parts, error, go);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (go.ariaDisabled === "true") return;
    go.ariaDisabled = "true";
    error.hidden = true;
    try {
      await act(values(form));
    } catch (problem) {
      error.textContent = problem.status === 404 ? problem.message : explain(problem);
      error.hidden = false;
    }
    go.ariaDisabled = null;
  });
  root.className = "entrance";
  root.replaceChildren(el("main.card", {}, heading, form));
  document.title = title;
  (form.querySelector("input:not([value]), input") ?? heading).focus();
  return form;
}
