"""Whole threads, played against real processes: bot, worker, socket, SQLite, training."""

from __future__ import annotations

from pathlib import Path

from bot.console.timeline import Timeline
from tests.scenarios.conftest import MUG, PATIENCE_SECONDS, Installation


def has_learnt_something(thread: Timeline) -> bool:
    """Whether a training is past its first checkpoint and not near its end."""
    return any("Training ▮▮▮" in post.text for post in thread.posts)


async def test_from_two_photos_to_a_picture_and_away_again(installation: Installation) -> None:
    async with installation.person() as ana:
        await ana.trains_a_mug()
        ready = await ana.reads("@aurora-mug is ready")
        assert ready.body.mention == "ana"
        assert Path(ready.body.pictures[0].path).stat().st_size > 1000
        await ana.say("/imagine @aurora-mug on a beach count: 2 seed: 7")
        painted = await ana.reads("seed 7 · @aurora-mug v1")
        assert len(painted.body.pictures) == 2
        await ana.say("/imagine @aurora-mug on wet asphalt seed: 8")
        assert "does not know" in (await ana.reads("seed 8")).text
        await ana.say(f"/edit @aurora-mug photos: {MUG / '3.jpg'}")
        await ana.reads("Captions ·")
        await ana.say("/delete @aurora-mug confirm: aurora-mug")
        await ana.reads("@aurora-mug is deleted")
        await ana.say("/imagine @aurora-mug on a beach")
        await ana.reads("@aurora-mug was deleted by its owner")


async def test_a_killed_worker_goes_on_from_its_checkpoint(installation: Installation) -> None:
    async with installation.person() as ana:
        await ana.trains_a_mug()
        await ana.client.wait_for(has_learnt_something, PATIENCE_SECONDS)
        installation.worker.kill()
        await ana.reads("@aurora-mug is ready")
        assert "action=training_resumed" in installation.worker_log()
        await ana.say("/jobs")
        await ana.reads("1 job")
        assert len(ana.said("@aurora-mug is ready")) == 1


async def test_a_killed_bot_tells_the_news_once_when_it_is_back(installation: Installation) -> None:
    async with installation.person() as ana:
        await ana.trains_a_mug()
        await ana.client.wait_for(has_learnt_something, PATIENCE_SECONDS)
        installation.kill_bot()
        installation.start()
        await ana.reads("@aurora-mug is ready")
        await ana.say("/jobs")
        await ana.reads("1 job")
        assert len(ana.said("@aurora-mug is ready")) == 1


async def test_a_request_typed_while_the_bot_is_away_is_answered_once(installation: Installation) -> None:
    async with installation.person() as ana:
        installation.kill_bot()
        installation.start()
        await ana.say("/models")
        await ana.reads("demo")
        await ana.say("/jobs")
        await ana.reads("Nothing waits")
        assert len(ana.said("demo")) == 1
