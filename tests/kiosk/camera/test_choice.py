"""The [camera] settings, and which camera they open."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from kiosk import settings
from kiosk.camera import CameraFault, open_camera
from kiosk.camera.replay import ReplayCamera


@pytest.fixture
def load(tmp_path: Path) -> Any:
    def load(camera: str, **environment: str) -> settings.Camera:
        file = tmp_path / "kiosk.toml"
        file.write_text(f"[gate]\nrelay = 17\n[camera]\n{camera}")
        overridden = {f"PORTILLON_KIOSK__CAMERA__{name}": value for name, value in environment.items()}
        return settings.load(file, environment=overridden).camera

    return load


def test_by_default_the_camera_module_is_read_in_its_middle_square_by_a_bracket(load: Any, pi: Any) -> None:
    open_camera(load("")).close()
    assert pi.opened.configuration["main"]["size"] == (1232, 1232)
    assert pi.opened.controls[0]["AeEnable"] is False
    assert pi.opened.controls[0]["LensPosition"] == pytest.approx(5.0)


def test_the_settings_of_the_camera_module_reach_it(load: Any, pi: Any) -> None:
    chosen = 'roi = [0.5, 0.0, 0.5, 0.5]\nlens_distance_m = 0.5\nexposure = "auto"\nfps = 20'
    open_camera(load(chosen)).close()
    assert pi.opened.configuration["main"]["size"] == (1152, 648)
    assert pi.opened.controls[0]["ScalerCrop"] == (2304, 0, 2304, 1296)
    assert pi.opened.controls[0]["LensPosition"] == pytest.approx(2.0)
    assert "ExposureTime" not in pi.opened.controls[0]
    assert pi.opened.controls[0]["FrameDurationLimits"] == (50_000, 50_000)


def test_a_region_can_come_from_the_environment(load: Any) -> None:
    assert load("", ROI="0.1,0.2,0.3,0.4").roi == (0.1, 0.2, 0.3, 0.4)


def test_a_usb_camera_is_opened_by_its_path_without_picamera2(load: Any) -> None:
    with pytest.raises(CameraFault, match="/dev/null is no camera"):
        open_camera(load('source = "usb"\npath = "/dev/null"'))


def test_a_folder_is_replayed(load: Any, tmp_path: Path) -> None:
    camera = open_camera(load(f'source = "replay"\npath = "{tmp_path}"'))
    assert isinstance(camera, ReplayCamera)
    camera.close()


@pytest.mark.parametrize(
    ("camera", "mistake"),
    [
        ("width = 1280", "width and height go together"),
        ("roi = [0.5, 0.5, 0.6, 0.2]", "roi reaches beyond the view"),
        ("roi = [0.5, 0.5, 0.05, 0.5]", "too small"),
        ("roi = [0.5, 0.5]", "camera.roi"),
        ("lens_distance_m = 0", "camera.lens_distance_m"),
        ('source = "replay"', "needs path"),
        ('source = "picamera"', "did you mean 'picamera2'?"),
        ('exposure = "braket"', "did you mean 'bracket'?"),
        ("lens_distance = 0.2", "did you mean camera.lens_distance_m?"),
    ],
)
def test_a_mistake_is_told_with_what_to_do(load: Any, camera: str, mistake: str) -> None:
    with pytest.raises(settings.SettingsError, match=re.escape(mistake)):
        load(camera)
