"""The `likeness` command. Starts the worker as a process of its own and never imports it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Coroutine, Generator
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from bot.console.client import NoBot
from bot.console.terminal import attach
from bot.console.verbs import VERBS
from bot.worker_process import COMMAND, WorkerProcess
from core.errors import ConfigurationError, StoreUnavailable
from core.logs import start_logging
from core.rules.kinds import ModelKind
from core.rules.names import nearest
from core.settings import Settings
from core.store.database import migrate as migrate_database

MISUSE = 2
"""Exit code when what was typed or set cannot work."""
FAULT = 1
CONSOLE_CONNECT_SECONDS = 3.0


class Commands(TyperGroup):
    """The commands, with an answer for those who type a word of the thread into the shell."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find a command, or say what was probably meant."""
        word = args[0].lstrip("/").lower()
        said = nearest(word, [verb.name for verb in VERBS], limit=1)
        if said and not nearest(word, self.commands, limit=1):
            ctx.fail(f"/{said[0]} is said in the thread. Start likeness run, and type it there.")
        return super().resolve_command(ctx, args)


app = typer.Typer(
    name="likeness",
    cls=Commands,
    help="A self-hosted chat bot that learns a product, character or style from a few photos.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="To see it work at once, without tokens or a graphics card: likeness demo",
)
Name = Annotated[str, typer.Option("--as", metavar="NAME", help="Who you are in the thread.")]


def main() -> None:
    """Run the command line; an expected fault is one sentence."""
    try:
        app()
    except ConfigurationError as error:
        _fail(str(error), MISUSE)
    except NoBot as error:
        _fail(str(error), FAULT)
    except StoreUnavailable as error:
        _fail(f"The database or the file store does not answer ({error}). likeness doctor says more.", FAULT)


def _fail(sentence: str, code: int) -> None:
    typer.echo(sentence, err=True)
    sys.exit(code)


def _settings() -> Settings:
    """Read the settings; the first one that cannot work is named with its variable."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0]) if first["loc"] else ""
        variable = field if field.isupper() else f"LIKENESS_{field.upper()}"
        raise ConfigurationError(
            f"{variable}: {first['msg']}. Correct it in the environment or in .env."
        ) from None


def _show_version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(f"likeness {_version()}")
        raise typer.Exit


@app.callback()
def _root(  # pyright: ignore[reportUnusedFunction] - typer holds on to it
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and leave."),
    ] = False,
) -> None:
    pass


def _version() -> str:
    try:
        return metadata.version("likeness")
    except metadata.PackageNotFoundError:
        return "(not installed)"


@app.command()
def run(
    terminal: Annotated[
        bool, typer.Option("--terminal/--no-terminal", help="Attach the console when this is a terminal.")
    ] = True,
    name: Name = "you",
) -> None:
    """Run bot, worker and console on this machine."""
    settings = _settings()
    is_attached = terminal and sys.stdin.isatty()
    start_logging(settings.log_level, settings.data_dir / "bot.log" if is_attached else None)
    asyncio.run(_run_all(settings, name if is_attached else None))


async def _run_all(settings: Settings, person: str | None) -> None:
    from bot.app import serve  # here, so that `likeness --help` does not load the whole bot

    await migrate_database(settings)
    log_path = settings.data_dir / "worker.log"
    typer.echo(f"Likeness runs on {settings.data_dir}; the worker's log is {log_path}.")
    tasks = [serve(settings), WorkerProcess(log_path).run()]
    if person is not None:
        tasks.append(attach(settings.data_dir, person))
    await _until_first_ends(*tasks)


async def _until_first_ends(*parts: Coroutine[Any, Any, None]) -> None:
    """Run parts side by side until one ends or a signal comes; then end them all, and raise what one raised."""
    stopped = asyncio.Event()
    with _signals(stopped):
        waiting = asyncio.create_task(stopped.wait())
        tasks: list[asyncio.Task[Any]] = [waiting, *(asyncio.create_task(part) for part in parts)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()


@contextlib.contextmanager
def _signals(stopped: asyncio.Event) -> Generator[None]:
    loop = asyncio.get_running_loop()
    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in wanted:
        loop.add_signal_handler(number, stopped.set)
    try:
        yield
    finally:
        for number in wanted:
            loop.remove_signal_handler(number)


@app.command()
def bot() -> None:
    """Run the bot alone; workers run elsewhere."""
    settings = _settings()
    start_logging(settings.log_level)
    asyncio.run(_run_bot(settings))


async def _run_bot(settings: Settings) -> None:
    from bot.app import serve

    await migrate_database(settings)
    await _until_first_ends(serve(settings))


@app.command()
def worker() -> None:
    """Run a worker alone."""
    _settings()  # a wrong setting is said here, before the worker takes its time to load
    os.execv(COMMAND[0], COMMAND)


@app.command()
def console(name: Name = "you") -> None:
    """Attach a console to the bot that runs on this machine."""
    settings = _settings()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(attach(settings.data_dir, name, connect_seconds=CONSOLE_CONNECT_SECONDS))


@app.command()
def migrate() -> None:
    """Bring the database up to date, as run and bot do."""
    settings = _settings()
    asyncio.run(migrate_database(settings))
    typer.echo("The database is up to date.")


Which = Annotated[
    str,
    typer.Option(
        "--workspace",
        metavar="PLATFORM:ID",
        help="Which workspace: console, or as discord:SERVER_ID or slack:TEAM_ID.",
    ),
]


@app.command()
def plan(
    name: Annotated[str | None, typer.Argument(metavar="[PLAN]", help="The plan to switch to.")] = None,
    workspace: Which = "console",
) -> None:
    """Show the plan of a workspace, or set it."""
    from bot.workspace_rules import set_plan_and_tell

    asyncio.run(set_plan_and_tell(_settings(), workspace, name))


@app.command()
def permissions(
    quorum: Annotated[
        int | None, typer.Option(min=1, help="How many people have to agree on a flagged photo.")
    ] = None,
    approver: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Who may decide about flagged photos: a person or role. Repeat it."),
    ] = None,
    trainer: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Who may train, edit and delete. Repeat it; 'everybody' lifts it."),
    ] = None,
    workspace: Which = "console",
) -> None:
    """Show who may do what in a workspace, or set it; in the thread admins do the same with /settings."""
    from bot.workspace_rules import set_permissions_and_tell

    asyncio.run(
        set_permissions_and_tell(_settings(), workspace, quorum=quorum, approvers=approver, trainers=trainer)
    )


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Look whether everything is well here, and say what to do where it is not.

    Leaves with 0 when all is well, 1 when something needs doing, and 2 when a setting cannot work.
    """
    from bot.upkeep import examine_and_tell

    settings = _settings()
    _log_to_nobody()
    report = asyncio.run(examine_and_tell(settings, as_json=as_json))
    raise typer.Exit(MISUSE if report.is_misconfigured else FAULT if report.to_do else 0)


