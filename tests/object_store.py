"""An S3 server on this machine, for tests of everything that keeps files."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

from moto.server import ThreadedMotoServer
from pydantic import SecretStr

from core.settings import Settings


@dataclass(frozen=True)
class ObjectStore:
    """A running S3 server."""

    endpoint: str

    def settings(self, base: Settings) -> Settings:
        """Return the settings of an installation that keeps its files in a new bucket of this server."""
        bucket = f"likeness-{uuid4().hex}"
        with urllib.request.urlopen(urllib.request.Request(f"{self.endpoint}/{bucket}", method="PUT")):
            pass
        changes = {
            "storage": f"s3://{bucket}/some/prefix",
            "s3_endpoint": self.endpoint,
            "s3_region": "us-east-1",
            "aws_access_key_id": "test",
            "aws_secret_access_key": SecretStr("test"),
        }
        return base.model_copy(update=changes)


@contextmanager
def object_store() -> Iterator[ObjectStore]:
    """Serve S3 on a free port of the loopback interface for the length of the block."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        _, port = server.get_host_and_port()
        yield ObjectStore(f"http://127.0.0.1:{port}")
    finally:
        server.stop()
