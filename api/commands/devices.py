"""``portillon-api device …``: pair gates, see them, change what they admit, shut one out."""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from segno import QRCode

from api import qr
from api.commands.address import BaseUrl, pinned_url
from api.commands.console import CommandError, Shell
from api.devices import devices, organising, reach, signs
from api.devices.devices import Admits, Device, NewDevice
from api.settings import Settings
from api.store import moments
from api.store.store import Store
from api.tickets.events import list_events


def add(args: Namespace, settings: Settings, store: Store, shell: Shell) -> None:
    """``device add NAME``: a new gate's pairing code, in the terminal and in the files asked for; or many gates."""
    for file, ending in ((args.png, ".png"), (args.svg, ".svg")):
        if file is not None and (file.suffix.lower() != ending or args.count > 1):
            what, do = f"{file} doesn't end with {ending}", f"name it NAME{ending}"
            if args.count > 1:
                what, do = "a picture shows one code", "`portillon-api device sheet` makes one PDF of all of them"
            raise CommandError(what, "no device was added", do, code=2)
    address = pinned_url(args.base_url, settings, reach.last_start(store))
    admits = Admits(_uuids(args.event), tuple(args.product or ()), args.direction)
    added = organising.add_devices(store, devices.numbered(args.name, args.count), address.url, admits, days=args.days)
    if len(added) == 1:
        _show_code(added[0], args, address, settings, shell)
        return
    _note(address, shell)
    if shell.as_json:
        shell.result([_told(device) for device in added])
        return
    shell.table(("UUID", "Device"), [(device.uuid, device.name) for device in added], "--json prints all.")
    shell.say(f"{len(added)} gates wait to be paired: `portillon-api device sheet --pdf FILE` prints their codes")


def edit(args: Namespace, store: Store, shell: Shell) -> None:
    """``device edit UUID``: what is named is set anew, the rest stays."""
    known = devices.find_device(store, args.uuid)
    admits = Admits(
        known.admits.event_uuids if args.event is None and not args.every_event else _uuids(args.event),
        known.admits.products if args.product is None and not args.every_product else tuple(args.product or ()),
        args.direction or known.admits.direction,
    )
    name = known.name if args.name is None else args.name
    if (name.strip(), admits) == (known.name, known.admits):
        raise CommandError("nothing is asked for that is not so already", "nothing was changed", f"{_EDIT} --help")
    organising.edit_device(store, args.uuid, name, admits)
    device = devices.find_device(store, args.uuid)
    if shell.as_json:
        shell.result(_seen(device, signs.newest_scans(store)))
    else:
        events = {event.uuid: event.name for event in list_events(store)}
        shell.say(f"Device « {device.name} » ({device.admits.direction}) admits {_rules(device, events)} from now on")


def renew(args: Namespace, settings: Settings, store: Store, shell: Shell) -> None:
    """``device renew UUID``: its key is void at once; a new pairing code, for the same device."""
    address = pinned_url(args.base_url, settings, reach.last_start(store))
    organising.renew_device(store, args.uuid)
    waiting = devices.waiting_for(store, args.uuid, address.url, args.days)
    if waiting is None:
        raise CommandError(
            f"device {args.uuid} was paired or archived at this very moment",
            "its old key is void",
            "look at `portillon-api device list`",
        )
    shell.note(f"« {waiting.name} » is refused from now on, until it has read this new code; its scans stay in the log")
    _show_code(waiting, args, address, settings, shell)


def show(_args: Namespace, settings: Settings, store: Store, shell: Shell) -> None:
    """``device list``: all of them, archived ones too, with their last signs of life."""
    found, scans = devices.list_devices(store), signs.newest_scans(store)
    if shell.as_json:
        shell.result([_seen(device, scans) for device in found])
    elif found:
        zone = ZoneInfo(settings.organisation.timezone) if settings.organisation.timezone else None
        events = {event.uuid: event.name for event in list_events(store)}
        rows = [_row(device, events, scans.get(device.id), zone) for device in found]
        shell.table(("UUID", "Device", "State", "Way", "Admits", "Last heard of", "Newest scan"), rows, "--json: all.")
    else:
        shell.say("No device yet: portillon-api device add NAME")


