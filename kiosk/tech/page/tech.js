// The tech page: shows what the gate tells, and asks it for what is pressed. Text is put as text, never as markup.
import { form } from "./form.js";

const words = JSON.parse(document.body.dataset.words);
const at = (id) => document.getElementById(id);
const SILENCE_MS = 5000;
let isOver = false;

export function element(tag, text, name = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (name) made.className = name;
  return made;
}

export async function ask(path, body) {
  const answer = await fetch(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  if (answer.status === 403) throw new Error("not known any more");
  return answer.json();
}

const shows = {
  gate({ state, faults, active, presentations, inputs }) {
    at("state").textContent = words.states[state] ?? state;
    at("faults").replaceChildren(...faults.map((fault) => element("li", words.fault_words[fault] ?? fault)));
    if (faults.length === 0) at("faults").replaceChildren(element("li", words.no_faults));
    at("no-inputs").hidden = Object.keys(inputs).length > 0;
    at("inputs").replaceChildren(...Object.entries(inputs).flatMap(([name, pin]) => {
      const isActive = active.includes(name);
      const row = element("dd", isActive ? words.is_active : words.is_at_rest, isActive ? "active" : "");
      row.id = `input-${name}`;
      return [element("dt", `${words[name === "emergency" ? "emergency_input" : name]} (BCM ${pin})`), row];
    }));
    if (presentations.length > 0) at("presentations").replaceChildren(...presentations.map(presentation));
  },
  picture(look) {
    if (look === null) return;
    at("picture").hidden = false;
    at("picture").src = `data:image/jpeg;base64,${look.picture}`;
    at("advice").textContent = look.advice[document.documentElement.lang] ?? Object.values(look.advice)[0];
    at("advice").className = look.is_good ? "good" : "";
    at("found").textContent = look.found.map((kind) => words[kind] ?? kind).join(", ") || words.nothing_found;
    for (const [key, value] of Object.entries(look.figures)) {
      const place = at(`figure-${key}`);
      if (place) place.textContent = value;
    }
  },
  log(lines) {
    const log = at("log");
    const wasAtEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
    log.textContent = lines.join("\n");
    if (wasAtEnd) log.scrollTop = log.scrollHeight;
  },
  left(seconds) { at("left").textContent = String(Math.ceil(seconds / 60)); },
  over(why) { end(words[`over_${why}`] ?? words.closed); },
};

function presentation({ at: time, verdict, reason, fault, read_ms: read, ask_ms: asked, total_ms: total }) {
  const row = document.createElement("tr");
  const what = words.reasons[reason] ?? words.states[verdict] ?? "…";
  const title = fault === null ? what : `${what} (${fault})`;
  const ms = (value) => (value === null ? "-" : `${Math.round(value)} ms`);
  const colour = { admitted: "good", refused: "bad" }[verdict] ?? "";
  row.append(
    element("td", new Date(time).toLocaleTimeString(document.documentElement.lang, { hour12: false })),
    element("td", title, colour),
    ...[read, asked, total].map((value) => element("td", ms(value))),
  );
  row.dataset.verdict = verdict ?? "";
  return row;
}

function end(why) {
  isOver = true;
  live.close();
  at("over").textContent = `${why} ${words.reopen}`;
  at("over").hidden = false;
  at("over").scrollIntoView();
  document.querySelectorAll("button").forEach((button) => { button.disabled = true; });
}

// The gate says something every second. What is shown after a silence is old, and the page says so until it hears more.
let silence;
function heard() {
  if (isOver) return;
  at("over").hidden = true;
  clearTimeout(silence);
  silence = setTimeout(() => {
    if (isOver) return;
    at("over").textContent = words.lost;
    at("over").hidden = false;
  }, SILENCE_MS);
}

const live = new EventSource("live");
for (const [kind, show] of Object.entries(shows)) {
  live.addEventListener(kind, (event) => { heard(); show(JSON.parse(event.data)); });
}
live.onerror = () => { if (!isOver && live.readyState === EventSource.CLOSED) end(words.lost); };
heard();

document.querySelectorAll("[data-press]").forEach((button) => {
  button.addEventListener("click", async () => {
    if (button.dataset.sure && !confirm(words[button.dataset.sure])) return;
    const place = at(button.dataset.press === "restart" ? "saved" : "pressed");
    place.textContent = "…";
    const result = await ask("press", { what: button.dataset.press }).catch(() => "lost");
    place.textContent = words[result] ?? result;
  });
});

at("look").addEventListener("click", async () => {
  at("look").disabled = true;
  at("looking").textContent = words.looking;
  const findings = await ask("doctor", {}).catch(() => null);
  at("looking").textContent = findings === null ? words.no_doctor : "";
  at("findings").replaceChildren(...(findings ?? []).map(({ check, level, found, fix }) => (
    element("li", `${level} ${check}: ${found}${fix ? ` → ${fix}` : ""}`, { ok: "good", fail: "bad" }[level] ?? "")
  )));
  at("look").disabled = isOver;
});

at("close").addEventListener("click", () => ask("close", {}).catch(() => end(words.closed)));
form(words);
