"""`python -m tests.chaos`: kill, freeze, cut off and fill up an installation, and see that nothing is lost."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import shlex
import signal
import sys
import time
from pathlib import Path

from tests.chaos.installation import Dispatcher
from tests.chaos.report import RunReport
from tests.chaos.run import Run, Wanted


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--dispatcher", choices=[*Dispatcher, "both"], default="both")
    parser.add_argument("--rounds", type=int, default=60, help="rounds over all dispatchers")
    parser.add_argument(
        "--kills", type=int, default=300, help="kill -9 on bot and worker over all dispatchers"
    )
    parser.add_argument("--seed", type=int, help="repeats the plan of an earlier run")
    parser.add_argument("--minutes", type=float, default=60.0, help="at most, over all dispatchers")
    parser.add_argument("--short", action="store_true", help="small rounds, for every change")
    parser.add_argument("--out", type=Path, help="where the summary goes as JSON")
    return parser.parse_args()


async def _play(dispatchers: list[Dispatcher], asked: argparse.Namespace, report: RunReport) -> None:
    # As Ctrl-C does: what was started is ended before this process is.
    playing = asyncio.current_task()
    assert playing is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, playing.cancel)
    share, ends_at = len(dispatchers), time.monotonic() + asked.minutes * 60
    for index, dispatcher in enumerate(dispatchers):
        minutes_left = (ends_at - time.monotonic()) / 60
        wanted = Wanted(
            rounds=-(-asked.rounds // share),
            kills=-(-asked.kills // share),
            seed=report.seed,
            minutes=minutes_left / (share - index),
            is_short=asked.short,
        )
        await Run(dispatcher, wanted, report).play()


def main() -> int:
    """Run it; 0 where everything held."""
    asked = _arguments()
    seed = secrets.randbelow(2**31) if asked.seed is None else asked.seed
    report = RunReport(seed=seed, command=shlex.join(sys.argv[1:]))
    print(f"seed {seed}: to repeat this plan, add --seed {seed}", flush=True)
    both = [Dispatcher.EMBEDDED, Dispatcher.POSTGRES]
    dispatchers = both if asked.dispatcher == "both" else [Dispatcher(asked.dispatcher)]
    started = time.monotonic()
    try:
        asyncio.run(_play(dispatchers, asked, report))
    except (asyncio.CancelledError, KeyboardInterrupt):
        report.failures.append("interrupted")
    finally:
        report.seconds = time.monotonic() - started
        print(report.summary(), flush=True)
        if asked.out is not None:
            report.write(asked.out)
    return 0 if report.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
