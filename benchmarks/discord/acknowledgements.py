"""300 commands in 30 seconds from 100 people while the worker trains: how long until each is acknowledged.

Afterwards a bare discord.py bot takes the same commands at the same Discord, while the same worker still trains.
"""

from __future__ import annotations

from typing import Any

import discord

from benchmarks import report
from benchmarks.chat.measuring import measured, ratio_of_medians
from benchmarks.chat.plan import SEED, WHAT_HAPPENS, plan
from benchmarks.chat.stage import TRAINER, TRAININGS, running_trainings
from benchmarks.discord.load import Crowd
from benchmarks.discord.stage import Stage, process, stage, until_connected
from tests.fakes.discord import File
from tests.scenarios.conftest import MUG
from tests.scenarios.reading import Thread

MODELS = 60


async def run() -> None:
    """Measure ours, then the peer, and write the figures."""
    async with stage(MODELS) as here:
        crowd = Crowd(here.fake)
        with process(here, "worker", ("gpu_worker",)):
            with process(here, "bot", ("bot.cli", "bot")) as bot:
                await until_connected(here.fake)
                await _start_trainings(here)
                await crowd.look_at_models()
                ours = await measured(lambda: crowd.play(plan()), here.checks, here.settings, bot)
            with process(here, "peer", ("benchmarks.discord.peer",)) as peer:
                await until_connected(here.fake, lives=2)
                theirs = await measured(lambda: crowd.play(plan()), here.checks, here.settings, peer)
    report.write(
        "discord-acknowledgements",
        {
            "benchmark": f"{WHAT_HAPPENS}; from the event sent to the callback received",
            **ours,
            "peer": f"discord.py {discord.__version__} alone, with a command tree: defers at once, no database",
            "peer_figures": theirs,
            "ratio_ours_over_peer_medians": ratio_of_medians(ours, theirs),
            "seed": SEED,
        },
    )


async def _start_trainings(here: Stage) -> None:
    """Have several trainings queued, and wait until one runs."""
    studio, trainer = here.fake.channel("training"), here.fake.person(TRAINER)
    channel = Thread(here.fake, trainer, studio)
    for number in range(1, TRAININGS + 1):
        photos: dict[str, Any] = {
            f"image{n}": File(f"{n}.jpg", (MUG / f"{n}.jpg").read_bytes()) for n in (1, 2)
        }
        name = f"Aurora {number}"
        await trainer.slash(studio, "train", type="product", name=name, **{"class": "mug"}, **photos)
        thread = await channel.opens(name)
        await thread.presses("Looks right")
        await thread.presses("Start")
    await here.fake.until(lambda: running_trainings(here.settings), patience_seconds=120)
