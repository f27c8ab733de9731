"""Records of `likeness calibrate` on disk: read as they were written, and never half believed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from core.feedback.calibration import OFFLINE, VisionCalibration
from core.feedback.calibration_records import (
    Record,
    offline_calibration,
    read_record,
    record_path,
    vision_calibration,
    write_record,
)

PROVIDER = "dinov2+yolos-0123456789ab"
VISION = Record(
    PROVIDER, {"max_oddness": 0.3, "max_sameness": 0.8}, "2026-11-21", ("photos",), 6, 30, {"x": 0.5}
)
OWN = replace(VISION, provider="offline", lines={"max_oddness": 0.5, "max_noise_sigma": 4.0})


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    folder = tmp_path / "calibration"
    write_record(record_path(folder, PROVIDER), VISION)
    write_record(record_path(folder, PROVIDER), VISION)
    assert read_record(folder, PROVIDER) == VISION
    assert vision_calibration(folder, PROVIDER) == VisionCalibration(PROVIDER, 0.3, 0.8)
    assert [path.name for path in folder.iterdir()] == [f"{PROVIDER}.json"]


def test_without_a_record_offline_has_its_own_lines_and_a_model_has_none(tmp_path: Path) -> None:
    assert offline_calibration(tmp_path / "none") == OFFLINE
    assert vision_calibration(tmp_path / "none", PROVIDER) is None


def test_the_lines_of_a_record_take_the_place_of_the_built_in_ones(tmp_path: Path) -> None:
    write_record(record_path(tmp_path, "offline"), OWN)
    assert offline_calibration(tmp_path) == replace(OFFLINE, max_oddness=0.5, max_noise_sigma=4.0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"provider": "offline"}',
        '{"provider":"other","lines":{},"made_on":"","folders":[],"subjects":1,"photos":1,"figures":{}}',
        '{"provider":"offline","lines":{"nonsense":1},"made_on":"","folders":[],"subjects":1,"photos":1,"figures":{}}',
        '{"provider":"offline","lines":{"max_oddness":"a"},"made_on":"","folders":[],"subjects":1,"photos":1,"figures":{}}',
    ],
)
def test_a_record_that_cannot_be_used_is_said_with_its_file(text: str, tmp_path: Path) -> None:
    (tmp_path / "offline.json").write_text(text)
    with pytest.raises(ConfigurationError, match=r"offline\.json cannot be used: make it again"):
        offline_calibration(tmp_path)


def test_lines_of_the_wrong_kind_are_not_used(tmp_path: Path) -> None:
    write_record(record_path(tmp_path, PROVIDER), replace(OWN, provider=PROVIDER))
    with pytest.raises(ConfigurationError, match="cannot be used"):
        vision_calibration(tmp_path, PROVIDER)


def test_a_record_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="LIKENESS_CALIBRATION_DIR"):
        write_record(tmp_path / "file" / "offline.json", OWN)


def test_a_provider_is_no_path() -> None:
    for name in ("../offline", "a/b", "", "A"):
        with pytest.raises(ValueError, match="a provider is named"):
            record_path(Path("calibration"), name)
