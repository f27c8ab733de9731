"""300 commands in 30 seconds from 100 people while the worker trains: how long until each is acknowledged.

Over Socket Mode, then over HTTP, each with a Slack, a worker and a workspace of its own. Afterwards a bare slack-bolt
app takes the same commands at the same Slack, while the same worker still trains. A run in which the bot calls Slack
sooner than the published tiers allow has failed.
"""

from __future__ import annotations

from typing import Any

from slack_bolt.version import __version__ as bolt_version

from benchmarks import report
from benchmarks.chat.measuring import measured, ratio_of_medians
from benchmarks.chat.plan import SEED, WHAT_HAPPENS, plan
from benchmarks.chat.stage import TRAININGS, running_trainings
from benchmarks.slack.load import Crowd
from benchmarks.slack.stage import OVER_LIMITS, Stage, Transport, end_where_too_fast, stage
from tests.fakes.slack import File
from tests.scenarios.conftest import MUG
from tests.scenarios.reading_slack import Thread

MODELS = 60
CALLS = ("chat.postMessage", "chat.update", "chat.postEphemeral", "users.info", "views.open")
"""Methods whose calls are counted in the results, to show what the limits are held against."""


async def run() -> None:
    """Measure both ways, and write the figures.

    Raises:
        SystemExit: The bot called Slack too often.
    """
    found = {transport: await _measured_over(transport) for transport in Transport}
    report.write(
        "slack-acknowledgements",
        {
            "benchmark": f"{WHAT_HAPPENS}; from the delivery sent to the acknowledgement received",
            **{transport.value: figures for transport, figures in found.items()},
            "peer": f"slack-bolt {bolt_version} alone, over its own Socket Mode client or server: acknowledges at "
            "once, no database; only /train then opens a form",
            "seed": SEED,
        },
    )
    end_where_too_fast(found.values())


async def _measured_over(transport: Transport) -> dict[str, Any]:
    """Measure ours, then the peer."""
    async with stage(MODELS, transport) as here:
        crowd, steps = Crowd(here.fake), plan()
        with here.process("worker", ("gpu_worker",)):
            async with here.listening("bot", ("bot.cli", "bot")) as bot:
                await _start_trainings(here, crowd)
                await crowd.look_at_models()
                await crowd.open_forms(steps)
                ours = await measured(lambda: crowd.play(steps), here.checks, here.settings, bot)
            excesses = here.calls_over_the_limits()
            calls = {method: here.fake.count(method) for method in CALLS}
            async with here.listening("peer", ("benchmarks.slack.peer",)) as peer:
                theirs = await measured(lambda: crowd.play(steps), here.checks, here.settings, peer)
    return {
        **ours,
        "calls_of_the_bot": calls,
        OVER_LIMITS: sum(excesses.values()),
        f"{OVER_LIMITS}_by_method": excesses,
        "peer_figures": theirs,
        "ratio_ours_over_peer_medians": ratio_of_medians(ours, theirs),
    }


async def _start_trainings(here: Stage, crowd: Crowd) -> None:
    """Have several trainings queued, and wait until one runs."""
    studio, trainer = here.fake.channel("training"), crowd.trainer
    channel = Thread(here.fake, trainer, studio)
    for number in range(1, TRAININGS + 1):
        name = f"Aurora {number}"
        asked = await trainer.slash(studio, "/train", f"product {name} class: mug")
        photos = [File(f"{n}.jpg", (MUG / f"{n}.jpg").read_bytes()) for n in (1, 2)]
        await trainer.submit(await asked.opened(), {"photos": photos})
        thread = await channel.opens(name)
        await thread.presses("Looks right")
        await thread.presses("Start")
    await here.fake.until(lambda: running_trainings(here.settings), patience_seconds=120)
