"""`make bench`: queue, chat, pictures, engine, serving; figures are printed and kept in `benchmarks/results/`.

Without a name everything runs. `queue`, `discord`, `slack` and `engine` take the names of their parts, to run only
those.
"""

from __future__ import annotations

import argparse


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    named = parser.add_subparsers(dest="name")
    queue = named.add_parser("queue", help="both dispatchers, in processes as in production")
    queue.add_argument("parts", nargs="*", help="latency, depth, throughput, fairness, cancel, footprint")
    discord = named.add_parser("discord", help="how fast the bot answers at a Discord of this machine's own")
    discord.add_argument("parts", nargs="*", help="acknowledgements, autocomplete")
    slack = named.add_parser(
        "slack", help="the same at a Slack of this machine's own, over Socket Mode and over HTTP"
    )
    slack.add_argument("parts", nargs="*", help="acknowledgements, suggestions")
    pictures = named.add_parser("pictures", help="one picture, beside diffusers' own pipeline")
    pictures.add_argument("--pairs", type=int, default=7)
    pictures.add_argument("--threads", type=int, default=1)
    engine = named.add_parser("engine", help="eight people with eight adapters, beside the others' ways")
    engine.add_argument("parts", nargs="*", help="batch, end-to-end, swap, compile")
    engine.add_argument("--pairs", type=int, default=5)
    serving = named.add_parser("serving", help="pictures during a training, beside a first-come worker")
    serving.add_argument("--pairs", type=int, default=5)
    gpu = named.add_parser(
        "gpu", help="SDXL and FLUX.1 with random weights on a CUDA device; never without its name"
    )
    gpu.add_argument("--pairs", type=int, default=5)
    gpu.add_argument("--small", action="store_true", help="small versions of the models, on the CPU")
    gpu.add_argument(
        "--no-compile", action="store_true", help="leave out what torch.compile does for either side"
    )
    gpu.add_argument("--only", nargs="*", default=[], choices=("sdxl", "flux"))
    named.add_parser("plots", help="draw the results for docs/performance.md, and fill in its figures")
    trainings = named.add_parser(
        "trainings", help="four at once, and one beside diffusers' script (PEER=path)"
    )
    trainings.add_argument("parts", nargs="*", help="together, peer")
    trainings.add_argument("--pairs", type=int, default=5)
    asked = parser.parse_args()
    if asked.name in (None, "queue"):
        from benchmarks.queue import run_all

        run_all(getattr(asked, "parts", []))
    if asked.name in (None, "discord"):
        # Here and below, because what they load takes seconds, and every process of the queue's part loads this file.
        from benchmarks.discord import run_all as run_discord

        run_discord(getattr(asked, "parts", []))
    if asked.name in (None, "slack"):
        from benchmarks.slack import run_all as run_slack

        run_slack(getattr(asked, "parts", []))
    if asked.name in (None, "pictures"):
        from benchmarks.pictures import run_pairs

        run_pairs(getattr(asked, "pairs", 7), getattr(asked, "threads", 1))
    if asked.name in (None, "engine"):
        from benchmarks.engine import run_all as run_engine

        run_engine(getattr(asked, "parts", []), getattr(asked, "pairs", 5))
    if asked.name in (None, "serving"):
        from benchmarks.serving import run_pairs as run_serving

        run_serving(getattr(asked, "pairs", 5))
    if asked.name == "gpu":
        from benchmarks.gpu import run as run_gpu

        run_gpu(asked.pairs, asked.small, not asked.no_compile, asked.only)
    if asked.name == "plots":
        from benchmarks.plots import draw

        draw()
    if asked.name in (None, "trainings"):
        from benchmarks.trainings import run_all as run_trainings

        run_trainings(getattr(asked, "parts", []), getattr(asked, "pairs", 5))


if __name__ == "__main__":
    main()
