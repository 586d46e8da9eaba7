"""kiosk.toml and the environment → typed settings: what can be set, how it is read, what is wrong with it."""

from pathlib import Path

from kiosk.settings.keys import describe
from kiosk.settings.mistakes import SettingsError
from kiosk.settings.reading import ENVIRONMENT_PREFIX, from_text, load, validate, with_environment
from kiosk.settings.sections import INPUTS, OUTPUTS, Camera, Gate, Screen, Server, Settings

DEFAULT_FILE = Path("/etc/portillon/kiosk.toml")

__all__ = [
    "DEFAULT_FILE",
    "ENVIRONMENT_PREFIX",
    "INPUTS",
    "OUTPUTS",
    "Camera",
    "Gate",
    "Screen",
    "Server",
    "Settings",
    "SettingsError",
    "describe",
    "from_text",
    "load",
    "validate",
    "with_environment",
]
