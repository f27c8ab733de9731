"""Review by reaction, as its thread reads: shown worst first, decided one by one, and over when all is said."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bot.commands import drafting
from bot.replies import (
    CaptionsToReview,
    DraftClosed,
    FindingsToReview,
    FlaggedPhoto,
    Notice,
    PersonQuestion,
    PhotosNeeded,
    ReadyToTrain,
)
from bot.requests import AddPhotosRequest, Attachment, ThreadAddress
from core import drafts
from core.drafts import PHOTOS_A_PAGE
from core.queue.specs import TrainSpec, from_json
from core.store.records import (
    Choice,
    DraftPhotoRecord,
    DraftRecord,
    FindingRecord,
    JobRecord,
    PhotoRecord,
    VoteRecord,
    WorkspaceRecord,
)
from tests.bot.conftest import Chat, PhotoMaker

WHITE = (255, 255, 255)


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    """A photo of something long: no square crop can hold all of it."""
    cells = np.random.default_rng(3).integers(0, 255, (16, 70, 3), dtype=np.uint8)
    picture = Image.new("RGB", (2048, 1024), (70, 110, 70))
    picture.paste(Image.fromarray(cells).resize((1750, 400), Image.Resampling.NEAREST), (150, 300))
    path = tmp_path / "wide.png"
    picture.save(path)
    return path


def soft_style(photo: PhotoMaker, count: int) -> list[Path]:
    """So many soft pictures, and five that are sharp."""
    sharp = [photo(seed, side=1024) for seed in range(100, 105)]
    return [*sharp, *(photo(seed, side=560, blur=8) for seed in range(count))]


def shown(chat: Chat) -> dict[str, FlaggedPhoto]:
    """The review's messages, in the order of the thread."""
    return {key: reply for key, reply in chat.frontend.messages.items() if isinstance(reply, FlaggedPhoto)}


async def picture_of(chat: Chat, reply: FlaggedPhoto) -> Image.Image:
    return Image.open(io.BytesIO(await chat.context.blobs.get(reply.picture.blob_key)))


async def only_photos_are_kept(chat: Chat) -> bool:
    """No picture of the review is left in the store."""
    workspace = await chat.context.workspace_of(chat.person())
    demos = [model.serving for model in await workspace.models() if model.serving]
    theirs = {key for version in demos for key in (version.adapter_key, version.test_sheet_key)}
    photos = {photo.blob_key for photo in await PhotoRecord.all()}
    return set(await chat.context.blobs.keys(workspace.id)) - theirs == photos


async def test_the_worst_photo_comes_first(chat: Chat, photo: PhotoMaker, wide: Path) -> None:
    await chat.train(photo(1, blur=8), photo(2), wide)
    assert [reply.number for reply in shown(chat).values()] == [3, 1]


async def test_eight_photos_are_shown_and_the_next_follow_when_these_are_decided(
    chat: Chat, photo: PhotoMaker
) -> None:
    await chat.train(*soft_style(photo, PHOTOS_A_PAGE + 2), kind="style", name="Noir")
    first = shown(chat)
    assert len(first) == PHOTOS_A_PAGE
    assert "two more follow" in chat.card(FindingsToReview).set_findings[0]
    for message in list(first)[:-1]:
        await chat.react("✅", message)
    assert shown(chat).keys() == first.keys()
    await chat.react("❌", list(first)[-1])
    following = [message for message in shown(chat) if message not in first]
    assert len(following) == 2
    assert (chat.card(FindingsToReview).flagged, chat.card(FindingsToReview).decided) == (10, 8)
    for message in following:
        await chat.react("✅", message)
    assert len(chat.card(CaptionsToReview).captions) == 14


