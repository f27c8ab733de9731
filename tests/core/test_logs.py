"""A log tells operators what broke and where, and nobody what people typed."""

from __future__ import annotations

import logging
import sys

from core.logs import FORMAT, PlacesOnly


def test_a_fault_is_logged_by_its_type_and_place_without_what_it_quotes() -> None:
    prompt = "a secret launch on the moon"
    try:
        try:
            int(prompt)
        except ValueError as fault:
            raise KeyError(prompt) from fault
    except KeyError:
        record = logging.LogRecord("bot", logging.ERROR, "", 1, "action=broke", None, sys.exc_info())
    told = PlacesOnly(FORMAT).format(record)
    assert "secret" not in told
    assert told.index("ValueError") < told.index("KeyError")
    assert "test_logs.py" in told
