"""`make bench`: figures for the queue and for pictures, printed and written to `benchmarks/results/`.

Without a name everything runs. `queue` takes the names of its parts to run only those.
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
    pictures = named.add_parser("pictures", help="one picture, beside diffusers' own pipeline")
    pictures.add_argument("--pairs", type=int, default=7)
    pictures.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    if asked.name in (None, "queue"):
        from benchmarks.queue import run_all

        run_all(getattr(asked, "parts", []))
    if asked.name in (None, "pictures"):
        # Here, because torch takes seconds to load, and every process of the queue's part loads this file.
        from benchmarks.pictures import run_pairs

        run_pairs(getattr(asked, "pairs", 7), getattr(asked, "threads", 1))


if __name__ == "__main__":
    main()
