"""Methods about the app itself: who it is, its lines, its tokens."""

from __future__ import annotations

from tests.fakes.slack import events
from tests.fakes.slack.calls import Answer, Call, method
from tests.fakes.slack.errors import Refusal
from tests.fakes.slack.state import TokenState


@method("api.test")
def api_test(call: Call) -> Answer:
    """Say that Slack is there."""
    return {}


@method("auth.test")
def auth_test(call: Call) -> Answer:
    """Tell whose token it is."""
    if call.holder is None:
        return {"app_name": call.fake.app.name, "app_id": call.fake.app_id}
    workspace = call.installation.workspace
    return {
        "url": f"https://{workspace.domain}.slack.com/",
        "team": workspace.name,
        "user": call.bot.name,
        "team_id": workspace.id,
        "user_id": call.bot.id,
        "bot_id": call.installation.bot_id,
        "is_enterprise_install": False,
    }


@method("auth.revoke")
def auth_revoke(call: Call) -> Answer:
    """End a token."""
    if call.args.get("test"):
        return {"revoked": False}
    call.installation.state = TokenState.REVOKED
    events.tokens_revoked(call.fake, call.installation)
    return {"revoked": True}


@method("apps.uninstall")
def apps_uninstall(call: Call) -> Answer:
    """Take the app out of a workspace."""
    if call.args["client_id"] != call.fake.client_id:
        raise Refusal("invalid_client_id")
    if call.args["client_secret"] != call.fake.client_secret:
        raise Refusal("bad_client_secret")
    call.fake.uninstall(call.installation.workspace)
    return {}


@method("apps.connections.open")
def apps_connections_open(call: Call) -> Answer:
    """Give out an address for Socket Mode."""
    return {"url": call.fake.sockets.new_address()}


@method("bots.info")
def bots_info(call: Call) -> Answer:
    """Describe a bot."""
    wanted = call.args.get("bot", call.installation.bot_id)
    for user in call.installation.workspace.users.values():
        if user.is_bot and user.bot_id == wanted:
            icon = "https://a.slack-edge.com/80588/img/plugins/app/bot_72.png"
            bot = {
                "id": wanted,
                "deleted": user.is_deleted,
                "name": user.name,
                "updated": 1,
                "app_id": call.fake.app_id,
                "user_id": user.id,
                "icons": {"image_36": icon, "image_48": icon, "image_72": icon},
            }
            return {"bot": bot}
    raise Refusal("bot_not_found")


@method("team.info")
def team_info(call: Call) -> Answer:
    """Describe the workspace."""
    workspace = call.installation.workspace
    team = {
        "id": workspace.id,
        "name": workspace.name,
        "domain": workspace.domain,
        "email_domain": "",
        "icon": {},
    }
    return {"team": team}


@method("oauth.v2.access")
def oauth_v2_access(call: Call) -> Answer:
    """Exchange a code for a token."""
    return call.fake.oauth.exchange(call.args)
