"""Files in a folder and in a bucket: one contract, whatever the store says in its own words."""

from __future__ import annotations

import asyncio
import hashlib
import resource
import socket
from collections.abc import Awaitable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.clock import utc_now
from core.errors import BlobMissing, ConfigurationError, StoreUnavailable
from core.settings import Settings
from core.store.blobs import Blobs, open_blobs
from tests.object_store import ObjectStore

NOTHING_THERE = "w/" + "0" * 64 + ".png"
LARGER_THAN_A_PART = 6 * 1024 * 1024  # obstore cuts uploads above 5 MiB into parts
DISK_BYTES = 64 * 1024


async def test_what_was_stored_comes_back_under_its_content_s_name(store: Blobs) -> None:
    key = await store.put("w", b"a mug", ".png")
    assert key == f"w/{hashlib.sha256(b'a mug').hexdigest()}.png"
    assert await store.get(key) == b"a mug"
    assert await store.exists(key)


async def test_large_and_empty_files_come_back_whole(store: Blobs) -> None:
    large = bytes(range(256)) * (LARGER_THAN_A_PART // 256)
    assert await store.get(await store.put("w", large, ".safetensors")) == large
    assert await store.get(await store.put("w", b"", ".txt")) == b""


async def test_the_same_content_is_one_file_of_its_workspace(
    store: Blobs, storage_settings: Settings
) -> None:
    neighbour = open_blobs(storage_settings)  # another process has a store of its own
    puts = [each.put("w", b"a mug", ".png") for each in (store, neighbour) for _ in range(8)]
    [key] = set(await asyncio.gather(*puts))
    elsewhere = await store.put("v", b"a mug", ".png")
    assert await store.keys("w") == [key]
    await store.delete(elsewhere)
    assert await neighbour.get(key) == b"a mug"


async def test_the_store_tells_size_and_age(store: Blobs) -> None:
    key = await store.put("w", b"a mug", ".png")
    [entry] = await store.entries("w")
    assert (entry.key, entry.size_bytes) == (key, 5)
    assert abs(utc_now() - entry.last_modified) < timedelta(minutes=1)
    found = await store.stat(key)
    assert found is not None
    assert (found.key, found.size_bytes) == (key, 5)


async def test_lists_keep_workspaces_apart(store: Blobs) -> None:
    mine, theirs = await store.put("w", b"1", ".png"), await store.put("w2", b"1", ".png")
    assert await store.keys("w") == [mine]
    assert {entry.key for entry in await store.entries()} == {mine, theirs}
    assert await store.workspaces() == ["w", "w2"]
    assert await store.keys("nobody") == []


async def test_a_file_that_is_not_there_is_missing(store: Blobs) -> None:
    with pytest.raises(BlobMissing):
        await store.get(NOTHING_THERE)
    assert await store.stat(NOTHING_THERE) is None
    assert not await store.exists(NOTHING_THERE)


async def test_deleting_what_is_gone_is_fine(store: Blobs) -> None:
    first, second, kept = [await store.put("w", content, ".png") for content in (b"1", b"2", b"3")]
    await store.delete(first)
    await store.delete(first)
    await store.delete_many([first, NOTHING_THERE, second])
    await store.delete_many([])
    assert await store.keys("w") == [kept]


@pytest.mark.parametrize("key", ["../secret.png", "w/../../secret.png", "w/.."])
async def test_no_key_leads_out_of_the_store(store: Blobs, tmp_path: Path, key: str) -> None:
    for attempt in (store.get(key), store.stat(key), store.delete(key), store.delete_many([key])):
        with pytest.raises(ValueError):
            await attempt
    with pytest.raises(ValueError):
        await store.put("..", b"1", ".png")


def every_method(blobs: Blobs) -> list[Awaitable[object]]:
    return [
        blobs.put("w", b"1", ".png"),
        blobs.get(NOTHING_THERE),
        blobs.stat(NOTHING_THERE),
        blobs.exists(NOTHING_THERE),
        blobs.delete(NOTHING_THERE),
        blobs.delete_many([NOTHING_THERE]),
        blobs.entries("w"),
        blobs.keys("w"),
        blobs.workspaces(),
    ]


@pytest.fixture
def closed_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


async def answer_503(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    await writer.drain()
    writer.close()
    await writer.wait_closed()


def bucket_at(settings: Settings, endpoint: str) -> Blobs:
    changes = {
        "storage": "s3://bucket",
        "s3_endpoint": endpoint,
        "aws_access_key_id": "test",
        "aws_secret_access_key": SecretStr("test"),
    }
    return open_blobs(settings.model_copy(update=changes))


async def test_a_bucket_that_cannot_be_reached_is_said_so(settings: Settings, closed_port: int) -> None:
    for call in every_method(bucket_at(settings, f"http://127.0.0.1:{closed_port}")):
        with pytest.raises(StoreUnavailable):
            await call


async def test_a_server_that_has_trouble_is_said_so(settings: Settings) -> None:
    async with await asyncio.start_server(answer_503, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        for call in every_method(bucket_at(settings, f"http://127.0.0.1:{port}")):
            with pytest.raises(StoreUnavailable):
                await call


async def test_a_bucket_that_does_not_exist_loses_no_file(settings: Settings, s3_server: ObjectStore) -> None:
    elsewhere = bucket_at(settings, s3_server.endpoint)
    for attempt in (elsewhere.put("w", b"1", ".png"), elsewhere.get(NOTHING_THERE), elsewhere.entries("w")):
        with pytest.raises(StoreUnavailable):
            await attempt


@pytest.fixture
def small_disk() -> Iterator[None]:
    """The kernel takes no file above 64 KiB from this process: a write breaks off in the middle."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (DISK_BYTES, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_disk_that_takes_no_more_keeps_no_half_file(blobs: Blobs, small_disk: None) -> None:
    kept = await blobs.put("w", b"small", ".png")
    with pytest.raises(StoreUnavailable):
        await blobs.put("w", bytes(2 * DISK_BYTES), ".png")
    assert await blobs.keys("w") == [kept]
    assert await blobs.get(kept) == b"small"


async def test_a_folder_that_is_in_the_way_is_a_fault(blobs: Blobs, settings: Settings) -> None:
    (settings.resolved_storage_dir / "w").write_bytes(b"a file where the workspace's folder belongs")
    with pytest.raises(StoreUnavailable):
        await blobs.put("w", b"1", ".png")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"storage": "gs://bucket"}, "LIKENESS_STORAGE"),
        ({"storage": "s3://"}, "LIKENESS_STORAGE"),
        ({"storage": "s3://bucket/../other"}, "LIKENESS_STORAGE"),
        ({"storage": "s3://bucket", "s3_endpoint": "localhost:9000"}, "LIKENESS_S3_ENDPOINT"),
        ({"storage": "s3://bucket", "aws_access_key_id": "only"}, "AWS_SECRET_ACCESS_KEY"),
        ({"storage_dir": Path("/dev/null/blobs")}, "LIKENESS_STORAGE_DIR"),
    ],
)
def test_a_setting_that_cannot_work_names_itself(
    settings: Settings, changes: dict[str, object], named: str
) -> None:
    with pytest.raises(ConfigurationError, match=named):
        open_blobs(settings.model_copy(update=changes))


def test_the_secret_is_not_shown_with_the_settings(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    read = Settings(_env_file=None)
    assert read.aws_secret_access_key.get_secret_value() == "hush"
    assert "hush" not in repr(read)
