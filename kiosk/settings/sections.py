"""Everything that can be set, with its bounds, and what has to fit together."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Pin = Annotated[int, Field(ge=0, le=27)]  # BCM numbers of the 40-pin header
# BCM 0-8 boot pulled up: a relay there is energised from power-on until the kiosk starts (facts: Pins).
RelayPin = Annotated[int, Field(ge=9, le=27)]
OUTPUTS = ("relay", "exit_relay", "green", "red", "amber", "buzzer", "ready")
INPUTS = ("passage", "exit_request", "emergency", "unlock", "tamper")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _clock_time(given: object) -> object:
    """A number would be taken for seconds after midnight, and a time zone is the machine's.

    Nor is it TOML's own time, which the environment and portillon.toml can't carry on.
    """
    if isinstance(given, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", given):
        return given
    raise ValueError('is no time of the day: write it as "22:00"')


ClockTime = Annotated[time, BeforeValidator(_clock_time)]
Share = Annotated[float, Field(ge=0, le=1)]


class Camera(_Section):
    """Where frames come from."""

    source: Literal["picamera2", "usb", "replay"] = Field(
        "picamera2", description="the Camera Module, a USB camera, or files from a folder"
    )
    path: Path | None = Field(
        None, description="usb: the device, empty for the first camera; replay: the folder, or one image"
    )
    fps: float = Field(15.0, gt=0, le=120, description="frames a second")
    width: int | None = Field(
        None, ge=320, le=4056, description="width of the picture, pixels; empty: what suits the camera"
    )
    height: int | None = Field(None, ge=240, le=3040, description="height of the picture, pixels; goes with width")
    roi: tuple[Share, Share, Share, Share] | None = Field(
        None,
        description="picamera2: the part that is read, [left, top, width, height] in shares of 1; "
        "empty: the middle square",
    )
    lens_distance_m: float = Field(0.2, ge=0.05, le=5, description="metres from the lens to where tickets are held")
    exposure: Literal["bracket", "auto"] = Field(
        "bracket",
        description="picamera2: three exposures in turn, for paper, bright phones, moving hands; or its own",
    )

    @model_validator(mode="after")
    def _replay_needs_a_path(self) -> Self:
        if self.source == "replay" and self.path is None:
            raise ValueError('source = "replay" needs path = "FOLDER"')
        return self

    @model_validator(mode="after")
    def _size_is_whole(self) -> Self:
        if (self.width is None) != (self.height is None):
            raise ValueError("width and height go together: set both, or none")
        if self.roi is not None:
            left, top, width, height = self.roi
            if min(width, height) < 0.1 or left + width > 1 or top + height > 1:
                raise ValueError(
                    "roi reaches beyond the view, or is too small: [left, top, width, height], at least 0.1"
                )
        return self

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height that are asked for; None: what suits the camera."""
        return None if self.width is None or self.height is None else (self.width, self.height)


class Server(_Section):
    """What is asked of the ticket server. Its address and key come from pairing, never from here."""

    action: Literal["scan", "check"] = Field(
        "scan", description="scan: consume the ticket; check: look only, lamps only"
    )
    event_uuid: UUID | None = Field(None, description="admit this event only; empty: found from the ticket itself")
    events: tuple[UUID, ...] = Field((), description="admit these events only; empty: every event of the server")
    answer_within_s: float = Field(2.0, ge=0.5, le=5, description="seconds until a guest is told to wait")


