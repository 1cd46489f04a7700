"""`bench shortcut`: look at shortcuts, convert and run them, and list what the device can do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from environments.shortcuts.program import Program
    from environments.shortcuts.rehearsal import Rehearsal
    from environments.shortcuts.shortcut_file import ShortcutFile

_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
_RECORD = click.option("--record", default="", metavar="WHICH", help="Of a file of records: its URL, name or number.")
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object.")
_DEFINITIONS = click.option(
    "--definitions",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder with ShortcutsBench's API definitions; APIs without a handler become stubs.",
)


@click.group(name="shortcut")
def command() -> None:
    """Look at shortcuts, convert and run them, and list what the simulated device can do.

    FILE is JSON, an XML property list or a binary one (.shortcut), with a shortcut, a list of actions, or
    ShortcutsBench's records.
    """


@command.command()
@_FILE
@_RECORD
@_JSON
def show(file: Path, record: str, as_json: bool) -> None:
    """Show the actions of FILE as an outline, and what is wrong with its form."""
    from environments.shortcuts.blocks import steps_of
    from environments.shortcuts.outline import outline
    from environments.shortcuts.program import length
    from environments.shortcuts.registry import ACTIONS

    shortcut = _read(file, record)
    program = _program(shortcut, file)
    unknown = sorted({step.identifier for step in steps_of(program.body)} - ACTIONS.keys())
    if as_json:
        found = {
            "name": shortcut.name,
            "form": shortcut.form.value,
            "actions": len(shortcut.actions),
            "length": length(program.body),
            "import_questions": [question.text for question in shortcut.questions()],
            "repairs": list(program.repairs),
            "without_handler": unknown,
        }
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    click.echo(f"{shortcut.name} ({shortcut.form}, {len(shortcut.actions)} actions, length {length(program.body)})")
    for line in outline(program.body):
        click.echo(line)
    for question in shortcut.questions():
        click.echo(f"asks when installed: {question.text} (action {question.action}, {question.parameter})")
    for repair in program.repairs:
        click.echo(f"repaired: {repair}")
    if unknown:
        click.echo(f"! has no handler: {', '.join(unknown)}")


@command.command()
@_FILE
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@_RECORD
@click.option(
    "--to", "form", type=click.Choice(["json", "xml", "binary"]), help="The form of OUT.  [default: by its extension]"
)
@click.option("--repair", is_flag=True, help="Leave out stray markers, and end blocks that never end.")
@click.option("--expand", is_flag=True, help="Write ${name} and other short forms out as Apple's app has them.")
@click.option("--force", is_flag=True, help="Overwrite OUT.")
def convert(file: Path, out: Path, record: str, form: str | None, repair: bool, expand: bool, force: bool) -> None:
    """Write the shortcut of FILE to OUT in another form; nothing of it is lost.

    \b
    bench shortcut convert shortcut_records.json hello.shortcut --record 3
    """
    from environments.shortcuts.shortcut_file import form_of, written
    from harness.core.errors import InputError

    shortcut = _read(file, record)
    repairs: tuple[str, ...] = ()
    if repair:
        _program(shortcut, file)
        shortcut, repairs = shortcut.repaired()
    if expand:
        shortcut = shortcut.expanded()
    if out.exists() and not force:
        raise InputError(f"{out}: exists", hint="give another name, or --force")
    data = written(shortcut, form_of(out, form), str(out))
    try:
        out.write_bytes(data)
    except OSError as error:
        raise InputError(f"{out}: can't be written ({error.strerror})") from None
    for line in repairs:
        click.echo(f"repaired: {line}", err=True)
    click.echo(f"wrote {out}")


@command.command()
@_FILE
@_RECORD
@click.option(
    "--device",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="A pack's data/device.json.  [default: a furnished phone]",
)
@click.option("--input", "given", default="", metavar="TEXT", help="What comes in by the share sheet.")
@click.option("--answer", "answers", multiple=True, metavar="TEXT", help="To the next question; can be repeated.")
@_DEFINITIONS
@_JSON
@click.pass_context
def run(
    ctx: click.Context,
    file: Path,
    record: str,
    device: Path | None,
    given: str,
    answers: tuple[str, ...],
    definitions: Path | None,
    as_json: bool,
) -> None:
    """Run the shortcut of FILE on a simulated device. Questions without an --answer are asked here.

    Exits with 1 where it doesn't come to its end.
    """
    import asyncio
    import sys

    from environments.shortcuts.definitions import definitions_in
    from environments.shortcuts.rehearsal import rehearse
    from environments.shortcuts.setup import device_in, phone
    from harness.core.errors import InputError

    shortcut = _read(file, record)
    left = list(answers)

    async def ask(question: str) -> str:
        if left:
            return left.pop(0)
        try:
            said: str = click.prompt(question, default="", show_default=False, err=as_json)
        except click.Abort:
            if sys.stdin.isatty():
                raise
            raise InputError(f"nobody answers {question!r}", hint="give another --answer") from None
        return said

    found = asyncio.run(
        rehearse(
            shortcut.actions,
            shortcut.questions(),
            device_in(device) if device else phone(),
            ask,
            given=given,
            definitions=definitions_in(definitions) if definitions else {},
        )
    )
    if as_json:
        click.echo(json.dumps(found.as_json(), ensure_ascii=False))
    else:
        _print(found)
    ctx.exit(1 if found.result.error is not None else 0)


@command.command()
@click.argument("identifier", required=False)
@click.option("--app", metavar="APP", help="Only the actions of this app.")
@_DEFINITIONS
@click.option("--corrected", is_flag=True, help="With descriptions that belong to another API corrected.")
@_JSON
def actions(identifier: str | None, app: str | None, definitions: Path | None, corrected: bool, as_json: bool) -> None:
    """List the device's actions, or show IDENTIFIER; with --definitions, ShortcutsBench's APIs.

    --json gives them as tool specifications for function calling.
    """
    from environments.shortcuts.catalogue import Catalogue
    from environments.shortcuts.definitions import definitions_in

    found = Catalogue(definitions_in(definitions, corrected=corrected) if definitions else {})
    if identifier:
        spec = found.tool_spec(identifier)
        click.echo(json.dumps(spec.model_dump(), ensure_ascii=False) if as_json else found.text(identifier))
        return
    names = found.names(app)
    if as_json:
        click.echo(json.dumps([found.tool_spec(name).model_dump() for name in names], ensure_ascii=False))
        return
    for name in names:
        click.echo(found.line(name))


@command.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@_JSON
@click.pass_context
def coverage(ctx: click.Context, folder: Path, as_json: bool) -> None:
    """Tell how much of the real shortcuts in FOLDER (ShortcutsBench's data) the device does.

    Skeletons say which actions have a handler; complete records are run. Exits with 1 where a record stops at
    an action that has one.
    """
    from environments.shortcuts.coverage import described, measure

    found = measure(folder)
    if as_json:
        click.echo(json.dumps(found.as_json(), ensure_ascii=False))
    else:
        for line in described(found):
            click.echo(line)
    ctx.exit(1 if found.failed() else 0)


def _read(file: Path, record: str) -> ShortcutFile:
    from environments.shortcuts.shortcut_file import read_shortcut

    return read_shortcut(file, record)


def _program(shortcut: ShortcutFile, file: Path) -> Program:
    from environments.shortcuts.blocks import TooDeep
    from environments.shortcuts.forms import Malformed
    from harness.core.errors import InputError

    try:
        return shortcut.program()
    except (Malformed, TooDeep) as error:
        raise InputError(f"{file}: action {error.index}: {error}") from None


def _print(found: Rehearsal) -> None:
    from environments.shortcuts.coercion import text_of

    for text in found.result.shown:
        click.echo(text)
    output = text_of(found.result.output, found.after.clock)
    if output:
        click.echo(click.style("output: ", bold=True) + output)
    for place, change in found.changes().items():
        click.echo(click.style(f"{place}: ", bold=True) + json.dumps(change, ensure_ascii=False))
    for name in found.result.stubs:
        click.echo(f"only recorded, nothing here does it: {name}")
    for remark in found.result.remarks:
        click.echo(f"remark: {remark}")
    if (error := found.result.error) is not None:
        click.echo(f"stopped at action {error.index} ({error.identifier}): {error.kind}: {error.message}")
