// What is held follows the mouse; what the gate's trace says is drawn. Nothing is decided here.

const words = JSON.parse(document.body.dataset.words);
const at = (id) => document.getElementById(id);
const DIALS = ["share", "yaw", "pitch", "roll", "blur", "light", "glare"];
const PACE_MS = 90; // between two poses told: the camera looks ten times a second
const WALK_MS = 1200; // how long a guest needs to see the green and go
const LOG_MAX = 60;

const pose = { thing: null, x: 0, y: 0, smear: 0 };
const pins = {};
let paired = false;

async function ask(path, body) {
  const answer = await fetch(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  }).catch(() => null);
  return answer !== null && answer.ok;
}

// --- the hand -------------------------------------------------------------------------------------------------------

let told = 0, waiting = 0;

function tellPose() {
  if (waiting) return;
  waiting = setTimeout(() => {
    waiting = 0;
    told = Date.now();
    const dials = Object.fromEntries(DIALS.map((id) => [id, Number(at(id).value)]));
    ask("hold", { ...pose, ...dials });
    if (pose.smear > 0) {
      pose.smear = 0;
      tellPose(); // the hand has come to rest
    }
  }, Math.max(0, PACE_MS - (Date.now() - told)));
}

function hold(thing) {
  pose.thing = thing;
  at("away").disabled = thing === null;
  at("view").classList.toggle("holding", thing !== null);
  for (const card of document.querySelectorAll(".thing")) card.setAttribute("aria-pressed", card.dataset.thing === thing);
  tellPose();
}

function place(event) {
  const box = at("view").getBoundingClientRect();
  const x = (event.clientX - box.left - box.width / 2) / box.height;
  const y = (event.clientY - box.top - box.height / 2) / box.height;
  const inside = Math.abs(x) < box.width / box.height / 2 + 0.1 && Math.abs(y) < 0.6;
  if (inside) {
    const way = Math.hypot(x - pose.x, y - pose.y);
    pose.smear = Math.min(30, pose.smear + way * 40); // a fast hand blurs the picture
    pose.x = Math.max(-1, Math.min(1, x));
    pose.y = Math.max(-1, Math.min(1, y));
  }
  return inside;
}

function drag(down, thing, ghost) {
  const start = [down.clientX, down.clientY];
  let moved = false;
  const move = (event) => {
    moved ||= Math.hypot(event.clientX - start[0], event.clientY - start[1]) > 6;
    if (!moved) return;
    const inside = place(event);
    at("view").classList.toggle("over", inside);
    if (ghost) {
      ghost.hidden = inside;
      ghost.style.left = `${event.clientX}px`;
      ghost.style.top = `${event.clientY}px`;
    }
    if (inside && pose.thing !== thing) hold(thing);
    else if (!inside && pose.thing === thing) hold(null);
    else if (inside) tellPose();
  };
  const up = () => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", up);
    removeEventListener("pointercancel", up);
    at("view").classList.remove("over");
    ghost?.remove();
    if (!moved && ghost) centre(thing);
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", up);
  addEventListener("pointercancel", up);
}

function centre(thing) {
  pose.x = pose.y = 0;
  hold(pose.thing === thing ? null : thing);
}

for (const card of document.querySelectorAll(".thing")) {
  card.setAttribute("aria-pressed", "false");
  card.addEventListener("pointerdown", (event) => {
    event.preventDefault(); // else the browser would select text
    const ghost = card.querySelector("img").cloneNode();
    ghost.id = "ghost";
    ghost.hidden = true;
    document.body.append(ghost);
    drag(event, card.dataset.thing, ghost);
  });
  card.addEventListener("click", (event) => { if (event.detail === 0) centre(card.dataset.thing); }); // by keyboard
}
at("view").addEventListener("pointerdown", (event) => { if (pose.thing !== null) drag(event, pose.thing, null); });
at("view").addEventListener("wheel", (event) => {
  event.preventDefault();
  at("share").value = Number(at("share").value) - event.deltaY / 2000;
  tellPose();
}, { passive: false });
at("view").addEventListener("keydown", (event) => {
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (steps) {
    event.preventDefault();
    pose.x = Math.max(-1, Math.min(1, pose.x + steps[0] * 0.05));
    pose.y = Math.max(-1, Math.min(1, pose.y + steps[1] * 0.05));
    tellPose();
  }
});
addEventListener("keydown", (event) => { if (event.key === "Escape") hold(null); });
at("away").addEventListener("click", () => hold(null));
for (const id of DIALS) at(id).addEventListener("input", tellPose);

// --- the gate -------------------------------------------------------------------------------------------------------

let walking = 0, turned = 0;

