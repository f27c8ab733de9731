"""The three kinds of model a workspace can train."""

from __future__ import annotations

from enum import StrEnum


class ModelKind(StrEnum):
    """What a model holds still from picture to picture."""

    PRODUCT = "product"
    CHARACTER = "character"
    STYLE = "style"
