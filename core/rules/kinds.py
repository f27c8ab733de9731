"""The kinds of model that a workspace can train, and the kinds of work that this takes."""

from __future__ import annotations

from enum import StrEnum


class ModelKind(StrEnum):
    """What a model holds still from picture to picture."""

    PRODUCT = "product"
    CHARACTER = "character"
    STYLE = "style"


class JobKind(StrEnum):
    """What a worker can be asked to do."""

    TRAIN = "train"
    GENERATE = "generate"
    FEATURES = "features"
    """Look at photos before a training: seconds, free, and nothing that a thread sees as a job."""
