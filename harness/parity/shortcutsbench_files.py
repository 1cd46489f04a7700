"""The fixtures of ShortcutsBench as files: their shapes, and where what they need is found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ConfigDict, Field, JsonValue, RootModel

from environments.shortcuts.published.actions import Definitions
from environments.shortcuts.published.files import SUMMARIES, TYPES, read_definitions, read_records
from environments.shortcuts.published.logs import LogLine
from harness.core.errors import InputError
from harness.core.parsing import JsonObject, Model, parse_json, read_text


class EqualCase(Model):
    """Two primitive values, and whether upstream calls them equal."""

    gold: JsonValue
    pred: JsonValue
    equal: bool


class ClassCase(Model):
    """A value, and what upstream says it refers to."""

    model_config = ConfigDict(populate_by_name=True)

    value: JsonValue
    class_: int = Field(alias="class")


class ReferenceCase(Model):
    """Two references, whether upstream calls them equal, and if not, why."""

    gold: JsonValue
    pred: JsonValue
    equal: bool
    reason: str | None = None


class ReplyCase(Model):
    """A model's reply, and what upstream reads in it."""

    text: str
    ok: bool
    parsed: JsonValue = None


class Cases(Model):
    """Single cases, by the function of upstream's that they are of."""

    primitive: tuple[EqualCase, ...] = ()
    classes: tuple[ClassCase, ...] = ()
    references: tuple[ReferenceCase, ...] = ()
    output_parsing: tuple[ReplyCase, ...] = ()


class Label(Model, extra="ignore"):
    """A shortcut's category."""

    category: str


class Essential(Model, extra="ignore"):
    """A shortcut's tags: by action index, by parameter, what a model said of it."""

    significant_paras: JsonObject


class Run(Model):
    """A log with what its scorers need and what they said."""

    logs: tuple[LogLine, ...]
    essential: dict[str, Essential]
    categories: dict[str, Label]
    expected: dict[str, JsonObject]


class Runs(RootModel[tuple[Run, ...]]):
    """A file of runs."""


class DerivedFile(RootModel[dict[str, JsonObject]]):
    """By URL, what upstream derives."""


def read_fixtures(folder: Path) -> Iterator[tuple[Path, Runs | Cases | DerivedFile]]:
    """Every fixture of a folder, sorted by name.

    Raises:
        InputError: the folder holds none, or one isn't of its shape.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    scores = sorted(folder.glob("metric_parity_*.json"))
    derived = sorted(folder.glob("shortcut_derived*.json"))
    if not scores and not derived:
        raise InputError(
            f"{folder}: no fixtures in it", hint="wanted: metric_parity_*.json or shortcut_derived.json, or both"
        )
    for path in scores:
        text = read_text(path)
        if text.lstrip().startswith("["):
            yield path, parse_json(Runs, text, where=str(path))
        elif _is_run(text, path):
            yield path, Runs((parse_json(Run, text, where=str(path)),))
        else:
            yield path, parse_json(Cases, text, where=str(path))
    for path in derived:
        yield path, parse_json(DerivedFile, read_text(path), where=str(path))


def definitions_near(folder: Path, data: Path | None) -> Definitions:
    """The API definitions: in the folder of fixtures, in `data`, or beside the folder.

    Raises:
        InputError: they aren't there, or are malformed.
    """
    return read_definitions(_find(TYPES, folder, data), _find(SUMMARIES, folder, data))


def records_near(derived: Path, data: Path | None) -> Mapping[str, JsonValue]:
    """The actions of the records that a file of derived values is about, by URL.

    Raises:
        InputError: there is no such file, or it is malformed.
    """
    name = derived.name.replace("derived", "records")
    records = read_records(_find(name, derived.parent, data))
    return {record.url: record.shortcut.actions for record in records if record.shortcut is not None}


def _is_run(text: str, path: Path) -> bool:
    return "logs" in parse_json(_Keys, text, where=str(path)).root


class _Keys(RootModel[JsonObject]):
    pass


def _find(name: str, folder: Path, data: Path | None) -> Path:
    places = [folder, *([data] if data else []), folder.resolve().parent]
    beside = sorted(path.parent for path in folder.resolve().parent.glob(f"*/{name}"))
    for place in (*places, *beside):
        if (place / name).is_file():
            return place / name
    raise InputError(
        f"{folder}: {name} is neither there nor beside it", hint="derived values need it: name its folder with --data"
    )
