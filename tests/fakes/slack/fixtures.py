"""What a test asks for to have a Slack: `fake_slack`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import MovableClock
    from tests.fakes.slack.fake import FakeSlack
    from tests.fakes.strict import Clock


@pytest.fixture
async def fake_slack(clock: MovableClock, specs_dir: Path) -> AsyncIterator[FakeSlack]:
    """A Slack that runs, and that forgives nothing unlisted."""
    async with strict_slack(clock, specs_dir) as fake:
        yield fake


@asynccontextmanager
async def strict_slack(clock: Clock, specs_dir: Path) -> AsyncGenerator[FakeSlack]:
    """Run a Slack by some clock; in the end it must have nothing to complain of but what is listed."""
    from tests.fakes.slack.allowances import ALLOWANCES
    from tests.fakes.slack.fake import FakeSlack
    from tests.fakes.strict import unlisted

    fake = FakeSlack(clock, specs_dir)
    await fake.start()
    try:
        yield fake
    finally:
        await fake.stop()
    found = unlisted(fake.complaints, ALLOWANCES, fake.expected_complaints)
    assert not found, "Slack complains:\n" + "\n".join(found)
    said = [str(complaint) for complaint in fake.complaints]
    missing = [part for part in fake.expected_complaints if not any(part in each for each in said)]
    assert not missing, f"Slack was expected to complain of {missing}"
