// The customer's phone: shows what the fake provider has, and sends what is typed, pressed or attached.

const $ = (id) => document.getElementById(id);
const address = $("address");
address.value = new URLSearchParams(location.search).get("customer") ?? "1001";
let shown = "";

const at = (path) => `/simulator/${path}${path.includes("?") ? "&" : "?"}address=${encodeURIComponent(address.value)}`;

async function tell(path, body, type = "application/json") {
  const content = type === "application/json" ? JSON.stringify(body) : body;
  const answer = await fetch(at(path), { method: "POST", body: content, headers: { "Content-Type": type } });
  const { status } = await answer.json();
  $("status").textContent =
    status && (status < 200 || status > 299) ? `The assistant answered ${status}: is the channel set up right?` : "";
  await refresh();
}

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

function bubble({ author, text, buttons, attachment, state }) {
  const made = document.createElement("div");
  made.className = `bubble ${author}`;
  made.append(text);
  if (attachment) made.append(Object.assign(document.createElement("small"), { textContent: `📎 ${attachment}` }));
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
  const text = $("text").value.trim();
  if (!text) return;
  $("text").value = "";
  tell("say", { text });
});
$("file").addEventListener("change", () => {
  const [file] = $("file").files;
  if (file) tell(`attach?name=${encodeURIComponent(file.name)}`, file, file.type || "application/octet-stream");
  $("file").value = "";
});
$("down").addEventListener("change", () => tell("trouble", { down: $("down").checked }));
for (const button of document.querySelectorAll("[data-trouble]"))
  button.addEventListener("click", () => tell("trouble", { [button.dataset.trouble]: true }));
address.addEventListener("change", refresh);

const orders = await (await fetch("/simulator/orders")).json();
$("orders").replaceChildren(
  ...orders.map(({ number, email, state }) => {
    const row = document.createElement("tr");
    for (const value of [number, email, String(state).replaceAll("_", " ")])
      row.append(Object.assign(document.createElement("td"), { textContent: value }));
    return row;
  }),
);
refresh();
setInterval(refresh, 700);
