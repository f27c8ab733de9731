"""The clock, and the file by which `make chaos` makes it jump."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.clock import OFFSET_FILE_VARIABLE, utc_now

BLINK = timedelta(minutes=1)
"""Far more than a test takes, far less than the jumps."""


def error() -> timedelta:
    """By how much the clock is wrong."""
    return utc_now() - datetime.now(UTC)


def test_without_the_variable_the_clock_goes_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(OFFSET_FILE_VARIABLE, raising=False)
    assert abs(error()) < BLINK


def test_the_clock_jumps_when_the_file_changes_and_not_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "offset"
    monkeypatch.setenv(OFFSET_FILE_VARIABLE, str(file))
    assert abs(error()) < BLINK
    file.write_text("86400")
    assert abs(error() - timedelta(days=1)) < BLINK
    file.write_text("-3600")
    assert abs(error() + timedelta(hours=1)) < BLINK
    file.write_text("")
    assert abs(error()) < BLINK
