"""A workspace with models, and the processes that are measured at it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from itertools import cycle, product
from pathlib import Path

import psutil

from benchmarks.report import REPOSITORY
from core.rules.kinds import ModelKind
from core.settings import Settings
from core.store.database import migrate, open_database
from core.store.records import JobStatus, ModelRecord, VersionRecord, VersionState, WorkspaceRecord, new_id
from tests.fakes.discord.fixtures import specs_folder

PLAN = "enterprise"
READY_SECONDS = 120.0
SETTLING_SECONDS = 3.0
GOODBYE_SECONDS = 30.0
MANY_MODELS = 2_000
TRAININGS = 3
"""Started one behind the other, so that there is always one to train while two bots are measured."""
TRAINER = "trainer"
COLOURS = ("red", "blue", "green", "grey", "black", "white", "amber", "teal", "pink", "sand")
THINGS = ("shoe", "mug", "bottle", "lamp", "chair", "bag", "hat", "vase", "watch", "robot")


def checked_specs_folder() -> Path:
    """Return the folder of official descriptions, or end here without it."""
    if not specs_folder().is_dir():
        raise SystemExit(f"There are no official descriptions at {specs_folder()}: set LIKENESS_SPECS_DIR.")
    return specs_folder()


@asynccontextmanager
async def data_of(platform: str, external_id: str, model_count: int) -> AsyncGenerator[Settings]:
    """Have a data folder for the length of a block, with one workspace that has so many models."""
    with tempfile.TemporaryDirectory(prefix="lk-") as folder:
        settings = Settings(_env_file=None, data_dir=Path(folder) / "d")  # pyright: ignore[reportCallIssue]
        settings.data_dir.mkdir()
        await migrate(settings)
        async with open_database(settings):
            await _fill(platform, external_id, model_count)
        yield settings


async def _fill(platform: str, external_id: str, count: int) -> None:
    workspace = WorkspaceRecord(platform=platform, external_id=external_id, plan=PLAN)
    await workspace.save()
    models: list[ModelRecord] = []
    versions: list[VersionRecord] = []
    for number, (series, colour, thing) in enumerate(product(range(count), COLOURS, THINGS)):
        if number == count:
            break
        handle = f"{colour}-{thing}-{series}"
        model = ModelRecord(
            id=new_id(), workspace_id=workspace.id, handle=handle, live_handle=handle,
            display_name=f"{colour} {thing} {series}".title(), kind=ModelKind.PRODUCT, class_noun=thing,
            trigger_word=f"tok{number}", owner_id="1",
        )  # fmt: skip
        versions += [
            VersionRecord(
                id=new_id(), model_id=model.id, number=n, state=VersionState.READY, base_model="tiny"
            )
            for n in (1, 2)
        ]
        model.serving_version_id = versions[-1].id
        models.append(model)
    await ModelRecord.bulk_create(models, batch_size=500)
    await VersionRecord.bulk_create(versions, batch_size=500)


def typed_names() -> Iterator[str]:
    """Yield what is in the field after each letter of one model's name after the other."""
    for colour, thing in cycle(product(COLOURS, THINGS)):
        word = f"{colour}-{thing}"
        yield from (word[:length] for length in range(len(word) + 1))


@contextmanager
def process(
    settings: Settings, name: str, module: Sequence[str], environment: Mapping[str, str]
) -> Generator[psutil.Process]:
    """Run a module of ours with more variables for the length of a block; it ends in good order."""
    log_path = settings.data_dir / f"{name}.log"
    kept = {key: value for key, value in os.environ.items() if not key.startswith("LIKENESS_")}
    own = {"LIKENESS_DATA_DIR": str(settings.data_dir), "LIKENESS_TORCH_THREADS": "1"}
    with log_path.open("ab") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", *module], cwd=REPOSITORY, env={**kept, **own, **environment},
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        yield psutil.Process(running.pid)
        if running.poll() is not None:
            raise RuntimeError(f"{name} died:\n{log_path.read_text()[-2000:]}")
    finally:
        running.terminate()
        try:
            running.wait(GOODBYE_SECONDS)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def running_trainings(settings: Settings) -> int:
    """Return how many trainings run now."""
    path = settings.data_dir / "likeness.sqlite3"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as rows:
        counted = "SELECT count(*) FROM job WHERE kind = 'train' AND status = ?"
        return int(rows.execute(counted, [JobStatus.RUNNING.value]).fetchone()[0])
