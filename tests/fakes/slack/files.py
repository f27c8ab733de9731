"""Files: where their bytes go to, where they come from, and when Slack is done with them."""

from __future__ import annotations

import io
import mimetypes
import re
import secrets
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web
from PIL import Image, UnidentifiedImageError

from tests.fakes.slack.state import Channel, Installation, User

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack
    from tests.fakes.slack.messages import Message

MAX_UPLOAD_BYTES = 1024**3  # docs.slack.dev, Working with files
BLOCK_PICTURES = ("png", "jpg", "jpeg", "gif")  # docs.slack.dev, Slack file object
LOGIN_PAGE = (
    "<!DOCTYPE html><html lang='en-US'><head><title>Slack</title></head>"
    "<body><h1>Sign in to your workspace</h1></body></html>"
)
PRETTY = {
    "png": "PNG",
    "jpg": "JPEG",
    "gif": "GIF",
    "webp": "WebP",
    "heic": "HEIC",
    "zip": "Zip",
    "pdf": "PDF",
}


@dataclass(frozen=True)
class File:
    """A file that a person has at hand."""

    filename: str
    content: bytes


@dataclass(eq=False)
class StoredFile:
    """A file on Slack's servers."""

    id: str
    name: str
    owner: User
    created_at: int
    address: str
    """Of the fake's server."""
    title: str = ""
    alt_text: str = ""
    content: bytes = b""
    expected_bytes: int = 0
    upload_token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    is_uploaded: bool = False
    is_complete: bool = False
    is_deleted: bool = False
    polls_left: int = 0
    """How many more `files.info` find it unfinished."""
    shares: list[Message] = field(default_factory=list)
    installations: list[Installation] = field(default_factory=list)
    """Apps that it was handed to: those that uploaded it, or whose form it came in."""

    @property
    def is_accessible(self) -> bool:
        """Whether Slack is done with it."""
        return self.is_complete and self.polls_left <= 0 and not self.is_deleted

    @property
    def filetype(self) -> str:
        """What Slack takes it for, by its first bytes and its name."""
        if self.content.startswith(b"\x89PNG"):
            return "png"
        if self.content.startswith(b"\xff\xd8"):
            return "jpg"
        if self.content.startswith(b"GIF8"):
            return "gif"
        ending = self.name.rpartition(".")[2].lower()
        return {"jpeg": "jpg", "jpg": "binary", "png": "binary", "gif": "binary"}.get(
            ending, ending
        ) or "binary"

    @property
    def mimetype(self) -> str:
        """The media type of that."""
        if self.filetype == "binary":
            return "application/octet-stream"
        return mimetypes.guess_type(f"file.{self.filetype}")[0] or "application/octet-stream"

    @property
    def pretty_type(self) -> str:
        """That as people read it."""
        return PRETTY.get(self.filetype, "Binary" if self.filetype == "binary" else self.filetype.upper())

    @property
    def is_picture(self) -> bool:
        """Whether a client shows it."""
        return self.mimetype.startswith("image/")

    @property
    def _place(self) -> str:
        slug = re.sub(r"[^a-z0-9._-]", "_", self.name.lower())
        return f"{self.owner.workspace.id}-{self.id}/{slug}"

    @property
    def url_private(self) -> str:
        """Where its bytes are, for who bears a token."""
        return f"{self.address}/files-pri/{self._place}"

    @property
    def url_private_download(self) -> str:
        """The same, to be saved."""
        return f"{self.address}/files-pri/{self._place.replace('/', '/download/')}"

    @property
    def permalink(self) -> str:
        """Its page, for people."""
        place = self._place.replace("/", "-").partition("-")[2].replace("-", "/", 1)
        return f"https://{self.owner.workspace.domain}.slack.com/files/{self.owner.id}/{place}"

    def size_px(self) -> tuple[int, int] | None:
        """Return width and height, if it is a picture."""
        if not self.is_picture:
            return None
        try:
            with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(self.content)) as image:
                return image.size
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            return None

    def channels(self) -> list[Channel]:
        """Return where it was shared and still is."""
        return [message.channel for message in self.shares if not message.is_deleted]

    def is_open_to(self, installation: Installation) -> bool:
        """Tell whether an app may read it: it is its own, came in a form, or is where the app is."""
        if self.is_deleted:
            return False
        is_near = any(installation.bot in channel.members for channel in self.channels())
        return is_near or installation in self.installations


class FileServer:
    """Takes the bytes of uploads, and gives those of files to who bears the right token."""

    def __init__(self, fake: FakeSlack) -> None:
        self._fake = fake

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Take the bytes that an upload address was made for."""
        token = request.match_info["token"]
        content = await _content_of(request)
        fault = self._fake.faults.take("upload")
        if fault is not None and not fault.is_stored:
            return await self._fake.faults.fail(request, fault)
        files = self._fake.world.files.values()
        file = next((each for each in files if each.upload_token == token and not each.is_uploaded), None)
        if file is None:
            return web.Response(status=404, text="upload not found")
        if len(content) != file.expected_bytes:
            self._fake.complain(
                "upload", f"{len(content)} bytes were sent where {file.expected_bytes} were promised"
            )
            return web.Response(status=400, text="length mismatch")
        file.content, file.is_uploaded = content, True
        self._fake.changed()
        if fault is not None:
            return await self._fake.faults.fail(request, fault)
        return web.Response(text=f"OK - {len(content)}")

    async def give(self, request: web.Request) -> web.StreamResponse:
        """Give a file's bytes; to a stranger, the page to log in at, with the status 200."""
        fault = self._fake.faults.take("download")
        if fault is not None:
            return await self._fake.faults.fail(request, fault)
        file = self._fake.world.files.get(request.match_info["file"].partition("-")[2])
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        installation = self._fake.world.installation(token)
        is_right = (
            file is not None
            and installation is not None
            and installation.is_active
            and "files:read" in installation.scopes
            and file.is_open_to(installation)
            and file.is_accessible
        )
        if not is_right:
            return web.Response(text=LOGIN_PAGE, content_type="text/html")
        assert file is not None
        return web.Response(body=file.content, content_type=file.mimetype)


async def _content_of(request: web.Request) -> bytes:
    if not request.content_type.startswith("multipart/"):
        return await request.read()
    form = await request.post()
    parts = [each for each in form.values() if isinstance(each, web.FileField)]
    return parts[0].file.read() if parts else b""
