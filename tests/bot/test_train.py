"""`/train`, as its thread reads: photos in, decisions asked, a job out."""

from __future__ import annotations

from pathlib import Path

from bot.replies import (
    CaptionsToReview,
    ConsentNeeded,
    DraftClosed,
    FindingsToReview,
    FlaggedPhoto,
    JobQueued,
    ModelReady,
    Notice,
    PersonQuestion,
    ReadyToTrain,
    Refusal,
)
from bot.requests import AddPhotosRequest, Attachment, CaptionsRequest, TrainRequest
from core.queue.specs import TrainSpec, from_json
from core.rules.kinds import ModelKind
from core.store.records import ConsentRecord, DraftRecord, JobRecord, ModelRecord, PhotoRecord, new_id
from tests.bot.conftest import Chat, PhotoMaker


async def nothing_left(chat: Chat) -> bool:
    """No draft, no photo, no file, no job, no credit is left behind."""
    workspace = await chat.context.workspace_of(chat.person())
    rows = [
        await table.filter(workspace_id=workspace.id).count()
        for table in (DraftRecord, PhotoRecord, JobRecord)
    ]
    own = await ModelRecord.filter(workspace_id=workspace.id, is_demo=False).count()
    demos = [model.serving for model in await workspace.models() if model.serving]
    theirs = {key for version in demos for key in (version.adapter_key, version.test_sheet_key)}
    left = set(await chat.context.blobs.keys(workspace.id)) - theirs
    return (
        rows == [0, 0, 0]
        and own == 0
        and not left
        and await workspace.balance() == workspace.plan.monthly_credits
    )


async def test_good_photos_go_straight_to_their_captions(chat: Chat, photo: PhotoMaker) -> None:
    assert await chat.train(photo(1), photo(2), photo(3)) is None
    card = chat.card(CaptionsToReview)
    assert card.title.handle == "red-mug"
    assert card.captions == ("red-mug mug",) * 3


async def test_one_card_is_edited_from_the_first_word_to_the_queue(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1), photo(2))
    await chat.press("Looks right")
    ready = chat.card(ReadyToTrain)
    assert (ready.credits, ready.balance) == (10, 1000)
    await chat.press("Start")
    assert chat.card(JobQueued).title.text == "Red Mug → @red-mug · product · 2 photos"
    assert len(chat.frontend.messages) == 1


async def test_what_could_not_be_judged_is_said_even_when_nothing_is_flagged(
    chat: Chat, photo: PhotoMaker
) -> None:
    await chat.train(photo(1), photo(2))
    await chat.press("Looks right")
    assert any("could not judge here" in note for note in chat.card(ReadyToTrain).notes)


async def test_a_blurred_photo_is_shown_and_a_reaction_removes_it(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1), photo(2), photo(3, blur=8))
    assert chat.card(FindingsToReview).flagged == 1
    flagged = chat.card(FlaggedPhoto)
    assert flagged.number == 3
    assert "soft" in " ".join(flagged.findings)
    assert [choice.emoji for choice in flagged.choices] == ["✅", "❌"]
    await chat.react("❌", "m2")
    assert chat.card(FlaggedPhoto).decision == "Removed."
    assert len(chat.card(CaptionsToReview).captions) == 2


async def test_train_anyway_overrules_every_finding(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1), photo(3, blur=8))
    await chat.press("Train anyway")
    assert len(chat.card(CaptionsToReview).captions) == 2


async def test_a_decision_can_change_until_the_last_one_is_made(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1), photo(2, blur=8), photo(3, blur=9))
    await chat.react("❌", "m2")
    await chat.react("✅", "m2")
    await chat.react("✅", "m3")
    assert len(chat.card(CaptionsToReview).captions) == 3
    assert isinstance(await chat.react("❌", "m2"), Notice)


async def test_a_withdrawn_reaction_leaves_the_photo_undecided(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1), photo(2, blur=8), photo(3, blur=9))
    await chat.react("❌", "m2")
    await chat.react("❌", "m2", is_withdrawn=True)
    assert chat.card(FindingsToReview).decided == 0


async def test_strangers_and_bots_decide_nothing(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1), photo(2, blur=8))
    assert isinstance(await chat.react("❌", "m2", chat.person("ben")), Notice)
    assert await chat.react("❌", "m2", is_bot=True) is None
    assert chat.card(FindingsToReview).decided == 0
    await chat.react("❌", "m2", chat.person("mod", is_admin=True))
    assert chat.card(FlaggedPhoto).decision == "Removed."


async def test_the_same_emoji_in_another_workspace_touches_nothing(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1), photo(2, blur=8))
    assert await chat.react("❌", "m2", chat.person(workspace="rivals")) is None
    assert chat.card(FindingsToReview).decided == 0


async def test_removing_every_photo_asks_for_another_instead_of_training_nothing(
    chat: Chat, photo: PhotoMaker
) -> None:
    await chat.train(photo(2, blur=8))
    await chat.react("❌", "m2")
    assert await JobRecord.all().count() == 0
    sharp = photo(5)
    await chat.ask(AddPhotosRequest(chat.person(), (Attachment("sharp.jpg", str(sharp)),)))
    assert len(chat.card(CaptionsToReview).captions) == 1


async def test_a_real_person_is_trained_only_with_every_box_ticked(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1), kind="character", name="Ada", class_noun="woman")
    chat.card(PersonQuestion)
    await chat.press("A real person")
    assert len(chat.card(ConsentNeeded).statements) == 4
    assert "4 statements" in str(await chat.press("I agree"))
    for number in range(1, 5):
        statement = chat.card(ConsentNeeded).statements[number - 1]
        await chat.ask_button(statement.button.action)
    await chat.press("I agree")
    chat.card(CaptionsToReview)
    consent = await ConsentRecord.get()
    assert (consent.user_id, consent.text_version) == ("ana", "2026-11")
    assert consent.image_sha256s == (await PhotoRecord.get()).sha256


