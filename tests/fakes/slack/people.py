"""People: what they can do in a Slack client, and nothing that the client would not let them do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.fakes.slack import asking, browser, events, forms
from tests.fakes.slack.answering import options_in
from tests.fakes.slack.blocks import EXTERNAL_SELECTS, Block, elements
from tests.fakes.slack.interactions import Interaction
from tests.fakes.slack.messages import Message, Select
from tests.fakes.slack.screens import close, close_from
from tests.fakes.slack.state import Channel, Installation
from tests.fakes.slack.talking import Place, Talker
from tests.fakes.slack.views import Field, View

if TYPE_CHECKING:
    pass


class Person(Talker):
    """Somebody at a Slack client."""

    # Asking the app

    async def slash(
        self, place: Place, command: str, text: str = "", /, *, await_answer: bool = True
    ) -> Interaction:
        """Send a slash command such as `/train`, from a channel: not from a thread."""
        assert isinstance(place, Channel), f"{command} is not supported in threads"
        self._must_see(place)
        installation = self._installation(place)
        known = self._fake.app.commands
        assert command.startswith("/") and (known is None or command in known), (
            f"{command} is not a valid command"
        )
        assert "commands" in installation.scopes, f"{command}: the app was installed without commands"
        interaction = asking.command(self._fake, installation, self.user, place, command, text)
        return await self._answered(interaction, is_awaited=await_answer)

    async def shortcut(
        self, message: Message, callback_id: str, /, *, await_answer: bool = True
    ) -> Interaction:
        """Choose a shortcut from a message's menu."""
        self._must_see(message.channel)
        assert not message.is_deleted and not message.is_ephemeral, "the message has no such menu"
        installation = self._shortcut(callback_id, "message", self._installation(message.channel))
        interaction = asking.message_shortcut(self._fake, installation, self.user, message, callback_id)
        return await self._answered(interaction, is_awaited=await_answer)

    async def global_shortcut(self, callback_id: str, /, *, await_answer: bool = True) -> Interaction:
        """Choose a shortcut from the menu beside the message field."""
        installation = self._shortcut(callback_id, "global", self.user.workspace.installed)
        interaction = asking.global_shortcut(self._fake, installation, self.user, callback_id)
        return await self._answered(interaction, is_awaited=await_answer)

    async def press(self, place: Message | View, wanted: str, /, *, await_answer: bool = True) -> Interaction:
        """Press the button with this label, action_id or value."""
        self._must_have(place)
        button = place.button(wanted)
        state = {"type": "button"} | ({} if button.value is None else {"value": button.value})
        return await self._act(place, button.block, button.element, state, is_awaited=await_answer)

    async def select(
        self, place: Message | View, wanted: str, chosen: Any, /, *, await_answer: bool = True
    ) -> Interaction:
        """Choose from a list, by labels or values; in a form also from a field that tells the app at once."""
        self._must_have(place)
        block, element = self._list(place, wanted)
        state = await forms.entered(element, block, chosen, self._suggester(place))
        kept = self._kept(place)
        kept.setdefault(block["block_id"], {})[element["action_id"]] = state
        return await self._act(place, block, element, state, is_awaited=await_answer)

    async def submit(
        self, view: View, values: Mapping[str, Any] | None = None, /, *, await_answer: bool = True
    ) -> Interaction:
        """Fill in a form, by labels or ids of its fields, and send it."""
        self._must_have(view)
        assert view.is_modal and self.view is view, "another form lies over it"
        for wanted, value in (values or {}).items():
            await self._fill(view, view.field(wanted), value)
        state = forms.values(view)
        for each in view.fields:
            is_there = not forms.is_empty(state[each.block_id][each.action_id])
            assert is_there or not each.is_required, f"the field {each.label!r} must be filled in"
        view.errors = {}
        interaction = asking.submission(self._fake, self.user, view)
        return await self._answered(interaction, is_awaited=await_answer)

    async def _fill(self, view: View, found: Field, value: Any) -> None:
        if found.kind == "file_input":
            state = forms.take_files(self._fake, view, found, value)
        else:
            state = await forms.entered(found.element, found.block, value, self._suggester(view))
        view.touched.setdefault(found.block_id, {})[found.action_id] = state

    async def close(self, view: View, /, *, are_all_closed: bool = False) -> Interaction | None:
        """Close a form unsent; the app is told where it asked to be."""
        self._must_have(view)
        everything = are_all_closed or bool(view.definition.get("clear_on_close"))
        if everything:
            close_from(self._fake, self.user, 0)
        else:
            close(self._fake, view)
        if not view.definition.get("notify_on_close"):
            return None
        interaction = asking.closing(self._fake, self.user, view, are_all_closed=everything)
        return await self._answered(interaction)

    async def suggest(self, place: Message | View, wanted: str, typed: str = "", /) -> list[str]:
        """Type into a list whose options the app knows, and return their labels."""
        self._must_have(place)
        block, element = self._list(place, wanted)
        offered = await self._suggester(place)(block, element, typed)
        return [option["text"]["text"] for option in offered]

    def _suggester(self, place: Message | View) -> forms.Suggest:
        async def ask(block: Block, element: Block, typed: str) -> list[Block]:
            assert element["type"] in EXTERNAL_SELECTS, f"the app is not asked about a {element['type']}"
            least = element.get(
                "min_query_length", 3
            )  # docs.slack.dev, External data source: the default is 3
            assert len(typed) >= least, f"the app is asked from {least} characters on"
            asked = asking.suggestion(self._fake, self.user, place, block, element, typed)
            await self._answered(asked)
            return options_in(asked.answer)

        return ask

    async def _act(
        self, place: Message | View, block: Block, element: Block, state: dict[str, Any], *, is_awaited: bool
    ) -> Interaction:
        interaction = asking.action(self._fake, self.user, place, block, element, state)
        return await self._answered(interaction, is_awaited=is_awaited)

    async def _answered(self, interaction: Interaction, *, is_awaited: bool = True) -> Interaction:
        if is_awaited:
            await self._fake.until(lambda: interaction.is_acknowledged or interaction.is_failed)
        return interaction

    def _kept(self, place: Message | View) -> dict[str, dict[str, Any]]:
        return place.touched if isinstance(place, View) else self._fake.choices(self.user, place)

    def _list(self, place: Message | View, wanted: str) -> tuple[Block, Block]:
        lists: list[Select | Field] = [*place.selects(), *(place.fields if isinstance(place, View) else ())]
        for each in lists:
            names = (each.label, each.block_id) if isinstance(each, Field) else (each.placeholder,)
            if wanted in (each.action_id, *names):
                return each.block, each.element
        shown = ", ".join(each["action_id"] for _, _, each in elements(place.blocks) if "action_id" in each)
        raise AssertionError(f"no list {wanted!r} there, only: {shown or 'none'}")

    def _shortcut(self, callback_id: str, kind: str, installation: Installation) -> Installation:
        known = self._fake.app.shortcuts
        assert known is None or known.get(callback_id) == kind, f"there is no {kind} shortcut {callback_id!r}"
        assert "commands" in installation.scopes, "shortcuts need the scope commands"
        return installation

    def _must_have(self, place: Message | View) -> None:
        assert self._fake.app.is_interactive, "interactivity is off in the app's settings"
        if isinstance(place, View):
            assert place.user is self.user, "it is on somebody else's screen"
            assert place.is_open, "the form is closed"
            return
        self._must_see(place.channel)
        assert not place.is_deleted, "the message is gone"
        assert place.only_for in (None, self.user), f"only {place.only_for and place.only_for.name} sees it"

    # Being there

    @property
    def view(self) -> View | None:
        """The form on top of this person's screen."""
        stack = self._fake.world.stacks.get(self.id)
        return stack[-1] if stack else None

    async def shown(self) -> View:
        """Wait until a form is there, and return it."""
        view: View = await self._fake.until(lambda: self.view)
        return view

    @property
    def home(self) -> View | None:
        """What the app's Home tab shows."""
        return self._fake.world.homes.get((self.user.workspace.id, self.id))

    async def open_home(self) -> View:
        """Open the app's Home tab, and wait until the app has filled it since."""
        assert self._fake.app.has_home, "the app has no Home tab"
        installation = self.user.workspace.installed
        before = None if self.home is None else self.home.hash
        channel = self._fake.conversation_with(self.user, installation)
        events.home_opened(self._fake, installation, self.user, channel)
        await self._fake.until(lambda: self.home is not None and self.home.hash != before)
        assert self.home is not None
        return self.home

    def direct_channel(self) -> Channel:
        """Return the conversation with the app."""
        return self._fake.conversation_with(self.user, self.user.workspace.installed)

    async def install(self, address: str, /, *, allow: bool = True) -> browser.Page:
        """Install the app into one's workspace: from the app's own page, over Slack's, and back."""
        return await browser.install(self._fake, self.user, address, is_allowed=allow)
