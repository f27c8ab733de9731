"""`@ada` in a prompt, where a platform has turned it into a mention of somebody who is called so."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from core.rules.names import normalise_handle


def name_meant(called: Sequence[str], handles: Collection[str]) -> str:
    """Return the model that a mention means, else the name that is shown; empty where there is none.

    Args:
        called: All that the mentioned is called, the name that is shown first.
        handles: The models of the workspace.
    """
    asked = [normalise_handle(each) for each in called]
    return next((handle for handle in asked if handle in handles), called[0] if called else "")
