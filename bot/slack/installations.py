"""Which workspaces let the bot in, and the token for each: one from the settings, or many installed by OAuth.

    keep ──► installed ──gone──► removed ──(core.departures)──► erased
                 ▲                  │
                 └──────keep────────┘

Everything is read from the rows each time, so that what one process hears holds for all of them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.frontend import FrontendUnavailable
from bot.slack.addresses import PLATFORM
from bot.slack.clients import make_client
from bot.slack.configuration import check_settings, is_for_many
from bot.slack.identity import Identity, TokenRefused, identify
from bot.slack.sealing import Seal, Unreadable
from core import departures
from core.clock import Clock, utc_now
from core.settings import Settings
from core.store.database import transaction
from core.store.records import InstallationRecord

log = logging.getLogger(__name__)

OWN_TOKEN_REFUSED = (
    "Slack does not take the token in LIKENESS_SLACK_BOT_TOKEN ({error}). In the app's settings at "
    "api.slack.com/apps, under OAuth & Permissions, install the app to the workspace, and put its Bot User OAuth "
    "Token into .env."
)
UNREADABLE = (
    "The token of Slack workspace {workspace} was encrypted with a key that LIKENESS_SLACK_TOKEN_KEY does not "
    "have. Put that key behind the newest one, separated by a comma, or have the workspace install the app again."
)


class TokenUnusable(FrontendUnavailable):
    """A token that only the operator can mend; the message is a sentence for them."""


@dataclass(frozen=True)
class Installed:
    """The bot in one workspace."""

    workspace: str
    name: str
    bot_id: str
    bot_user_id: str
    bot_token: str = field(repr=False)


class Installations:
    """Knows the workspaces. It is the `Tokens` of `bot.slack.clients`."""

    def __init__(self, settings: Settings, clock: Clock = utc_now) -> None:
        """Prepare; nothing is asked of Slack before the first token is.

        Raises:
            ConfigurationError: The settings for Slack cannot work.
        """
        check_settings(settings)
        self._api_base = settings.slack_api_base
        self._own_token = settings.slack_bot_token.get_secret_value()
        self._seal = Seal(settings.slack_token_key.get_secret_value()) if is_for_many(settings) else None
        self._clock = clock
        self._own: Identity | None = None
        self._asking = asyncio.Lock()
        self._said: set[str] = set()
        self.problem = ""
        """What keeps the bot off Slack and only its operator can mend, as a sentence; else empty."""

    async def bot_token(self, workspace: str) -> str | None:
        """Return the token to speak with, or None where the app is not installed (any more).

        Raises:
            TokenUnusable: There is one, and it cannot be used before the operator mends it.
            FrontendUnavailable: Slack has to be asked first, and does not answer.
            StoreUnavailable: It cannot be read now.
        """
        found = await self.find(workspace)
        return None if found is None else found.bot_token

    async def find(self, workspace: str) -> Installed | None:
        """Return the bot in a workspace, or None where the app is not installed (any more).

        Raises:
            TokenUnusable: As for `bot_token`.
            FrontendUnavailable: As for `bot_token`.
            StoreUnavailable: It cannot be read now.
        """
        own = await self._ask_own(workspace) if self._seal is None else None
        row = await _row(workspace)
        if row is None or row.removed_at is not None:
            return None
        if self._seal is None:
            token = self._own_token if own is not None and own.workspace == workspace else ""
        else:
            token = await self._open(self._seal, row)
        if not token:
            return None
        return Installed(workspace, row.name, row.bot_id, row.bot_user_id, token)

    async def workspaces(self) -> Sequence[str]:
        """Return the workspaces that the bot is in, by their ids."""
        rows = InstallationRecord.filter(platform=PLATFORM, removed_at=None).order_by("installed_at")
        return [str(workspace) for workspace in await rows.values_list("external_id", flat=True)]

    async def look_again(self) -> None:
        """Find out whether the token of the settings is for a workspace that had removed the app: then it is back.

        By OAuth a workspace comes back when its token is kept. One of the settings nobody hands over: if it were
        looked at only when it is needed, what the workspace has might be erased before anybody asks for anything.

        Raises:
            TokenUnusable: As for `bot_token`.
            FrontendUnavailable: As for `bot_token`.
            StoreUnavailable: It cannot be read now.
        """
        if self._seal is not None:
            return
        removed = InstallationRecord.filter(platform=PLATFORM, removed_at__isnull=False)
        for workspace in await removed.values_list("external_id", flat=True):
            await self.find(str(workspace))

    async def keep(self, identity: Identity, token: str, *, by: str) -> None:
        """Write down that a workspace let the bot in; what it had before is its again.

        Args:
            identity: Whose token it is.
            token: Written encrypted.
            by: The user who installed it.

        Raises:
            StoreUnavailable: It is not written down.
        """
        assert self._seal is not None, "the token of one workspace is in the settings"
        await self._write(identity, self._seal.close(identity.workspace, token), by)
        log.info("action=slack_installed workspace=%s", identity.workspace)

    async def gone(self, workspace: str) -> None:
        """Note that the app was removed from a workspace: nothing is said there any more.

        Slack is asked once more, for the news may be about an installation before the present one. Its work is
        ended, and its things are erased in the end, by the sweeps of `core.departures`.

        Raises:
            StoreUnavailable: It is not noted.
        """
        row = await _row(workspace)
        if row is None or row.removed_at is not None:
            return
        try:
            token = self._own_token if self._seal is None else self._seal.open(workspace, row.token)
            if (await identify(make_client(token, self._api_base))).workspace == workspace:
                log.info("action=slack_still_installed workspace=%s", workspace)
                return
        except (TokenRefused, Unreadable):
            pass
        except FrontendUnavailable:
            log.info("action=slack_removal_believed workspace=%s", workspace)
        as_read = InstallationRecord.filter(id=row.id, token=row.token, removed_at=None)
        if await as_read.update(removed_at=self._clock(), token=""):
            log.info("action=slack_removed workspace=%s", workspace)

    # The one token of the settings

    async def _ask_own(self, workspace: str) -> Identity | None:
        """Return whose the settings' token is; None where it ended because this workspace removed the app."""
        async with self._asking:
            if self._own is not None:
                return self._own
            try:
                own = await identify(make_client(self._own_token, self._api_base))
            except TokenRefused as fault:
                row = await _row(workspace)
                if row is not None and row.removed_at is not None:
                    return None
                self.problem = OWN_TOKEN_REFUSED.format(error=fault.error)
                self._say(self.problem)
                raise TokenUnusable(self.problem) from None
            row = await _row(own.workspace)
            if row is None or row.removed_at is not None or (row.token, row.bot_id) != ("", own.bot_id):
                await self._write(own, "", "")
            self._own, self.problem = own, ""
            return own

    # Rows

    async def _write(self, identity: Identity, sealed: str, by: str) -> None:
        now = self._clock()
        row = InstallationRecord(
            platform=PLATFORM,
            external_id=identity.workspace,
            name=identity.name[:200],
            token=sealed,
            scopes=",".join(sorted(identity.scopes)),
            bot_id=identity.bot_id,
            bot_user_id=identity.bot_user_id,
            installed_by=by,
            installed_at=now,
            removed_at=None,
        )
        async with transaction():
            before = await InstallationRecord.filter(
                platform=PLATFORM, external_id=identity.workspace
            ).select_for_update().first()  # fmt: skip
            await InstallationRecord.bulk_create(
                [row],
                on_conflict=["platform", "external_id"],
                update_fields=[
                    "name", "token", "scopes", "bot_id", "bot_user_id", "installed_by", "installed_at", "removed_at",
                ],
            )  # fmt: skip
            if before is not None and before.removed_at is not None:
                await departures.come_back(PLATFORM, identity.workspace, now)

    async def _open(self, seal: Seal, row: InstallationRecord) -> str:
        """Return a row's token, and seal it anew where an older key did."""
        workspace, sealed = row.external_id, row.token
        if not sealed:  # from when the settings held it
            return ""
        try:
            token = seal.open(workspace, sealed)
        except Unreadable:
            sentence = UNREADABLE.format(workspace=workspace)
            self._say(sentence)
            raise TokenUnusable(sentence) from None
        if not seal.is_current(sealed):
            as_read = InstallationRecord.filter(id=row.id, token=sealed)
            await as_read.update(token=seal.close(workspace, token))
        return token

    def _say(self, sentence: str) -> None:
        """Tell the operator, once."""
        if sentence not in self._said:
            self._said.add(sentence)
            log.error("action=slack_token_unusable %s", sentence)


async def _row(workspace: str) -> InstallationRecord | None:
    return await InstallationRecord.get_or_none(platform=PLATFORM, external_id=workspace)