def archive(args: Namespace, store: Store, shell: Shell) -> None:
    """``device archive UUID``: its key is refused from now on; its scans stay in the log."""
    device = organising.archive_device(store, args.uuid)
    if shell.as_json:
        shell.result(_seen(device, signs.newest_scans(store)))
    else:
        shell.say(f"Device « {device.name} » is archived: its key is refused from now on")


_EDIT = "portillon-api device edit"


def _show_code(device: NewDevice, args: Namespace, address: BaseUrl, settings: Settings, shell: Shell) -> None:
    code = qr.make(device.pairing_url)
    for file in (args.png, args.svg):
        if file is not None:
            _write(code, file, device)
    _note(address, shell)
    if shell.as_json:
        shell.result(_told(device))
        return
    shell.qr(qr.lines(code))
    time = within(args.days) if args.days else f"within {settings.pairing.token_minutes} minutes"
    shell.say(f"Show this code to the camera of « {device.name} » {time}: whoever does becomes it.")
    shell.say(device.pairing_url)


def within(days: int) -> str:
    """How long a code is good for, as people say it."""
    return "within a day" if days == 1 else f"within {days} days"


def _note(address: BaseUrl, shell: Shell) -> None:
    if address.note:
        shell.note(f"Note: {address.note}")


def _write(code: QRCode, file: Path, device: NewDevice) -> None:
    try:
        qr.write(code, file)
    except OSError as error:
        raise CommandError(
            f"{file} can't be written: {error.strerror}",
            f"device {device.uuid} waits to be paired, but nobody has its pairing code",
            f"`portillon-api device renew {device.uuid}` shows another, with a file that you may write",
        ) from error


def _told(device: NewDevice) -> dict[str, str]:
    return {
        "uuid": device.uuid,
        "name": device.name,
        "pairing_url": device.pairing_url,
        "token": device.token,
    }


def _seen(device: Device, scans: dict[int, int]) -> dict[str, object]:
    heard_at = signs.heard_at(device.heard_at, scans.get(device.id))
    return {
        "uuid": device.uuid,
        "name": device.name,
        "direction": device.admits.direction,
        "event_uuids": list(device.admits.event_uuids),
        "products": list(device.admits.products),
        "claimed": device.claimed,
        "archived": device.archived,
        "heard_at": None if heard_at is None else moments.to_rfc3339(heard_at),
        "scanned_at": moments.to_rfc3339(scans[device.id]) if device.id in scans else None,
    }


def _row(device: Device, events: dict[str, str], scanned_at: int | None, zone: ZoneInfo | None) -> tuple[str, ...]:
    heard_at = signs.heard_at(device.heard_at, scanned_at)
    moments_shown = (_local(heard_at, zone), _local(scanned_at, zone))
    return (device.uuid, device.name, _state(device), device.admits.direction, _rules(device, events), *moments_shown)


def _rules(device: Device, events: dict[str, str]) -> str:
    named = ", ".join(events.get(uuid, uuid) for uuid in device.admits.event_uuids) or "every event"
    return f"{named}, {' and '.join(device.admits.products) or 'every product'}"


def _local(micros: int | None, zone: ZoneInfo | None) -> str:
    return "" if micros is None else datetime.fromtimestamp(micros // 1_000_000, zone).strftime("%Y-%m-%d %H:%M")


def _uuids(given: list[UUID] | None) -> tuple[str, ...]:
    return tuple(str(uuid) for uuid in given or ())


def _state(device: Device) -> str:
    if device.archived:
        return "archived"
    return "paired" if device.claimed else "waits to be paired"
