from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environments.shortcuts.coercion import (
    boolean_of,
    coerced,
    date_of,
    dictionary_of,
    first_number,
    lookup,
    number_of,
    number_text,
    plain,
    text_of,
    urls_of,
)
from environments.shortcuts.dates import Clock
from environments.shortcuts.properties import property_of
from environments.shortcuts.records import Contact, Event, Note, Reminder
from environments.shortcuts.values import (
    MAX_DEPTH,
    MAX_SIZE,
    ItemKind,
    TooLarge,
    Url,
    checked,
    clean,
    dictionary,
    item_of_json,
    item_of_text,
    listing,
    number,
)

CLOCK = Clock(datetime(2025, 5, 14, 8, 40))

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.text(max_size=20)
    | st.integers(-(2**50), 2**50)
    | st.floats(-1e9, 1e9, allow_nan=False).map(lambda value: round(value, 6)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=15,
)


@given(json_values)
def test_json_survives_being_an_item(data: object) -> None:
    assert plain(item_of_json(data), CLOCK) == data  # type: ignore[arg-type]


@given(st.dictionaries(st.text(max_size=8), json_values, max_size=4))
def test_a_dictionary_survives_being_text(data: dict[str, object]) -> None:
    item = item_of_json(data)  # type: ignore[arg-type]
    assert item is not None
    read = dictionary_of((text_of((item,), CLOCK),))
    assert plain(read, CLOCK) == data


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("about 12 eggs and 3 pans", "12"),
        ("it costs $1,204.50 today", "1204.5"),
        ("-3.25 degrees", "-3.25"),
        ("v.5", "0.5"),
        ("12,34", "12"),
        ("nothing here", None),
        ("", None),
    ],
)
def test_text_gives_its_first_number(text: str, expected: str | None) -> None:
    found = first_number(text)
    assert (None if found is None else number_text(found)) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [("3.10", "3.1"), ("1E+3", "1000"), ("-0", "0"), ("0.000", "0"), ("100", "100")]
)
def test_numbers_are_written_without_exponent_and_trailing_zeros(value: str, expected: str) -> None:
    assert number_text(Decimal(value)) == expected


def test_a_list_becomes_text_as_lines() -> None:
    assert text_of(("a", Decimal("2.50"), True, Url("https://x.example")), CLOCK) == "a\n2.5\nYes\nhttps://x.example"


def test_records_become_text_by_their_name_and_a_note_by_its_body() -> None:
    event = Event("e", "Choir", datetime(2025, 5, 15, 19), datetime(2025, 5, 15, 21))
    records = (Note("n", "Title", "body"), Reminder("r", "Water"), event, Contact("c", "Maya", "Lindqvist"))
    assert text_of(records, CLOCK) == "body\nWater\nChoir\nMaya Lindqvist"


def test_the_first_item_that_has_a_number_gives_it() -> None:
    assert number_of(("none", "seven 7", Decimal(9))) == 7
    assert number_of((True,)) == 1
    assert number_of(()) is None


@pytest.mark.parametrize(("word", "expected"), [("Yes", True), ("off", False), ("No.", False), ("perhaps", None)])
def test_words_mean_yes_or_no_or_neither(word: str, expected: bool | None) -> None:
    assert boolean_of((word,)) is expected


def test_a_date_comes_from_an_event_or_from_words() -> None:
    event = Event("e", "Choir", datetime(2025, 5, 15, 19), datetime(2025, 5, 15, 21))
    assert date_of((event,), CLOCK) == datetime(2025, 5, 15, 19)
    assert date_of(("no date", "tomorrow at 9am"), CLOCK) == datetime(2025, 5, 15, 9)


def test_key_paths_reach_into_dictionaries_and_lists_from_one() -> None:
    menu = item_of_json({"drinks": [{"best": "soup"}, {"best": "tea"}], "a.b": 1})
    assert lookup(menu, "drinks.2.best") == "tea"
    assert lookup(menu, "a.b") == 1
    assert lookup(menu, "drinks.0.best") is None
    assert lookup(menu, "drinks.x") is None
    assert lookup('{"a": {"b": "deep"}}', "a.b") == "deep"


def test_what_cannot_be_coerced_is_left_out() -> None:
    assert coerced(("7 up", "up"), ItemKind.NUMBER, CLOCK) == (Decimal(7),)
    assert coerced(("plain", '{"a": 1}'), ItemKind.DICTIONARY, CLOCK) == (dictionary({"a": Decimal(1)}),)
    assert coerced(("plain",), ItemKind.CONTACT, CLOCK) == ()


def test_addresses_are_found_inside_text() -> None:
    assert urls_of(("see https://a.example/x?y=1, and mailto:b@c.example.",)) == (
        Url("https://a.example/x?y=1"),
        Url("mailto:b@c.example"),
    )


def test_properties_are_read_by_name_in_any_case() -> None:
    contact = Contact("c", "Maya", "Lindqvist", phones=("1", "2"))
    assert property_of(contact, "phone numbers") == ("1", "2")
    assert property_of(contact, "Name") == ("Maya Lindqvist",)
    assert property_of(contact, "Company") == ()
    assert property_of(Reminder("r", "x"), "Is Completed") == (False,)


@pytest.mark.parametrize("given_number", [float("inf"), float("nan"), "1E+200", "x", 10**200])
def test_numbers_beyond_the_devices_arithmetic_are_none(given_number: float | str) -> None:
    assert number(given_number) is None


def test_values_beyond_the_limits_are_refused() -> None:
    with pytest.raises(TooLarge):
        checked(("x" * MAX_SIZE, "y"))
    with pytest.raises(TooLarge):
        listing(["x" * 1000] * 100)
    nested = dictionary({})
    for _ in range(MAX_DEPTH - 1):
        nested = dictionary({"a": nested})
    with pytest.raises(TooLarge):
        dictionary({"a": nested})


def test_json_nested_beyond_the_limit_is_refused_and_bad_json_is_nothing() -> None:
    with pytest.raises(TooLarge):
        item_of_text("[" * 60 + "]" * 60)
    assert item_of_text("[" * 100_000) is None
    assert item_of_text("{not json") is None


def test_lone_surrogates_never_enter_a_value() -> None:
    assert clean(json.loads('"a\\ud800b"')) == "a?b"
    assert item_of_text('{"k": "\\udfff"}') == dictionary({"k": "?"})
