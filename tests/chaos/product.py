"""The `likeness` command with quick trainings of 8 steps: the product as it is, but for that one figure."""

from __future__ import annotations

from bot.cli import main
from core.rules import presets

CHAOS_NUM_STEPS = 8
"""Long enough for a checkpoint at each quarter, short enough for hundreds of rounds."""

if __name__ == "__main__":
    presets.QUICK_NUM_STEPS = CHAOS_NUM_STEPS
    main()
