"""Words after a command or a mention → a request, a form to fill in, or a sentence. Pure: who asks is known already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bot.chat.grammar import Parts, split_options, unquoted, whole_number
from bot.chat.typed import IMAGINE_OPTIONS, IMAGINE_TEXT_OPTIONS, photo_numbers, read_imagine
from bot.replies import Refusal
from bot.requests import (
    AddPhotosRequest,
    Attachment,
    CreditsRequest,
    DeleteRequest,
    EditRequest,
    JobsRequest,
    ModelsRequest,
    Requester,
    SettingsRequest,
    TrainRequest,
)
from bot.slack.asked import Asked, Sentence
from bot.slack.forms import TrainForm
from bot.slack.forms_of_models import DeleteForm, EditForm, ImagineForm
from bot.slack.submissions import NO_NUMBERS
from core.rules.kinds import ModelKind
from core.rules.names import nearest
from core.rules.wording import listed

OWN_COMMAND = "likeness"
"""The command that takes all others behind it: `/likeness train …`."""
VERBS = ("train", "edit", "delete", "imagine", "models", "jobs", "credits", "settings")
WORDS = (*VERBS, "add", "help")
"""What a mention may begin with; anything else that names a model is a prompt."""
SEND_FILES = (
    "Send the photos into the thread of what you are training, as a reply under its card. "
    "To add photos to a model that is ready, choose Add to a model from the menu of a message that has them."
)
NO_PROMPT = "Say what to paint, for example {command} @summer-shoes on a beach"


@dataclass(frozen=True)
class Typed:
    """What somebody typed, with all that its meaning depends on.

    Attributes:
        text: Behind the verb, in plain words.
        can_open: Whether a form can be opened now: a command lets us, a mention does not.
        prefix: What the commands begin with here.
    """

    requester: Requester
    text: str
    attachments: tuple[Attachment, ...] = ()
    can_open: bool = False
    prefix: str = ""

    def command(self, verb: str) -> str:
        """Return a command as it is typed here; the own one has no prefix, for it is the way around collisions."""
        return f"/{verb}" if verb == OWN_COMMAND else f"/{self.prefix}{verb}"


def read_command(verb: str, typed: Typed) -> Asked:
    """Read what a verb is followed by."""
    reader = _READERS.get(verb)
    if reader is None:
        return help_on(typed, verb)
    taken = _TAKES.get(verb)
    if taken is None:
        return reader(typed, Parts(typed.text))
    see = f"{typed.command(OWN_COMMAND)} help"
    parts = split_options(typed.text, *taken, verb, help_command=see)
    if isinstance(parts, Refusal):
        return _sentence(parts)
    return reader(typed, parts)


def read_words(typed: Typed) -> Asked:
    """Read what stands behind a mention or `/likeness`: a verb and more, or a prompt."""
    verb = verb_of(typed.text, typed.prefix)
    [_, rest, *_] = [*typed.text.split(None, 1), "", ""]
    is_prompt = verb == "add" and "@" in rest and not typed.attachments  # "add a hat to @ada"
    if verb in WORDS and not is_prompt:
        return read_command(verb, replace(typed, text=rest.strip()))
    if "@" in typed.text:
        return read_command("imagine", typed)
    return help_on(typed, verb)


def verb_of(text: str, prefix: str = "") -> str:
    """Return the first word as a verb is written, whether it is one or not."""
    first = (text.split(None, 1) or [""])[0]
    return first.lower().removeprefix("/").removeprefix(prefix).removesuffix(":")


def help_on(typed: Typed, word: str = "") -> Sentence:
    """Say what there is, and what a word may have been meant for."""
    near = nearest(word, WORDS, limit=1) if word and word not in WORDS else ()
    meant = f"Did you mean {near[0]}? " if near else ""
    own = typed.command(OWN_COMMAND)
    commands = ", ".join(typed.command(verb) for verb in VERBS)
    return Sentence(
        f"{meant}I know {commands}. The same words work behind {own}, and behind a mention of me in a thread. "
        f"To train, type {typed.command('train')} or mention me with photos attached: train product summer shoes. "
        f"To paint, type {typed.command('imagine')} @summer-shoes on a beach."
    )


def _sentence(refusal: Refusal) -> Sentence:
    return Sentence(" ".join(refusal.reasons))


def _train(typed: Typed, parts: Parts) -> Asked:
    first, _, rest = parts.head.partition(" ")
    kind = first.lower() if first.lower() in set(ModelKind) else ""
    name = unquoted(parts.options.get("name", rest if kind else parts.head))
    class_noun = unquoted(parts.options.get("class", ""))
    features = unquoted(parts.options.get("features", ""))
    base_model = parts.options.get("base", "").lower()
    preset = parts.options.get("preset", "standard").lower()
    if typed.can_open:
        return TrainForm(kind, name, class_noun, features, base_model, preset)
    if not kind:
        kinds = listed([each.value for each in ModelKind], "or")
        return Sentence(f"Say first what it is: {kinds}. For example: train product summer shoes")
    return TrainRequest(
        typed.requester,
        ModelKind(kind),
        name,
        typed.attachments,
        class_noun=class_noun,
        base_model=base_model,
        preset=preset,
        customizations=features,
    )


def _edit(typed: Typed, parts: Parts) -> Asked:
    name = unquoted(parts.head).removeprefix("@")
    if not name:
        example = f"{typed.command('edit')} @summer-shoes"
        return EditForm() if typed.can_open else Sentence(f"Name the model to edit, for example {example}")
    remove = photo_numbers(parts.options.get("remove", ""))
    if remove is None:
        return Sentence(NO_NUMBERS)
    preset = parts.options.get("preset", "standard").lower()
    return EditRequest(typed.requester, name, typed.attachments, remove, preset)


def _add(typed: Typed, parts: Parts) -> Asked:
    if not typed.attachments:
        return Sentence(SEND_FILES)
    name = parts.head.removeprefix("to ").strip().removeprefix("@")
    if name:
        return EditRequest(typed.requester, name, typed.attachments)
    return AddPhotosRequest(typed.requester, typed.attachments)


def _delete(typed: Typed, parts: Parts) -> Asked:
    name = unquoted(parts.head).removeprefix("@")
    confirmation = unquoted(parts.options.get("confirm", "")).removeprefix("@")
    if not name and not typed.can_open:
        example = f"{typed.command('delete')} @summer-shoes"
        return Sentence(f"Name the model to delete, for example {example}")
    if not typed.can_open or confirmation:
        return DeleteRequest(typed.requester, name, confirmation)
    return DeleteForm(name)


def _imagine(typed: Typed, parts: Parts) -> Asked:
    if not parts.head:
        if typed.can_open:
            return ImagineForm()
        return Sentence(NO_PROMPT.format(command=typed.command("imagine")))
    asked = read_imagine(typed.requester, parts)
    return _sentence(asked) if isinstance(asked, Refusal) else asked


def _settings(typed: Typed, parts: Parts) -> Asked:
    if "quorum" not in parts.options:
        return SettingsRequest(typed.requester)
    quorum = whole_number("quorum", parts.options["quorum"])
    if isinstance(quorum, Refusal):
        return _sentence(quorum)
    return SettingsRequest(typed.requester, quorum=quorum)


_TAKES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "train": (("name", "class", "base", "preset", "features"), ("features",)),
    "edit": (("remove", "preset"), ()),
    "delete": (("confirm",), ()),
    "imagine": (IMAGINE_OPTIONS, IMAGINE_TEXT_OPTIONS),
    "settings": (("quorum",), ()),
}
"""Options of each verb, and which of them are free text."""
_READERS: Mapping[str, Callable[[Typed, Parts], Asked]] = {
    "train": _train,
    "edit": _edit,
    "add": _add,
    "delete": _delete,
    "imagine": _imagine,
    "models": lambda typed, parts: ModelsRequest(typed.requester, unquoted(parts.head)),
    "jobs": lambda typed, parts: JobsRequest(typed.requester),
    "credits": lambda typed, parts: CreditsRequest(typed.requester),
    "settings": _settings,
}
