"""The script of the demo: what is typed, what has to stand in the thread then, and how long it took."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.console.client import ConsoleClient
from bot.console.timeline import Post, Timeline
from bot.demo.contact_sheet import Row
from bot.demo.likeness import judge
from bot.demo.photos import Subject, blurred_copy
from core.rules.kinds import ModelKind
from core.rules.names import Name, parse_name

SCENES = ("on a beach", "in the snow", "in a forest", "in a city at night")
SEEDS = (11, 22, 33, 44)
SCENES_TO_WIN = 3
"""Of the four: the model has to be ahead of the bare base in that many, on the bundled pictures."""
COMPANION = "flower-vase"
TEAMMATE = "teammate"
SOON = 60.0
PAINTING = 180.0
TRAINING = 420.0
"""Seconds to wait before the story is given up; far above what two cores need."""


@dataclass
class Step:
    """One step of the script."""

    name: str
    ok: bool = False
    seconds: float = 0.0


@dataclass
class Likeness:
    """Measured similarity to photos that were held back; None where it could not be measured.

    `true_photos` is that of the held-back photos to those that were trained on: the most to hope for.
    """

    model: float | None = None
    bare_base: float | None = None
    true_photos: float | None = None


@dataclass(frozen=True)
class Scene:
    """One of the four scenes: the model's picture against the bare base's, same words and seed."""

    prompt: str
    model: float
    bare_base: float
    obeyed: bool | None


class ScriptBroken(Exception):
    """The thread does not say what it should; the message tells what was missing."""


@dataclass
class Story:
    """Plays the conversation as two people, and keeps what came of it."""

    client: ConsoleClient
    subject: Subject
    folder: Path
    steps: list[Step] = field(default_factory=list)
    scenes: list[Scene] = field(default_factory=list)
    pictures: list[Path] = field(default_factory=list)
    likeness: Likeness = field(default_factory=Likeness)
    _with_model: list[Path] = field(default_factory=list)
    _bare: list[Path] = field(default_factory=list)
    _two: list[Path] = field(default_factory=list)
    _again: list[Path] = field(default_factory=list)
    _sheets: list[Path] = field(default_factory=list)
    problem: str = ""

    @property
    def handle(self) -> str:
        """The name that prompts use."""
        name = parse_name(self.subject.name)
        assert isinstance(name, Name)
        return name.handle

    async def tell(self) -> None:
        """Play every step; the first that does not go as it should ends the story."""
        try:
            await self._train()
            await self._imagine()
            await self._edit()
            await self._delete()
        except (ScriptBroken, TimeoutError) as broken:
            self.problem = str(broken)

    async def measure(self) -> None:
        """Hold the pictures of the four scenes, and the bare base's, against the photos held back."""
        if not self._with_model or len(self._with_model) != len(self._bare):
            return
        with self._step("measure the likeness"):
            true, prompts = self.subject.held_out, [self._words(scene) for scene in SCENES]
            trained = (*self.subject.good, self.subject.weak_original)
            model, bare, photos = await asyncio.gather(
                judge(true, self._with_model, prompts), judge(true, self._bare), judge(trained, true)
            )
            self.likeness = Likeness(model.likeness, bare.likeness, photos.likeness)
            for prompt, ours, plain in zip(prompts, model.pictures, bare.pictures, strict=True):
                self.scenes.append(Scene(prompt, ours.likeness, plain.likeness, ours.obeyed))

    def wins(self) -> int:
        """Count the scenes that were obeyed and in which the model is ahead of the bare base."""
        return sum(scene.obeyed is True and scene.model > scene.bare_base for scene in self.scenes)

    def is_ok(self) -> bool:
        """Tell whether every step went well; the bundled subject has to beat the bare base as well."""
        went_well = not self.problem and all(step.ok for step in self.steps) and bool(self.scenes)
        return went_well and (not self.subject.is_bundled or self.wins() >= SCENES_TO_WIN)

    def closing_lines(self) -> list[str]:
        """Say in a few lines how it went."""
        seconds = sum(step.seconds for step in self.steps)
        lines = [f"{len(self.steps)} steps in {seconds:.0f} seconds."]
        if self.likeness.model is not None:
            lines.append(
                f"Likeness to photos held back: {self.likeness.model:.2f} with the model, "
                f"{self.likeness.bare_base:.2f} without it, {self.likeness.true_photos:.2f} between true photos; "
                f"ahead with the scene obeyed in {self.wins()} of {len(self.scenes)}."
            )
        if self.problem:
            lines.append(f"It stopped early: {self.problem}")
        return lines

    def sheet_rows(self) -> list[Row]:
        """Return what the contact sheet shows."""
        trained = [(path, "trained on") for path in self.subject.good]
        held = [(path, "held back") for path in self.subject.held_out[:1]]
        at = f"@{self.handle}"
        ours = [(path, f"{at} {scene}") for path, scene in zip(self._with_model, SCENES, strict=False)]
        plain = [(path, self._words(scene)) for path, scene in zip(self._bare, SCENES, strict=False)]
        two = [(path, f"{at} and @{COMPANION}") for path in self._two]
        again = [(path, f"{at} in the snow, version 2") for path in self._again]
        rows = [
            Row(f"Photos of {self.subject.name}", [*trained, *held]),
            Row(f"{at}, version 1", ours),
            Row("The bare base: same words, same seeds", plain),
            Row("Two models, and version 2", [*two, *again]),
        ]
        return [row for row in rows if row.pictures]

    async def _train(self) -> None:
        subject = self.subject
        weak = blurred_copy(subject.weak_original, self.folder)
        files = " ".join(f'"{path.resolve()}"' for path in (*subject.good, weak))
        with self._step("train with one weak photo among good ones"):
            await self._say(
                f"/train {subject.kind.value} name: {subject.name} class: {subject.class_noun} photos: {files}"
            )
            await self._until(lambda thread: thread.find("Fix issues"))
        weak_number = len(subject.good) + 1
        with self._step("feedback names the weak photo"):
            flagged = await self._until(lambda thread: _flagged(thread, weak_number))
            if "soft" not in flagged.text.lower() and "blur" not in flagged.text.lower():
                raise ScriptBroken(f"the blurred photo is flagged for something else: {flagged.text}")
        with self._step("a reaction removes it"):
            await self._decide_all(weak_number)
        await self._say_who()
        with self._step("captions accepted"):
            await self._until(lambda thread: thread.find("Captions ·"))
            await self._say("/press Looks right")
            await self._until(lambda thread: thread.find("Ready to train"))
        with self._step("queued, progress and a preview"):
            await self._say("/press Start")
            await self._until(_has_preview, TRAINING)
        with self._step("ready with its test sheet"):
            ready = await self._until(lambda thread: _ready(thread, self.handle, 1), TRAINING)
            self._sheets.append(self._keep(ready, "test-sheet-v1"))

    async def _decide_all(self, weak_number: int) -> None:
        """Remove the weak photo; keep whatever else was flagged, as somebody who knows their photos would."""
        for post in [post for post in self.client.messages if post.body.choices]:
            is_weak = post.body.lines[0].startswith(f"photo {weak_number} ")
            if not is_weak:
                await self._say(f"/react {post.number} ✅")
        weak = await self._until(lambda thread: _flagged(thread, weak_number))
        await self._say(f"/react {weak.number} ❌")
        await self._until(lambda thread: thread.find("Removed."))

    async def _say_who(self) -> None:
        """Answer whether a character is real; a real person's boxes are ticked one by one."""
        if self.subject.kind is not ModelKind.CHARACTER:
            return
        with self._step("consent where needed"):
            await self._until(lambda thread: thread.find("real person?"))
            if self.subject.class_noun.lower() not in _PEOPLE:
                await self._say("/press Invented")
                return
            await self._say("/press A real person")
            await self._until(lambda thread: thread.find("☐ 1"))
            for number in range(1, 5):
                await self._say(f"/press Tick {number}")
            await self._say("/press I agree")

    async def _imagine(self) -> None:
        at = f"@{self.handle}"
        for scene, seed in zip(SCENES, SEEDS, strict=True):
            with self._step(f"imagine {scene}"):
                self._with_model.append(await self._picture(f"{at} {scene}", seed, f"{at} v1"))
        with self._step("the bare base draws the same, to compare"):
            for scene, seed in zip(SCENES, SEEDS, strict=True):
                self._bare.append(await self._picture(self._words(scene), seed))
        with self._step("two models in one prompt"):
            prompt = f"{at} and @{COMPANION} on a wooden table"
            self._two.append(await self._picture(prompt, 55, f"{at} v1", f"@{COMPANION} v1"))

    async def _edit(self) -> None:
        with self._step("edit adds a sharp photo"):
            await self._say(f'/edit @{self.handle} photos: "{self.subject.weak_original.resolve()}"')
            await self._until(lambda thread: _open_card(thread, ("Captions ·", "Fix issues", "real person?")))
            for post in [post for post in self.client.messages if _is_undecided(post)]:
                await self._say(f"/react {post.number} ✅")
            await self._until(lambda thread: _open_card(thread, ("Captions ·",)))
            await self._say("/press Looks right")
            await self._until(lambda thread: _open_card(thread, ("Ready to train",)))
            await self._say("/press Start")
        with self._step("retrained under the same name"):
            ready = await self._until(lambda thread: _ready(thread, self.handle, 2), TRAINING)
            self._sheets.append(self._keep(ready, "test-sheet-v2"))
        with self._step("imagine uses the new version"):
            at = f"@{self.handle}"
            self._again.append(await self._picture(f"{at} in the snow", 66, f"{at} v2"))

    async def _delete(self) -> None:
        with self._step("delete, confirmed by name"):
            await self._say(f"/delete @{self.handle}")
            await self._until(lambda thread: thread.find(f"Delete @{self.handle}?"))
            await self._say(f"/delete @{self.handle} confirm: {self.handle}")
            await self._until(lambda thread: thread.find(f"@{self.handle} is deleted."))
        with self._step("the deleted name is refused"):
            await self._say(f"/imagine @{self.handle} on a beach", TEAMMATE)
            await self._until(lambda thread: thread.find(f"@{self.handle} was deleted by its owner"))

    async def _picture(self, prompt: str, seed: int, *used: str) -> Path:
        """Ask for one picture as a teammate would, and keep a copy of it.

        Args:
            used: The models that the picture's last line has to name, such as `@aurora-mug v2`.
        """
        await self._say(f"/imagine {prompt} seed: {seed}", TEAMMATE)
        footer = " · ".join((f"seed {seed}", *used))
        post = await self._until(lambda thread: _painted(thread, footer), PAINTING)
        place = prompt.replace("@", "").replace(" ", "-")
        return self._keep(post, f"{len(self.pictures) + 1:02}-{place}")

    def _keep(self, post: Post, name: str) -> Path:
        if not post.body.pictures or not post.body.pictures[0].path:
            raise ScriptBroken(f"message {post.number} has no picture")
        target = self.folder / f"{name}.png"
        shutil.copyfile(post.body.pictures[0].path, target)
        self.pictures.append(target)
        return target

    def _words(self, scene: str) -> str:
        """Return the prompt with the class word in place of the name."""
        return f"{self.subject.class_noun} {scene}"

    async def _say(self, line: str, person: str = "you") -> None:
        answer = await self.client.say(line, person)
        if answer.lines:
            raise ScriptBroken(f"{line.split()[0]} was answered: {' '.join(answer.lines)}")

    async def _until(self, condition: Callable[[Timeline], Post | None], seconds: float = SOON) -> Post:
        found = await self.client.wait_for(condition, seconds)
        assert found is not None  # wait_for returns what was found, or raises
        return found

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        step = Step(name)
        self.steps.append(step)
        began = time.monotonic()
        try:
            yield
            step.ok = True
        finally:
            step.seconds = round(time.monotonic() - began, 1)


_PEOPLE = {"person", "woman", "man", "girl", "boy"}


def _flagged(thread: Timeline, number: int) -> Post | None:
    posts = (post for post in thread.posts if post.body.choices)
    return next((post for post in posts if post.body.lines[0].startswith(f"photo {number} ")), None)


def _is_undecided(post: Post) -> bool:
    return bool(post.body.choices) and not post.reactions


def _has_preview(thread: Timeline) -> Post | None:
    """Find a training card with a bar and a preview; one that was faster than the eye counts as well."""
    running = (post for post in thread.posts if "Training ▮" in post.text and post.body.pictures)
    return next(running, None) or thread.find("is ready")


def _ready(thread: Timeline, handle: str, version: int) -> Post | None:
    said = f"@{handle} is ready" if version == 1 else f"@{handle} is ready · v{version}"
    return thread.find(said)


def _open_card(thread: Timeline, texts: tuple[str, ...]) -> Post | None:
    """Find the card of the edit, the only draft that is open then."""
    return next((found for text in texts if (found := thread.find(text))), None)


def _painted(thread: Timeline, footer: str) -> Post | None:
    posts = (post for post in reversed(thread.posts) if post.is_ours and post.body.pictures)
    return next((post for post in posts if footer in post.body.lines), None)
