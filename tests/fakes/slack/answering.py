"""What an acknowledgement says, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.slack.blocks import Block
from tests.fakes.slack.delivery import Kind
from tests.fakes.slack.errors import Malformed, Refusal
from tests.fakes.slack.rules_blocks import MAX_OPTIONS, flaws_in_option
from tests.fakes.slack.rules_views import check_view
from tests.fakes.slack.screens import close, close_from, new_view, put_on_top, replace
from tests.fakes.slack.views import MAX_STACK, View

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack
    from tests.fakes.slack.interactions import Interaction

RESPONSE_KEYS = {"errors": {"errors"}, "update": {"view"}, "push": {"view"}, "clear": set[str]()}
"""What stands beside each `response_action`."""


def take(fake: FakeSlack, kind: Kind, name: str, interaction: Interaction, answer: Any) -> None:
    """Do what the acknowledgement of an interaction says."""
    interaction.is_settled = True
    where = f"acknowledgement of {name}"
    if answer is not None and not isinstance(answer, dict):
        fake.complain(where, "it is no JSON object")
        return
    try:
        if kind is Kind.COMMAND and answer:
            fake.triggers.take_answer(interaction, answer, where)
        elif kind is Kind.OPTIONS:
            _check_options(fake, where, answer or {})
        elif name == "view_submission":
            _take_submission(fake, where, interaction, answer or {})
        elif answer and kind is not Kind.COMMAND:
            fake.complain(where, f"it takes no answer, and got {sorted(answer)}")
    except Refusal as refusal:
        fake.complain(where, str(refusal) if isinstance(refusal, Malformed) else refusal.error)
    fake.changed()


def options_in(answer: Any) -> list[Block]:
    """Return the options that an answer offers."""
    if not isinstance(answer, dict):
        return []
    grouped = [option for group in answer.get("option_groups", ()) for option in group["options"]]
    return [*answer.get("options", ()), *grouped]


def _check_options(fake: FakeSlack, where: str, answer: dict[str, Any]) -> None:
    if ("options" in answer) == ("option_groups" in answer):
        fake.complain(where, "neither options nor option_groups, or both")
        return
    offered = options_in(answer)
    if len(offered) > MAX_OPTIONS:
        fake.complain(where, f"{len(offered)} options, where {MAX_OPTIONS} are shown")
    for index, option in enumerate(offered):
        if set(option) - {"text", "value", "description", "url"} or not {"text", "value"} <= set(option):
            fake.complain(where, f"option {index} is none: {sorted(option)}")
            return
        for flaw in flaws_in_option(option, ("options", index)):
            fake.complain(where, str(flaw))


def _take_submission(fake: FakeSlack, where: str, interaction: Interaction, answer: dict[str, Any]) -> None:
    view = interaction.source_view
    assert view is not None
    action = answer.get("response_action")
    if action is None:
        if answer:
            fake.complain(where, f"no response_action, but {sorted(answer)}")
        close(fake, view)
        return
    if action not in RESPONSE_KEYS or set(answer) - {"response_action"} != RESPONSE_KEYS[action]:
        fake.complain(where, f"response_action {action!r} with {sorted(answer)}")
        return
    if not view.is_open:
        return
    match action:
        case "errors":
            _show_errors(fake, where, interaction, view, answer["errors"])
        case "clear":
            close_from(fake, view.user, 0)
        case _:
            check_view(fake, view.installation, answer["view"], "modal")
            _show(fake, interaction, view, answer["view"], is_new=action == "push")


def _show_errors(
    fake: FakeSlack, where: str, interaction: Interaction, view: View, errors: dict[str, str]
) -> None:
    labels = {each.block_id: each.label for each in view.fields}
    if not errors:
        fake.complain(where, "errors without any: the form stays, and nobody knows why")
    for block_id, said in errors.items():
        if block_id not in labels:
            fake.complain(where, f"an error for {block_id!r}, which is no field of the form")
        else:
            view.errors[labels[block_id]] = said
    interaction.errors = dict(view.errors)


def _show(
    fake: FakeSlack, interaction: Interaction, view: View, definition: dict[str, Any], *, is_new: bool
) -> None:
    if not is_new:
        replace(fake, view, definition)
        interaction.view = view
        return
    if len(fake.world.stacks.get(view.user.id, [])) >= MAX_STACK:
        raise Malformed("push_limit_reached")
    pushed = new_view(fake, view.user, view.installation, definition)
    put_on_top(fake, pushed)
    interaction.view = pushed
