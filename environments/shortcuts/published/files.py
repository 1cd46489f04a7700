"""Upstream's files of API definitions and records, by the names that upstream gives them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, JsonValue, RootModel

from environments.shortcuts.published.actions import Definitions, Types
from harness.core.parsing import Model, parse_json, read_text

INFOS = "all_api2info.json"
"""By API, the text that models are shown."""
TYPES = "all_api2paraname2paratype.json"
SUMMARIES = "all_api2parasummary.json"
DEFECTS = "api_description_defects.json"
"""Not upstream's: the APIs whose description belongs to another."""


class _Texts(RootModel[dict[str, str]]):
    pass


class _Nested(RootModel[dict[str, dict[str, str]]]):
    pass


class _Inherited(Model, extra="ignore"):
    identifier: str
    inherited_text: str


class _Defects(Model, extra="ignore"):
    entries: tuple[_Inherited, ...]


class Shortcut(Model, extra="ignore"):
    """What a record holds of the shortcut itself."""

    actions: JsonValue = Field(alias="WFWorkflowActions")
    questions: JsonValue = Field(default=None, alias="WFWorkflowImportQuestions")


class Record(Model, extra="ignore"):
    """A published shortcut with what its store said of it."""

    url: str = Field(alias="URL")
    shortcut: Shortcut | None
    names: tuple[str | None, ...] = Field(default=(), alias="NameINStore")
    descriptions: tuple[str | None, ...] = Field(default=(), alias="DescriptionInStore")
    categories: tuple[str | None, ...] = Field(default=(), alias="CategoryInStore")
    records: JsonValue = None
    licence: str = ""


class _Records(RootModel[tuple[Record, ...]]):
    pass


def read_records(path: Path) -> tuple[Record, ...]:
    """A file of records.

    Raises:
        InputError: it is missing or malformed; so with all functions here.
    """
    return parse_json(_Records, read_text(path), where=str(path)).root


def read_infos(path: Path) -> Mapping[str, str]:
    """The text of each API."""
    return parse_json(_Texts, read_text(path), where=str(path)).root


def read_types(path: Path) -> Types:
    """The type and default of each API's parameters."""
    return parse_json(_Nested, read_text(path), where=str(path)).root


def read_definitions(types: Path, summaries: Path) -> Definitions:
    """What derived values are made from."""
    return Definitions(read_types(types), parse_json(_Nested, read_text(summaries), where=str(summaries)).root)


def read_defects(path: Path) -> Mapping[str, str]:
    """The description that each API with a wrong one has from another."""
    found = parse_json(_Defects, read_text(path), where=str(path))
    return {entry.identifier: entry.inherited_text for entry in found.entries}
