"""What tests of the core can ask for besides: each kind of file store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.settings import Settings
from core.store.blobs import Blobs, open_blobs
from tests.object_store import ObjectStore, object_store


@pytest.fixture(scope="session")
def s3_server() -> Iterator[ObjectStore]:
    """An S3 server for the whole run; every test gets a bucket of its own."""
    with object_store() as server:
        yield server


@pytest.fixture(params=["folder", "bucket"])
def storage_settings(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    """Settings that keep files in a folder, and then the same test again with a bucket."""
    if request.param == "folder":
        return settings
    server: ObjectStore = request.getfixturevalue("s3_server")
    return server.settings(settings)


@pytest.fixture
def store(storage_settings: Settings) -> Blobs:
    """The file store of those settings."""
    return open_blobs(storage_settings)