function walk() {
  clearTimeout(walking);
  walking = 0;
  const person = at("person");
  person.classList.add("here");
  requestAnimationFrame(() => person.classList.add("walked"));
  turned += 120;
  at("arms").style.transform = `rotate(${turned}deg)`;
  ask("press", { input: "passage", how: "touch" });
  note(words.passed);
  setTimeout(() => person.classList.remove("here"), 900);
  setTimeout(() => person.classList.remove("walked"), 1300);
}

function showPin(pin, value) {
  pins[pin] = value;
  document.querySelector(`#turnstile [data-pin="${pin}"]`)?.classList.toggle("on", Boolean(value));
  at("turnstile").classList.toggle("open", Boolean(pins.relay || pins.green)); // a turnstile stays free until it turned
  at("pins").textContent = ["relay", "green", "red", "amber", "buzzer"].filter((name) => name in pins)
    .map((name) => `${words[name]}: ${pins[name] ? words.is_on : words.is_off}`).join(" · ");
}

let openedAt = null;

function pin(line) {
  showPin(line.pin, line.value);
  if (line.pin !== "relay") return;
  if (line.value) {
    openedAt = line.t;
    if (at("alone").checked) walking = setTimeout(walk, WALK_MS);
    at("person").classList.add("here");
  } else if (openedAt !== null) {
    note(`${words.pulse}: ${Math.round((line.t - openedAt) * 1000)} ms`);
    openedAt = null;
  }
}

function say(kind, text, small = "") {
  const place = at("verdict");
  place.className = kind;
  place.textContent = text;
  if (small) {
    const line = document.createElement("small");
    line.textContent = small;
    place.append(line);
  }
}

let took = {}; // milliseconds of the presentation under way

function verdict(line) {
  const why = line.reason ?? line.fault ?? "";
  const times = [took.read && `${words.read_in} ${Math.round(took.read)} ms`,
    took.ask && `${words.asked_in} ${Math.round(took.ask)} ms`].filter(Boolean).join(" · ");
  say(line.verdict, `${{ admitted: "✓", refused: "✗", unknown: "…" }[line.verdict]} ${words[`is_${line.verdict}`]}`,
    [why, times].filter(Boolean).join(" · "));
  note(`${words[`is_${line.verdict}`]}${why ? ` (${why})` : ""}${times ? ` · ${times}` : ""}`);
}

function state(name) {
  if (name === null) return;
  paired = name !== "unpaired";
  at("step-pair").className = paired ? "done" : "now";
  if (paired && at("step-ticket").className !== "done") at("step-ticket").className = "now";
  if (name === "unpaired") say("waiting", words.not_paired);
  else if (name === "ready") say("waiting", words.waiting);
  else if (name === "fault") say("fault", words.fault);
  else if (name === "emergency") say("emergency", `→ ${words.go}`);
}

function note(text) {
  const item = document.createElement("li");
  const time = document.createElement("time");
  time.textContent = new Date().toLocaleTimeString();
  item.append(time, text);
  at("log").prepend(item);
  while (at("log").children.length > LOG_MAX) at("log").lastChild.remove();
}

at("walk").addEventListener("click", walk);
at("exit").addEventListener("click", () => ask("press", { input: "exit_request", how: "touch" }));
at("unlock").addEventListener("click", () => ask("press", { input: "unlock", how: "touch" }));
at("emergency").addEventListener("change", (event) =>
  ask("press", { input: "emergency", how: event.target.checked ? "down" : "up" }));
at("server").addEventListener("change", async (event) => {
  event.target.disabled = true;
  await ask("server", { on: event.target.checked });
  event.target.disabled = false;
});

const live = new EventSource("live");
live.addEventListener("now", (message) => {
  const now = JSON.parse(message.data);
  for (const name of ["relay", "green", "red", "amber", "buzzer"]) showPin(name, now.pins[name] ?? 0);
  at("server").checked = now.server;
  state(now.state);
});
live.addEventListener("picture", (message) => { at("picture").src = `camera/${message.data}.jpg`; });
live.addEventListener("there", (message) => {
  const there = JSON.parse(message.data);
  if ("server" in there) at("server").checked = there.server;
  if (there.gate === false) say("fault", words.gone);
});
live.addEventListener("line", (message) => {
  const line = JSON.parse(message.data);
  if (line.event === "pin") pin(line);
  else if (line.event === "state") state(line.state);
  else if (line.event === "presentation") took = { read: line.read_ms };
  else if (line.event === "answered") took.ask = line.ask_ms;
  else if (line.event === "verdict") {
    if (line.verdict === "admitted") at("step-ticket").className = "done";
    verdict(line);
  }
});
live.onerror = () => { if (live.readyState === EventSource.CLOSED) say("fault", words.gone); };
