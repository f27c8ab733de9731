"""What DATABASE_URL may say, and what an operator reads when it says something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ConfigurationError
from core.settings import Settings
from core.store.database import dialect, migrate, open_database, psycopg_conninfo


def with_url(url: str, data_dir: Path) -> Settings:
    return Settings(_env_file=None, DATABASE_URL=url, data_dir=data_dir)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", "sqlite"),
        ("sqlite:///somewhere/likeness.sqlite3", "sqlite"),
        ("postgres://ana@db/likeness", "postgres"),
        ("postgresql://ana@db/likeness", "postgres"),
    ],
)
def test_the_url_chooses_the_database(url: str, expected: str, tmp_path: Path) -> None:
    assert dialect(with_url(url, tmp_path)) == expected


async def test_another_kind_of_database_is_refused_with_both_that_work(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"mysql://.*postgresql://.*sqlite://"):
        await migrate(with_url("mysql://ana@db/likeness", tmp_path))


@pytest.mark.parametrize(
    "url", ["postgresql://ana:hunter2@127.0.0.1:1/likeness", "postgresql://ana:hunter2@[::1/x"]
)
async def test_a_server_that_cannot_be_reached_is_named_without_the_password(
    url: str, tmp_path: Path
) -> None:
    for act in (migrate, enter):
        with pytest.raises(ConfigurationError) as refusal:
            await act(with_url(url, tmp_path))
        assert "DATABASE_URL" in str(refusal.value)
        assert "hunter2" not in repr(refusal.getrepr(style="native"))
    if "likeness" in url:
        assert all(part in str(refusal.value) for part in ("127.0.0.1", "port 1,", "database likeness"))


async def enter(settings: Settings) -> None:
    async with open_database(settings):
        pytest.fail("nothing is there")


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="cannot be made"):
        await migrate(with_url("", tmp_path / "file" / "data"))


def test_the_operators_own_parameters_are_kept(tmp_path: Path) -> None:
    url = "postgresql://ana@db/likeness?sslmode=require&options=-c%20search_path%3Dours&connect_timeout=3"
    conninfo = psycopg_conninfo(with_url(url, tmp_path))
    assert "sslmode=require" in conninfo and "search_path=ours" in conninfo and "lock_timeout" in conninfo
    assert "connect_timeout=3" in conninfo
