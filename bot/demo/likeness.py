"""Asking the worker's side how alike pictures and photos are: in a process of its own, for it needs torch."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter


@dataclass(frozen=True)
class JudgedPicture:
    """One picture: its likeness to the photos, and whether its place is the one asked for."""

    likeness: float
    scene: str
    obeyed: bool | None


@dataclass(frozen=True)
class Judgement:
    """The mean over pictures, and each."""

    likeness: float
    pictures: tuple[JudgedPicture, ...]


async def judge(true: Sequence[Path], pictures: Sequence[Path], prompts: Sequence[str] = ()) -> Judgement:
    """Measure how alike `pictures` and the `true` photos are.

    Raises:
        RuntimeError: The measuring process failed; the message is what it said.
    """
    arguments = ["--true", *map(str, true), "--pictures", *map(str, pictures), "--json"]
    if prompts:
        arguments += ["--prompts", *prompts]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gpu_worker.likeness", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    answer, problem = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"likeness could not be measured: {problem.decode()[-500:]}")
    return TypeAdapter(Judgement).validate_json(answer)