async def test_the_next_photos_can_be_asked_for(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(*soft_style(photo, PHOTOS_A_PAGE + 1), kind="style", name="Noir")
    await chat.press("Next photos")
    assert len(shown(chat)) == PHOTOS_A_PAGE + 1
    assert "Next photos" not in [button.label for button in chat.card(FindingsToReview).buttons]


async def test_a_review_goes_on_after_a_restart_where_it_stood(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(*soft_style(photo, PHOTOS_A_PAGE + 1), kind="style", name="Noir")
    first = list(shown(chat))
    await chat.react("❌", first[0])
    await drafting.resume(chat.context, "memory")
    assert list(shown(chat)) == first
    assert shown(chat)[first[0]].decision == "Removed."
    for message in first[1:]:
        await chat.react("✅", message)
    assert len(shown(chat)) == PHOTOS_A_PAGE + 1


async def test_a_review_that_was_decided_just_before_the_end_goes_on_after_it(
    chat: Chat, photo: PhotoMaker
) -> None:
    await chat.train(photo(1), photo(2, blur=8))
    await DraftPhotoRecord.filter(is_flagged=True).update(choice=Choice.REMOVE)
    await drafting.resume(chat.context, "memory")
    assert len(chat.card(CaptionsToReview).captions) == 1


async def test_the_crop_is_drawn_and_the_scissors_show_what_will_be_trained(
    chat: Chat, photo: PhotoMaker, wide: Path
) -> None:
    await chat.train(photo(1), wide)
    flagged = chat.card(FlaggedPhoto)
    assert [choice.meaning for choice in flagged.choices] == [
        "keep the crop",
        "pad with white instead",
        "remove",
    ]
    before = await picture_of(chat, flagged)
    assert before.size == (1024, 512)
    ground, cut_away = before.getpixel((512, 60)), before.getpixel((20, 60))
    assert sum(cut_away) < 0.6 * sum(ground)  # type: ignore[arg-type]
    await chat.react("✂️", "m2")
    flagged = chat.card(FlaggedPhoto)
    assert flagged.decision == "Kept, padded with white so that nothing is cut."
    after = await picture_of(chat, flagged)
    assert after.size == (1024, 1024)
    assert after.getpixel((512, 20)) == WHITE


async def test_the_picture_follows_every_change_of_mind(chat: Chat, photo: PhotoMaker, wide: Path) -> None:
    await chat.train(photo(1, blur=8), wide)
    await chat.react("✂️", "m2")
    padded = await picture_of(chat, shown(chat)["m2"])
    assert padded.size == (1024, 1024)
    assert padded.getpixel((512, 20)) == WHITE
    await chat.react("✅", "m2")
    cropped = await picture_of(chat, shown(chat)["m2"])
    assert shown(chat)["m2"].decision == "Kept, cropped as shown."
    assert cropped.size == (1024, 1024)
    assert cropped.getpixel((512, 20)) != WHITE
    await chat.react("❌", "m2")
    stored = await PhotoRecord.get(filename="wide.png")
    assert shown(chat)["m2"].picture.blob_key == stored.blob_key


async def test_what_the_scissors_showed_is_what_the_worker_gets(
    chat: Chat, photo: PhotoMaker, wide: Path
) -> None:
    await chat.train(photo(1), wide)
    await chat.react("✂️", "m2")
    await chat.press("Looks right")
    await chat.press("Start")
    spec = from_json(TrainSpec, (await JobRecord.get()).spec)
    trained = Image.open(io.BytesIO(await chat.context.blobs.get(spec.photos[1].blob_key)))
    assert trained.size == (2048, 2048)
    assert trained.getpixel((1024, 40)) == WHITE
    assert not await DraftPhotoRecord.filter(preview_key__isnull=False).exists()


async def test_a_small_photo_can_be_enlarged_and_the_note_says_what_that_is_worth(
    chat: Chat, photo: PhotoMaker
) -> None:
    await chat.train(photo(1), photo(2, side=400), photo(3, blur=8))
    assert shown(chat)["m2"].choices[1].meaning == "enlarge it"
    await chat.react("✂️", "m2")
    assert (await picture_of(chat, shown(chat)["m2"])).size == (1024, 1024)
    assert "pixels, not detail" in shown(chat)["m2"].decision


async def test_scissors_without_a_fix_decide_nothing(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1), photo(2, blur=8))
    assert isinstance(await chat.react("✂️", "m2"), Notice)
    assert chat.card(FindingsToReview).decided == 0
    assert await VoteRecord.all().count() == 0


async def test_train_anyway_says_under_each_photo_what_becomes_of_it(
    chat: Chat, photo: PhotoMaker, wide: Path
) -> None:
    await chat.train(photo(1, blur=8), wide)
    await chat.press("Train anyway")
    long, soft = shown(chat).values()
    assert (
        long.decision == "Padded with white so that nothing is cut; the review ended before anybody decided."
    )
    assert soft.decision == "Kept; the review ended before anybody decided."
    assert long.choices == soft.choices == ()
    assert isinstance(await chat.react("❌", "m2"), Notice)


async def test_a_cancelled_review_leaves_no_pictures_of_its_own(chat: Chat, wide: Path) -> None:
    await chat.train(wide)
    assert not await only_photos_are_kept(chat)
    await chat.press("Cancel")
    chat.card(DraftClosed)
    assert await only_photos_are_kept(chat)


async def test_a_cancelled_review_says_so_under_every_photo(
    chat: Chat, photo: PhotoMaker, wide: Path
) -> None:
    await chat.train(photo(1, blur=8), wide)
    await chat.react("✅", "m2")
    await chat.press("Cancel")
    assert {reply.decision for reply in shown(chat).values()} == {"Not used: this ended without a training."}
    assert {reply.choices for reply in shown(chat).values()} == {()}


async def test_photos_can_be_added_by_a_button_that_says_how(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1), photo(2, blur=8))
    told = await chat.press("Add photos")
    assert isinstance(told, Notice) and "Send the photos into this thread" in told.text


