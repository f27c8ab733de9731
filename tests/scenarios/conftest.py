"""A whole installation as an operator starts it: `likeness run`, and people attached to its console."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psutil
import pytest

from bot.console.client import ConsoleClient
from bot.console.timeline import Post

REPOSITORY = Path(__file__).resolve().parent.parent.parent
MUG = REPOSITORY / "bot" / "demo_pictures" / "aurora-mug"
PATIENCE_SECONDS = 150.0
"""Far above what a step of the story needs, so that a loaded machine fails nothing."""


@pytest.hookimpl(trylast=True)  # after the order was drawn
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long stories, in whatever order they came: begun last, one process would wait for the other."""
    items.sort(key=lambda item: Path(__file__).parent not in item.path.parents)


class Installation:
    """One data folder, and the process that runs on it."""

    def __init__(self, data_dir: Path, environment: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self._environment = environment or {}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start bot and worker."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("LIKENESS_")}
        environment = {
            **kept,
            "LIKENESS_DATA_DIR": str(self.data_dir),
            "LIKENESS_LEASE_SECONDS": "4",
            "LIKENESS_HEARTBEAT_SECONDS": "1",
            "LIKENESS_POLL_SECONDS": "0.3",
            "LIKENESS_TORCH_THREADS": "1",
            **self._environment,
        }
        self.data_dir.mkdir(exist_ok=True)
        with (self.data_dir / "run.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot.cli", "run", "--no-terminal"],
                cwd=REPOSITORY, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    @property
    def bot(self) -> psutil.Process:
        """The bot's process."""
        assert self._process is not None
        return psutil.Process(self._process.pid)

    @property
    def worker(self) -> psutil.Process:
        """The worker that the bot started."""
        workers = [child for child in self.bot.children() if "gpu_worker" in child.cmdline()]
        assert len(workers) == 1, workers
        return workers[0]

    def worker_log(self) -> str:
        """Everything the workers logged so far."""
        return (self.data_dir / "worker.log").read_text()

    def kill_bot(self) -> None:
        """SIGKILL the bot and wait until it and what it started are gone."""
        family = [self.bot, *self.bot.children(recursive=True)]
        self.bot.send_signal(signal.SIGKILL)
        assert self._process is not None
        self._process.wait()
        _, alive = psutil.wait_procs(family, timeout=30)
        assert not alive, "the worker outlived the bot that started it"

    def stop(self) -> None:
        """End it in good order; nothing may be left running."""
        if self._process is None or self._process.poll() is not None:
            return
        family = [self.bot, *self.bot.children(recursive=True)]
        self._process.terminate()
        _, alive = psutil.wait_procs(family, timeout=30)
        for process in alive:
            process.kill()
        self._process.wait()
        assert not alive, f"still running after SIGTERM: {alive}"

    @asynccontextmanager
    async def person(self, name: str = "ana") -> AsyncIterator[Person]:
        """Attach somebody to the thread."""
        async with ConsoleClient(self.data_dir, name, connect_seconds=PATIENCE_SECONDS) as client:
            yield Person(client)


class Person:
    """Somebody at a terminal: says lines, and reads until something stands in the thread."""

    def __init__(self, client: ConsoleClient) -> None:
        self.client = client

    async def say(self, line: str) -> None:
        """Type a line that the console understands."""
        answer = await self.client.say(line)
        assert not answer.lines, answer.lines

    async def reads(self, text: str) -> Post:
        """Wait until the bot says this, and return where."""
        return await self.client.wait_for(lambda thread: thread.find(text), PATIENCE_SECONDS)

    def said(self, text: str) -> list[Post]:
        """Return every message of the bot that has this text."""
        return [post for post in self.client.messages if post.is_ours and text in post.text]

    async def trains_a_mug(self, name: str = "Aurora Mug") -> None:
        """Go from two photos to a queued quick training."""
        await self.say(
            f"/train product name: {name} class: mug preset: quick photos: {MUG / '1.jpg'} {MUG / '2.jpg'}"
        )
        await self.reads("Captions ·")
        await self.say("/press Looks right")
        await self.reads("Ready to train")
        await self.say("/press Start")


@pytest.fixture
def installation() -> Iterator[Installation]:
    """An installation of the test's own."""
    with installed() as running:
        yield running


@asynccontextmanager
async def installed_beside(environment: Mapping[str, str]) -> AsyncGenerator[Installation]:
    """The same beside a platform of this loop's own, which goes on answering while the installation stops."""
    with installed(environment) as running:
        yield running
        await asyncio.to_thread(running.stop)


@contextmanager
def installed(environment: Mapping[str, str] | None = None) -> Generator[Installation]:
    """Run an installation with these settings; its path is short, because Unix sockets lie in it."""
    with tempfile.TemporaryDirectory(prefix="lk-") as folder:
        running = Installation(Path(folder) / "d", environment)
        running.start()
        try:
            yield running
        finally:
            running.stop()
