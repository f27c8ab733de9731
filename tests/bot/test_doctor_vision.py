"""What `likeness doctor` says about looking at photos: models that load, workers that look, lines that are measured."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot import vision_process
from bot.doctor import Report, examine
from bot.doctor.finding import Finding, Status
from core.clock import utc_now
from core.feedback.calibration_records import Record, record_path, write_record
from core.queue import workers
from core.queue.workers import Announcement
from core.settings import Settings
from gpu_worker.vision.eye import load_eye
from tests.tiny_vision import make_dinov2

PROVIDER = "dinov2-0123456789ab"

Examine = Callable[..., Awaitable[Report]]


@pytest.fixture
def examination(settings: Settings, database: None) -> Examine:
    async def examined(**changes: object) -> Report:
        return await examine(settings.model_copy(update=changes))

    return examined


async def a_worker(provider: str, name: str = "gpu7") -> None:
    lanes = ("train.tiny", "generate.tiny")
    await workers.announce(Announcement(name, {"tiny": "a" * 64}, lanes, "CPU", 2**30, provider), utc_now())


def lines_are_known(settings: Settings, provider: str = PROVIDER) -> None:
    lines = {"max_oddness": 0.3, "max_sameness": 0.9}
    path = record_path(settings.resolved_calibration_dir, provider)
    write_record(path, Record(provider, lines, "2026-11-21", (), 6, 30, {}))


def about(report: Report, name: str) -> list[Finding]:
    return [finding for finding in report.findings if finding.name == name]


async def test_without_a_vision_model_all_is_well(examination: Examine) -> None:
    await a_worker("")
    report = await examination()
    assert report.to_do == ()
    [vision] = about(report, "vision")
    assert vision.sentence == "No vision model is set here: photos get the offline checks."
    [calibration] = about(report, "calibration")
    assert "built-in" in calibration.sentence


async def test_the_model_is_loaded_and_its_worker_and_lines_are_found(
    examination: Examine, settings: Settings, tmp_path: Path
) -> None:
    model = make_dinov2(tmp_path / "model")
    eye = load_eye(settings.model_copy(update={"vision_model": str(model)}))
    assert eye is not None
    provider = eye.provider
    await a_worker(provider)
    lines_are_known(settings, provider)
    report = await examination(vision_model=str(model))
    assert report.to_do == ()
    assert f"The vision model loads: {provider}." in [it.sentence for it in about(report, "vision")]
    assert f"Workers look with {provider}, and its lines are measured." in [
        it.sentence for it in about(report, "calibration")
    ]
    assert f"looks at photos with {provider}" in about(report, "workers")[0].sentence


async def test_a_model_that_cannot_be_loaded_is_a_wrong_setting(
    examination: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = '{"fault": "LIKENESS_VISION_MODEL: that is a cat.", "is_setting": true}'
    monkeypatch.setattr(vision_process, "COMMAND", (sys.executable, "-c", f"print('{said}')"))
    await a_worker("")
    report = await examination(vision_model="cat")
    assert report.is_misconfigured
    [wrong] = [it for it in about(report, "vision") if it.status is Status.FAIL]
    assert wrong.sentence == "LIKENESS_VISION_MODEL: that is a cat."
    assert wrong.fix


async def test_a_machine_without_the_workers_packages_is_no_wrong_setting(
    examination: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vision_process, "COMMAND", (sys.executable, "-c", "import no_such_package"))
    await a_worker(PROVIDER)
    report = await examination(vision_model="some/model")
    assert not report.is_misconfigured
    [finding] = about(report, "vision")
    assert finding.status is Status.WARN
    assert "needs the worker's packages" in finding.sentence
    assert "no worker runs" in finding.fix


async def test_lines_that_nobody_measured_are_asked_for(examination: Examine) -> None:
    await a_worker(PROVIDER)
    [finding] = [it for it in about(await examination(), "calibration") if it.status is Status.WARN]
    assert f"{PROVIDER}.json is not there" in finding.sentence
    assert "likeness calibrate" in finding.fix


@pytest.mark.parametrize("provider", ["offline", PROVIDER])
async def test_a_damaged_record_is_named(examination: Examine, settings: Settings, provider: str) -> None:
    await a_worker(PROVIDER)
    lines_are_known(settings)
    record_path(settings.resolved_calibration_dir, provider).write_text("{")
    [finding] = [it for it in about(await examination(), "calibration") if it.status is Status.WARN]
    assert f"{provider}.json cannot be used" in finding.sentence


async def test_workers_that_look_with_different_models_are_named(
    examination: Examine, settings: Settings
) -> None:
    other = "clip-0123456789ab"
    for number, provider in enumerate((PROVIDER, other, "")):
        await a_worker(provider, name=f"gpu{number}")
    for provider in (PROVIDER, other):
        lines_are_known(settings, provider)
    [finding] = (await examination()).to_do
    assert f"{other} and {PROVIDER}" in finding.sentence


async def test_a_model_that_no_worker_looks_with_is_said(
    examination: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vision_process, "COMMAND", (sys.executable, "-c", 'print(\'{"provider": "p"}\')'))
    await a_worker("")
    [finding] = (await examination(vision_model="some/model")).to_do
    assert "no worker that is online looks with it" in finding.sentence
    assert "restart them" in finding.fix
