"""The settings by their names: every key with its description, and what stands behind one."""

from __future__ import annotations

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from kiosk.settings.sections import Settings


def describe(model: type[BaseModel] = Settings, prefix: str = "") -> list[tuple[str, str]]:
    """Every key with its description, in order: ``[("gate.pulse_ms", "length of ..."), ...]``."""
    keys: list[tuple[str, str]] = []
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            keys += describe(field.annotation, f"{prefix}{name}.")
        else:
            keys.append((f"{prefix}{name}", field.description or ""))
    return keys


def section_at(path: tuple[str | int, ...]) -> type[BaseModel] | None:
    """The section at this path, or None."""
    model: type[BaseModel] = Settings
    for name in path:
        field = model.model_fields.get(str(name))
        if field is None or not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
            return None
        model = field.annotation
    return model


def field_at(path: tuple[str, ...], key: str) -> FieldInfo | None:
    """What is known of this key of the section at this path, or None."""
    model = section_at(path)
    return None if model is None else model.model_fields.get(key)
