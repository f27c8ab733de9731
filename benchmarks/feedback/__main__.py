"""`python -m benchmarks.feedback [PART...]`: what the checks find on real photos, written as `feedback-*.json`.

The photos are those at `LIKENESS_PHOTOS_DIR` (by default `../shared/photos`). Every threshold is chosen on one
half of the subjects and tried on the other, for 200 random halves; intervals hold 95 % of the halves.
"""

from __future__ import annotations

import argparse

from benchmarks.feedback import cost, objects, repeats, sharpness, surroundings
from benchmarks.feedback.photos import open_photos
from benchmarks.report import write

PARTS = {
    "objects": objects.run,
    "blur": sharpness.run,
    "repeats": repeats.run,
    "surroundings": surroundings.run,
    "cost": cost.run,
}


def main() -> None:
    """Run the parts that were asked for, or all."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.feedback",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], metavar="PART", help=", ".join(PARTS))
    asked = parser.parse_args().parts or list(PARTS)
    photos = open_photos()
    for name in asked:
        write(f"feedback-{name}", PARTS[name](photos))


if __name__ == "__main__":
    main()
