"""`/imagine`, `/edit`, `/delete`, `/models` and `/jobs`, as their thread reads."""

from __future__ import annotations

from dataclasses import replace

from bot.replies import (
    DeleteConfirmation,
    ImagesReady,
    JobCancelled,
    JobFailed,
    JobList,
    JobQueued,
    JobRunning,
    ModelDeleted,
    ModelList,
    ModelPhotos,
    ModelReady,
    Notice,
    Refusal,
)
from bot.requests import (
    Attachment,
    DeleteRequest,
    EditRequest,
    ImagineRequest,
    JobsRequest,
    ModelsRequest,
)
from core.queue import workers
from core.queue.specs import GenerateSpec, from_json
from core.store.records import (
    DraftPhotoRecord,
    DraftRecord,
    JobKind,
    JobRecord,
    ModelRecord,
    PhotoRecord,
    VersionRecord,
    new_id,
)
from tests.bot.conftest import Chat, PhotoMaker


async def imagine(chat: Chat, prompt: str, **options: object) -> Refusal | None:
    reply = await chat.ask(ImagineRequest(chat.person(), prompt, **options))  # type: ignore[arg-type]
    assert reply is None or isinstance(reply, Refusal)
    return reply


async def refusal(chat: Chat, prompt: str, **options: object) -> str:
    before = await chat.context.workspace_of(chat.person())
    balance, jobs = await before.balance(), await JobRecord.all().count()
    refused = await imagine(chat, prompt, **options)
    assert refused is not None
    assert (await before.balance(), await JobRecord.all().count()) == (balance, jobs), (
        "a refusal costs nothing"
    )
    return " ".join(refused.reasons)


