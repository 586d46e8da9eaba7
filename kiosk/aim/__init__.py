"""``portillon-kiosk aim``: a live picture with what is wrong with it, for the tech who mounts the camera."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from kiosk.aim import terminal
from kiosk.aim.watching import Look, watch
from kiosk.aim.web import Stand
from kiosk.aim.words import told
from kiosk.camera import CameraFault, open_camera
from kiosk.screen.words import Language
from kiosk.settings import Settings
from kiosk.status import read_status

__all__ = ["run"]


def run(chosen: Settings, is_web: bool, port: int) -> int:
    """Show it until Ctrl-C (0), or until the camera can't be used (1). ``port``: of the page, 0 for any free one."""
    language = chosen.screen.languages[0]
    if not is_web and not sys.stdout.isatty():
        return _refuse(told("no_terminal", language))
    status = read_status(chosen.state_dir)
    if status is not None and status.is_of_a_running_gate and chosen.camera.source != "replay":
        return _refuse(told("running", language, pid=status.pid))
    try:
        return _show(chosen, is_web, port)
    except CameraFault as fault:
        return _refuse(str(fault))
    except KeyboardInterrupt:
        return 0


def _show(chosen: Settings, is_web: bool, port: int) -> int:
    language = chosen.screen.languages[0]
    camera = open_camera(chosen.camera)
    try:
        looks = watch(camera, chosen.camera.lens_distance_m)
        if is_web:
            return _serve(looks, language, port)
        terminal.show(looks, language)
    finally:
        camera.close()
    return 0


def _serve(looks: Iterator[Look], language: Language, port: int) -> int:
    try:
        stand = Stand(port, language)
    except OSError:
        return _refuse(told("port_taken", language, port=port))
    print(told("open_page", language, url=stand.url, port=stand.server_port), flush=True)
    why = told("stopped", language)
    try:
        stand.show(looks)
    except CameraFault as fault:
        why = str(fault)
        raise
    finally:
        stand.end(why)
    return 0


def _refuse(why: str) -> int:
    print(why, file=sys.stderr)
    return 1
