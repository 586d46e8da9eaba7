"""Runs on an emulated arm64, by ``test_arm64.py``: every room, and a ticket from signature to reading."""

import importlib
import io
import json
import pkgutil
import platform
import sys

import numpy as np
import pyzbar.pyzbar
import segno
import zxingcpp
from PIL import Image

import api
import kiosk
from api.tickets import codes, keys
from kiosk.reader import QrReader

# From Raspberry Pi's own packages, so only on a Pi.
NOT_HERE = {"lgpio", "libcamera", "picamera2"}
UUID = "6f0b0d1e-6f5e-4a54-9d6c-2f1f3c5b7a90"


def rooms() -> tuple[list[str], list[str]]:
    """Import every module of both packages: those that could be, and those that want what only a Pi has."""
    imported, only_on_a_pi = [], []
    for package in (kiosk, api):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.rpartition(".")[2] == "__main__":
                continue
            try:
                importlib.import_module(module.name)
            except ModuleNotFoundError as error:
                if error.name not in NOT_HERE:
                    raise
                only_on_a_pi.append(module.name)
            else:
                imported.append(module.name)
    return imported, only_on_a_pi


def frame(text: str) -> np.ndarray:
    """A grey frame of 640 × 480 that shows this code."""
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(drawn, kind="png", scale=4, border=4)
    picture = Image.new("L", (640, 480), 120)
    with Image.open(drawn) as code:
        picture.paste(code.convert("L"), (60, 60))
    return np.asarray(picture)


private, public = keys.new_pair()
text = codes.sign(private, UUID)
gray = frame(text)
imported, only_on_a_pi = rooms()
json.dump(
    {
        "machine": platform.machine(),
        "rooms": imported,
        "only_on_a_pi": only_on_a_pi,
        "written": text,
        "read": QrReader().read(gray),
        "zbar": [found.data.decode() for found in pyzbar.pyzbar.decode(Image.fromarray(gray))],
        "zxing": [found.text for found in zxingcpp.read_barcodes(gray)],
        "genuine": codes.is_genuine(codes.parse(text), public),
        "genuine_with_another_key": codes.is_genuine(codes.parse(text), keys.new_pair()[1]),
    },
    sys.stdout,
)
