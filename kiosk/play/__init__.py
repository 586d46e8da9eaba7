"""A gate to play with: real server, real kiosk, mock pins, and a page on which one holds up tickets with the mouse."""

from kiosk.play.playing import run

__all__ = ["run"]
