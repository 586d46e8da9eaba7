"""The page that ``aim --web`` shows: one picture, one advice, the figures. Loads nothing from anywhere else."""

from __future__ import annotations

import base64
import html
import io
import json

from kiosk.aim.watching import Look, figures, outlined
from kiosk.aim.words import told
from kiosk.screen.words import Language

_WIDTH = 800  # pixels of the picture on the page
_THICKNESS = 4
_KEYS = ("module", "blur", "contrast", "white", "burnt", "mean", "fps", "size")

STYLE = """
body { margin: 0; background: #14161a; color: #f2f2f2; font: 18px/1.4 system-ui, sans-serif; }
main { max-width: 1200px; margin: 0 auto; padding: 16px; display: flex; flex-wrap: wrap; gap: 24px; }
img { flex: 1 1 480px; min-width: 0; max-width: 800px; object-fit: contain; background: #000; }
section { flex: 1 1 260px; }
h1 { font-size: 18px; font-weight: normal; margin: 0; color: #a8adb7; }
#advice { font-size: 34px; line-height: 1.2; margin: 12px 0 24px; min-height: 3.6em; }
#advice.good { color: #46e08a; } #advice.other { color: #ffb14a; }
dl { display: grid; grid-template-columns: auto auto; gap: 6px 16px; margin: 0; }
dt { color: #a8adb7; } dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums; }
"""
SCRIPT = """
const live = new EventSource("live");
live.onmessage = (message) => {
  const look = JSON.parse(message.data);
  document.getElementById("picture").src = "data:image/jpeg;base64," + look.picture;
  const advice = document.getElementById("advice");
  advice.textContent = look.advice;
  advice.className = look.good ? "good" : "other";
  for (const [key, value] of Object.entries(look.figures)) document.getElementById(key).textContent = value;
};
live.addEventListener("end", (message) => {
  live.close();
  const advice = document.getElementById("advice");
  advice.textContent = JSON.parse(message.data);
  advice.className = "other";
});
"""


def page(language: Language) -> str:
    """The page itself, in one language."""
    rows = "".join(f'<dt>{html.escape(told(key, language))}</dt><dd id="{key}">-</dd>' for key in _KEYS)
    title = html.escape(told("title", language))
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>Portillon: {title}</title>'
        '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="style.css"></head><body><main>'
        f'<img id="picture" alt=""><section><h1>Portillon: {title}</h1>'
        f'<p id="advice" aria-live="polite"></p><dl>{rows}</dl></section></main>'
        '<script src="script.js"></script></body></html>'
    )


def picture(look: Look) -> str:
    """The frame with the code in it outlined: a JPEG in base64."""
    height, width = look.gray.shape
    size = (_WIDTH, max(round(_WIDTH * height / width), 1))
    jpeg = io.BytesIO()
    outlined(look, size, _THICKNESS).save(jpeg, "JPEG", quality=75)
    return base64.b64encode(jpeg.getvalue()).decode("ascii")


def as_json(look: Look, language: Language) -> str:
    """One look as the page's script takes it."""
    told_now = {
        "picture": picture(look),
        "advice": look.advice.in_words(language),
        "good": look.advice.key == "good",
        "figures": dict(figures(look)),
    }
    return json.dumps(told_now, ensure_ascii=False)
