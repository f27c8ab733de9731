"""What goes over the console's socket: one JSON object a line, either way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Discriminator, TypeAdapter, ValidationError

from bot.console.timeline import Post
from core.queue.bell import socket_path as unix_socket_path

MAX_LINE_BYTES = 1 << 20
"""Far above the longest post: forty captions are about 20 kB."""


@dataclass(frozen=True)
class Hello:
    """A client's first line: the last revision it has seen, 0 for none."""

    since: int
    type: Literal["hello"] = "hello"


@dataclass(frozen=True)
class Say:
    """A line that somebody typed. `folder` is where relative file names start; `event_id` stays at a repeat."""

    event_id: str
    line: str
    person: str
    folder: str
    type: Literal["say"] = "say"


@dataclass(frozen=True)
class Welcome:
    """The server's first line: the thread's revision now."""

    revision: int
    type: Literal["welcome"] = "welcome"


@dataclass(frozen=True)
class Changed:
    """A post in its newest state."""

    post: Post
    type: Literal["changed"] = "changed"


@dataclass(frozen=True)
class Answer:
    """The acknowledgement of a `Say`. Its lines are for the person who typed, and not part of the thread."""

    event_id: str
    is_accepted: bool
    lines: tuple[str, ...] = ()
    type: Literal["answer"] = "answer"


FromClient = Hello | Say
FromServer = Welcome | Changed | Answer
_FROM_CLIENT: TypeAdapter[FromClient] = TypeAdapter(Annotated[FromClient, Discriminator("type")])
_FROM_SERVER: TypeAdapter[FromServer] = TypeAdapter(Annotated[FromServer, Discriminator("type")])


class Garbled(Exception):
    """The other side sent something else than this version understands."""


def encode(line: FromClient | FromServer) -> bytes:
    """Write one line."""
    if isinstance(line, Hello | Say):
        return _FROM_CLIENT.dump_json(line) + b"\n"
    return _FROM_SERVER.dump_json(line) + b"\n"


def from_client(line: bytes) -> FromClient:
    """Read a client's line.

    Raises:
        Garbled: It is none.
    """
    try:
        return _FROM_CLIENT.validate_json(line)
    except ValidationError as error:
        raise Garbled from error


def from_server(line: bytes) -> FromServer:
    """Read a server's line.

    Raises:
        Garbled: It is none.
    """
    try:
        return _FROM_SERVER.validate_json(line)
    except ValidationError as error:
        raise Garbled from error


def socket_path(data_dir: Path) -> Path:
    """Return where the bot of this data folder listens.

    Raises:
        ConfigurationError: The folder's path is too long for a Unix socket.
    """
    return unix_socket_path(data_dir, "console")
