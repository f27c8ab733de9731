"""`likeness calibrate`: lines measured on an operator's folders, and used by the checks from then on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from typer.testing import CliRunner, Result

from bot.calibrate import subject_folders
from bot.cli import app
from core.errors import ConfigurationError
from core.feedback.calibrating import calibrate_looks
from core.feedback.calibration import OFFLINE
from tests.tiny_vision import make_dinov2

COLOURS = {"mug": "crimson", "vase": "navy", "shoe": "gold", "can": "darkgreen", "toy": "purple"}


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False)


def draw(path: Path, colour: str, seed: int) -> None:
    """A thing of that colour somewhere before a ground of its own."""
    random = np.random.default_rng(seed)
    ground = tuple(int(part) for part in random.integers(150, 255, 3))
    image = Image.new("RGB", (320, 320), ground)
    left, top = (int(part) for part in random.integers(60, 120, 2))
    canvas = ImageDraw.Draw(image)
    canvas.ellipse((left, top, left + 140, top + 140), fill=colour)
    canvas.rectangle((left + 60, top + 60, left + 150, top + 90), fill=colour)
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, quality=92)


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """Five subjects with four photos each, and what lies beside photos in real life."""
    for number, (name, colour) in enumerate(COLOURS.items()):
        for view in range(4):
            draw(tmp_path / "photos" / name / f"{view}.jpg", colour, 10 * number + view)
    (tmp_path / "photos" / "README.txt").write_text("Taken by us.\n")
    (tmp_path / "photos" / "mug" / ".DS_Store").write_bytes(b"\0")
    return tmp_path / "photos"


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation of the test's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIKENESS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LIKENESS_TORCH_THREADS", "1")
    monkeypatch.delenv("LIKENESS_VISION_MODEL", raising=False)
    return tmp_path / "data"


def odd_one_of(folders: Path) -> dict[str, Any]:
    """What the check says of three photos of one subject with one of another."""
    photos = [folders / "mug" / f"{view}.jpg" for view in range(3)] + [folders / "vase" / "0.jpg"]
    findings = json.loads(run("check", *photos, "--kind", "product", "--json").stdout)["findings"]
    (odd,) = [finding for finding in findings if finding["check"] == "different_subject"]
    return odd


def test_offline_lines_are_written_and_used_from_then_on(folders: Path, data_dir: Path) -> None:
    before = odd_one_of(folders)
    assert before["threshold"] == OFFLINE.max_oddness
    result = run("calibrate", folders)
    assert result.exit_code == 0, result.output
    record = json.loads((data_dir / "calibration" / "offline.json").read_text())
    assert (record["provider"], record["subjects"], record["photos"]) == ("offline", 5, 20)
    assert record["folders"] == [str(folders)]
    assert "offline, measured on 20 photos of 5 subjects." in result.output
    assert "other objects found" in result.output and "It is used from now on." in result.output
    assert odd_one_of(folders)["threshold"] == record["lines"]["max_oddness"] != OFFLINE.max_oddness
    assert record["lines"]["max_noise_sigma"] >= OFFLINE.max_noise_sigma, "good photos only ever loosen it"
    assert record["lines"]["min_brightest"] <= OFFLINE.min_brightest


def test_a_record_written_elsewhere_is_to_be_looked_at_first(
    folders: Path, data_dir: Path, tmp_path: Path
) -> None:
    result = run("calibrate", folders, "--out", tmp_path / "trial.json")
    assert json.loads((tmp_path / "trial.json").read_text())["provider"] == "offline"
    assert not data_dir.exists()
    assert f"It is used once it lies at {data_dir / 'calibration' / 'offline.json'}" in result.output


def test_a_vision_model_gets_lines_of_its_own_and_the_check_looks_with_it(
    folders: Path, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker's side is a real process with a real model of random weights, asked through a pipe."""
    monkeypatch.setenv("LIKENESS_VISION_MODEL", str(make_dinov2(tmp_path / "model")))
    result = run("calibrate", folders)
    assert result.exit_code == 0, result.output
    (path,) = (data_dir / "calibration").iterdir()
    record = json.loads(path.read_text())
    assert path.stem == record["provider"]
    assert path.stem.startswith("dinov2-")
    assert record["lines"].keys() == {"max_oddness", "max_sameness"}
    assert 0 <= record["figures"]["clean_sets_flagged"] <= 1
    record["lines"][
        "max_oddness"
    ] = -1.0  # random weights tell no mug from a vase: let any set have an odd one
    path.write_text(json.dumps(record))
    odd = odd_one_of(folders)
    assert (odd["status"], odd["threshold"]) == ("found", -1.0)
    assert odd["why"].startswith("It looks unlike the other photos")


def test_a_vision_model_that_cannot_be_loaded_is_said_by_its_process(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKENESS_VISION_MODEL", "/no/such/model")
    with pytest.raises(ConfigurationError, match="LIKENESS_VISION_MODEL: there is no folder /no/such/model"):
        run("calibrate", folders)


def test_too_few_folders_are_refused_with_what_is_needed(folders: Path, data_dir: Path) -> None:
    (folders / "can" / "0.jpg").unlink()
    (folders / "can" / "1.jpg").unlink()
    with pytest.raises(
        ConfigurationError, match=r"2 folders with at least 3 photos .* at least 4 are needed"
    ):
        run("calibrate", folders / "mug", folders / "can", folders / "vase")
    assert not data_dir.exists()


def test_what_is_left_out_is_named(folders: Path) -> None:
    (folders / "can" / "notes.jpg").write_text("milk, eggs\n")
    for view in (1, 2, 3):
        (folders / "toy" / f"{view}.jpg").unlink()
    output = run("calibrate", folders).output
    assert "notes.jpg is not an image" in output
    assert "toy has 1 photo: left out." in output
    assert "README" not in output


def test_folders_of_folders_are_taken_apart(folders: Path) -> None:
    assert {folder.name for folder in subject_folders([folders])} == {*COLOURS, "photos"}
    assert subject_folders([folders / "mug", folders / "mug"]) == [(folders / "mug").resolve()]


# What the figures mean


def subjects(spread: float, *, count: int = 8) -> list[list[np.ndarray]]:
    """Looks of subjects that lie apart, each photo so far from its subject's own direction."""
    random = np.random.default_rng(7)
    made: list[list[np.ndarray]] = []
    for _ in range(count):
        centre = random.normal(size=64)
        photos = [centre + spread * random.normal(size=64) for _ in range(5)]
        made.append([(photo / np.linalg.norm(photo)).astype(np.float32) for photo in photos])
    return made


def test_subjects_that_lie_apart_are_told_apart_and_those_that_mix_are_said_not_to_be() -> None:
    apart, mixed = calibrate_looks(subjects(0.3)), calibrate_looks(subjects(5.0))
    assert apart.figures["other_objects_located"] > 0.95
    assert mixed.figures["other_objects_located"] < 0.3
    assert apart.lines["max_sameness"] > mixed.lines["max_sameness"]
    for chosen in (apart, mixed):
        assert 0 <= chosen.figures["clean_sets_flagged_low"] <= chosen.figures["clean_sets_flagged"]
        assert chosen.figures["clean_sets_flagged"] < 0.25


def test_the_same_photos_give_the_same_lines() -> None:
    assert calibrate_looks(subjects(1.0)) == calibrate_looks(subjects(1.0))
