"""What the gate for uploads costs, and whether files that were tampered with can hurt it.

`python -m benchmarks.intake cost` and `python -m benchmarks.intake fuzz --files 50000 --seed 1`.
"""
