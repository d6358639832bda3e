// The orders to try: a click copies what the assistant asks for.

const body = document.getElementById("orders");

try {
  const answer = await fetch("/demo/orders.json");
  if (!answer.ok) throw new Error(String(answer.status));
  const orders = await answer.json();
  body.replaceChildren(...orders.map(row));
} catch {
  body.firstElementChild.firstElementChild.textContent = "No demonstration orders are loaded.";
}

function row(order) {
  const made = document.createElement("tr");
  made.append(cell(order.number, true), cell(order.email, true), cell(String(order.state).replaceAll("_", " ")));
  made.lastElementChild.className = `is ${order.state}`;
  return made;
}

function cell(value, copied = false) {
  const made = document.createElement("td");
  if (!copied) {
    const tag = document.createElement("span");
    tag.textContent = value;
    made.append(tag);
    return made;
  }
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
      getSelection().selectAllChildren(button);
    }
  });
  made.append(button);
  return made;
}
