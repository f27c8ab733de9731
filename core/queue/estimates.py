"""How long work takes here, judged from the work that was done here."""

from __future__ import annotations

from core.queue.specs import TrainSpec, from_json
from core.rules.presets import TrainingPreset
from core.store.records import JobKind, JobRecord, JobStatus

FIRST_GUESS_SECONDS_PER_STEP = {"tiny": 0.35, "sdxl": 1.0, "flux": 2.0, "bria": 1.0}
"""Used until this installation has trained once; `tiny` on one core, the others on one large GPU."""
TEST_SHEET_SECONDS = 5.0


async def minutes_to_train(base_model: str, preset: TrainingPreset) -> float:
    """Return the likely minutes of a training, after the pace of the last one on that base."""
    pace = FIRST_GUESS_SECONDS_PER_STEP.get(base_model, 1.0)
    last = (
        await JobRecord.filter(kind=JobKind.TRAIN, base_model=base_model, status=JobStatus.SUCCEEDED)
        .order_by("-ended_at")
        .first()
    )
    if last is not None and last.started_at and last.ended_at:
        steps = from_json(TrainSpec, last.spec).preset.num_steps
        pace = (last.ended_at - last.started_at).total_seconds() / max(steps, 1)
        return pace * preset.num_steps / 60
    return (pace * preset.num_steps + TEST_SHEET_SECONDS) / 60
