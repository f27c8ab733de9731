"""What every test can ask for: a workspace folder, a migrated database, real photos."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.queue.dispatch import Dispatch, open_dispatch
from core.settings import Settings
from core.store.blobs import Blobs
from core.store.database import dialect, migrate, open_database
from tests import postgres

pytest_plugins = ["tests.fakes.discord.fixtures", "tests.fakes.slack.fixtures"]

SLACK_STORIES = {"whole_bot", "bot_by_either_way", "bot_of_many"}
REPOSITORY = Path(__file__).resolve().parent.parent


def pytest_sessionstart() -> None:
    """A run on PostgreSQL needs a server. In CI its absence fails the run; elsewhere it is said aloud."""
    if postgres.DIALECT == "postgres" and postgres.find_server() is None:
        place = postgres.SERVER.rpartition("@")[2]
        message = f"no PostgreSQL answers at {place}: start one, or set LIKENESS_TEST_POSTGRES"
        pytest.exit(message, returncode=1 if os.environ.get("CI") == "true" else 0)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the database, so that `-m database` can run it on PostgreSQL.

    Slack's stories of the whole bot go through the very rows that Discord's do, and the platforms' fakes are
    no part of the product: both are played on one of the two. A test may still ask for both by the mark itself.
    """
    for item in items:
        if isinstance(item, pytest.Function) and "database" in item.fixturenames:
            is_a_fakes_own = REPOSITORY / "tests" / "fakes" in item.path.parents
            is_told_twice = item.path.parent.name == "slack" and not SLACK_STORIES.isdisjoint(
                item.fixturenames
            )
            if not is_a_fakes_own and not is_told_twice:
                item.add_marker("database")


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


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """The address of the PostgreSQL server that this run uses."""
    server = postgres.find_server()
    assert server is not None, "it answered when the run began"
    return server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """The name of a migrated database, to be copied."""
    with postgres.migrated_template(postgres_server) as name:
        yield name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied: migrating takes a second."""
    settings = Settings(_env_file=None, DATABASE_URL="", data_dir=tmp_path_factory.mktemp("template"))
    postgres.run_apart(migrate(settings))
    return settings.data_dir / "likeness.sqlite3"


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database of the test's own: empty means SQLite, made by whoever migrates first."""
    if postgres.DIALECT == "sqlite":
        yield ""
        return
    server: str = request.getfixturevalue("postgres_server")
    template: str = request.getfixturevalue("postgres_template")
    with postgres.new_database(server, template) as url:
        yield url


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Settings:
    """Settings of an installation of the test's own; the developer's environment and `.env` do not leak in."""
    for name in list(os.environ):
        if name.startswith("LIKENESS_") and name not in ("LIKENESS_PHOTOS_DIR", "LIKENESS_SPECS_DIR"):
            monkeypatch.delenv(name)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return Settings(
        _env_file=None, DATABASE_URL=database_url, data_dir=tmp_path / "d", poll_seconds=0.2, torch_threads=1
    )


@pytest.fixture
def blobs(settings: Settings) -> Blobs:
    """The file store of that installation."""
    return Blobs(settings.resolved_storage_dir)


@pytest.fixture
async def database(request: pytest.FixtureRequest, settings: Settings) -> AsyncIterator[None]:
    """A migrated database, connected for the test."""
    if dialect(settings) == "sqlite":
        file = Path(settings.resolved_database_url.removeprefix("sqlite://"))
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
    async with open_database(settings):
        yield


@pytest.fixture
async def dispatch(settings: Settings, database: None) -> AsyncIterator[Dispatch]:
    """The dispatcher that belongs to that database."""
    async with open_dispatch(settings) as opened:
        yield opened


class MovableClock:
    """A clock that a test moves by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
        self.seconds_gone = 0.0

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        """The seconds that went by, whatever the wall says."""
        return self.seconds_gone

    def advance(self, **amount: float) -> None:
        """Move on, as in `advance(seconds=31)`."""
        self.seconds_gone += timedelta(**amount).total_seconds()
        self.now += timedelta(**amount)

    def jump(self, **amount: float) -> None:
        """Set the wall clock forward or back, while no time goes by."""
        self.now += timedelta(**amount)


@pytest.fixture
def clock() -> MovableClock:
    """A clock at nine in the morning of a fixed day."""
    return MovableClock()