async def test_the_card_becomes_the_pictures(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train_to_the_end(photo(1))
    assert await imagine(chat, "@red-mug on a beach", count=2, seed=7) is None
    assert chat.card(JobQueued).title.text == "@red-mug · on a beach · 2 pictures, 2 credits"
    await chat.work()
    ready = chat.card(ImagesReady)
    assert len(ready.pictures) == 2
    assert ready.footer == "seed 7 · @red-mug v1"
    assert not chat.frontend.of_type(JobQueued)


async def test_again_makes_new_ones_from_the_same_words(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train_to_the_end(photo(1))
    await imagine(chat, "@red-mug on a beach", seed=7)
    await chat.work()
    await chat.press("Again")
    spec = from_json(GenerateSpec, (await JobRecord.all().order_by("-created_at").first()).spec)
    assert (spec.prompt, spec.seed == 7) == ("@red-mug on a beach", False)


async def test_a_prompt_without_a_name_just_draws(chat: Chat) -> None:
    assert await imagine(chat, "a mug on a beach") is None
    assert chat.card(JobQueued).title.text.startswith("a mug on a beach")


async def test_an_unknown_name_gets_the_nearest(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train_to_the_end(photo(1))
    said = await refusal(chat, "@red-mgu on a beach")
    assert said == "There is no model @red-mgu here. Did you mean @red-mug? Nothing was charged."


async def test_a_model_in_training_says_so(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1))
    await chat.press("Looks right")
    await chat.press("Start")
    assert (await refusal(chat, "@red-mug")).startswith("@red-mug is still training")


async def test_two_styles_do_not_mix(chat: Chat, photo: PhotoMaker) -> None:
    for name in ("Noir", "Pastel"):
        await chat.train_to_the_end(*(photo(seed) for seed in range(5)), kind="style", name=name)
    assert await refusal(chat, "a mug, @noir and @pastel") == (
        "Two styles in one prompt do not mix: keep @noir or @pastel."
    )


async def test_free_draws_nobodys_own_models(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train_to_the_end(photo(1))
    await chat.set_plan("free")
    assert "Basic" in await refusal(chat, "@red-mug on a beach")


async def test_five_pictures_are_too_many(chat: Chat) -> None:
    assert "from 1 to 4" in await refusal(chat, "a mug", count=5)


async def test_no_credits_no_pictures(chat: Chat) -> None:
    free = chat.context.settings.model_copy(update={"default_plan": "free"})
    chat.context = replace(chat.context, settings=free)
    for _ in range(5):
        assert await imagine(chat, "a mug", count=4) is None
    assert "0 are left" in await refusal(chat, "a mug")


async def test_a_guessed_name_from_another_workspace_is_not_there(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train_to_the_end(photo(1))
    rival = chat.person(workspace="rivals")
    reply = await chat.ask(ImagineRequest(rival, "@red-mug on a beach"))
    assert isinstance(reply, Refusal)
    assert "no model @red-mug" in reply.reasons[0]


async def test_a_new_base_asks_for_a_retrain(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train_to_the_end(photo(1))
    said = workers.Announcement("w", {"tiny": "b" * 64}, ("generate.tiny",), "CPU", 0)
    await workers.announce(said, chat.context.clock())
    assert "Retrain @red-mug" in await refusal(chat, "@red-mug")


async def test_edit_adds_a_photo_and_the_old_version_serves_until_the_new_is_ready(
    chat: Chat, photo: PhotoMaker
) -> None:
    await chat.train_to_the_end(photo(1))
    added = photo(2)
    request = EditRequest(chat.person(), "@red-mug", (Attachment("more.jpg", str(added)),))
    assert await chat.ask(request) is None
    await chat.press("Looks right")
    await chat.press("Start")
    assert await imagine(chat, "@red-mug on a beach") is None
    job = await JobRecord.all().order_by("-created_at").first()
    model = await ModelRecord.get(live_handle="red-mug")
    first = await VersionRecord.get(number=1, model_id=model.id)
    assert from_json(GenerateSpec, job.spec).adapters[0].version_id == first.id
    await chat.work()
    await chat.work()
    assert [ready.version for ready in chat.frontend.of_type(ModelReady)] == [1, 2]
    await imagine(chat, "@red-mug on a beach")
    job = await JobRecord.all().order_by("-created_at").first()
    assert (
        from_json(GenerateSpec, job.spec).adapters[0].version_id
        == (await VersionRecord.get(number=2, model_id=model.id)).id
    )


async def test_a_failed_retrain_leaves_the_working_version(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train_to_the_end(photo(1))
    await chat.ask(EditRequest(chat.person(), "red-mug", (Attachment("more.jpg", str(photo(2))),)))
    await chat.press("Looks right")
    await chat.press("Start")
    await chat.context.jobs.fail(await chat.claim(), "It did not learn. Your 10 credits are back.")
    await chat.delivery.deliver_due()
    assert chat.card(JobFailed).reason.startswith("It did not learn")
    assert await imagine(chat, "@red-mug on a beach") is None


async def test_edit_can_remove_and_shows_photos_when_nothing_changes(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train_to_the_end(photo(1), photo(2))
    shown = await chat.ask(EditRequest(chat.person(), "red-mug"))
    assert isinstance(shown, ModelPhotos)
    assert len(shown.pictures) == 2
    out_of_range = await chat.ask(EditRequest(chat.person(), "red-mug", remove=(3,)))
    assert isinstance(out_of_range, Refusal)
    assert await chat.ask(EditRequest(chat.person(), "red-mug", remove=(2,))) is None
    assert len(await DraftPhotoRecord.filter(draft_id=(await DraftRecord.get(state="captions")).id)) == 1


async def test_only_the_owner_or_an_admin_edits_and_deletes(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train_to_the_end(photo(1))
    ben = chat.person("ben")
    assert isinstance(await chat.ask(EditRequest(ben, "red-mug", remove=(1,))), Refusal)
    assert isinstance(await chat.ask(DeleteRequest(ben, "red-mug", "red-mug")), Refusal)
    admin = chat.person("mod", is_admin=True)
    assert isinstance(await chat.ask(DeleteRequest(admin, "red-mug", "red-mug")), ModelDeleted)


async def test_delete_asks_for_the_name_and_leaves_nothing(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train_to_the_end(photo(1), photo(2))
    asked = await chat.ask(DeleteRequest(chat.person(), "@red-mug"))
    assert isinstance(asked, DeleteConfirmation)
    assert await ModelRecord.exists(live_handle="red-mug")
    assert isinstance(await chat.ask(DeleteRequest(chat.person(), "@red-mug", "Red-Mug")), ModelDeleted)
    workspace = await chat.context.workspace_of(chat.person())
    demos = [model.serving for model in await workspace.models() if model.serving]
    theirs = {key for version in demos for key in (version.adapter_key, version.test_sheet_key)}
    assert set(await chat.context.blobs.keys(workspace.id)) == theirs
    assert await PhotoRecord.filter(workspace_id=workspace.id).count() == 0
    assert await refusal(chat, "@red-mug on a beach") == (
        "@red-mug was deleted by its owner on 21 November. Prompts that used it need another model."
    )


async def test_a_deleted_name_may_be_used_again(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train_to_the_end(photo(1))
    await chat.ask(DeleteRequest(chat.person(), "red-mug", "red-mug"))
    await chat.train_to_the_end(photo(2))
    assert await imagine(chat, "@red-mug on a beach") is None


async def test_photos_shared_with_another_model_survive_a_delete(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train_to_the_end(photo(1), name="Red Mug")
    await chat.train_to_the_end(photo(1), name="Twin")
    await chat.ask(DeleteRequest(chat.person(), "red-mug", "red-mug"))
    kept = await PhotoRecord.get()
    assert await chat.context.blobs.get(kept.blob_key)


async def test_cancel_of_a_first_training_gives_the_name_back(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1))
    await chat.press("Looks right")
    await chat.press("Start")
    assert await chat.press("Cancel") is None
    await chat.delivery.deliver_due()
    assert chat.card(JobCancelled).credits_back == 10
    assert await chat.train(photo(2)) is None


async def test_somebody_elses_job_is_not_cancelled(chat: Chat) -> None:
    await imagine(chat, "a mug")
    assert isinstance(await chat.press("Cancel", chat.person("ben")), Notice)
    assert (await JobRecord.get()).status == "queued"


async def test_models_are_listed_and_searched(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train_to_the_end(photo(1), name="Red Mug")
    await chat.train_to_the_end(photo(2), name="Blue Vase", class_noun="vase")
    listed = await chat.ask(ModelsRequest(chat.person()))
    assert isinstance(listed, ModelList)
    assert [card.handle for card in listed.models if not card.is_demo] == ["blue-vase", "red-mug"]
    found = await chat.ask(ModelsRequest(chat.person(), "blue"))
    assert isinstance(found, ModelList)
    assert [card.handle for card in found.models] == ["blue-vase"]


async def test_jobs_marks_what_was_not_seen_yet(chat: Chat) -> None:
    await imagine(chat, "a mug")
    await chat.work()
    for is_new in (True, False):
        listed = await chat.ask(JobsRequest(chat.person()))
        assert isinstance(listed, JobList)
        assert [line.is_new for line in listed.jobs] == [is_new]


async def test_progress_is_shown_while_the_worker_works(chat: Chat) -> None:
    await imagine(chat, "a mug")
    claim = await chat.claim()
    await chat.context.jobs.report_progress(claim, done=5, total=20, seconds_left=120.0)
    await chat.delivery.follow_open_jobs()
    running = chat.card(JobRunning)
    assert (running.fraction, running.minutes_left) == (0.25, 2.0)


async def test_an_ending_survives_a_platform_that_is_down(chat: Chat) -> None:
    await imagine(chat, "a mug")
    chat.frontend.is_down = True
    await chat.work()
    assert not chat.frontend.of_type(ImagesReady)
    chat.frontend.is_down = False
    await chat.delivery.deliver_due()
    assert not chat.frontend.of_type(ImagesReady), "it waits before it tries again"
    chat.context.clock.advance(seconds=2)  # type: ignore[attr-defined]
    await chat.delivery.deliver_due()
    chat.card(ImagesReady)


async def test_an_answer_lost_on_the_way_back_is_not_a_second_message(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1))
    await chat.press("Looks right")
    await chat.press("Start")
    chat.frontend.fails_after_storing = True
    await chat.work()
    chat.context.clock.advance(seconds=2)  # type: ignore[attr-defined]
    await chat.delivery.deliver_due()
    chat.card(ModelReady)


async def test_a_deleted_card_comes_back_as_a_new_message(chat: Chat) -> None:
    await imagine(chat, "a mug")
    chat.frontend.messages.clear()
    await chat.work()
    chat.card(ImagesReady)


async def test_a_repeated_imagine_is_one_job(chat: Chat) -> None:
    request, request_id = ImagineRequest(chat.person(), "a mug"), new_id()
    for _ in range(2):
        await chat.ask(request, request_id)
    assert await JobRecord.filter(kind=JobKind.GENERATE).count() == 1
