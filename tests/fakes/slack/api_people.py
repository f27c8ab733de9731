"""Methods about users and user groups."""

from __future__ import annotations

from tests.fakes.slack.calls import Answer, Call, method
from tests.fakes.slack.errors import Refusal
from tests.fakes.slack.payloads import group_payload, user_payload


@method("users.info")
def users_info(call: Call) -> Answer:
    """Describe a user."""
    return {"user": user_payload(call.user(call.args["user"]), call.installation.workspace)}


@method("users.list")
def users_list(call: Call) -> Answer:
    """List the users of the workspace."""
    home = call.installation.workspace
    page, cursor = call.page(list(home.users.values()), 100)
    return {
        "members": [user_payload(each, home) for each in page],
        "cache_ts": int(call.fake.clock().timestamp()),
        "response_metadata": {"next_cursor": cursor},
    }


@method("usergroups.list")
def usergroups_list(call: Call) -> Answer:
    """List the user groups of the workspace."""
    with_users = bool(call.args.get("include_users"))
    groups = call.installation.workspace.groups.values()
    return {"usergroups": [group_payload(each, with_users=with_users) for each in groups]}


@method("usergroups.users.list")
def usergroups_users_list(call: Call) -> Answer:
    """List who is in a user group."""
    group = call.installation.workspace.groups.get(call.args["usergroup"])
    if group is None:
        raise Refusal("no_such_subteam")
    return {"users": [each.id for each in group.members]}
