"""Text → frames as a camera at a gate would see them: numpy, Pillow, segno. The same seed, the same frame."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from kiosk.demo.props import Level, Medium, Prop, draw

Frame = NDArray[np.uint8]
Picture = NDArray[np.floating]
FOCAL = 1.2  # focal length as a share of the frame's width: 45 degrees across, as Pi cameras have
GAMMA = 2.2


@dataclass(frozen=True, slots=True)
class Look:
    """How a thing is held and lit. Angles in degrees, blur and smear in pixels, the rest as shares of 1."""

    medium: Medium = "phone"
    level: Level = "m"
    border: int = 4  # quiet zone, modules
    size: tuple[int, int] = (1280, 960)  # width, height of the frame
    share: float = 0.42  # side of the code by the frame's height, seen straight on
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)  # centre of the code off the frame's centre, shares of its height
    blur: float = 1.1  # sigma
    smear: float = 0.0  # length of hand movement during the exposure
    light: float = 0.75  # of the hall, on paper and background
    screen: float = 0.95  # brightness of a phone
    slope: float = 0.25  # how much darker one side of the hall is
    glare: float = 0.0  # a lamp mirrored in the glass
    vignette: float = 0.35
    noise: float = 3.0  # standard deviation in grey levels of 255, at mid-grey
    quality: int = 82  # JPEG
    hall: int = 1  # which hall: the background stays the same from frame to frame


def presentation(content: str | bytes, look: Look, seed: int, steady: int = 3) -> Iterator[bytes]:
    """JPEGs of one thing brought to the camera: half in and smeared, nearly there, then ``steady`` frames held."""
    random = np.random.default_rng(seed)
    yield render(content, replace(look, shift=(look.shift[0] + 0.6, look.shift[1] + 0.1), smear=14.0), seed)
    yield render(content, replace(look, shift=(look.shift[0] + 0.12, look.shift[1]), smear=5.0), seed + 1)
    for step in range(steady):
        turn = random.normal(0, 0.6, 3)
        sway = random.normal(0, 0.004, 2)
        held = replace(
            look,
            yaw=look.yaw + turn[0],
            pitch=look.pitch + turn[1],
            roll=look.roll + turn[2],
            shift=(look.shift[0] + sway[0], look.shift[1] + sway[1]),
        )
        yield render(content, held, seed + 2 + step)


def render(content: str | bytes, look: Look, seed: int) -> bytes:
    """One frame as a grey JPEG: drawn, posed, lit, blurred, noisy. Raises what ``props.modules`` raises."""
    random = np.random.default_rng(seed)
    code_px = look.share * look.size[1]
    prop = draw(content, look.medium, look.level, look.border, code_px * 1.25)
    return _exposed(_composed(prop, look), look, random)


def street(look: Look, seed: int) -> bytes:
    """The same place with nobody in it, a grey JPEG."""
    random = np.random.default_rng(seed)
    return _exposed(_background(look), look, random)


def _exposed(scene: Picture, look: Look, random: np.random.Generator) -> bytes:
    """Linear light, float32[height, width] → the picture: lens, hand, sensor noise, JPEG."""
    grey = np.clip(scene * _vignette(look), 0, 1) ** (1 / GAMMA) * 255
    grey = _blurred(grey.astype(np.uint8), look).astype(np.float32)
    grey += random.standard_normal(grey.shape, np.float32) * look.noise * np.sqrt(0.35 + grey / 128)
    file = io.BytesIO()
    Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).save(file, "JPEG", quality=look.quality)
    return file.getvalue()


def _composed(prop: Prop, look: Look) -> Picture:
    """Background, thing and mirrored lamp in linear light, float32[height, width]."""
    back = _background(look)
    coefficients = _inverse_homography(prop, look)
    face = _warped(prop.face, look, coefficients) / 255
    mask = _warped(prop.mask, look, coefficients) / 255
    face = face**GAMMA
    if prop.shines:
        face = face * look.screen + 0.02 + _lamp(look) * look.glare
    else:
        face = face * look.light * _slope(look) + _lamp(look) * look.glare * 0.4
    return back * (1 - mask) + face * mask


def _warped(picture: NDArray[np.uint8], look: Look, coefficients: tuple[float, ...]) -> Picture:
    image = Image.fromarray(picture)
    warped = image.transform(look.size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC)
    return np.asarray(warped, dtype=np.float32)


def _inverse_homography(prop: Prop, look: Look) -> tuple[float, ...]:
    """Pillow's eight numbers, frame pixel → pixel of the flat thing: a pinhole camera, a turned plane."""
    width, height = look.size
    focal = FOCAL * width
    x, y, side = prop.code
    distance = focal * side / (look.share * height)
    turn = _rotation(look.yaw, look.pitch, look.roll)
    # Columns: the thing's x axis, its y axis, and the code's centre, in camera coordinates.
    plane = np.column_stack((turn[:, 0], turn[:, 1], (0.0, 0.0, distance)))
    plane[:, 2] -= turn[:, 0] * x + turn[:, 1] * y
    centre = (width / 2 + look.shift[0] * height, height / 2 + look.shift[1] * height)
    camera = np.array([[focal, 0, centre[0]], [0, focal, centre[1]], [0, 0, 1]])
    inverse = np.linalg.inv(camera @ plane)
    inverse /= inverse[2, 2]
    return tuple(float(v) for v in inverse.ravel()[:8])


