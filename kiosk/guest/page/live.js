// What the gate says, pushed; and "lost" as soon as it says nothing any more. Connects again by itself.
const SILENCE_MS = 1500; // the gate says something every half second
const AGAIN_MS = 500;

export function listen({ look, message, invited, lost }) {
  let source = null;
  let silence;

  function heard() {
    clearTimeout(silence);
    silence = setTimeout(leave, SILENCE_MS);
  }

  function leave() {
    clearTimeout(silence);
    source.close();
    lost();
    setTimeout(open, AGAIN_MS);
  }

  function open() {
    source = new EventSource(`live${location.search}`); // ?kiosk: the browser of the screen itself
    source.addEventListener("look", (event) => { heard(); look(JSON.parse(event.data)); });
    source.addEventListener("message", (event) => { heard(); message(JSON.parse(event.data)); });
    source.addEventListener("invited", (event) => { heard(); invited(JSON.parse(event.data)); });
    source.addEventListener("beat", heard);
    source.addEventListener("gone", () => { heard(); lost(); });
    source.onerror = leave;
    heard();
  }

  open();
}
