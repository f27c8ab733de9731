"""The demo's own parts: what it trains on, and the page it draws. The whole of it is `make demo`."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from bot.demo.contact_sheet import Row, draw
from bot.demo.photos import blurred_copy, bundled_subject, subject_from
from core.errors import ConfigurationError
from core.feedback.checks import check
from core.feedback.features import measure
from core.feedback.findings import Check, flagged_photo
from core.rules.kinds import ModelKind


def test_the_blurred_copy_is_the_only_photo_that_feedback_flags(tmp_path: Path) -> None:
    subject = bundled_subject()
    weak = blurred_copy(subject.weak_original, tmp_path)
    features = [measure(path.read_bytes()) for path in (*subject.good, weak)]
    flagged = [
        (finding.check, flagged_photo(finding))
        for finding in check(features, kind=subject.kind, class_noun=subject.class_noun)
        if flagged_photo(finding) is not None
    ]
    assert flagged == [(Check.BLURRY, 3)]


def test_photos_that_are_compared_with_are_not_trained_on(photos_dir: Path) -> None:
    subject = subject_from(photos_dir / "candle", "glow", ModelKind.PRODUCT, "candle")
    trained = {*subject.good, subject.weak_original}
    assert len(trained) == 4
    assert subject.held_out
    assert not trained & set(subject.held_out)


def test_a_folder_with_too_few_photos_says_how_many_it_takes(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="at least 5"):
        subject_from(tmp_path, "glow", ModelKind.PRODUCT, "candle")


def test_the_contact_sheet_has_a_cell_for_every_picture(tmp_path: Path) -> None:
    photo = tmp_path / "red.png"
    Image.new("RGB", (40, 40), (255, 0, 0)).save(photo)
    draw([Row("one", [(photo, "a")]), Row("two", [(photo, "b"), (photo, "c")])], tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        red = sum(pixel == (255, 0, 0) for pixel in sheet.convert("RGB").get_flattened_data())
    assert red == 3 * 192 * 192