async def test_an_invented_character_needs_no_consent(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1), kind="character", name="Rex", class_noun="dog")
    await chat.press("Invented or an animal")
    chat.card(CaptionsToReview)
    assert await ConsentRecord.all().count() == 0


async def test_captions_can_be_changed_but_keep_the_name(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1), photo(2))
    edited = CaptionsRequest(chat.person(), ((2, "red-mug mug, side view"), (1, "a mug"), (9, "red-mug")))
    problems = await chat.ask(edited)
    assert isinstance(problems, Refusal)
    assert "Keep red-mug in the caption" in problems.reasons[0]
    assert "There is no caption 9" in problems.reasons[1]
    assert chat.card(CaptionsToReview).captions == ("red-mug mug", "red-mug mug, side view")


async def test_cancelling_a_draft_frees_its_name(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1))
    await chat.press("Cancel")
    assert chat.card(DraftClosed).reason == "Cancelled. Nothing was charged."
    assert await chat.train(photo(1)) is None


async def test_a_taken_name_is_refused_with_a_free_one(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1))
    refused = await chat.train(photo(2), name="red mug")
    assert isinstance(refused, Refusal)
    assert "@red-mug-2 is free" in refused.reasons[0]


async def test_a_text_file_named_jpg_is_named_and_leaves_nothing(chat: Chat, tmp_path: Path) -> None:
    path = tmp_path / "notes.jpg"
    path.write_text("shopping list: milk, eggs\n")
    refused = await chat.train(path)
    assert isinstance(refused, Refusal)
    assert refused.reasons[0].startswith("notes.jpg is not an image")
    assert await nothing_left(chat)


async def test_a_truncated_jpeg_is_named_and_leaves_nothing(
    chat: Chat, photo: PhotoMaker, tmp_path: Path
) -> None:
    path = tmp_path / "half.jpg"
    path.write_bytes(photo(1).read_bytes()[:20_000])
    refused = await chat.train(path)
    assert isinstance(refused, Refusal)
    assert "half.jpg" in refused.reasons[0]
    assert await nothing_left(chat)


async def test_a_bad_file_among_good_ones_does_not_lose_the_good_ones(
    chat: Chat, photo: PhotoMaker, tmp_path: Path
) -> None:
    path = tmp_path / "notes.jpg"
    path.write_text("shopping list")
    assert await chat.train(photo(1), path, photo(2)) is None
    assert len(chat.card(CaptionsToReview).captions) == 2


async def test_five_product_photos_are_one_too_many(chat: Chat, photo: PhotoMaker) -> None:
    refused = await chat.train(*(photo(seed) for seed in range(5)))
    assert isinstance(refused, Refusal)
    assert refused.reasons == (
        "A product model takes 1 to 4 photos; this has 5. Remove one and send it again.",
    )
    assert await nothing_left(chat)


async def test_a_style_on_basic_names_the_plan_that_allows_it(chat: Chat, photo: PhotoMaker) -> None:
    await chat.set_plan("basic")
    refused = await chat.train(*(photo(seed) for seed in range(5)), kind="style", name="Noir")
    assert isinstance(refused, Refusal)
    assert refused.reasons[0].startswith("Style models come with Pro. This workspace is on Basic")


async def test_free_trains_nothing(chat: Chat, photo: PhotoMaker) -> None:
    await chat.set_plan("free")
    refused = await chat.train(photo(1))
    assert isinstance(refused, Refusal)
    assert "Basic" in refused.reasons[0]


async def test_a_repeated_request_is_one_draft(chat: Chat, photo: PhotoMaker) -> None:
    path = photo(1)
    request = TrainRequest(
        chat.person(), ModelKind.PRODUCT, "Red Mug", (Attachment(path.name, str(path)),), class_noun="mug"
    )
    request_id = new_id()
    for _ in range(2):
        assert await chat.ask(request, request_id) is None
    assert await DraftRecord.all().count() == 1
    assert len(chat.frontend.messages) == 1


async def test_the_worker_gets_square_photos_and_captions(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1), photo(2), preset="quick")
    await chat.press("Looks right")
    await chat.press("Start")
    spec = from_json(TrainSpec, (await JobRecord.get()).spec)
    assert (spec.preset.num_steps, spec.trigger_word[:2], len(spec.photos)) == (20, "zz", 2)
    assert all(prompt.count("@red-mug") == 1 for prompt in spec.test_prompts)


async def test_the_news_is_one_message_that_says_how_to_use_the_name(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train_to_the_end(photo(1))
    ready = chat.card(ModelReady)
    assert (ready.handle, ready.version, ready.requester_id) == ("red-mug", 1, "ana")
    assert "@red-mug" in ready.try_prompt
    await chat.delivery.deliver_due()
    assert len(chat.frontend.messages) == 2


async def test_a_typo_free_start_is_not_pressed_twice(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1))
    await chat.press("Looks right")
    action = next(button.action for button in chat.card(ReadyToTrain).buttons if button.label == "Start")
    await chat.ask_button(action)
    assert isinstance(await chat.ask_button(action), Notice)
    assert await JobRecord.all().count() == 1


async def test_where_no_private_thread_can_be_opened_nothing_is_kept(chat: Chat, photo: PhotoMaker) -> None:
    chat.frontend.refuses_threads = "I may not open a private thread here. Ask an admin."
    refused = await chat.train(photo(1))

    assert refused == Refusal(("I may not open a private thread here. Ask an admin.",))
    assert not await DraftRecord.exists()
    assert not await PhotoRecord.exists()
