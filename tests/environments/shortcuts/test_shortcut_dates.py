from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environments.shortcuts.dates import Clock, format_date, format_iso, format_pattern, format_relative, read_date

NOW = datetime(2025, 5, 14, 8, 40)  # a Wednesday
CLOCK = Clock(NOW, "en_US", "America/New_York", -240)
BRITISH = Clock(NOW, "en_GB", "Europe/London", 60)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-06-01", datetime(2025, 6, 1)),
        ("2025-06-01 14:30", datetime(2025, 6, 1, 14, 30)),
        ("2025-06-01T14:30:05", datetime(2025, 6, 1, 14, 30, 5)),
        ("2025-06-01T14:30:00Z", datetime(2025, 6, 1, 10, 30)),
        ("2025-06-01T14:30:00+02:00", datetime(2025, 6, 1, 8, 30)),
        ("tomorrow at 9am", datetime(2025, 5, 15, 9)),
        ("Tomorrow, 9:30 pm", datetime(2025, 5, 15, 21, 30)),
        ("yesterday", datetime(2025, 5, 13)),
        ("today at noon", datetime(2025, 5, 14, 12)),
        ("tonight", datetime(2025, 5, 14, 19)),
        ("tonight at 8pm", datetime(2025, 5, 14, 20)),
        ("now", NOW),
        ("14:30", datetime(2025, 5, 14, 14, 30)),
        ("12 am", datetime(2025, 5, 14, 0)),
        ("at 7", datetime(2025, 5, 14, 7)),
        ("Friday at 3pm", datetime(2025, 5, 16, 15)),
        ("Wednesday", datetime(2025, 5, 21)),
        ("March 14", datetime(2025, 3, 14)),
        ("March 14th, 2026 at 10:00", datetime(2026, 3, 14, 10)),
        ("14 Mar 2026", datetime(2026, 3, 14)),
        ("6/1/25", datetime(2025, 6, 1)),
        ("in 2 hours", datetime(2025, 5, 14, 10, 40)),
        ("remind me in a week", datetime(2025, 5, 21, 8, 40)),
        ("in 90 minutes", datetime(2025, 5, 14, 10, 10)),
        ("whenever", None),
        ("", None),
        ("2025-02-31", None),
        ("25:99", None),
    ],
)
def test_dates_are_read_from_words_seen_from_the_virtual_now(text: str, expected: datetime | None) -> None:
    assert read_date(text, CLOCK) == expected


def test_slashes_follow_the_locale() -> None:
    assert read_date("6/1/25", BRITISH) == datetime(2025, 1, 6)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("yyyy-MM-dd", "2025-05-04"),
        ("d MMMM yy", "4 May 25"),
        ("EEEE, MMM d", "Sunday, May 4"),
        ("h:mm a", "3:07 PM"),
        ("HH'h'mm", "15h07"),
        ("'it''s' H", "it's 15"),
        ("yyyy-MM-dd'T'HH:mm:ssxxx", "2025-05-04T15:07:09-04:00"),
        ("QQ", "QQ"),
    ],
)
def test_patterns_are_written_field_by_field(pattern: str, expected: str) -> None:
    assert format_pattern(datetime(2025, 5, 4, 15, 7, 9), CLOCK, pattern) == expected


def test_styles_follow_the_locale() -> None:
    when = datetime(2025, 5, 4, 15, 7)
    assert format_date(when, CLOCK) == "May 4, 2025 at 3:07 PM"
    assert format_date(when, CLOCK, "Short", "Short") == "5/4/25, 3:07 PM"
    assert format_date(when, BRITISH, "Long", "None") == "4 May 2025"
    assert format_date(when, BRITISH, "None", "Short") == "15:07"


def test_relative_dates_name_the_days_around_today() -> None:
    assert format_relative(datetime(2025, 5, 15, 23), CLOCK) == "tomorrow"
    assert format_relative(datetime(2025, 5, 17), CLOCK) == "May 17, 2025"


@given(
    st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)).map(lambda d: d.replace(microsecond=0))
)
def test_iso_text_with_the_devices_offset_reads_back(when: datetime) -> None:
    assert read_date(format_iso(when, CLOCK, with_time=True), CLOCK) == when


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader_or_the_writer(text: str) -> None:
    read_date(text, CLOCK)
    assert isinstance(format_pattern(NOW, CLOCK, text), str)
