"""Copy-on-write state: a shared immutable base and, per episode, an overlay of what changed.

A side's database is a set of tables, a table maps ids to records, a record is a frozen dataclass. The
base is validated and hashed once and never changes; a `State` holds only changed, new and deleted
records, so creating one, snapshotting it and hashing it cost what changed, not what exists.
Tables iterate in insertion order, as a plain dict would after the same operations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Final, Generic, Literal, TypeVar, cast

from pydantic import BaseModel, ConfigDict, JsonValue, create_model
from pydantic_core import to_jsonable_python

from harness.core.changes import changes
from harness.core.errors import InputError
from harness.core.identity import canonical, digest
from harness.core.parsing import JsonObject, parse, parse_json

ONLY: Final = ""
"""The id of the one record of a `one` table."""


@dataclass(frozen=True, slots=True)
class Record:
    """Base of all records. Values are scalars, tuples, mappings that nobody changes, and records."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Table(Generic[R]):
    """A named collection of records, and the key by which a `State` gives typed access to it."""

    name: str
    record: type[R]
    key: str = ""
    """The field that is a record's id; needed where `shape` is `list`."""
    shape: Literal["map", "list", "one"] = "map"
    """How the file holds it: id to record, a list whose order matters, or a single record."""

    @property
    def annotation(self) -> Any:
        """The type of the file's value."""
        row: Any = self.record
        return {"map": dict[str, row], "list": tuple[row, ...], "one": row}[self.shape]

    def default(self) -> object:
        """What a file without the table stands for."""
        if self.shape == "one":
            return self.record()
        return {} if self.shape == "map" else ()

    def index(self, value: object) -> dict[str, R]:
        """The validated value of the file as id to record.

        Raises:
            ValueError: two records of a list have the same id.
        """
        if self.shape == "map":
            return cast("dict[str, R]", value)
        if self.shape == "one":
            return {ONLY: cast("R", value)}
        found: dict[str, R] = {}
        for record in cast("Sequence[R]", value):
            id_ = getattr(record, self.key)
            if id_ in found:
                raise ValueError(f"field '{self.name}': two records have the {self.key} {id_!r}")
            found[id_] = record
        return found


@dataclass(frozen=True, slots=True)
class Base:
    """A validated database that all episodes share."""

    tables: Mapping[str, Mapping[str, Record]]
    hash: str
    """Content hash of all records."""
    texts: dict[tuple[str, str], str] = field(default_factory=dict, compare=False, repr=False)
    """Records that an episode changed, by table and id, as canonical JSON: made once for all episodes."""

    def text(self, table: str, id_: str) -> str | None:
        """A record as canonical JSON; `None` where there is none."""
        record = self.tables[table].get(id_)
        if record is None:
            return None
        found = self.texts.get((table, id_))
        if found is None:
            found = self.texts[table, id_] = canonical(plain(record))
        return found


class Schema:
    """The tables of one side's database."""

    def __init__(self, *tables: Table[Any], private: tuple[Table[Any], ...] = ()) -> None:
        """`private`: those of the tables that mean nothing for the other side."""
        self.tables: Final = {table.name: table for table in tables}
        self.private: Final = frozenset(table.name for table in private)
        fields: dict[str, Any] = {table.name: (table.annotation, table.default()) for table in tables}
        self._model: type[BaseModel] = create_model("Database", __config__=ConfigDict(extra="forbid"), **fields)

    def load(self, data: JsonObject | str, *, where: str) -> Base:
        """A base from plain data or JSON text.

        Raises:
            InputError: names `where`, the wrong field and its value.
        """
        rows = self.read(data, where=where)
        frozen = {name: MappingProxyType(rows.get(name, {})) for name in self.tables}
        return Base(MappingProxyType(frozen), digest({name: plain(dict(found)) for name, found in frozen.items()}))

    def read(self, data: JsonObject | str, *, where: str) -> dict[str, dict[str, Record]]:
        """`data` as records by table and id; errors as in `load`."""
        parsed = (
            parse_json(self._model, data, where=where)
            if isinstance(data, str)
            else parse(self._model, data, where=where)
        )
        try:
            return {name: table.index(getattr(parsed, name)) for name, table in self.tables.items()}
        except ValueError as error:
            raise InputError(f"{where}: {error}") from None


