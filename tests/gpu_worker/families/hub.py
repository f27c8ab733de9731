"""A Hugging Face hub on this machine: one model that anybody may have, one behind a licence, and no others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

OPEN, GATED = "studio/open", "studio/gated"
COMMIT = "c" * 40


class Hub(ThreadingHTTPServer):
    """Serves `folder` as the model `OPEN`; `served` names the files that somebody took."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        self.served: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self) -> None:
        path = self.path.partition("?")[0].strip("/")
        if path.removeprefix("api/models/").startswith(GATED):
            self._send(403, b"Access to this model is restricted.", {"X-Error-Code": "GatedRepo"})
        elif path.startswith(f"{OPEN}/resolve/"):
            self._send_file(path.split("/", 4)[4])
        elif path.startswith(f"api/models/{OPEN}"):
            self._send(200, json.dumps(self._listing(path)).encode(), {"Content-Type": "application/json"})
        else:
            self._send(404, b"Repository not found", {"X-Error-Code": "RepoNotFound"})

    def _files(self) -> list[Path]:
        return [path for path in sorted(self.server.folder.rglob("*")) if path.is_file()]

    def _listing(self, path: str) -> Any:
        names = [str(file.relative_to(self.server.folder)) for file in self._files()]
        if "/tree/" in path:
            files = zip(names, self._files(), strict=True)
            return [
                {"type": "file", "path": name, "size": file.stat().st_size, "oid": _etag(file)}
                for name, file in files
            ]
        return {"id": OPEN, "sha": COMMIT, "siblings": [{"rfilename": name} for name in names]}

    def _send_file(self, name: str) -> None:
        file = self.server.folder / name
        if not file.is_file():
            self._send(404, b"", {"X-Error-Code": "EntryNotFound"})
            return
        if self.command == "GET":
            self.server.served.append(name)
        self._send(200, file.read_bytes(), {"ETag": f'"{_etag(file)}"', "X-Repo-Commit": COMMIT})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)


def _etag(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@contextmanager
def hub_of(folder: Path) -> Iterator[Hub]:
    with Hub(folder) as hub:
        thread = Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield hub
        finally:
            hub.shutdown()
            thread.join()