async def test_when_nothing_is_left_the_card_asks_for_photos_and_goes_on_with_them(
    chat: Chat, photo: PhotoMaker
) -> None:
    await chat.train(photo(1, blur=8))
    await chat.react("❌", "m2")
    waiting = chat.card(PhotosNeeded)
    assert waiting.reasons == ("A product model takes 1 to 4 photos; this has 0. Add one.",)
    assert [button.label for button in waiting.buttons] == ["Add photos", "Cancel"]
    sharp = photo(2)
    await chat.ask(AddPhotosRequest(chat.person(), (Attachment(sharp.name, str(sharp)),)))
    assert len(chat.card(CaptionsToReview).captions) == 1


async def test_two_have_to_agree_where_the_workspace_wants_two(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1), photo(2, blur=8))
    await WorkspaceRecord.all().update(review_quorum=2, approvers="lee,kim")
    await chat.react("❌", "m2")
    await chat.react("❌", "m2")
    assert shown(chat)["m2"].decision == "2 votes decide; so far 1 to remove."
    await chat.react("✅", "m2", chat.person("kim"))
    assert chat.card(FindingsToReview).decided == 0
    await chat.react("❌", "m2", chat.person("lee"))
    assert shown(chat)["m2"].decision == "Removed."


async def test_an_approver_may_end_the_review_but_not_the_draft(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1), photo(2, blur=8))
    await WorkspaceRecord.all().update(approvers="lee")
    assert isinstance(await chat.press("Cancel", chat.person("lee")), Notice)
    assert isinstance(await chat.press("Train anyway", chat.person("kim")), Notice)
    await chat.press("Train anyway", chat.person("lee"))
    assert len(chat.card(CaptionsToReview).captions) == 2


async def test_a_vote_that_is_taken_back_counts_no_more(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1), photo(2, blur=8), photo(3, blur=8))
    await WorkspaceRecord.all().update(review_quorum=2, approvers="lee")
    await chat.react("❌", "m2")
    await chat.react("❌", "m2", chat.person("lee"))
    assert shown(chat)["m2"].decision == "Removed."
    await chat.react("❌", "m2", chat.person("lee"), is_withdrawn=True)
    assert shown(chat)["m2"].decision == "2 votes decide; so far 1 to remove."


async def test_of_two_who_disagree_the_one_who_spoke_last_decides(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1), photo(2, blur=8), photo(3, blur=8))
    await chat.react("✅", "m2")
    await chat.react("❌", "m2", chat.person("mod", is_admin=True))
    assert shown(chat)["m2"].decision == "Removed."


async def test_every_decision_is_on_record_the_withdrawn_ones_too(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1), photo(2, blur=8), photo(3, blur=8))
    await chat.react("❌", "m2")
    await chat.react("❌", "m2", is_withdrawn=True)
    await chat.react("✅", "m2")
    votes = await VoteRecord.all().order_by("created_at")
    assert [(vote.user_id, vote.choice, vote.is_withdrawn) for vote in votes] == [
        ("ana", Choice.REMOVE, True),
        ("ana", Choice.KEEP, False),
    ]


async def test_a_kept_photo_is_decided_anew_when_something_new_is_found(
    chat: Chat, photo: PhotoMaker
) -> None:
    await chat.train(photo(1), photo(2, blur=8), photo(3, blur=8))
    await chat.react("✅", "m2")
    draft, kept = await DraftRecord.get(), await DraftPhotoRecord.get(message="m2")
    known = await drafts.findings_of(draft)
    await drafts.record_findings(draft, known, {kept.id})
    assert (await DraftPhotoRecord.get(id=kept.id)).choice is Choice.KEEP
    fresh = FindingRecord(
        draft_id=draft.id, draft_photo_id=kept.id, rank=9, check_name="redundant", status="found",
        severity="medium", why="Nearly the same as photo 1.", fix="", dismiss_key="another",
    )  # fmt: skip
    await drafts.record_findings(draft, [*known, fresh], {kept.id})
    assert (await DraftPhotoRecord.get(id=kept.id)).choice is None


