"""Complaints that are passed over everywhere, each with its reason."""

from __future__ import annotations

from tests.fakes.strict import Allowance

ALLOWANCES: tuple[Allowance, ...] = (
    Allowance(
        "",
        "knows no argument 'team_id'",
        "slack-bolt sends it with every call, for apps that are installed in a whole organisation",
    ),
)
