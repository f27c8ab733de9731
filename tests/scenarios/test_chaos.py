"""The short chaos run: ten rounds on each dispatcher. `make chaos` is the long one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.installation import Dispatcher
from tests.chaos.parts import REPOSITORY
from tests.chaos.server import binaries

ROUNDS = 10
KILLS = 12
MOST_MINUTES = 8
"""Several times what it takes on two cores, so that a loaded machine fails nothing."""
GOODBYE_SECONDS = 90


def require_server(dispatcher: Dispatcher) -> None:
    """Without a PostgreSQL server there is nothing to try: CI fails, elsewhere it is said aloud."""
    if dispatcher is Dispatcher.EMBEDDED or binaries() is not None:
        return
    message = "no PostgreSQL server on this machine: install postgresql to try its dispatcher"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def start(dispatcher: Dispatcher, out: Path) -> subprocess.Popen[str]:
    """Start a short run."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.chaos", "--short", "--dispatcher", dispatcher.value,
         "--rounds", str(ROUNDS), "--kills", str(KILLS), "--minutes", str(MOST_MINUTES), "--out", str(out)],
        cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the runs leave their summaries."""
    return tmp_path_factory.mktemp("chaos")


@pytest.fixture(scope="module")
def runs(folder: Path) -> Iterator[dict[Dispatcher, subprocess.Popen[str]]]:
    """A short run for each dispatcher, side by side: much of their time they wait for leases and restarts."""
    possible = [one for one in Dispatcher if one is Dispatcher.EMBEDDED or binaries() is not None]
    started = {dispatcher: start(dispatcher, folder / f"{dispatcher}.json") for dispatcher in possible}
    yield started
    for run in started.values():
        if run.poll() is None:
            run.terminate()
            run.communicate(timeout=GOODBYE_SECONDS)


@pytest.mark.timeout(60 * MOST_MINUTES + GOODBYE_SECONDS)
@pytest.mark.parametrize("dispatcher", list(Dispatcher), ids=lambda dispatcher: dispatcher.value)
def test_whatever_is_killed_each_job_ends_once_and_each_credit_is_accounted_for(
    dispatcher: Dispatcher, runs: dict[Dispatcher, subprocess.Popen[str]], folder: Path
) -> None:
    require_server(dispatcher)
    said, _ = runs[dispatcher].communicate()
    assert runs[dispatcher].returncode == 0, said
    summary = json.loads((folder / f"{dispatcher}.json").read_text())
    assert len(summary["rounds"]) >= ROUNDS
    assert summary["kills"] >= KILLS
    ended = summary["rounds"][-1]["jobs"]
    assert ended["succeeded"] >= ROUNDS, "most of the work has to go well in spite of it all"