async def test_whether_a_bag_is_carried_is_asked_with_one_tap(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1), photo(2), name="Tote", class_noun="canvas bag")
    await chat.press("Looks right")
    notes = chat.card(ReadyToTrain).notes
    assert notes[-1] == "Is the canvas bag worn or held on one of the photos?"
    assert not any("how large" in note for note in notes)
    await chat.press("Not worn or held")
    assert any("too large or too small" in note for note in chat.card(ReadyToTrain).notes)
    assert "Worn or held" not in [button.label for button in chat.card(ReadyToTrain).buttons]


async def test_a_good_answer_clears_the_matter_until_the_photos_change(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1), photo(2, blur=8), name="Tote", class_noun="bag")
    await chat.press("Worn or held")
    assert not any("large" in line for line in chat.card(FindingsToReview).set_findings)
    more = photo(5)
    await chat.ask(AddPhotosRequest(chat.person(), (Attachment(more.name, str(more)),)))
    assert "Worn or held" in [button.label for button in chat.card(FindingsToReview).buttons]


async def test_who_else_is_on_a_characters_photos_is_asked_and_never_in_the_way(
    chat: Chat, photo: PhotoMaker
) -> None:
    await chat.train(photo(1), photo(2), kind="character", name="Rex", class_noun="dog")
    chat.card(PersonQuestion)
    await chat.press("Invented or an animal")
    await chat.press("Looks right")
    await chat.press("Somebody else")
    await chat.press("Both are there")
    notes = chat.card(ReadyToTrain).notes
    assert any("blends into the dog" in note for note in notes)
    assert not any("?" in note for note in notes)


async def test_a_single_photo_is_not_asked_to_be_two(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1, blur=8), kind="character", name="Rex", class_noun="dog")
    labels = [button.label for button in chat.card(FindingsToReview).buttons]
    assert "Nobody else" in labels
    assert "Both are there" not in labels


async def test_the_card_says_the_same_advice_once(chat: Chat, photo: PhotoMaker) -> None:
    paths = [photo(seed, side=800) for seed in (1, 2, 3)]
    await chat.train(*paths, photo(4, blur=8))
    said = [line for line in chat.card(FindingsToReview).set_findings if "800 x 800" in line]
    assert len(said) == 1
    assert said[0].startswith("Photo 1: ")
    assert said[0].endswith("The same goes for photos 2 and 3.")


async def test_bars_around_a_photo_can_be_cut_off(chat: Chat, photo: PhotoMaker, tmp_path: Path) -> None:
    barred = Image.new("RGB", (1600, 1200), "black")
    barred.paste(Image.open(photo(1)).resize((1600, 900)), (0, 150))
    path = tmp_path / "barred.png"
    barred.save(path)
    await chat.train(photo(2, blur=8), path)
    draft_photo = await DraftPhotoRecord.get(position=1)
    # As a check offers it.
    await FindingRecord.filter(draft_photo_id=draft_photo.id).update(applicable_fix="trim")
    await drafting.resume(chat.context, "memory")
    message = next(key for key, reply in shown(chat).items() if reply.number == 2)
    assert shown(chat)[message].choices[1].meaning == "cut the bars off"
    await chat.react("✂️", message)
    trained = await picture_of(chat, shown(chat)[message])
    assert trained.getpixel((512, 4)) != (0, 0, 0)
    assert shown(chat)[message].decision == "Kept, without the bars."


async def test_a_reaction_counts_where_the_message_had_to_go(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1), photo(2, blur=8))
    [(message, _)] = shown(chat).items()
    beside = replace(chat.person(), thread=ThreadAddress("memory", "beside"))
    await chat.react("❌", message, beside)

    assert shown(chat)[message].decision == "Removed."


async def test_a_reaction_from_another_workspace_does_not(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1), photo(2, blur=8))
    [(message, _)] = shown(chat).items()
    await chat.react("❌", message, chat.person(workspace="rivals", is_admin=True))

    assert shown(chat)[message].decision == ""
