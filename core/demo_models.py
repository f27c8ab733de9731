"""The models that ship with Likeness: every workspace has them, and every plan may use them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from pydantic import TypeAdapter

from core.blob_references import lock_files
from core.rules.kinds import ModelKind
from core.store.blobs import Blobs, key_of
from core.store.database import transaction
from core.store.records import ModelRecord, VersionRecord, VersionState

OWNER_ID = "likeness"


@dataclass(frozen=True)
class DemoModel:
    """One shipped model: `model.toml`, `adapter.safetensors` and `test-sheet.png` in a folder of its own."""

    handle: str
    display_name: str
    kind: ModelKind
    class_noun: str
    trigger_word: str
    base_model: str
    base_weights_sha256: str
    likeness_score: float
    adapter: bytes
    test_sheet: bytes


@cache
def shipped() -> tuple[DemoModel, ...]:
    """Return the shipped models, by handle."""
    reader = TypeAdapter(DemoModel)
    found: list[DemoModel] = []
    for folder in resources.files("core").joinpath("demo_model_files").iterdir():
        if folder.joinpath("model.toml").is_file():
            row = tomllib.loads(folder.joinpath("model.toml").read_text(encoding="utf-8"))
            adapter = folder.joinpath("adapter.safetensors").read_bytes()
            sheet = folder.joinpath("test-sheet.png").read_bytes()
            found.append(reader.validate_python({**row, "adapter": adapter, "test_sheet": sheet}))
    return tuple(sorted(found, key=lambda model: model.handle))


async def install(workspace_id: str, blobs: Blobs) -> None:
    """Give a workspace the demo models it lacks, and the new version of those that were trained anew.

    A name that the workspace uses for a model of its own stays with that model.
    """
    for model in shipped():
        adapter_key = key_of(workspace_id, model.adapter, ".safetensors")
        record, latest = await _installed(workspace_id, model.handle)
        if _is_settled(record, latest, adapter_key):
            continue
        async with transaction():
            await lock_files(workspace_id)
            await blobs.ensure(workspace_id, model.adapter, ".safetensors")
            test_sheet_key = await blobs.ensure(workspace_id, model.test_sheet, ".png")
            record, latest = await _installed(workspace_id, model.handle)
            if _is_settled(record, latest, adapter_key):
                continue  # another process was faster
            if record is None:
                record = await _create(workspace_id, model)
            version = await VersionRecord.create(
                model_id=record.id,
                number=latest.number + 1 if latest else 1,
                state=VersionState.READY,
                base_model=model.base_model,
                base_weights_sha256=model.base_weights_sha256,
                adapter_key=adapter_key,
                test_sheet_key=test_sheet_key,
                likeness_score=model.likeness_score,
            )
            await ModelRecord.filter(id=record.id).update(serving_version_id=version.id)


async def _installed(workspace_id: str, handle: str) -> tuple[ModelRecord | None, VersionRecord | None]:
    """Return the model of that name, and its latest version."""
    record = await ModelRecord.get_or_none(workspace_id=workspace_id, live_handle=handle)
    if record is None:
        return None, None
    return record, await VersionRecord.filter(model_id=record.id).order_by("-number").first()


def _is_settled(record: ModelRecord | None, latest: VersionRecord | None, adapter_key: str) -> bool:
    """Tell whether the name is the workspace's own, or has these weights already."""
    if record is None:
        return False
    return not record.is_demo or (latest is not None and latest.adapter_key == adapter_key)


async def _create(workspace_id: str, model: DemoModel) -> ModelRecord:
    return await ModelRecord.create(
        workspace_id=workspace_id,
        handle=model.handle,
        live_handle=model.handle,
        display_name=model.display_name,
        kind=model.kind,
        class_noun=model.class_noun,
        trigger_word=model.trigger_word,
        owner_id=OWNER_ID,
        is_demo=True,
    )
