"""`python -m benchmarks.intake cost|fuzz`: figures for the gate that every upload passes."""

from __future__ import annotations

import argparse
import asyncio

from benchmarks.intake import cost, fuzz


def main() -> None:
    """Run what was asked for; a fuzz that finds something exits with status 1."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.intake", description=__doc__)
    named = parser.add_subparsers(dest="name", required=True)
    costing = named.add_parser("cost", help="12-megapixel photos in each format, decoded and encoded anew")
    costing.add_argument("--rounds", type=int, default=5)
    fuzzing = named.add_parser("fuzz", help="files that something happened to")
    fuzzing.add_argument("--files", type=int, default=50_000)
    fuzzing.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if asked.name == "cost":
        asyncio.run(cost.run(asked.rounds))
    elif not asyncio.run(fuzz.run(asked.files, asked.seed)):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
