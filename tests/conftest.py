"""What every test can ask for: a workspace folder, a migrated database, real photos."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.settings import Settings
from core.store.blobs import Blobs
from core.store.database import migrate, open_database

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def photos_dir() -> Path:
    """The folder of real photos. In CI its absence fails the run; elsewhere it is said aloud."""
    folder = Path(os.environ.get("LIKENESS_PHOTOS_DIR", REPOSITORY.parent / "shared" / "photos"))
    if folder.is_dir():
        return folder
    message = f"no real photos at {folder}: set LIKENESS_PHOTOS_DIR"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of an installation of the test's own; the developer's environment and `.env` do not leak in."""
    for name in list(os.environ):
        if name.startswith("LIKENESS_") and name not in ("LIKENESS_PHOTOS_DIR", "LIKENESS_SPECS_DIR"):
            monkeypatch.delenv(name)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return Settings(_env_file=None, data_dir=tmp_path / "d", poll_seconds=0.2, torch_threads=1)


@pytest.fixture
def blobs(settings: Settings) -> Blobs:
    """The file store of that installation."""
    return Blobs(settings.resolved_storage_dir)


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[None]:
    """A migrated SQLite database, connected for the test."""
    await migrate(settings)
    async with open_database(settings):
        yield


class MovableClock:
    """A clock that a test moves by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **amount: float) -> None:
        """Move on, as in `advance(seconds=31)`."""
        self.now += timedelta(**amount)


@pytest.fixture
def clock() -> MovableClock:
    """A clock at nine in the morning of a fixed day."""
    return MovableClock()
