"""What a Retry-After header asks for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds to wait, given as such or as a date; `None` where nothing legible is asked."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        return _until(value, headers.get("date"), now)
    return max(0.0, seconds) if seconds < float("inf") else None


def _until(value: str, date: str | None, now: datetime) -> float | None:
    try:
        until = parsedate_to_datetime(value)
        # The server's clock may go otherwise than ours: its own Date says what time it takes it to be.
        since = parsedate_to_datetime(date) if date is not None else now
        return max(0.0, (until - since).total_seconds())
    except (ValueError, TypeError):
        return None
