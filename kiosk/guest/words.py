"""Words of the guest page alone: the way from a blank gate to a paired one, in pictures. Pure."""

from __future__ import annotations

from kiosk.screen.words import Language

# By the name of the picture, in the order in which they are shown to the camera: once paired, a gate takes no card.
STEPS: dict[str, dict[Language, str]] = {
    "wifi": {"fr": "Carte Wi-Fi (inutile avec un câble)", "en": "Wi-Fi card (not needed with a cable)"},
    "test": {"fr": "Carte d'essai : lampes et relais", "en": "Test card: lamps and relay"},
    "pairing": {"fr": "QR code de l'appareil", "en": "The device's QR code"},
}
