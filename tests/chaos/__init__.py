"""A chaos run that anyone can repeat: `make chaos`, or `python -m tests.chaos --help`."""
