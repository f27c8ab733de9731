"""What holds for every test of the worker."""

from __future__ import annotations

from pathlib import Path

import pytest

NUMPY_COPY_KEYWORD = "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
"""torch tensors handed to `np.array` inside diffusers 0.42 (DPMSolverMultistepScheduler.set_timesteps)."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one warning of a library, which is about its own code, pass in this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings(NUMPY_COPY_KEYWORD))
