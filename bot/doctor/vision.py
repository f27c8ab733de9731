"""Can the vision models be loaded, does a worker look with them, and does somebody know where their lines are?"""

from __future__ import annotations

from collections.abc import AsyncIterator

from bot.doctor.finding import Check, Finding, Status
from bot.vision_process import CannotLookHere, open_vision
from core.clock import utc_now
from core.errors import ConfigurationError
from core.feedback.calibration import OFFLINE
from core.feedback.calibration_records import offline_calibration, record_path, vision_calibration
from core.queue import workers
from core.rules.wording import listed
from core.settings import Settings

CALIBRATE = "Run likeness calibrate FOLDER... once, with a folder of good photos for each subject."


async def look_at_models(settings: Settings) -> AsyncIterator[Finding]:
    """Load the models that this machine's settings name; what is not on the machine is not downloaded."""
    if not settings.vision_model and not settings.face_model:
        yield Finding("vision", Status.OK, "No vision model is set here: photos get the offline checks.")
        return
    try:
        async with open_vision(settings, may_download=False) as vision:
            yield Finding("vision", Status.OK, f"The vision model loads: {vision.provider}.")
    except CannotLookHere as fault:
        fix = "Fine where no worker runs; else start one, and its log says what is wrong."
        yield Finding("vision", Status.WARN, str(fault), fix)


async def look_at_offline_lines(settings: Settings) -> AsyncIterator[Finding]:
    """See that a record of the offline measurements, if there is one, can be used."""
    path = record_path(settings.resolved_calibration_dir, OFFLINE.provider)
    try:
        offline_calibration(settings.resolved_calibration_dir)
    except ConfigurationError as fault:
        yield _unusable(fault)
        return
    whose = f"those of {path}" if path.exists() else "the built-in ones"
    yield Finding("calibration", Status.OK, f"The lines of the offline checks are {whose}.")


async def look_at_eyes(settings: Settings) -> AsyncIterator[Finding]:
    """See whether a worker looks at photos, with one model only, whose lines were measured."""
    online = await workers.online(utc_now())
    providers = sorted({worker.provider for worker in online if worker.provider})
    if not providers:
        if settings.vision_model or await workers.has_eyes():
            yield Finding(
                "vision",
                Status.WARN,
                "A vision model is set, and no worker that is online looks with it: feedback goes on without.",
                "Set LIKENESS_VISION_MODEL for the workers too, and restart them; their log says what is wrong.",
            )
        return
    if len(providers) > 1:
        yield Finding(
            "vision",
            Status.WARN,
            f"Workers look with different models: {listed(providers)}. Each needs lines of its own.",
            "Set the same LIKENESS_VISION_MODEL and LIKENESS_FACE_MODEL for all of them.",
        )
    for provider in providers:
        yield _about_lines(settings, provider)


def _about_lines(settings: Settings, provider: str) -> Finding:
    folder = settings.resolved_calibration_dir
    try:
        lines = vision_calibration(folder, provider)
    except ConfigurationError as fault:
        return _unusable(fault)
    if lines is None:
        sentence = f"Nobody measured the lines of {provider} ({record_path(folder, provider)} is not there)."
        return Finding(
            "calibration", Status.WARN, f"{sentence} Looks are not compared until then.", CALIBRATE
        )
    return Finding("calibration", Status.OK, f"Workers look with {provider}, and its lines are measured.")


def _unusable(fault: ConfigurationError) -> Finding:
    return Finding("calibration", Status.WARN, str(fault), CALIBRATE)


CHECKS = (
    Check("vision", look_at_models),
    Check("calibration", look_at_offline_lines),
    Check("vision", look_at_eyes, needs_rows=True),
)
