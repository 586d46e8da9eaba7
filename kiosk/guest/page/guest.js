// The guest page: shows what the gate says, and nothing that the gate does not say now.
import { listen } from "./live.js";
import { draw, dress, invite } from "./draw.js";

const LOST = {
  kind: "offline", steps: [], tech: [], note: null, code: null,
  said: [
    { language: "fr", title: "Non connecté", hint: "Le portillon ne répond pas. Adressez-vous à l'équipe." },
    { language: "en", title: "Not connected", hint: "The gate does not answer. Please ask the staff." },
  ],
};
const OVER = {
  ...LOST,
  said: [
    { language: "fr", title: "Un instant…", hint: "Le portillon revient." },
    { language: "en", title: "One moment…", hint: "The gate will be back." },
  ],
};

let end;

// A verdict has an end of its own here: whatever becomes of the gate, no green outlives it.
function show(message) {
  clearTimeout(end);
  draw(message);
  if (message.ends_ms !== null && message.ends_ms !== undefined) {
    end = setTimeout(() => draw(OVER), message.ends_ms);
  }
}

draw(LOST);
listen({ look: dress, message: show, invited: invite, lost: () => { invite(null); show(LOST); } });
