"""Photos, weights and pictures: files under content-addressed keys, within a workspace."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore

from core.errors import BlobMissing


class Blobs:
    """The file store. A key starts with the workspace's id, so erasing a workspace erases one prefix."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._store = LocalStore(prefix=root)

    async def put(self, workspace_id: str, data: bytes, suffix: str) -> str:
        """Store `data` and return its key; the same bytes in the same workspace share one file.

        Args:
            suffix: The file's ending, with its dot.
        """
        key = f"{workspace_id}/{hashlib.sha256(data).hexdigest()}{suffix}"
        with contextlib.suppress(AlreadyExistsError):  # the same content is already there
            await self._store.put_async(key, data, mode="create")
        return key

    async def get(self, key: str) -> bytes:
        """Return the file's bytes.

        Raises:
            BlobMissing: There is no such file.
        """
        try:
            answer = await self._store.get_async(key)
            return bytes(await answer.bytes_async())
        except FileNotFoundError as exc:
            raise BlobMissing(key) from exc

    async def delete(self, key: str) -> None:
        """Remove the file; one that is already gone is fine."""
        with contextlib.suppress(FileNotFoundError):  # the folder store raises here, others do not
            await self._store.delete_async(key)

    async def keys(self, workspace_id: str) -> list[str]:
        """List every key of a workspace."""
        found = await self._store.list(prefix=f"{workspace_id}/").collect_async()
        return [entry["path"] for entry in found]
