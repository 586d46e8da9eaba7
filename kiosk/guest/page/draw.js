// A message onto the page. Text is put as text, never as markup; what was shown before is gone with it.
const root = document.documentElement;
const shape = document.querySelector(".shape");
const words = document.querySelector(".words");
const footer = document.querySelector("footer");
const header = document.querySelector("header");
const SMALLEST = 0.4;
let looks = 0; // a logo that was replaced has an address of its own

export function draw(message) {
  root.dataset.kind = message.kind;
  root.lang = message.said[0].language;
  root.toggleAttribute("data-steps", message.steps.length > 0);
  const picture = message.kind === "unpaired" ? "idle" : message.kind; // both are held up to the camera
  shape.dataset.shape = picture;
  shape.querySelector("use").setAttribute("href", `#${picture}`);
  words.replaceChildren(...message.said.map(said), ...note(message.note), ...steps(message.steps));
  footer.hidden = message.code === null;
  footer.replaceChildren(...tech(message));
  fit();
}

// Theme, where the camera is, and the organiser's look.
export function dress(look) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const theme = () => { root.dataset.theme = look.theme === "auto" ? (dark.matches ? "dark" : "light") : look.theme; };
  theme();
  dark.onchange = theme;
  root.dataset.camera = look.camera;
  const { name, has_logo: hasLogo, colours } = look.brand;
  header.hidden = name === null && !hasLogo;
  header.querySelector("span").textContent = name ?? "";
  const logo = header.querySelector("img");
  logo.hidden = !hasLogo;
  looks += 1;
  if (hasLogo) { logo.src = `logo?${looks}`; } else { logo.removeAttribute("src"); }
  root.toggleAttribute("data-brand", colours !== null);
  root.style.setProperty("--brand-background", colours?.[0] ?? "");
  root.style.setProperty("--brand-text", colours?.[1] ?? "");
  fit();
}

// For the tech who just used the key switch: where the tech page is, its code, and by what to know it.
export function invite(invitation) {
  const aside = document.querySelector("aside");
  aside.hidden = invitation === null;
  if (invitation === null) { aside.replaceChildren(); fit(); return; }
  const { title, url, code, fingerprint, qr } = invitation;
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawn.setAttribute("viewBox", `0 0 ${qr.size} ${qr.size}`);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", qr.path);
  drawn.append(path);
  const text = element("div", "");
  text.append(element("p", title), element("b", code), element("p", url), ...fingerprint.map((half) => element("code", half)));
  aside.replaceChildren(drawn, text);
  fit();
}

function said({ language, title, hint }, at) {
  const part = element("div", "", at === 0 ? "first" : "second");
  part.lang = language;
  part.append(element(at === 0 ? "h1" : "h2", title), ...(hint ? [element("p", hint)] : []));
  return part;
}

function note(text) {
  if (text === null) return [];
  const part = element("p", text, "note");
  part.dir = "auto";
  return [part];
}

function steps(all) {
  if (all.length === 0) return [];
  const list = element("ol", "", "steps");
  list.append(...all.map(({ picture, said }, at) => {
    const item = element("li", "");
    const texts = element("div", "");
    texts.append(...inLanguages(said));
    item.append(element("b", String(at + 1)), icon(picture), texts);
    return item;
  }));
  return [list];
}

function tech({ code, tech: told }) {
  if (code === null) return [];
  return [element("code", code), ...inLanguages(told)];
}

function inLanguages(texts) {
  return texts.map(({ language, text }) => Object.assign(element("p", text), { lang: language }));
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#${name}`);
  svg.append(use);
  return svg;
}

function element(tag, text, name) {
  const made = document.createElement(tag);
  made.textContent = text.replace(/ ([:;!?»])/g, "\u00a0$1"); // French sets a space there, and never a line's end
  if (name) made.className = name;
  return made;
}

// Long words and small screens: letters shrink until everything is inside; at their smallest, words are broken.
function fit() {
  root.removeAttribute("data-cramped");
  for (let size = 1; size >= SMALLEST; size -= 0.05) {
    root.style.setProperty("--fit", size.toFixed(2));
    if (words.scrollHeight <= words.clientHeight && words.scrollWidth <= words.clientWidth) return;
  }
  root.setAttribute("data-cramped", "");
}

addEventListener("resize", fit);
document.fonts.ready.then(fit);
