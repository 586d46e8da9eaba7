"""api.toml, environment and command line → typed settings: what can be set, how it is read, what is wrong with it."""

from api.settings.mistakes import SettingsError
from api.settings.reading import load
from api.settings.sections import Alerts, Log, Server, Settings, describe

__all__ = [
    "Alerts",
    "Log",
    "Server",
    "Settings",
    "SettingsError",
    "describe",
    "load",
]
