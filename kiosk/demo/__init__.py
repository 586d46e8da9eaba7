"""The simulated appliance: the real server, the real kiosk, rendered camera frames and mock pins."""

from kiosk.demo.play import run

__all__ = ["run"]