def _rotation(yaw: float, pitch: float, roll: float) -> NDArray[np.float64]:
    """float64[3, 3]: roll in the plane, then pitch, then yaw. Degrees."""
    a, b, c = (math.radians(v) for v in (yaw, pitch, roll))
    around_y = np.array([[math.cos(a), 0, math.sin(a)], [0, 1, 0], [-math.sin(a), 0, math.cos(a)]])
    around_x = np.array([[1, 0, 0], [0, math.cos(b), -math.sin(b)], [0, math.sin(b), math.cos(b)]])
    around_z = np.array([[math.cos(c), -math.sin(c), 0], [math.sin(c), math.cos(c), 0], [0, 0, 1]])
    turn: NDArray[np.float64] = around_y @ around_x @ around_z
    return turn


def _background(look: Look) -> Picture:
    """A hall out of focus: patches of wall and people, a few lamps. Linear light, float32[height, width]."""
    random = np.random.default_rng(look.hall)
    coarse = random.uniform(0.02, 0.22, (7, 9)).astype(np.float32)
    coarse[random.integers(0, 3, 3), random.integers(0, 9, 3)] = 0.9  # lamps, in the upper half
    hall = Image.fromarray(coarse).resize(look.size, Image.Resampling.BICUBIC)
    return np.clip(np.asarray(hall, dtype=np.float32), 0, 1) * look.light * _slope(look)


def _slope(look: Look) -> Picture:
    """Uneven light, 1 at the left and ``1 - slope`` at the right: float32[1, width]."""
    return np.linspace(1, 1 - look.slope, look.size[0], dtype=np.float32)[np.newaxis, :]


def _distance(look: Look, x: float, y: float) -> Picture:
    """Squared distance of each pixel from (x, y), all in frame heights: float32[height, width]."""
    width, height = look.size
    across = (np.arange(width, dtype=np.float32) - width / 2) / height - x
    down = (np.arange(height, dtype=np.float32) - height / 2) / height - y
    squared: Picture = (across**2)[np.newaxis, :] + (down**2)[:, np.newaxis]
    return squared


def _lamp(look: Look) -> Picture:
    """A lamp mirrored in the glass, up and right of the code, 0 to 1."""
    if look.glare == 0:
        return np.zeros((1, 1), np.float32)
    away = look.share / 2
    mirrored: Picture = np.exp(-_distance(look, look.shift[0] + away, look.shift[1] - away) / (2 * 0.12**2))
    return mirrored


def _vignette(look: Look) -> Picture:
    dimmed: Picture = 1 - look.vignette * np.clip(_distance(look, 0, 0) / 0.7, 0, 1)
    return dimmed


def _blurred(grey: Frame, look: Look) -> Frame:
    """Focus, then hand movement along the line of the arm."""
    image = Image.fromarray(grey).filter(ImageFilter.GaussianBlur(look.blur))
    steps = round(look.smear)
    if steps < 2:
        return np.asarray(image)
    height, width = grey.shape
    sharp = np.pad(np.asarray(image, dtype=np.float32), ((0, steps), (0, steps)), mode="edge")
    total = np.zeros((height, width), np.float32)
    for step in range(steps):
        total += sharp[step // 4 : step // 4 + height, step : step + width]
    return (total / steps).astype(np.uint8)
