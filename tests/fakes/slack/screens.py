"""What people have before them: forms that lie over each other, opened, changed and closed."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from tests.fakes.slack.posting import with_ids
from tests.fakes.slack.views import View

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack
    from tests.fakes.slack.state import Installation, User


def new_view(fake: FakeSlack, user: User, installation: Installation, definition: dict[str, Any]) -> View:
    """Make a view of what the app sent."""
    kept = {**definition, "blocks": with_ids(fake, definition["blocks"])}
    view = View(fake.ids.next("V"), user, installation, kept, _new_hash())
    fake.world.views[view.id] = view
    return view


def put_on_top(fake: FakeSlack, view: View) -> None:
    """Lay a form over those that are open."""
    stack = fake.world.stacks.setdefault(view.user.id, [])
    if stack:
        view.root, view.previous = stack[0], stack[-1]
    stack.append(view)
    fake.changed()


def replace(fake: FakeSlack, view: View, definition: dict[str, Any]) -> None:
    """Show something else in a view; what people entered stays where block and action have kept their ids."""
    view.definition = {**definition, "blocks": with_ids(fake, definition["blocks"])}
    view.hash = _new_hash()
    view.errors = {}
    fields = {(each.block_id, each.action_id) for each in view.fields}
    view.touched = {
        block_id: {
            action_id: value for action_id, value in actions.items() if (block_id, action_id) in fields
        }
        for block_id, actions in view.touched.items()
    }
    fake.changed()


def close_from(fake: FakeSlack, user: User, height: int) -> None:
    """Close the forms from this one up, counted from the lowest."""
    stack = fake.world.stacks.get(user.id, [])
    for view in stack[height:]:
        view.is_open = False
    del stack[height:]
    fake.changed()


def close(fake: FakeSlack, view: View) -> None:
    """Close one form, and those over it."""
    stack = fake.world.stacks.get(view.user.id, [])
    if view in stack:
        close_from(fake, view.user, stack.index(view))


def _new_hash() -> str:
    return f"{secrets.randbelow(10**10)}.{secrets.token_hex(4)}"
