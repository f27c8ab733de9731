"""Methods that put views before people, and change them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.fakes.slack.calls import Answer, Call, method
from tests.fakes.slack.errors import Malformed, Refusal
from tests.fakes.slack.rules_views import check_view
from tests.fakes.slack.screens import close_from, new_view, put_on_top, replace
from tests.fakes.slack.views import MAX_STACK, View, view_payload

if TYPE_CHECKING:
    from tests.fakes.slack.interactions import Interaction

MAX_VIEW_BYTES = 250_000  # docs.slack.dev, views.open, view_too_large: 250 kB


def _checked(call: Call, kind: str) -> dict[str, Any]:
    definition: dict[str, Any] = call.args["view"]
    if len(json.dumps(definition)) > MAX_VIEW_BYTES:
        raise Malformed("view_too_large")
    check_view(call.fake, call.installation, definition, kind)
    external_id = definition.get("external_id")
    if external_id and call.method != "views.update" and _by_external_id(call, external_id) is not None:
        raise Refusal("duplicate_external_id")
    return definition


def _trigger(call: Call) -> Interaction:
    trigger = call.args.get("trigger_id")
    if not trigger:
        raise Malformed("invalid_arguments")
    return call.fake.triggers.take(trigger, call.installation.workspace.id)


@method("views.open")
def views_open(call: Call) -> Answer:
    """Open a form for who just did something."""
    definition = _checked(call, "modal")
    interaction = _trigger(call)
    view = new_view(call.fake, interaction.user, call.installation, definition)
    if interaction.source_view is None or not interaction.source_view.is_modal:
        close_from(call.fake, interaction.user, 0)
    return _open(call, interaction, view)


@method("views.push")
def views_push(call: Call) -> Answer:
    """Put a form over the one that the person just touched."""
    definition = _checked(call, "modal")
    interaction = _trigger(call)
    stack = call.fake.world.stacks.get(interaction.user.id, [])
    if not stack:
        raise Refusal("not_found")
    if len(stack) >= MAX_STACK:
        raise Malformed("push_limit_reached")
    return _open(call, interaction, new_view(call.fake, interaction.user, call.installation, definition))


def _open(call: Call, interaction: Interaction, view: View) -> Answer:
    view.opened_by = interaction
    put_on_top(call.fake, view)
    interaction.view = view
    call.fake.changed()
    return {"view": view_payload(view, call.fake.app_id)}


@method("views.update")
def views_update(call: Call) -> Answer:
    """Change a view that is before somebody."""
    if "view_id" in call.args:
        view = call.fake.world.views.get(call.args["view_id"])
    else:
        view = _by_external_id(call, call.args.get("external_id", ""))
    if view is None or view.installation is not call.installation or not view.is_open:
        raise Refusal("not_found")
    definition = _checked(call, view.kind)
    _check_hash(call, view)
    replace(call.fake, view, definition)
    return {"view": view_payload(view, call.fake.app_id)}


@method("views.publish")
def views_publish(call: Call) -> Answer:
    """Set what somebody sees in the app's Home tab."""
    definition = _checked(call, "home")
    user = call.user(call.args["user_id"])
    if not call.fake.app.has_home:
        raise Refusal("not_enabled")
    key = (call.installation.workspace.id, user.id)
    view = call.fake.world.homes.get(key)
    if view is None:
        view = new_view(call.fake, user, call.installation, definition)
        call.fake.world.homes[key] = view
    else:
        _check_hash(call, view)
        replace(call.fake, view, definition)
    call.fake.changed()
    return {"view": view_payload(view, call.fake.app_id)}


def _check_hash(call: Call, view: View) -> None:
    if call.args.get("hash") and call.args["hash"] != view.hash:
        raise Refusal("hash_conflict")


def _by_external_id(call: Call, external_id: str) -> View | None:
    for view in call.fake.world.views.values():
        if view.installation is call.installation and view.definition.get("external_id") == external_id:
            return view if view.is_open else None
    return None
