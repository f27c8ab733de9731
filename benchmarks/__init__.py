"""Honest timings: every figure is a ratio to a peer that runs beside us, in the same run."""
