"""What forms are made of. A form takes five fields and ten files, its title and labels 45 characters.

Source: discord-api-docs, Components, Reference; Receiving and Responding, Modal.
"""

from __future__ import annotations

from discord import ui

from core.rules.captions import CLASS_NOUN_MAX_CHARACTERS
from core.rules.names import DISPLAY_NAME_MAX_CHARACTERS

MAX_FILES = 10  # discord-api-docs, Components, File Upload
MAX_OPTIONS = 25  # the same, String Select
MAX_OPTION_CHARACTERS = 100  # the same: labels, values and descriptions
MAX_TITLE_CHARACTERS = 45  # discord-api-docs, Receiving and Responding, Modal
CAPTIONS_A_FORM = 5  # a form's fields
FEATURES_MAX_CHARACTERS = 300


def modal_named(title: str, custom_id: str) -> ui.Modal:
    """Return an empty form; `custom_id` says all that its answer needs."""
    return ui.Modal(title=cut(title, MAX_TITLE_CHARACTERS), custom_id=custom_id, timeout=None)


def cut(text: str, most: int = MAX_OPTION_CHARACTERS) -> str:
    """Return the text, or as much of it as fits."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def name_field(name: str) -> ui.Label[ui.Modal]:
    """Return the field for a new model's name."""
    field = ui.TextInput[ui.Modal](
        custom_id="name",
        default=name[:DISPLAY_NAME_MAX_CHARACTERS] or None,
        placeholder="Summer Shoes",
        max_length=DISPLAY_NAME_MAX_CHARACTERS,
    )
    return ui.Label(text="Name", description="Prompts call it by this, as @summer-shoes.", component=field)


def class_field(class_noun: str, *, is_required: bool = True) -> ui.Label[ui.Modal]:
    """Return the field for what the model is of."""
    field = ui.TextInput[ui.Modal](
        custom_id="class",
        default=class_noun[:CLASS_NOUN_MAX_CHARACTERS] or None,
        placeholder="sneaker",
        required=is_required,
        max_length=CLASS_NOUN_MAX_CHARACTERS,
    )
    described = "In a word or two" if is_required else "In a word or two; not needed for a style"
    return ui.Label(
        text="What is it?" if is_required else "Which kind of thing?", description=described, component=field
    )


def features_field(features: str) -> ui.Label[ui.Modal]:
    """Return the field for what always belongs to a person."""
    field = ui.TextInput[ui.Modal](
        custom_id="features",
        default=features[:FEATURES_MAX_CHARACTERS] or None,
        placeholder="round glasses, grey moustache",
        required=False,
        max_length=FEATURES_MAX_CHARACTERS,
    )
    described = "Only for a person: what always belongs to them, with commas between."
    return ui.Label(text="Lasting features", description=described, component=field)


def upload(label: str, *, most: int = MAX_FILES) -> ui.Label[ui.Modal]:
    """Return the field for files."""
    field = ui.FileUpload[ui.Modal](custom_id="photos", min_values=1, max_values=most)
    return ui.Label(text=label, description=f"Up to {most}", component=field)
