"""Honest figures: each names its machine, versions and load, and a claim runs beside a peer in the same run."""
