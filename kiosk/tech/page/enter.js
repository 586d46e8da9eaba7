// Asks for the code. One that came with the address, after #, is typed in and taken out of the address.
const words = JSON.parse(document.body.dataset.words);
const field = document.getElementById("code");
const said = document.getElementById("said");

async function enter(event) {
  event?.preventDefault();
  const code = field.value.replaceAll(/\D/g, "");
  try {
    const answer = await fetch("enter", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ code }),
    });
    if (answer.ok) { location.replace("/"); return; }
    said.textContent = words[(await answer.json()).why] ?? words.lost;
  } catch {
    said.textContent = words.lost;
  }
  said.className = "bad";
  field.select();
}

document.getElementById("door").addEventListener("submit", enter);
if (/^#\d{8}$/.test(location.hash)) {
  field.value = location.hash.slice(1);
  history.replaceState(null, "", "/");
  enter();
}
