// The orders to try: a click copies what the assistant asks for.

/** @typedef {{number: string, email: string, state: string}} Order */

const body = /** @type {HTMLElement} */ (document.getElementById("orders"));

try {
  const answer = await fetch(new URL("orders.json", import.meta.url));
  if (!answer.ok) throw new Error(String(answer.status));
  const orders = await answer.json();
  body.replaceChildren(...orders.map(row));
} catch {
  body.querySelectorAll("td")[0].textContent = "No demonstration orders are loaded.";
}

/** @param {Order} order */
function row({ number, email, state }) {
  const made = document.createElement("tr");
  const tag = document.createElement("span");
  tag.textContent = state.replaceAll("_", " ");
  const last = document.createElement("td");
  last.className = `is ${state}`;
  last.append(tag);
  made.append(copied(number), copied(email), last);
  return made;
}

/**
 * A cell whose text is copied by a click.
 * @param {string} value
 */
function copied(value) {
  const made = document.createElement("td");
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = value;
  button.title = "Copy";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(value);
      button.classList.add("copied");
      setTimeout(() => button.classList.remove("copied"), 1200);
    } catch {
      getSelection()?.selectAllChildren(button);
    }
  });
  made.append(button);
  return made;
}
