"""``portillon-api device …``: pair gates, see them, shut one out."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from segno import QRCode

from api import qr
from api.commands.address import base_url
from api.commands.console import CommandError, Shell
from api.devices import devices
from api.devices.devices import Device, NewDevice
from api.settings import Settings
from api.store.store import Store
from api.tls import identity
from api.tls.pin import with_pin


def add(args: Namespace, settings: Settings, store: Store, shell: Shell) -> None:
    """``device add NAME``: a new gate's pairing code, in the terminal and in the files asked for."""
    for file, ending in ((args.png, ".png"), (args.svg, ".svg")):
        if file is not None and file.suffix.lower() != ending:
            what, do = f"{file} doesn't end with {ending}", f"name it NAME{ending}"
            raise CommandError(what, "no device was added", do, code=2)
    address = base_url(args.base_url, settings)
    known = identity.of_settings(settings)
    url = with_pin(address.url, known.pin if known is not None else "")
    device = devices.add_device(store, args.name, url, event_uuid=args.event)
    code = qr.make(device.pairing_url)
    for file in (args.png, args.svg):
        if file is not None:
            _write(code, file, device)
    if address.note:
        shell.note(f"Note: {address.note}")
    if shell.as_json:
        shell.result(_told(device))
        return
    shell.qr(qr.lines(code))
    minutes = settings.pairing.token_minutes
    shell.say(f"Show this code to the camera of « {device.name} » within {minutes} minutes: whoever does becomes it.")
    shell.say(device.pairing_url)


def show(_args: Namespace, store: Store, shell: Shell) -> None:
    """``device list``: all of them, archived ones too."""
    found = devices.list_devices(store)
    if shell.as_json:
        shell.result([_seen(device) for device in found])
    elif found:
        rows = [(d.uuid, d.name, ", ".join(d.admits.event_uuids) or "every event", _state(d)) for d in found]
        shell.table(("UUID", "Device", "Admits", "State"), rows)
    else:
        shell.say("No device yet: portillon-api device add NAME")


def archive(args: Namespace, store: Store, shell: Shell) -> None:
    """``device archive UUID``: its key is refused from now on; its scans stay in the log."""
    device = devices.archive_device(store, args.uuid)
    if shell.as_json:
        shell.result(_seen(device))
    else:
        shell.say(f"Device « {device.name} » is archived: its key is refused from now on")


def _write(code: QRCode, file: Path, device: NewDevice) -> None:
    try:
        qr.write(code, file)
    except OSError as error:
        raise CommandError(
            f"{file} can't be written: {error.strerror}",
            f"device {device.uuid} is added, but nobody has its pairing code",
            f"`portillon-api device archive {device.uuid}`, then add it anew with a file that you may write",
        ) from error


def _told(device: NewDevice) -> dict[str, str]:
    return {
        "uuid": device.uuid,
        "name": device.name,
        "pairing_url": device.pairing_url,
        "token": device.token,
    }


def _seen(device: Device) -> dict[str, str | bool | list[str]]:
    return {
        "uuid": device.uuid,
        "name": device.name,
        "event_uuids": list(device.admits.event_uuids),
        "claimed": device.claimed,
        "archived": device.archived,
    }


def _state(device: Device) -> str:
    if device.archived:
        return "archived"
    return "paired" if device.claimed else "waits to be paired"
