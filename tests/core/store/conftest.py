"""What tests of the store can ask for besides: a database without any tables."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.settings import Settings
from tests import postgres


@pytest.fixture
def empty_settings(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Settings]:
    """Settings of a database that nobody has migrated."""
    if postgres.DIALECT == "sqlite":
        yield settings
        return
    with postgres.new_database(request.getfixturevalue("postgres_server")) as url:
        yield settings.model_copy(update={"database_url": url})
