"""What lies on the table to be held up: each a text on paper or on a phone. Made with the organiser's own shell."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image

from kiosk.demo import sample
from kiosk.demo.props import Level, Medium, draw
from kiosk.demo.scenes import Ticket, forge
from kiosk.demo.stage import Stage

_PICTURE_PX = 150  # width of its small picture


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing; ``key`` names its words, its picture and its pose on the wire."""

    key: str
    content: str
    medium: Medium = "phone"
    level: Level = "m"

    def picture(self) -> bytes:
        """How it looks lying there, as a small PNG."""
        prop = draw(self.content, self.medium, self.level, 4, 420)
        image = Image.fromarray(prop.face)
        image.putalpha(Image.fromarray(prop.mask))
        file = io.BytesIO()
        image.resize((_PICTURE_PX, round(_PICTURE_PX * image.height / image.width)), Image.Resampling.LANCZOS).save(
            file, "PNG"
        )
        return file.getvalue()


def lay_out(stage: Stage) -> tuple[Thing, ...]:
    """Have the organiser make two events, tickets and the gate's device; everything worth holding up, in this order."""
    concert = stage.organise("event", "add", "Concert")["uuid"]
    other = stage.organise("event", "add", "Another evening")["uuid"]
    key = stage.folder / "tibillet.pem"
    key.write_text(sample.PUBLIC_KEY_PEM, "ascii")
    stage.organise("event", "add", "Fest-noz", "--uuid", sample.EVENT_UUID, "--public-key", str(key))
    stage.organise("ticket", "add", "--event", sample.EVENT_UUID, "--uuid", sample.TICKET_UUID)
    made = stage.organise("ticket", "add", "--event", concert, "--count", "4")
    first, second, cancelled, forged = (Ticket(one["uuid"], one["qrcode_data"]) for one in made)
    stage.organise("ticket", "cancel", cancelled.uuid)
    elsewhere = stage.organise("ticket", "add", "--event", other)[0]["qrcode_data"]
    base = ("--base-url", f"http://127.0.0.1:{stage.port}")
    device = stage.organise("device", "add", "Front gate", *base, "--event", concert, "--event", sample.EVENT_UUID)
    return (
        Thing("pairing", device["pairing_url"]),
        Thing("first", first.code),
        Thing("copy", first.code, "paper"),
        Thing("second", second.code, "phone_dark"),
        Thing("tibillet", sample.TICKET_CODE, "paper", "l"),
        Thing("cancelled", cancelled.code, "paper"),
        Thing("elsewhere", elsewhere, "phone_inverted"),
        Thing("forged", forge(forged).code, "paper"),
        Thing("poster", "https://example.org/win?ticket=free#<script>", "poster", "l"),
    )
