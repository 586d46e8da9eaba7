"""The way of the light: a flat thing in a room, the room's light, the lens, the sensor, the JPEG."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from benchmarks.corpus.things import Flat, Random, Thing

Frame = npt.NDArray[np.uint8]
SIZES = ((640, 480), (1280, 720), (1456, 1088))  # width, height
_FOCAL = 1.2  # of the frame's width
_SPOTS = 14  # blobs in a room


@dataclass(frozen=True, slots=True)
class View:
    """How a thing is seen. Angles in degrees; lengths in modules of the code, but for ``at``, in frame heights."""

    size: tuple[int, int] = SIZES[0]
    module: float = 4.0  # pixels
    turn: tuple[float, float, float] = (0.0, 0.0, 0.0)  # yaw, pitch, roll
    at: tuple[float, float] = (0.0, 0.0)  # of the code's middle, from the frame's
    crumple: float = 0.0  # how far modules are off their places
    thumb: float = 0.0  # width of a finger that reaches into the code, as a share of its side
    cracks: int = 0
    glare: float = 0.0  # width of a mirrored lamp
    shadow: float = 0.0  # how much darker one part is
    moire: float = 0.0
    hall: float = 1.0  # light in the room
    gain: float = 1.0  # exposure: 1 is right, a screen at night has 3
    defocus: float = 0.12  # sigma
    smear: tuple[float, float] = (0.0, 0.0)  # length, direction
    noise: float = 1.5  # grey levels
    quality: int = 90  # JPEG


def frame(thing: Thing | None, view: View, random: Random, room: int) -> Frame:
    """One picture; without a thing, of the room alone. The same room looks the same."""
    scene = _room(view, room) * view.hall
    if thing is not None:
        face, mask = _placed(thing, view, random)
        scene = scene * (1 - mask) + face * mask
    scene = _exposed(scene, view)
    scene = _blurred(scene, view)
    scene += random.standard_normal(scene.shape, np.float32) * view.noise
    file = io.BytesIO()
    Image.fromarray(np.clip(scene, 0, 255).astype(np.uint8)).save(file, "JPEG", quality=view.quality)
    return np.asarray(Image.open(file))


def _room(view: View, seed: int) -> Flat:
    """Walls, people and furniture, out of focus."""
    random, (width, height) = np.random.default_rng(seed), view.size
    image = Image.new("L", view.size, int(random.integers(50, 110)))
    pen = ImageDraw.Draw(image)
    for _ in range(_SPOTS):
        x, y = random.uniform(-0.1, 1, 2) * view.size
        w, h = random.uniform(0.05, 0.4, 2) * height
        draw = pen.ellipse if random.integers(2) else pen.rectangle
        draw((x, y, x + w, y + h), int(random.integers(20, 170)))
    image = image.filter(ImageFilter.GaussianBlur(width / 160))
    return np.asarray(image).astype(np.float32)


def _placed(thing: Thing, view: View, random: Random) -> tuple[Flat, Flat]:
    """The thing in the frame, and how much of each pixel it fills."""
    side = thing.code[2]
    y, x = np.mgrid[0 : view.size[1], 0 : view.size[0]].astype(np.float32)
    way = _inverse(thing, view)
    far = way[2, 0] * x + way[2, 1] * y + way[2, 2]
    u = (way[0, 0] * x + way[0, 1] * y + way[0, 2]) / far
    v = (way[1, 0] * x + way[1, 1] * y + way[1, 2]) / far
    light = np.ones_like(u)
    if view.crumple:
        u, v, light = _crumpled(u, v, side, view.crumple * side / thing.modules, random)
    face = _damaged(thing, view, random)
    height, width = face.shape
    mask = ((u > 0) & (v > 0) & (u < width - 1) & (v < height - 1)).astype(np.float32)
    return _sampled(face, u, v) * light, mask


def _inverse(thing: Thing, view: View) -> npt.NDArray[np.float64]:
    """Frame pixel → pixel of the thing, float64[3, 3]."""
    left, top, side = thing.code
    focal = _FOCAL * view.size[0]
    yaw, pitch, roll = (math.radians(angle) for angle in view.turn)
    about_y = np.array([[math.cos(yaw), 0, math.sin(yaw)], [0, 1, 0], [-math.sin(yaw), 0, math.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]])
    about_z = np.array([[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]])
    turn = about_y @ about_x @ about_z
    distance = focal * side / (view.module * thing.modules)
    plane = np.column_stack((turn[:, 0], turn[:, 1], (0.0, 0.0, distance)))
    plane[:, 2] -= turn[:, 0] * (left + side / 2) + turn[:, 1] * (top + side / 2)
    middle = [view.size[0] / 2 + view.at[0] * view.size[1], view.size[1] / 2 + view.at[1] * view.size[1]]
    camera = np.array([[focal, 0, middle[0]], [0, focal, middle[1]], [0, 0, 1]])
    return np.linalg.inv(camera @ plane)


def _sampled(face: Flat, u: Flat, v: Flat) -> Flat:
    """Bilinear."""
    u, v = np.clip(u, 0, face.shape[1] - 1.01), np.clip(v, 0, face.shape[0] - 1.01)
    left, top = u.astype(np.intp), v.astype(np.intp)
    across, down = u - left, v - top
    upper = face[top, left] * (1 - across) + face[top, left + 1] * across
    lower = face[top + 1, left] * (1 - across) + face[top + 1, left + 1] * across
    sampled: Flat = upper * (1 - down) + lower * down
    return sampled


def _crumpled(u: Flat, v: Flat, side: float, off: float, random: Random) -> tuple[Flat, Flat, Flat]:
    """Waves of a sheet: points move, and what is turned to the light is brighter."""
    light, du, dv = np.ones_like(u), np.zeros_like(u), np.zeros_like(v)
    for _ in range(5):
        length, angle, phase = random.uniform(0.3, 1.1) * side, random.uniform(0, math.pi), random.uniform(0, 7)
        wave = (u * math.cos(angle) + v * math.sin(angle)) * (2 * math.pi / length) + phase
        bend = np.sin(wave) * random.uniform(0.3, 1) * off * 0.6
        du += bend * math.cos(angle)
        dv += bend * math.sin(angle)
        light += np.cos(wave) * 0.07
    return u + du, v + dv, light


def _damaged(thing: Thing, view: View, random: Random) -> Flat:
    """Cracks, a finger, a mirrored lamp, moiré: on the thing itself."""
    left, top, side = thing.code
    face = thing.face
    if view.moire:
        y, x = np.mgrid[0 : face.shape[0], 0 : face.shape[1]].astype(np.float32)
        for _ in range(2):
            angle, length = random.uniform(0, math.pi), random.uniform(1.5, 6) * side / thing.modules
            face = face * (1 + view.moire / 2 * np.sin((x * math.cos(angle) + y * math.sin(angle)) * 6.3 / length))
    image = Image.fromarray(face.astype(np.float32))
    pen = ImageDraw.Draw(image)
    for _ in range(view.cracks):
        at = np.array([left, top]) + random.uniform(-0.1, 1.1, 2) * side
        heading, width = random.uniform(0, 2 * math.pi), random.uniform(0.4, 1.3) * side / thing.modules
        tone = float(random.choice([20, 235]))
        for _ in range(7):
            heading += random.normal(0, 0.5)
            to = at + np.array([math.cos(heading), math.sin(heading)]) * side * random.uniform(0.04, 0.16)
            pen.line((*at, *to), tone, max(1, round(width)))
            at = to
    if view.thumb:
        angle, deep = random.uniform(0, 2 * math.pi), random.uniform(0.2, 0.5)
        way = np.array([math.cos(angle), math.sin(angle)])
        tip = np.array([left + side / 2, top + side / 2]) + way * side * (0.62 - deep)
        wide, tone = view.thumb * side, float(random.integers(70, 150))
        pen.line((*tip, *(tip + way * side * 2)), tone, round(wide))
        pen.ellipse((*(tip - wide / 2), *(tip + wide / 2)), tone)
    face = np.asarray(image)
    if view.glare:
        y, x = np.mgrid[0 : face.shape[0], 0 : face.shape[1]].astype(np.float32)
        for _ in range(3):
            cx, cy = np.array([left, top]) + random.uniform(0.25, 0.95, 2) * side
            wide = view.glare * side * random.uniform(0.3, 0.7)
            face = face + 420 * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * wide**2))
    return face


def _exposed(scene: Flat, view: View) -> Flat:
    """A shadow over a part, and exposure; what is far too bright spills over its neighbours."""
    height, width = scene.shape
    if view.shadow:
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        edge = (x - width / 2 - view.at[0] * height) * 0.8 + (y - height / 2 - view.at[1] * height) * 0.6
        scene = scene * (1 - view.shadow / (1 + np.exp(-edge / (height / 60))))
    if view.gain == 1:
        return scene
    linear = (scene / 255) ** 2.2 * view.gain
    if view.gain > 1:
        spill = _gaussian(np.clip(linear, 0, view.gain), 0.35 * view.module)
        linear = 0.6 * linear + 0.4 * spill
    return (np.clip(linear, 0, 1) ** (1 / 2.2) * 255).astype(np.float32)


def _blurred(scene: Flat, view: View) -> Flat:
    """Focus, then the movement during the exposure."""
    scene = _gaussian(scene, view.defocus * view.module)
    length, angle = view.smear[0] * view.module, math.radians(view.smear[1])
    steps = max(1, round(length))
    if steps == 1:
        return scene
    total = np.zeros_like(scene)
    for along in np.linspace(-length / 2, length / 2, steps):
        total += np.roll(scene, (round(along * math.sin(angle)), round(along * math.cos(angle))), (0, 1))
    return (total / steps).astype(np.float32)


def _gaussian(scene: Flat, sigma: float) -> Flat:
    """Separable; a sigma below a third of a pixel changes nothing."""
    if sigma < 0.33:
        return scene
    reach = math.ceil(3 * sigma)
    weights = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma**2)).astype(np.float32)
    weights /= weights.sum()
    for axis in (0, 1):
        padded = np.pad(scene, [(reach, reach) if axis == other else (0, 0) for other in (0, 1)], mode="edge")
        length = scene.shape[axis]
        scene = np.zeros_like(scene)
        for shift, weight in enumerate(weights):
            scene += weight * (padded[shift : shift + length] if axis == 0 else padded[:, shift : shift + length])
    return scene
