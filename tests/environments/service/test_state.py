"""The copy-on-write state: a mirror of plain dicts decides what it should hold."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from environments.service.state import ONLY, Record, Schema, State, Table, plain
from harness.core.errors import InputError
from harness.core.identity import canonical
from harness.core.parsing import JsonObject


@dataclass(frozen=True, slots=True)
class Row(Record):
    id: str
    value: int | float | bool | str = 0
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lamp(Record):
    on: bool = False
    level: int = 3


MAP = Table("map", Row)
LIST = Table("list", Row, key="id", shape="list")
ONE = Table("one", Lamp, shape="one")
SCHEMA = Schema(MAP, LIST, ONE)
DATA: JsonObject = {
    "map": {name: {"id": name, "value": number} for number, name in enumerate("abc")},
    "list": [{"id": name, "value": number} for number, name in enumerate("abc")],
}
BASE = SCHEMA.load(DATA, where="test")

# Few ids and values that Python holds for equal, so that histories meet again and traps are hit.
ids = st.sampled_from(["a", "b", "c", "d", "e"])
values = st.sampled_from([0, 1, 1.0, True, "1", 2])
operations = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from([MAP, LIST]), ids, values),
        st.tuples(st.just("delete"), st.sampled_from([MAP, LIST]), ids, st.none()),
        st.tuples(st.just("lamp"), st.just(ONE), st.just(ONLY), st.integers(0, 3)),
    ),
    max_size=12,
)


def mirror() -> dict[str, dict[str, Record]]:
    rows = {name: Row(name, number) for number, name in enumerate("abc")}
    return {"map": dict(rows), "list": dict(rows), "one": {ONLY: Lamp()}}


def apply(history, state: State, copy: dict[str, dict[str, Record]]) -> None:
    for kind, table, id_, value in history:
        if kind == "delete":
            if id_ in copy[table.name]:
                del copy[table.name][id_]
                state.delete(table, id_)
            else:
                with pytest.raises(KeyError):
                    state.delete(table, id_)
            continue
        record = Lamp(level=value) if kind == "lamp" else Row(id_, value)
        copy[table.name][id_] = record
        state.put(table, id_, record)


def text_of(copy: dict[str, dict[str, Record]]) -> str:
    return canonical({"map": plain(copy["map"]), "list": plain(list(copy["list"].values())), "one": plain(copy["one"])})


@given(operations)
def test_state_holds_what_plain_dicts_would_hold_in_their_order(history):
    state, copy = State(SCHEMA, BASE), mirror()
    apply(history, state, copy)
    for table in (MAP, LIST):
        assert list(state.items(table)) == list(copy[table.name].items())
        assert [type(row.value) for row in state.rows(table)] == [type(row.value) for row in copy[table.name].values()]
        assert state.count(table) == len(copy[table.name])
        assert all(state.get(table, id_) == copy[table.name].get(id_) for id_ in "abcde")
    assert state.one(ONE) == copy["one"][ONLY]


@given(operations, operations)
def test_restore_brings_the_snapshot_back_however_the_state_changed(before, after):
    state, copy = State(SCHEMA, BASE), mirror()
    apply(before, state, copy)
    snapshot, fingerprint, whole = state.snapshot(), state.fingerprint(), state.plain()
    for _ in range(2):
        apply(after, state, {name: dict(rows) for name, rows in copy.items()})
        state.restore(snapshot)
        assert state.fingerprint() == fingerprint
        assert canonical(state.plain()) == canonical(whole)


@given(operations, operations)
@example([("put", MAP, "a", True)], [("put", MAP, "a", 1)])
@example([("delete", LIST, "c", None), ("put", LIST, "c", 2)], [])
@example([("delete", LIST, "a", None), ("put", LIST, "a", 0)], [])
@example([("put", LIST, "d", 1), ("put", LIST, "e", 1)], [("put", LIST, "e", 1), ("put", LIST, "d", 1)])
@example([("put", MAP, "d", 1), ("put", MAP, "e", 1)], [("put", MAP, "e", 1), ("put", MAP, "d", 1)])
def test_fingerprints_are_equal_exactly_where_the_whole_states_are(first, second):
    states, copies = [State(SCHEMA, BASE), State(SCHEMA, BASE)], [mirror(), mirror()]
    for history, state, copy in zip((first, second), states, copies, strict=True):
        apply(history, state, copy)
    same = text_of(copies[0]) == text_of(copies[1])
    assert (states[0].fingerprint() == states[1].fingerprint()) == same


@given(operations)
def test_no_episode_changes_the_base(history):
    apply(history, State(SCHEMA, BASE), mirror())
    assert canonical(State(SCHEMA, BASE).plain()) == canonical(State(SCHEMA, SCHEMA.load(DATA, where="test")).plain())
    assert BASE.hash == SCHEMA.load(DATA, where="test").hash


def test_a_snapshot_holds_only_what_changed():
    big = SCHEMA.load({"map": {str(n): {"id": str(n)} for n in range(5000)}}, where="test")
    state = State(SCHEMA, big)
    assert not state.snapshot().layers
    state.put(MAP, "7", Row("7", 1))
    layers = state.snapshot().layers
    assert list(layers) == ["map"]
    assert (list(layers["map"].changed), list(layers["map"].added)) == (["7"], [])


def test_records_and_base_refuse_to_be_changed_in_place():
    with pytest.raises(FrozenInstanceError):
        BASE.tables["map"]["a"].id = "z"  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        BASE.tables["map"]["a"] = Row("z")  # type: ignore[index]


def test_bases_of_different_data_never_have_equal_fingerprints():
    other = SCHEMA.load({**DATA, "one": {"on": True}}, where="test")
    assert State(SCHEMA, other).fingerprint() != State(SCHEMA, BASE).fingerprint()


class TestMerge:
    """Upstream's `initialization_data`: objects merge, lists replace."""

    def test_objects_merge_field_by_field_and_new_ids_are_appended(self):
        state = State(SCHEMA, BASE)
        state.merge({"map": {"b": {"tags": ["x"]}, "z": {"id": "z"}}, "one": {"level": 1}}, where="t")
        assert state.get(MAP, "b") == Row("b", 1, ("x",))
        assert [id_ for id_, _ in state.items(MAP)] == ["a", "b", "c", "z"]
        assert state.one(ONE) == Lamp(on=False, level=1)

    def test_a_list_table_is_replaced_whole(self):
        state = State(SCHEMA, BASE)
        state.merge({"list": [{"id": "c"}, {"id": "a", "value": 0}]}, where="t")
        assert [row.id for row in state.rows(LIST)] == ["c", "a"]
        state.merge({"list": DATA["list"]}, where="t")
        assert state.fingerprint() == State(SCHEMA, BASE).fingerprint()

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            ({"mapp": {}}, "unknown key 'mapp' (at mapp), did you mean 'map'?"),
            ({"map": {"a": {"valeu": 1}}}, "map.a.valeu"),
            ({"one": {"on": "yes"}}, "field 'one.on': Input should be a valid boolean (got \"yes\")"),
            ({"list": [{"id": "a"}, {"id": "a"}]}, "two records have the id 'a'"),
            ({"map": 3}, "field 'map'"),
        ],
    )
    def test_data_that_does_not_fit_names_the_field_and_changes_nothing(self, data, message):
        state = State(SCHEMA, BASE)
        with pytest.raises(InputError) as caught:
            state.merge(data, where="setup")
        assert message in caught.value.message
        assert caught.value.message.startswith("setup: ")
        assert state.fingerprint() == State(SCHEMA, BASE).fingerprint()
