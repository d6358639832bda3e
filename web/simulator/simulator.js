// The customer's phone: shows what the fake provider has, and sends what is typed, pressed or attached.

/**
 * @typedef {object} Bubble
 * @property {string} author
 * @property {string} text
 * @property {{value: string, title: string}[]} buttons
 * @property {string | null} attachment
 * @property {string | null} state
 */

/** @param {string} id */
const $ = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement} */ ($(id));

const address = input("address");
address.value = new URLSearchParams(location.search).get("customer") ?? "1001";
let shown = "";

/** @param {string} path */
const at = (path) =>
  `/simulator/${path}${path.includes("?") ? "&" : "?"}address=${encodeURIComponent(address.value)}`;

/**
 * @param {string} path
 * @param {BodyInit} body
 * @param {string} type
 */
async function send(path, body, type) {
  const answer = await fetch(at(path), { method: "POST", body, headers: { "Content-Type": type } });
  const { status } = await answer.json();
  const refused = status && (status < 200 || status > 299);
  $("status").textContent = refused ? `The assistant answered ${status}: is the channel set up right?` : "";
  await refresh();
}

/**
 * @param {string} path
 * @param {object} body
 */
const tell = (path, body) => send(path, JSON.stringify(body), "application/json");

async function refresh() {
  try {
    const phone = await (await fetch(at("phone"))).json();
    const state = JSON.stringify(phone);
    if (state === shown) return;
    shown = state;
    $("channel").textContent = phone.channel;
    document.title = `Aftercare simulator: ${phone.channel}`;
    $("typing").hidden = !phone.typing;
    $("log").replaceChildren(...phone.bubbles.map(bubble));
    $("log").scrollTop = $("log").scrollHeight;
  } catch {
    $("status").textContent = "The simulator does not answer: is it still running?";
  }
}

/** @param {Bubble} shown */
function bubble({ author, text, buttons, attachment, state }) {
  const made = document.createElement("div");
  made.className = `bubble ${author}`;
  made.append(text);
  if (attachment)
    made.append(Object.assign(document.createElement("small"), { textContent: `📎 ${attachment}` }));
  if (state) made.append(Object.assign(document.createElement("small"), { textContent: state }));
  if (buttons.length) {
    const options = document.createElement("div");
    options.className = "options";
    for (const { value, title } of buttons) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: title });
      button.addEventListener("click", () => tell("press", { value }));
      options.append(button);
    }
    made.append(options);
  }
  return made;
}

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = input("text").value.trim();
  if (!text) return;
  input("text").value = "";
  tell("say", { text });
});
const chosen = input("file");
chosen.addEventListener("change", () => {
  const file = chosen.files?.[0];
  const type = file?.type || "application/octet-stream";
  if (file) send(`attach?name=${encodeURIComponent(file.name)}`, file, type);
  chosen.value = "";
});
$("down").addEventListener("change", () => tell("trouble", { down: input("down").checked }));
for (const button of document.querySelectorAll("button[data-trouble]")) {
  const kind = button.getAttribute("data-trouble") ?? "";
  button.addEventListener("click", () => tell("trouble", { [kind]: true }));
}
address.addEventListener("change", refresh);

/** @type {{number: string, email: string, state: string}[]} */
const orders = await (await fetch("/simulator/orders")).json();
$("orders").replaceChildren(
  ...orders.map(({ number, email, state }) => {
    const row = document.createElement("tr");
    for (const value of [number, email, state.replaceAll("_", " ")])
      row.append(Object.assign(document.createElement("td"), { textContent: value }));
    return row;
  }),
);
refresh();
setInterval(refresh, 700);