@app.command()
def scrub(
    grace_hours: Annotated[
        float | None,
        typer.Option(min=0.01, help="Leave younger files alone; LIKENESS_ORPHAN_GRACE_HOURS without it."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Delete nothing, and say what would be.")
    ] = False,
) -> None:
    """Delete files that no row refers to, and name rows whose file is missing.

    A running bot does the same every six hours. Leaves with 1 when files are missing.
    """
    from bot.upkeep import scrub_and_tell

    settings = _settings()
    _log_to_nobody()
    report = asyncio.run(
        scrub_and_tell(settings, grace_hours or settings.orphan_grace_hours, is_dry_run=dry_run)
    )
    raise typer.Exit(FAULT if report.missing else 0)


@app.command()
def redeliver() -> None:
    """Try again to tell the endings that were given up; likeness doctor counts them."""
    from bot.upkeep import redeliver_and_tell

    settings = _settings()
    _log_to_nobody()
    asyncio.run(redeliver_and_tell(settings))


@app.command()
def demo(
    photos: Annotated[
        Path | None, typer.Option(help="A folder with photos of one thing.", exists=True, file_okay=False)
    ] = None,
    name: Annotated[str | None, typer.Option(help="What to call it.")] = None,
    kind: Annotated[ModelKind | None, typer.Option(help="What it is.")] = None,
    class_noun: Annotated[
        str | None, typer.Option("--class", metavar="NOUN", help="What it shows, in a word: sneaker, dog.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where the pictures go.", file_okay=False)] = None,
) -> None:
    """See it work: train on photos, then paint with them."""
    from bot.demo import play

    settings = _settings()
    went_well = asyncio.run(
        play(settings, photos=photos, name=name, kind=kind, class_noun=class_noun, out=out)
    )
    if not went_well:
        raise typer.Exit(FAULT)


@app.command()
def check(
    photos: Annotated[list[Path], typer.Argument(metavar="PHOTO...", help="The photos of one set.")],
    kind: Annotated[ModelKind, typer.Option(help="What they are to train.")],
    class_noun: Annotated[
        str, typer.Option("--class", metavar="NOUN", help="What they show, in a word: sneaker, dog.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    sheet: Annotated[
        Path | None,
        typer.Option(metavar="PNG", help="Draw the photos with what was found on them.", dir_okay=False),
    ] = None,
) -> None:
    """Say what could be better about photos, as the thread does before a training.

    Leaves with 0 when nothing was found, 1 when something was, and 2 when a file cannot be read.
    """
    from bot.check import check_and_tell

    settings = _settings()
    _log_to_nobody()
    code = asyncio.run(
        check_and_tell(settings, photos, kind=kind, class_noun=class_noun, is_json=as_json, sheet=sheet)
    )
    raise typer.Exit(code)


@app.command()
def calibrate(
    folders: Annotated[
        list[Path],
        typer.Argument(
            metavar="FOLDER...", help="Good photos, a folder for each subject.", exists=True, file_okay=False
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="JSON", help="Where the record goes, to look at before it is used.", dir_okay=False
        ),
    ] = None,
) -> None:
    """Measure on your own photos where the lines of the feedback should be, and keep them.

    Each folder holds one subject; a folder of folders is taken apart. The vision model of LIKENESS_VISION_MODEL is
    calibrated, or the offline measurements where that is empty.
    """
    from bot.calibrate import calibrate_and_tell

    settings = _settings()
    _log_to_nobody()
    asyncio.run(calibrate_and_tell(settings, folders, out))


def _log_to_nobody() -> None:
    """What is found is printed as sentences, and once."""
    logging.basicConfig(handlers=[logging.NullHandler()])


if __name__ == "__main__":
    main()
