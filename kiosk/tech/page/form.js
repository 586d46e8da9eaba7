// The settings: what may be changed from here in fields, the rest to read; mistakes beside the field that has them.
import { ask, element } from "./tech.js";

const at = (id) => document.getElementById(id);

export async function form(words) {
  await read(words);
  at("settings").addEventListener("submit", async (event) => {
    event.preventDefault();
    const fields = [...at("rows").querySelectorAll("input")];
    const changes = Object.fromEntries(
      fields.filter((field) => field.value !== field.dataset.before).map((field) => [field.name, field.value]),
    );
    at("text").hidden = true;
    if (Object.keys(changes).length === 0) { at("saved").textContent = words.nothing_changed; return; }
    const told = await ask("settings", { changes }).catch(() => ({ mistakes: { "": [words.lost] } }));
    mark(fields, told.mistakes ?? {}, words);
    if (told.mistakes) return;
    at("saved").className = "good";
    at("saved").textContent = told.written ? `${words.written} ${told.kept}` : words.not_written;
    if (told.written) { fields.forEach((field) => { field.dataset.before = field.value; }); return; }
    at("text").hidden = false;
    at("text").value = told.text;
  });
}

async function read(words) {
  const told = await (await fetch("settings")).json();
  if (told.mistakes) { at("saved").textContent = Object.values(told.mistakes).flat().join(" "); return; }
  at("file").textContent = told.file;
  at("rows").replaceChildren(...told.rows.filter((row) => row.is_editable).map((row) => field(row, words)));
  at("others").replaceChildren(...told.rows.filter((row) => !row.is_editable).flatMap(({ key, value }) => (
    [element("dt", key), element("dd", value || "-")]
  )));
}

function field({ key, meaning, value }, words) {
  const place = document.createElement("div");
  const label = element("label", key);
  const input = Object.assign(document.createElement("input"), {
    id: `setting-${key}`, name: key, value, placeholder: words.by_default, autocomplete: "off", spellcheck: false,
  });
  input.dataset.before = value;
  label.htmlFor = input.id;
  const mistake = element("p", "", "mistake");
  mistake.id = `mistake-${key}`;
  input.setAttribute("aria-describedby", mistake.id);
  place.append(label, element("span", words.meanings[key] ?? meaning, "meaning"), input, mistake);
  return place;
}

function mark(fields, mistakes, words) {
  for (const input of fields) {
    const wrong = mistakes[input.name] ?? [];
    input.setAttribute("aria-invalid", String(wrong.length > 0));
    at(`mistake-${input.name}`).textContent = wrong.join(" ");
  }
  const others = Object.entries(mistakes).filter(([key]) => !fields.some((input) => input.name === key));
  at("saved").className = "bad";
  at("saved").textContent = Object.keys(mistakes).length === 0 ? ""
    : [words.mistakes, ...others.flatMap(([, wrong]) => wrong)].join(" ");
}