@dataclass(slots=True)
class _Layer:
    """What changed in one table."""

    changed: dict[str, Record | None] = field(default_factory=dict)
    """By an id of the base: the record in its place, or `None` where it was deleted."""
    added: dict[str, Record] = field(default_factory=dict)
    """Records behind the base's, in order of insertion; an id of the base only after a deletion."""

    def copy(self) -> _Layer:
        return _Layer(dict(self.changed), dict(self.added))


_NOTHING: Final[Mapping[str, _Layer]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Overlay:
    """A snapshot of a `State`: the layers of the tables that were touched. Nobody changes it."""

    layers: Mapping[str, _Layer]


class State:
    """One side's database in one episode."""

    __slots__ = ("_base", "_layers", "_schema", "_shared", "changes")

    def __init__(self, schema: Schema, base: Base) -> None:
        self._schema = schema
        self._base = base
        self._layers: dict[str, _Layer] = {}
        self._shared: Mapping[str, _Layer] = _NOTHING
        """The last snapshot's layers: one that is still ours too is copied before it changes."""
        self.changes = 0
        """Goes up with every write that the other side may have to follow."""

    def get(self, table: Table[R], id_: str) -> R | None:
        """The record with this id, or `None`."""
        layer = self._layers.get(table.name)
        if layer is None:
            return cast("R | None", self._base.tables[table.name].get(id_))
        if id_ in layer.added:
            return cast("R", layer.added[id_])
        if id_ in layer.changed:
            return cast("R | None", layer.changed[id_])
        return cast("R | None", self._base.tables[table.name].get(id_))

    def one(self, table: Table[R]) -> R:
        """The record of a `one` table."""
        record = self.get(table, ONLY)
        assert record is not None, f"{table.name} is no single record"
        return record

    def rows(self, table: Table[R]) -> Iterator[R]:
        """All records, in insertion order."""
        return (record for _, record in self.items(table))

    def items(self, table: Table[R]) -> Iterator[tuple[str, R]]:
        """All ids with their records, in insertion order."""
        base = cast("Mapping[str, R]", self._base.tables[table.name])
        layer = self._layers.get(table.name)
        if layer is None:
            yield from base.items()
            return
        for id_, record in base.items():
            now = cast("R | None", layer.changed.get(id_, record))
            if now is not None:
                yield id_, now
        yield from cast("dict[str, R]", layer.added).items()

    def count(self, table: Table[R]) -> int:
        """How many records there are."""
        size = len(self._base.tables[table.name])
        layer = self._layers.get(table.name)
        if layer is None:
            return size
        return size - sum(record is None for record in layer.changed.values()) + len(layer.added)

    def put(self, table: Table[R], id_: str, record: R) -> None:
        """Replace the record in its place, or append it."""
        layer = self._touch(table)
        deleted = id_ in layer.changed and layer.changed[id_] is None
        if id_ in layer.added or deleted or id_ not in self._base.tables[table.name]:
            layer.added[id_] = record
        else:
            layer.changed[id_] = record

    def put_one(self, table: Table[R], record: R) -> None:
        """Replace the record of a `one` table."""
        self.put(table, ONLY, record)

    def delete(self, table: Table[R], id_: str) -> None:
        """Remove a record.

        Raises:
            KeyError: there is none with this id.
        """
        if self.get(table, id_) is None:
            raise KeyError(id_)
        layer = self._touch(table)
        if layer.added.pop(id_, None) is None:
            layer.changed[id_] = None

    def merge(self, data: JsonObject, *, where: str) -> None:
        """Lay plain data over the state: objects merge key by key, anything else replaces (upstream's
        `initialization_data`).

        Raises:
            InputError: a record is no longer valid; the state is as before.
        """
        unknown = {name: value for name, value in data.items() if name not in self._schema.tables}
        merged: JsonObject = dict(unknown)
        for name, patch in data.items():
            if name in self._schema.tables:
                merged[name] = self._merged(self._schema.tables[name], patch)
        rows = self._schema.read(merged, where=where)
        for name in data:
            table = self._schema.tables[name]
            if table.shape == "list":
                for id_ in [id_ for id_, _ in self.items(table)]:
                    self.delete(table, id_)
            for id_, record in rows[name].items():
                self.put(table, id_, record)

    def snapshot(self) -> Overlay:
        """The state as a value. What changed is shared with it until either side changes more."""
        self._shared = dict(self._layers)
        return Overlay(self._shared)

    def restore(self, overlay: Overlay) -> None:
        """Go back to a snapshot of a state over the same base."""
        self._layers = dict(overlay.layers)
        self._shared = overlay.layers
        self.changes += 1

    def fingerprint(self) -> str:
        """Equal for two states over the same base exactly where all their records are equal as JSON
        (and, in `list` tables, their order). What was changed and changed back doesn't count."""
        net = {name: found for name in self._layers if (found := self._net(self._schema.tables[name]))}
        return digest({"base": self._base.hash, "net": net})

    def became(self, since: Overlay) -> Iterator[str]:
        """What became of a snapshot over the same base; records that neither touched are not looked at."""
        for name in dict.fromkeys((*since.layers, *self._layers)):
            then, now = since.layers.get(name), self._layers.get(name)
            if then is now:
                continue
            touched = [id_ for layer in (then, now) if layer is not None for id_ in (*layer.changed, *layer.added)]
            base = self._base.tables[name]
            for id_ in dict.fromkeys(touched):
                before, after = _in_layer(then, base, id_), _in_layer(now, base, id_)
                yield from changes(plain(before), plain(after), f"{name}.{id_}".rstrip("."))

    def plain(self) -> JsonObject:
        """The whole state as plain data in the file's shape. It costs what exists."""
        whole: JsonObject = {}
        for name, table in self._schema.tables.items():
            records = {id_: plain(record) for id_, record in self.items(table)}
            shapes: dict[str, JsonValue] = {"map": records, "list": list(records.values()), "one": records.get(ONLY)}
            whole[name] = shapes[table.shape]
        return whole

    def _touch(self, table: Table[Any]) -> _Layer:
        name = table.name
        self.changes += name not in self._schema.private
        layer = self._layers.get(name)
        if layer is None:
            layer = self._layers[name] = _Layer()
        elif layer is self._shared.get(name):
            layer = self._layers[name] = layer.copy()
        return layer

    def _merged(self, table: Table[Any], patch: JsonValue) -> JsonValue:
        if table.shape == "list" or not isinstance(patch, dict):
            return patch
        if table.shape == "one":
            return _deep(plain(self.one(table)), patch)
        now = {id_: record for id_ in patch if (record := self.get(table, id_)) is not None}
        return _deep(plain(now), patch)

    def _net(self, table: Table[Any]) -> dict[str, object]:
        """How the table differs from the base: a function of the records alone, not of their history."""
        layer, base = self._layers[table.name], self._base.tables[table.name]
        touched = {**layer.changed, **layer.added}
        # As text, since 1, 1.0 and True are equal in Python and three different values in a database.
        there = {id_: plain(record) for id_, record in touched.items() if record is not None}
        found: dict[str, object] = {}
        if different := {id_: now for id_, now in there.items() if self._base.text(table.name, id_) != canonical(now)}:
            found["set"] = different
        if gone := sorted(id_ for id_ in touched if id_ in base and id_ not in there):
            found["gone"] = gone
        if table.shape == "list" and layer.added:
            order = [id_ for id_, _ in self.items(table)]
            kept = [id_ for id_ in base if id_ not in touched or id_ in there]
            if order[: len(kept)] != kept:
                found["reordered"] = order
            elif new := order[len(kept) :]:
                found["appended"] = new
        return found


def _in_layer(layer: _Layer | None, base: Mapping[str, Record], id_: str) -> Record | None:
    if layer is None:
        return base.get(id_)
    return layer.added[id_] if id_ in layer.added else layer.changed.get(id_, base.get(id_))


def plain(value: object) -> JsonValue:
    """Records as plain JSON data, their fields in order of definition."""
    return cast("JsonValue", to_jsonable_python(value))


def _deep(under: JsonValue, over: JsonValue) -> JsonValue:
    if isinstance(under, dict) and isinstance(over, dict):
        return {**under, **{key: _deep(under.get(key), value) for key, value in over.items()}}
    return over
