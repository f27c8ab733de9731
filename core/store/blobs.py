"""Photos, weights and pictures: files under content-addressed keys, in a folder or in an S3 bucket.

A key is `<workspace>/<sha256><suffix>`, so erasing a workspace erases one prefix. What the two kinds of
store say differently (FACTS: a missing file, a full disk, a closed port) is made one here: a file that is
not there is `BlobMissing`, and a store that cannot be reached or written is `StoreUnavailable`.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import hashlib
import re
import time
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from obstore.exceptions import (
    GenericError,
    JoinError,
    NotFoundError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import LocalStore, S3Store

from core.errors import BlobMissing, ConfigurationError, StoreUnavailable
from core.settings import Settings

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ClientConfig, RetryConfig, S3Config

CONNECT_TIMEOUT = timedelta(seconds=3)
SILENCE_TIMEOUT = timedelta(seconds=8)
"""How long one request may pass nothing on. An upload counts as silent until its answer begins."""
REQUEST_TIMEOUT = timedelta(minutes=5)
RETRIES = 2
"""With three seconds to connect, a store that is gone is noticed within ten."""
RETRY_TIMEOUT = timedelta(seconds=8)
PARTS_AT_ONCE = 4
"""Of the 5 MiB that obstore cuts a large upload into: more would starve each other on a thin line."""

FILE_THREADS_SECONDS = 0.1
# obstore's threads take Python's lock once more after every answer. A process that ends in that very moment is
# aborted (seen with 0.12.1 and Python 3.11), so the end waits for them.
atexit.register(time.sleep, FILE_THREADS_SECONDS)

_LOCATION = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>.*))?")
_FAULTS = (GenericError, JoinError, PermissionDeniedError, UnauthenticatedError, OSError)
_MISSING = (FileNotFoundError, NotFoundError)


@dataclass(frozen=True)
class BlobEntry:
    """A file as the store knows it. `last_modified` is the store's clock, with its zone."""

    key: str
    size_bytes: int
    last_modified: datetime


class Blobs:
    """The file store. Every method raises `StoreUnavailable` when the store cannot be reached or written.

    A key with `..` in it is a ValueError.
    """

    def __init__(self, place: Path | S3Store) -> None:
        """Open a folder, which is made when it is not there, or a bucket."""
        if isinstance(place, Path):
            place.mkdir(parents=True, exist_ok=True)
        self._store = LocalStore(prefix=place) if isinstance(place, Path) else place

    async def put(self, workspace_id: str, data: bytes, suffix: str) -> str:
        """Store `data` and return its key; the same bytes in the same workspace share one file.

        Args:
            suffix: The file's ending, with its dot.
        """
        key = key_of(workspace_id, data, suffix)
        # Written even when it is there, in one step and with the same bytes: its last-modified moves, and so the
        # scrub's grace protects a file that somebody just stored again and has no row for yet.
        try:
            with _said_our_way(key):
                await self._store.put_async(key, data, max_concurrency=PARTS_AT_ONCE)
        except BlobMissing as exc:  # "not found" to a write: what answers there is no bucket of ours
            raise StoreUnavailable(f"{key}: the store does not take it") from exc
        return key

    async def ensure(self, workspace_id: str, data: bytes, suffix: str) -> str:
        """Store `data` unless it is there, and return its key.

        For a second look under the workspace's lock (`core.blob_references.lock_files`): a file that was put a
        moment ago had no row yet, so somebody may have taken it for an orphan.
        """
        key = key_of(workspace_id, data, suffix)
        return key if await self.exists(key) else await self.put(workspace_id, data, suffix)

    async def get(self, key: str) -> bytes:
        """Return the file's bytes.

        Raises:
            BlobMissing: There is no such file.
        """
        with _said_our_way(key):
            answer = await self._store.get_async(key)
            return bytes(await answer.bytes_async())

    async def stat(self, key: str) -> BlobEntry | None:
        """Return what the store knows of the file, or None when there is none."""
        try:
            with _said_our_way(key):
                return _entry(await self._store.head_async(key))
        except BlobMissing:
            return None

    async def exists(self, key: str) -> bool:
        """Tell whether the file is there."""
        return await self.stat(key) is not None

    async def delete(self, key: str) -> None:
        """Remove the file; one that is already gone is fine."""
        _refuse_dots(key)
        with contextlib.suppress(BlobMissing), _said_our_way(key):  # a folder tells, a bucket does not
            await self._store.delete_async(key)

    async def delete_many(self, keys: Iterable[str]) -> None:
        """Remove files; those that are already gone are fine. A bucket takes up to 1,000 in one request."""
        doomed = list(keys)
        if isinstance(self._store, S3Store):
            for key in doomed:
                _refuse_dots(key)
            with _said_our_way(f"{len(doomed)} files"):
                await self._store.delete_async(doomed)
            return
        for key in doomed:
            await self.delete(key)

    async def entries(self, workspace_id: str | None = None) -> list[BlobEntry]:
        """List the files of a workspace, or of all of them."""
        prefix = None if workspace_id is None else f"{workspace_id}/"
        with _said_our_way("the list of files"):
            return [_entry(found) for found in await self._store.list(prefix=prefix).collect_async()]

    async def keys(self, workspace_id: str) -> list[str]:
        """List every key of a workspace."""
        return [entry.key for entry in await self.entries(workspace_id)]

    async def workspaces(self) -> list[str]:
        """List the workspaces that have files, whether or not they still have rows."""
        with _said_our_way("the list of workspaces"):
            return sorted((await self._store.list_with_delimiter_async())["common_prefixes"])

    async def delete_unfinished(self, before: datetime) -> int:
        """Remove what killed writers left half written, and return how many; no list shows these.

        A bucket keeps such uploads to itself: its lifecycle rules end them.
        """
        if isinstance(self._store, S3Store):
            return 0
        with _said_our_way("unfinished files"):
            return await asyncio.to_thread(_delete_staged, Path(str(self._store.prefix)), before)


