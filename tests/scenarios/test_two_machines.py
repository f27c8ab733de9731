"""Two workers on machines of their own: they share a database and a bucket, and nothing else."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from bot.console.client import ConsoleClient
from tests.scenarios.conftest import PATIENCE_SECONDS, REPOSITORY, Person
from tests.scenarios.network import (
    GOODBYE_SECONDS,
    Machine,
    Switch,
    machines,
    object_store_at,
    postgres_at,
    require_network,
)

LOOK_SECONDS = 0.05
ROWS_OF_ENDINGS = (
    "job",
    "model",
    "model_version",
    "outbox",
    "outbox_part",
    "credit_transfer",
    "credit_entry",
)
SETTINGS = {
    "LIKENESS_LEASE_SECONDS": "4",
    "LIKENESS_HEARTBEAT_SECONDS": "1",
    "LIKENESS_POLL_SECONDS": "0.3",
    "LIKENESS_TORCH_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


class Cluster:
    """A bot on this machine, and two workers on machines at a switch."""

    def __init__(self, data_dir: Path, environment: Mapping[str, str], pair: list[Machine]) -> None:
        self.machines = pair
        self._data_dir = data_dir
        self._environment = environment

    @contextmanager
    def bot_running(self) -> Iterator[None]:
        """Run the bot for the length of the block."""
        self._data_dir.mkdir()
        with (self._data_dir / "bot.log").open("ab") as log:
            bot = subprocess.Popen(
                [sys.executable, "-m", "bot.cli", "bot"], cwd=REPOSITORY,
                env={**self._environment, "LIKENESS_DATA_DIR": str(self._data_dir)},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        try:
            yield
            bot.terminate()
            bot.wait(GOODBYE_SECONDS)
        finally:
            bot.kill()
            bot.wait()

    @asynccontextmanager
    async def person(self) -> AsyncIterator[Person]:
        """Attach somebody to the thread, and see to it that each machine has a worker."""
        async with ConsoleClient(self._data_dir, "ana", connect_seconds=PATIENCE_SECONDS) as client:
            for machine in self.machines:
                machine.start_worker(
                    [sys.executable, "-m", "bot.cli", "worker"], REPOSITORY, self._environment
                )
            yield Person(client)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Ask the database."""
        with psycopg.connect(self._environment["DATABASE_URL"]) as connection:
            cursor = connection.cursor(row_factory=dict_row)
            return cursor.execute(query).fetchall()  # pyright: ignore[reportArgumentType, reportCallIssue] - ours

    def endings(self) -> list[list[dict[str, Any]]]:
        """Return all that was written about jobs, their models, their messages and their credits."""
        return [self.rows(f"SELECT * FROM {table} ORDER BY id") for table in ROWS_OF_ENDINGS]

    def has_told_everything(self) -> bool:
        """Whether no ending waits to be told, or to be marked as told."""
        return not self.rows("SELECT id FROM outbox WHERE delivered_at IS NULL")

    def training(self, handle: str) -> dict[str, Any]:
        """Return the row of the job that trains this model; an empty one as long as there is none."""
        found = self.rows(
            f"SELECT job.* FROM job JOIN model ON model.id = job.model_id WHERE model.handle = '{handle}'"
        )
        return found[0] if found else {}

    async def who_trains(self, handle: str) -> tuple[Machine, Machine]:
        """Wait for the training's first checkpoint; return the machine that trains, and the other one."""
        await until(lambda: bool(self.training(handle).get("checkpoint_key")))
        one, other = self.machines
        return (one, other) if one.runs(self.training(handle)["worker_id"]) else (other, one)


async def until(is_so: Callable[[], bool]) -> None:
    """Return as soon as it is so."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_so():  # noqa: ASYNC110 - neither a row nor a log file calls when it changes
            await asyncio.sleep(LOOK_SECONDS)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Bot, workers, PostgreSQL and S3: those on other machines see them over the network, or not at all."""
    require_network()
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("LIKENESS_", "AWS_"))}
    with ExitStack() as stack:
        # A run that is told to end puts everything away, too.
        stack.callback(
            signal.signal, signal.SIGTERM, signal.signal(signal.SIGTERM, signal.default_int_handler)
        )
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lk-")))
        switch = Switch()
        stack.enter_context(switch.switched_on())
        database = {"DATABASE_URL": stack.enter_context(postgres_at(switch, folder))}
        bucket = stack.enter_context(object_store_at(switch))
        pair = stack.enter_context(machines(2, switch, folder))
        cluster = Cluster(folder / "bot", {**kept, **SETTINGS, **database, **bucket}, pair)
        stack.enter_context(cluster.bot_running())
        yield cluster


async def test_when_a_machine_dies_the_other_ends_its_training_from_the_checkpoint(cluster: Cluster) -> None:
    async with cluster.person() as ana:
        await ana.trains_a_mug("Aurora Mug")
        doomed, survivor = await cluster.who_trains("aurora-mug")
        doomed.kill()
        await ana.reads("@aurora-mug is ready")
        training = cluster.training("aurora-mug")
        assert (training["status"], training["attempts"]) == ("succeeded", 2)
        assert f"action=training_resumed job={training['id']}" in survivor.log()
        await ana.say("/imagine @aurora-mug on a beach seed: 7")
        await ana.reads("seed 7 · @aurora-mug v1")
        assert len(ana.said("@aurora-mug is ready")) == 1
        assert len(cluster.rows(f"SELECT * FROM outbox WHERE job_id = '{training['id']}'")) == 1
        assert not list(doomed.data_dir.iterdir())
        assert not list(survivor.data_dir.iterdir())


async def test_a_machine_that_was_cut_off_writes_nothing_and_goes_on_serving(cluster: Cluster) -> None:
    async with cluster.person() as ana:
        await ana.trains_a_mug("Moon Mug")
        lonely, other = await cluster.who_trains("moon-mug")
        with lonely.cut_off():
            await ana.reads("@moon-mug is ready")
            await until(cluster.has_told_everything)
            training, told = cluster.training("moon-mug"), cluster.endings()
            assert (training["status"], training["attempts"]) == ("succeeded", 2)
            assert f"action=training_resumed job={training['id']}" in other.log()
        await until(lambda: f"action=claim_lost job={training['id']}" in lonely.log())
        assert cluster.endings() == told
        other.stop()
        await ana.say("/imagine @moon-mug on a beach seed: 8")
        await ana.reads("seed 8 · @moon-mug v1")
        assert len(ana.said("@moon-mug is ready")) == 1
        assert not list(lonely.data_dir.iterdir())
