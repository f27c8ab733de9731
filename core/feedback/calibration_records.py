"""Calibration records on disk: one JSON file a provider, which says where its lines came from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from core.errors import ConfigurationError
from core.feedback.calibration import OFFLINE, Calibration, VisionCalibration

_PROVIDER = re.compile(r"[a-z0-9][a-z0-9._+-]{0,63}")


@dataclass(frozen=True)
class Record:
    """What `likeness calibrate` found out.

    Attributes:
        provider: Whose lines these are; names the file.
        lines: Each line by its name in `Calibration` or `VisionCalibration`.
        made_on: The day, as in 2026-11-21.
        folders: The folders that were given.
        subjects: How many different subjects they held.
        photos: How many photos.
        figures: What lines of one half of the subjects did on the other half, over many halves.
    """

    provider: str
    lines: Mapping[str, float]
    made_on: str
    folders: tuple[str, ...]
    subjects: int
    photos: int
    figures: Mapping[str, float]


_ADAPTER = TypeAdapter(Record)


def record_path(folder: Path, provider: str) -> Path:
    """Return where a provider's record lies.

    Raises:
        ValueError: That is no provider's name.
    """
    if not _PROVIDER.fullmatch(provider):
        raise ValueError("a provider is named in small letters, digits, dots, plus and minus signs")
    return folder / f"{provider}.json"


def write_record(path: Path, record: Record) -> None:
    """Write a record, in place of an earlier one.

    Raises:
        ConfigurationError: It cannot be written there.
    """
    unfinished = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(_ADAPTER.dump_json(record, indent=2) + b"\n")
        unfinished.replace(path)  # a process that reads it meanwhile finds the old one or the new one
    except OSError as fault:
        raise ConfigurationError(
            f"The calibration record cannot be written to {path} ({fault.strerror}): "
            "correct LIKENESS_CALIBRATION_DIR, or give another --out."
        ) from fault


def read_record(folder: Path, provider: str) -> Record | None:
    """Return a provider's record, or None where nobody made one.

    Raises:
        ConfigurationError: The file is there and cannot be used.
    """
    path = record_path(folder, provider)
    try:
        record = _ADAPTER.validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as fault:
        raise _unusable(path) from fault
    if record.provider != provider:
        raise _unusable(path)
    return record


def offline_calibration(folder: Path) -> Calibration:
    """Return the lines of the offline measurements: the built-in ones, with those of a record in their place.

    Raises:
        ConfigurationError: The record is there and cannot be used.
    """
    record = read_record(folder, OFFLINE.provider)
    if record is None:
        return OFFLINE
    unknown = record.lines.keys() - asdict(OFFLINE).keys()
    if unknown or "provider" in record.lines:
        raise _unusable(record_path(folder, OFFLINE.provider))
    return replace(OFFLINE, **record.lines)


def vision_calibration(folder: Path, provider: str) -> VisionCalibration | None:
    """Return the lines of a vision model, or None where nobody measured them.

    Raises:
        ConfigurationError: The record is there and cannot be used.
    """
    record = read_record(folder, provider)
    if record is None:
        return None
    if record.lines.keys() != {field.name for field in fields(VisionCalibration)} - {"provider"}:
        raise _unusable(record_path(folder, provider))
    return VisionCalibration(provider, **record.lines)


def _unusable(path: Path) -> ConfigurationError:
    return ConfigurationError(
        f"The calibration record {path} cannot be used: make it again with likeness calibrate, or delete it."
    )
