"""Result texts follow upstream's rules (reference, section 3)."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import pytest

from environments.service.state import Record
from environments.service.wire import wire


@dataclass(frozen=True, slots=True)
class Stay(Record):
    nights: int
    paid: bool
    day: datetime.date
    since: datetime.datetime
    notes: tuple[str, ...] = ()
    guest: str | None = None


STAY = Stay(2, True, datetime.date(2025, 2, 25), datetime.datetime(2025, 1, 20, 14, 30), ("é",))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is", "as it is"),
        (5, '"5"'),
        ([1, True], '["1", "True"]'),
        ({"a": 1.5}, '{"a": "1.5"}'),
        (None, "null"),
        ({"day": datetime.date(2025, 2, 28)}, '{"day": "2025-02-28"}'),
    ],
)
def test_scalars_outside_of_records_become_strings(value, text):
    assert wire(value) == text


def test_a_record_keeps_its_numbers_and_shows_every_field():
    assert wire([STAY]) == (
        '[{"nights": 2, "paid": true, "day": "2025-02-25", "since": "2025-01-20 14:30:00",'
        ' "notes": ["\\u00e9"], "guest": null}]'
    )


def test_what_upstream_cannot_show_is_an_error():
    with pytest.raises(TypeError, match="set"):
        wire({1, 2})
