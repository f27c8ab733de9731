"""The models that ship with Likeness, in a workspace."""

from __future__ import annotations

import pytest

from core import demo_models
from core.rules.kinds import ModelKind
from core.rules.plans import load_plans
from core.rules.resolution import ModelState
from core.settings import Settings
from core.store.blobs import Blobs
from core.store.records import ModelRecord, VersionRecord
from core.workspace import Workspace, open_workspace
from tests.conftest import MovableClock


@pytest.fixture
async def workspace(database: None, clock: MovableClock) -> Workspace:
    opened, _ = await open_workspace("console", "local", default_plan="free", plans=load_plans(), now=clock())
    return opened


async def test_every_shipped_model_is_ready_to_be_named(workspace: Workspace, blobs: Blobs) -> None:
    await demo_models.install(workspace.id, blobs)
    models = await workspace.models()
    assert [model.record.handle for model in models] == [model.handle for model in demo_models.shipped()]
    for model in models:
        assert model.state is ModelState.READY
        assert model.serving is not None
        assert await blobs.get(model.serving.adapter_key)
        assert await blobs.get(model.serving.test_sheet_key)


async def test_installing_again_changes_nothing(workspace: Workspace, blobs: Blobs) -> None:
    for _ in range(2):
        await demo_models.install(workspace.id, blobs)
    assert await VersionRecord.all().count() == len(demo_models.shipped())


async def test_a_model_that_was_trained_anew_becomes_the_next_version(
    workspace: Workspace, blobs: Blobs
) -> None:
    await demo_models.install(workspace.id, blobs)
    await VersionRecord.all().update(adapter_key="of an earlier release", base_weights_sha256="e" * 64)
    await demo_models.install(workspace.id, blobs)
    for shipped in demo_models.shipped():
        model = await workspace.model(shipped.handle)
        assert model is not None
        assert model.serving is not None
        assert model.serving.number == 2
        assert model.serving.base_weights_sha256 == shipped.base_weights_sha256


async def test_a_name_of_the_workspaces_own_is_left_alone(
    workspace: Workspace, blobs: Blobs, settings: Settings
) -> None:
    own = demo_models.shipped()[0].handle
    await ModelRecord.create(
        workspace_id=workspace.id, handle=own, live_handle=own, display_name=own, kind=ModelKind.PRODUCT,
        class_noun="vase", trigger_word="zz00", owner_id="ana",
    )  # fmt: skip
    await demo_models.install(workspace.id, blobs)
    record = await ModelRecord.get(live_handle=own)
    assert (record.owner_id, record.serving_version_id) == ("ana", None)
