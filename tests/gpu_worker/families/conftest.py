"""One folder and one loaded base of each architecture for the whole session."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import torch

from gpu_worker.families.registry import prepare
from gpu_worker.runner import Runner
from tests.gpu_worker.families.folders import write_folder

BASE_OF = {"sdxl": "sdxl", "flux": "flux", "klein": "flux", "bria": "bria", "z_image": "z_image"}


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    return cache(lambda title: write_folder(title, tmp_path_factory.mktemp(title)))


@pytest.fixture(scope="session")
def runner_of(folder_of: Callable[[str], Path]) -> Callable[[str], Runner]:
    """Load an architecture as a worker does; tests share it, since nothing of a finished task stays."""

    @cache
    def load(title: str) -> Runner:
        base = BASE_OF[title.split("-")[0]]
        runner = Runner(prepare(base, str(folder_of(title))).load(), slots=4)
        runner.family.default_size_px = 64  # photos and checks as small as the weights
        return runner

    return load
