"""`likeness check`: what a shell is told about photos, and by which exit code."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from bot.cli import app
from core.errors import ConfigurationError
from tests.bot.conftest import PhotoMaker


def check(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["check", *map(str, arguments)])


def as_json(*arguments: str | Path) -> Any:
    return json.loads(check(*arguments, "--json").stdout)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the test's own: what a check leaves behind would be seen in it."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DATABASE_URL", "postgres://nobody:nothing@127.0.0.1:1/none")
    return folder


def test_good_photos_leave_with_0_and_nothing_behind(photo: PhotoMaker, elsewhere: Path) -> None:
    result = check(photo(1), photo(2), "--kind", "product", "--class", "mug")
    assert result.exit_code == 0, result.output
    assert "Nothing to improve was found on 2 photos." in result.output
    assert list(elsewhere.iterdir()) == []


def test_a_blurred_photo_leaves_with_1_and_says_what_to_do(photo: PhotoMaker) -> None:
    result = check(photo(1), photo(2, blur=8), "--kind", "product", "--class", "mug")
    assert result.exit_code == 1
    row = next(line for line in result.output.splitlines() if "blurry" in line)
    assert row.split()[2] == "2"
    assert "mug" in result.output


def test_what_is_no_picture_leaves_with_2_and_the_others_are_still_judged(
    photo: PhotoMaker, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.jpg"
    notes.write_text("shopping list: milk, eggs\n")
    result = check(notes, tmp_path / "missing.jpg", photo(2, blur=8), "--kind", "product")
    assert result.exit_code == 2
    assert "notes.jpg is not an image" in result.output
    assert "missing.jpg could not be read: no such file" in result.output
    assert "blurry" in result.output


def test_the_json_has_every_file_and_finding_in_the_same_words(photo: PhotoMaker, tmp_path: Path) -> None:
    notes = tmp_path / "notes.jpg"
    notes.write_text("shopping list: milk, eggs\n")
    sharp, soft = photo(1), photo(2, blur=8)
    answer = as_json(sharp, notes, soft, "--kind", "product", "--class", "mug")
    assert list(answer) == ["images", "findings"]
    assert answer["images"][0] == {
        "file": str(sharp),
        "sha256": hashlib.sha256(sharp.read_bytes()).hexdigest(),
        "decoded": True,
        "error": None,
    }
    assert answer["images"][1]["decoded"] is False
    assert answer["images"][1]["error"].startswith("notes.jpg is not an image")
    keys = ["check", "status", "severity", "files", "score", "threshold", "why", "fix"]
    assert all(list(finding) == keys for finding in answer["findings"])
    found = [finding for finding in answer["findings"] if finding["status"] == "found"]
    [blurry] = [finding for finding in found if finding["check"] == "blurry"]
    assert blurry["files"] == [str(soft)]
    assert isinstance(blurry["score"], float) and isinstance(blurry["threshold"], float)


def test_what_could_not_be_judged_is_said_and_is_no_finding(photo: PhotoMaker) -> None:
    paths = [photo(1), photo(2)]
    answer = as_json(*paths, "--kind", "character", "--class", "woman")
    unseen = [finding for finding in answer["findings"] if finding["status"] == "not_assessed"]
    people = next(finding for finding in unseen if finding["check"] == "people")
    assert people["files"] == [str(path) for path in paths]
    assert people["score"] is None
    assert check(*paths, "--kind", "character").exit_code == 0


def test_nothing_that_can_be_read_is_an_answer_too(tmp_path: Path) -> None:
    assert as_json(tmp_path / "missing.jpg", "--kind", "style") == {
        "images": [
            {
                "file": str(tmp_path / "missing.jpg"),
                "sha256": None,
                "decoded": False,
                "error": "missing.jpg could not be read: no such file or directory.",
            }
        ],
        "findings": [],
    }


def test_the_sheet_shows_every_photo_and_darkens_what_the_crop_would_cut(
    photo: PhotoMaker, elsewhere: Path, tmp_path: Path
) -> None:
    wide = tmp_path / "wide.png"
    picture = Image.new("RGB", (1600, 1024), (0, 200, 0))
    picture.paste(Image.open(photo(1)).resize((600, 600)), (500, 200))
    picture.save(wide)
    result = check(wide, photo(2), "--kind", "product", "--sheet", elsewhere / "sheet.png")
    assert "sheet.png" in result.output
    with Image.open(elsewhere / "sheet.png") as sheet:
        two_cells = 2 * 360 + 3 * 20
        assert sheet.width == two_cells
        # Green where the photo stays, dark green at its left end, which the square leaves out.
        assert sheet.getpixel((200, 40)) == (0, 200, 0)
        assert sheet.getpixel((26, 40)) == (0, 90, 0)


def test_a_sheet_that_cannot_be_written_is_a_sentence(photo: PhotoMaker, elsewhere: Path) -> None:
    result = check(photo(1), "--kind", "product", "--sheet", elsewhere / "no folder" / "sheet.png")
    assert isinstance(result.exception, ConfigurationError)
    assert "cannot be written: No such file or directory." in str(result.exception)