class Gate(_Section):
    """Relay, lamps, buzzer and inputs, by BCM number. A missing number: not wired."""

    profile: Literal["turnstile", "light"] = Field(
        "turnstile",
        description="turnstile: a ticket moves the relay; light: a ticket lights green, a relay is for exits",
    )
    pins: Literal["lgpio", "mock"] = Field("lgpio", description="real pins, or gpiozero's own mock pins")
    relay: RelayPin | None = Field(None, description="output: one pulse, one person")
    exit_relay: RelayPin | None = Field(
        None, description="output: the other direction, for exit requests; empty: they pulse relay"
    )
    green: Pin | None = Field(None, description="output: lamp, go")
    red: Pin | None = Field(None, description="output: lamp, refused")
    amber: Pin | None = Field(None, description="output: lamp, wait or ask staff")
    buzzer: Pin | None = Field(None, description="output: buzzer")
    buzzer_kind: Literal["active", "passive"] = Field(
        "active", description="active: sounds on plain power; passive: sounds at the pitch it is driven with"
    )
    buzzer_volume: float = Field(1.0, ge=0.05, le=1, description="passive buzzer: how loud, 0.05 to 1")
    quiet_from: ClockTime | None = Field(
        None, description='silent from this hour on, "22:00", but for an emergency; goes with quiet_to'
    )
    quiet_to: ClockTime | None = Field(None, description='until this hour, "08:00", of the machine\'s time zone')
    ready: RelayPin | None = Field(None, description="output: contact that is on while the gate can admit")
    active_high: bool = Field(True, description="true: a pin at 3.3 V switches on; false: at 0 V")
    passage: Pin | None = Field(None, description="input: somebody went through")
    exit_request: Pin | None = Field(None, description="input: button of those who want to leave")
    emergency: Pin | None = Field(None, description="input: a copy of the fire panel's contact; no safety device")
    unlock: Pin | None = Field(
        None, description="input: opens pairing again for 2 minutes, and the tech page where it has a port"
    )
    tamper: Pin | None = Field(None, description="input: the housing was opened")
    normally_closed: tuple[Literal["passage", "exit_request", "emergency", "unlock", "tamper"], ...] = Field(
        (), description="inputs whose contact is closed at rest; a broken wire then counts as active"
    )
    debounce_ms: int = Field(30, ge=5, le=500, description="a contact shorter than this is ignored, milliseconds")
    mode: Literal["pulse", "level"] = Field(
        "pulse", description="pulse: the relay for pulse_ms; level: until passage, passage_within_s at most"
    )
    # 100 ms: shortest pulse turnstiles take; above 3 s some barriers close on the user (PERCo TTR-04CW p.15).
    pulse_ms: int = Field(300, ge=100, le=10_000, description="length of the relay's pulse, milliseconds")
    pulse_gap_ms: int = Field(1000, ge=100, le=10_000, description="rest between two pulses, milliseconds")
    # 8 s: what a speed gate waits (facts: Gates); 10 s: the bound on any relay.
    passage_within_s: float = Field(
        8.0, ge=1, le=10, description="seconds in which an admitted guest has to go through"
    )
    emergency_opens: bool = Field(
        False, description="true: the relays are held on while the emergency contact is active"
    )
    mock_inputs: Path | None = Field(
        None, description="mock pins only: a folder; a file there, named after an input, presses it"
    )

    @model_validator(mode="after")
    def _pins_are_distinct(self) -> Self:
        wired: dict[int, str] = {}
        for name in (*OUTPUTS, *INPUTS):
            pin = getattr(self, name)
            if pin is not None and (other := wired.setdefault(pin, name)) != name:
                raise ValueError(f"{other} and {name} are both on BCM {pin}")
        return self

    @model_validator(mode="after")
    def _quiet_hours_are_whole(self) -> Self:
        if (self.quiet_from is None) != (self.quiet_to is None) or (
            self.quiet_from is not None and self.quiet_from == self.quiet_to
        ):
            raise ValueError('quiet_from and quiet_to go together, and differ: "22:00" and "08:00"; or leave out both')
        return self

    @model_validator(mode="after")
    def _inputs_fit(self) -> Self:
        for name in self.normally_closed:
            if getattr(self, name) is None:
                raise ValueError(f"normally_closed names {name}, which is not wired: add {name} = BCM NUMBER")
        has_relay = self.relay is not None or self.exit_relay is not None
        if self.exit_request is not None and not has_relay:
            raise ValueError("exit_request moves a relay: add relay = BCM NUMBER (9 to 27), or exit_relay")
        if self.emergency_opens and not (has_relay and self.emergency is not None):
            raise ValueError("emergency_opens needs emergency = BCM NUMBER, and a relay to hold")
        if self.mode == "level" and self.profile != "turnstile":
            raise ValueError('mode = "level" holds the relay for a guest: it needs profile = "turnstile"')
        if self.mode == "level" and self.passage is None:
            raise ValueError('mode = "level" ends at a passage: add passage = BCM NUMBER, or use "pulse" with pulse_ms')
        return self


class Screen(_Section):
    """What guests and techs read."""

    languages: tuple[Literal["fr", "en"], ...] = Field(("fr", "en"), min_length=1, description="in this order")
    tty: Path | None = Field(None, description='a terminal to write on, such as "/dev/tty1"; empty: standard output')
    guest_port: int | None = Field(
        None, ge=1024, le=65535, description="the guest screen: a page at this port, for this machine only; empty: none"
    )
    theme: Literal["auto", "light", "dark"] = Field(
        "auto", description="guest screen: light, dark, or as its browser prefers"
    )
    camera_at: Literal["below", "above", "left", "right"] = Field(
        "below", description="guest screen: where the camera is, seen from the screen; it points there"
    )
    first_name: bool = Field(False, description="guest screen: true greets guests by the first name of their ticket")
    branding: Path | None = Field(
        None, description="guest screen: a TOML file with name, logo, two colours and words; empty: our own look"
    )


class TraceFile(_Section):
    """Where every state change, verdict and pin edge is written."""

    file: Path | None = Field(None, description="JSON lines; empty: no trace")


class Tech(_Section):
    """The page for techs on the local network."""

    port: int | None = Field(
        None,
        ge=1024,
        le=65535,
        description="the tech page: its port, on every address of this machine, while it is open; empty: no such page",
    )


class Settings(_Section):
    """All of kiosk.toml."""

    state_dir: Path = Field(Path("/var/lib/portillon"), description="credentials and journal")
    unlock_file: Path = Field(
        Path("/boot/firmware/portillon-unlock"),
        description="a file whose appearance opens pairing again for 2 minutes, once",
    )
    camera: Camera = Field(default_factory=Camera)
    server: Server = Field(default_factory=Server)
    gate: Gate = Field(default_factory=Gate)
    screen: Screen = Field(default_factory=Screen)
    tech: Tech = Field(default_factory=Tech)
    trace: TraceFile = Field(default_factory=TraceFile)

    @model_validator(mode="after")
    def _profile_fits(self) -> Self:
        if self.gate.profile == "turnstile" and self.server.action == "check":
            raise ValueError('[server] action = "check" never moves the relay: use [gate] profile = "light"')
        if self.gate.profile == "turnstile" and self.gate.relay is None:
            raise ValueError('[gate] profile = "turnstile" needs relay = BCM NUMBER (9 to 27)')
        return self

    @model_validator(mode="after")
    def _ports_are_distinct(self) -> Self:
        if self.tech.port is not None and self.tech.port == self.screen.guest_port:
            raise ValueError(f"[tech] port and [screen] guest_port are both {self.tech.port}: choose another for one")
        return self
