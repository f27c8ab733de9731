"""The lines of cards that read the same on every platform, before anybody's markup."""

from __future__ import annotations

import math

from bot.replies import (
    CreditsShown,
    DraftTitle,
    FindingsToReview,
    JobQueued,
    JobRunning,
    ModelCard,
    ModelList,
    ModelReady,
    ReadyToTrain,
)
from bot.wording import likeness_word, photo_count
from core.rules.wording import about_minutes, counted, listed

BAR_CELLS = 8
NO_JOBS = "Nothing waits, runs, or ended lately."
WHY_ASK_ABOUT_PERSON = "A real person has to agree before a model of them is made."


def title_line(title: DraftTitle) -> str:
    """Return `Summer Shoes → @summer-shoes · product · 4 photos`."""
    handle = f"@{title.handle}"
    named = title.display_name.casefold() != title.handle
    parts = (
        f"{title.display_name} → {handle}" if named else handle,
        title.kind.value,
        photo_count(title.photo_count, title.kind),
        "edit" if title.is_edit else "",
    )
    return " · ".join(part for part in parts if part)


def bar(fraction: float) -> str:
    """Return `▮▮▮▮▮▯▯▯`; full only when it is done."""
    most = BAR_CELLS if fraction >= 1 else BAR_CELLS - 1
    filled = min(max(round(fraction * BAR_CELLS), 0), most)
    return "▮" * filled + "▯" * (BAR_CELLS - filled)


def findings_lines(reply: FindingsToReview) -> tuple[str, str]:
    """Return what was found, and how to go on."""
    could = "could be better"
    if reply.flagged == 0:
        heading = f"Fix issues · the set as a whole {could}"
    else:
        heading = f"Fix issues · {reply.flagged} of {counted(reply.title.photo_count, 'photo')} {could}"
    left = reply.flagged - reply.decided
    if left == 0:
        how = "Everything is decided." if reply.flagged else "Go on with a button."
    elif reply.decided:
        how = f"{reply.decided} decided, {left} to go. React below, or train anyway."
    else:
        how = "Decide below with a reaction, or train anyway."
    return heading, how


def ready_line(reply: ReadyToTrain) -> str:
    """Return `Ready to train · about 6 minutes, 10 of your 240 credits`."""
    price = f"{reply.credits} of your {counted(reply.balance, 'credit')}"
    return f"Ready to train · {about_minutes(reply.minutes)}, {price}"


def queued_line(reply: JobQueued) -> str:
    """Return `Queued · 2 ahead of you, about 4 minutes`."""
    if not reply.is_worker_online:
        return "Queued · no worker is up yet; it starts by itself when one is."
    place = "next" if reply.ahead == 0 else f"{reply.ahead} ahead of you"
    return f"Queued · {place}" + ("" if reply.minutes is None else f", {about_minutes(reply.minutes)}")


def running_line(reply: JobRunning) -> str:
    """Return `Training ▮▮▮▮▮▯▯▯ 61 % · about 2 minutes left`."""
    left = "" if reply.minutes_left is None else f" · {about_minutes(reply.minutes_left)} left"
    return f"{reply.verb} {bar(reply.fraction)} {math.floor(reply.fraction * 100)} %{left}"


def credits_back(credits: int) -> tuple[str, ...]:
    """Say that credits were returned, where any were."""
    if credits == 0:
        return ()
    return (f"Your {counted(credits, 'credit')} {'is' if credits == 1 else 'are'} back.",)


def ready_heading(reply: ModelReady) -> str:
    """Return `@summer-shoes is ready · v2 · likeness: close`."""
    version = f" · v{reply.version}" if reply.version > 1 else ""
    return f"@{reply.handle} is ready{version} · likeness: {likeness_word(reply.likeness)}"


def models_heading(reply: ModelList) -> str:
    """Say how many models there are, or that there is none."""
    if not reply.models:
        if reply.search:
            return f"No model here matches {reply.search}. /models lists all of them."
        return "There are no models here yet. Make one with /train."
    found = f" for {reply.search}" if reply.search else ""
    count = reply.total or len(reply.models)
    page = f" · page {reply.page + 1} of {reply.pages}" if reply.pages > 1 else ""
    return f"{counted(count, 'model')}{found}{page}"


def model_name(model: ModelCard) -> str:
    """Return `@rex`, with the name that it was given where that reads differently."""
    named = model.display_name.casefold() != model.handle
    return f"@{model.handle} · {model.display_name}" if named else f"@{model.handle}"


def model_facts(model: ModelCard) -> str:
    """Return `product · ready · v3 · likeness: close`."""
    parts = (
        model.kind.value,
        model.state,
        f"v{model.version}" if model.version is not None and model.version > 1 else "",
        f"likeness: {likeness_word(model.likeness)}" if model.likeness is not None else "",
        "demo" if model.is_demo else "",
    )
    return " · ".join(part for part in parts if part)


def credit_lines(reply: CreditsShown) -> tuple[str, ...]:
    """Say what is left, and what things cost."""
    prices = [f"{counted(price, 'credit')} for a {kind.value}" for kind, price in reply.trainings]
    trainings = f" Training costs {listed(prices)}." if prices else ""
    return (
        f"{counted(reply.balance, 'credit')} left of {reply.monthly} a month · {reply.plan}",
        f"A picture costs {counted(reply.picture, 'credit')}.{trainings}",
        "What did not work out, or was stopped, is given back.",
    )
