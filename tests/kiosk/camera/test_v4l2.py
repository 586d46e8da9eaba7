"""The layouts and numbers of Video4Linux2, compared with the kernel's own headers by a C compiler."""

from __future__ import annotations

import struct
import subprocess

import pytest

from kiosk.camera import v4l2
from tests import needs

STRUCTURES = {
    "v4l2_capability": (v4l2.CAPABILITY, ["driver", "card", "bus_info", "version", "capabilities", "device_caps"]),
    "v4l2_fmtdesc": (v4l2.FORMAT_DESCRIPTION, ["index", "type", "flags", "description", "pixelformat"]),
    "v4l2_format": (
        v4l2.FORMAT,
        ["type", *(f"fmt.pix.{field}" for field in ("width", "height", "pixelformat", "field", "bytesperline"))],
    ),
    "v4l2_streamparm": (
        v4l2.STREAM_PARAMETERS,
        ["type", *(f"parm.capture.{field}" for field in ("capability", "capturemode", "timeperframe"))],
    ),
    "v4l2_control": (v4l2.CONTROL, ["id", "value"]),
    "v4l2_requestbuffers": (v4l2.REQUEST_BUFFERS, ["count", "type", "memory"]),
    "v4l2_buffer": (
        v4l2.BUFFER,
        [
            "index",
            "type",
            "bytesused",
            "flags",
            "field",
            "timestamp.tv_sec",
            "timestamp.tv_usec",
            "sequence",
            "memory",
            "m.offset",
            "length",
        ],
    ),
}
CODES = [
    "QUERYCAP",
    "ENUM_FMT",
    "S_FMT",
    "REQBUFS",
    "QUERYBUF",
    "QBUF",
    "DQBUF",
    "STREAMON",
    "STREAMOFF",
    "S_CTRL",
    "S_PARM",
]
PROGRAM = """#include <linux/videodev2.h>
#include <stddef.h>
#include <stdio.h>
int main(void) {{ {lines} return 0; }}
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """What the headers say: sizes, places of fields, numbers of calls."""
    needs.program("cc", "gcc")
    needs.file("/usr/include/linux/videodev2.h", "libc6-dev")
    asked = {f"VIDIOC_{code}": f"VIDIOC_{code}" for code in CODES}
    for name, (_, fields) in STRUCTURES.items():
        asked[name] = f"sizeof(struct {name})"
        asked |= {f"{name}.{field}": f"offsetof(struct {name}, {field})" for field in fields}
    lines = "".join(f'printf("{key} %lu\\n", (unsigned long){value});' for key, value in asked.items())
    folder = tmp_path_factory.mktemp("headers")
    (folder / "told.c").write_text(PROGRAM.format(lines=lines))
    subprocess.run(["cc", "-o", folder / "told", folder / "told.c"], check=True)
    told = subprocess.run([folder / "told"], check=True, capture_output=True, text=True).stdout
    return {key: int(value) for key, value in (line.split() for line in told.splitlines())}


def places(layout: struct.Struct) -> list[int]:
    """Where each value of the layout begins: the first byte that changes with it."""
    empty = [b"" if isinstance(value, bytes) else 0 for value in layout.unpack(bytes(layout.size))]
    found = []
    for number, value in enumerate(empty):
        packed = layout.pack(*empty[:number], 1 if value == 0 else b"x", *empty[number + 1 :])
        found.append(next(at for at, byte in enumerate(packed) if byte))
    return found


@pytest.mark.parametrize("name", STRUCTURES)
def test_a_structure_has_the_kernels_size_and_its_fields_are_where_the_kernel_has_them(
    kernel: dict[str, int], name: str
) -> None:
    layout, fields = STRUCTURES[name]
    assert layout.size == kernel[name]
    assert places(layout)[: len(fields)] == [kernel[f"{name}.{field}"] for field in fields]


@pytest.mark.parametrize("code", CODES)
def test_a_call_has_the_kernels_number(kernel: dict[str, int], code: str) -> None:
    assert getattr(v4l2, code) == kernel[f"VIDIOC_{code}"]