def _delete_staged(root: Path, before: datetime) -> int:
    # The folder store writes `<key>#<number>` and renames it at the end.
    deleted = 0
    for path in root.glob("*/*#*"):
        with contextlib.suppress(FileNotFoundError):  # its writer came to the end of it just now
            if path.stat().st_mtime < before.timestamp():
                path.unlink()
                deleted += 1
    return deleted


def key_of(workspace_id: str, data: bytes, suffix: str) -> str:
    """Return the key under which a workspace keeps these bytes."""
    return f"{workspace_id}/{hashlib.sha256(data).hexdigest()}{suffix}"


def open_blobs(settings: Settings) -> Blobs:
    """Open the store that the settings name. Nothing is sent to a bucket before the first file.

    Raises:
        ConfigurationError: They name none that can work.
    """
    if settings.storage:
        return Blobs(_bucket(settings))
    try:
        return Blobs(settings.resolved_storage_dir)
    except OSError as exc:
        raise ConfigurationError(
            f"The folder for files, {settings.resolved_storage_dir}, cannot be used ({exc.strerror}): "
            "set LIKENESS_STORAGE_DIR to a folder that Likeness may write to."
        ) from exc


def _bucket(settings: Settings) -> S3Store:
    location = _LOCATION.fullmatch(settings.storage)
    if location is None or ".." in settings.storage:
        raise ConfigurationError(
            f"LIKENESS_STORAGE is {settings.storage!r}: leave it empty to keep files in a folder, "
            "or write s3://bucket/prefix."
        )
    if settings.s3_endpoint and not re.match(r"https?://[^/]", settings.s3_endpoint):
        raise ConfigurationError(
            f"LIKENESS_S3_ENDPOINT is {settings.s3_endpoint!r}: write an address that starts with "
            "https:// or http://, or leave it empty for AWS."
        )
    if bool(settings.aws_access_key_id) != bool(settings.aws_secret_access_key):
        raise ConfigurationError(
            "Only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set: set both, or none for the "
            "credentials of the machine's own role."
        )
    client: ClientConfig = {
        "connect_timeout": CONNECT_TIMEOUT,
        "read_timeout": SILENCE_TIMEOUT,
        "timeout": REQUEST_TIMEOUT,
        "allow_http": settings.s3_endpoint.startswith("http://"),
    }
    retries: RetryConfig = {"max_retries": RETRIES, "retry_timeout": RETRY_TIMEOUT}
    return S3Store(
        location["bucket"],
        prefix=(location["prefix"] or "").strip("/") or None,
        config=_account(settings),
        client_options=client,
        retry_config=retries,
    )


def _account(settings: Settings) -> S3Config:
    """Return what is set; obstore looks for the rest in AWS's other variables and in the machine's role."""
    config: S3Config = {}
    if settings.s3_endpoint:
        config["endpoint"] = settings.s3_endpoint
        config["virtual_hosted_style_request"] = False  # servers of one's own rarely have a name per bucket
    if settings.s3_region:
        config["region"] = settings.s3_region
    if settings.aws_access_key_id:
        config["access_key_id"] = settings.aws_access_key_id
        config["secret_access_key"] = settings.aws_secret_access_key.get_secret_value()
    if settings.aws_session_token:
        config["session_token"] = settings.aws_session_token.get_secret_value()
    return config


def _refuse_dots(key: str) -> None:
    if ".." in key.split("/"):  # the other calls refuse these themselves, with the same error
        raise ValueError(f"a key with .. in it: {key}")


def _entry(found: ObjectMeta) -> BlobEntry:
    return BlobEntry(found["path"], found["size"], found["last_modified"])


@contextlib.contextmanager
def _said_our_way(subject: str) -> Generator[None]:
    """Translate the store's exceptions. Their first line says it all; the rest is a dump of Rust structures."""
    try:
        yield
    except _MISSING as exc:
        if "NoSuchBucket" in str(exc):
            raise StoreUnavailable(f"{subject}: the bucket does not exist") from exc
        raise BlobMissing(subject) from exc
    except _FAULTS as exc:
        raise StoreUnavailable(f"{subject}: {_first_line(exc)}") from exc


def _first_line(exc: Exception) -> str:
    return str(exc).partition("\n")[0]
