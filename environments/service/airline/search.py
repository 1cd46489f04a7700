"""Flights that can be booked between two airports on a day, direct or with one stop."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from environments.service.airline.records import FLIGHTS, Available, ByCabin, Flight
from environments.service.state import Record, State
from environments.toolkit import ToolFailure


@dataclass(frozen=True, slots=True)
class Offer(Record):
    """A flight on a day as a search shows it."""

    flight_number: str
    origin: str
    destination: str
    status: Literal["available"]
    scheduled_departure_time_est: str
    scheduled_arrival_time_est: str
    date: str | None
    """`None` in a direct search: the caller named the day."""
    available_seats: ByCabin
    prices: ByCabin


def direct(state: State, origin: str | None, destination: str | None, date: str) -> list[Offer]:
    """What leaves on `date`; `None` for an airport is any, which only an unchecked argument can be."""
    return [_offer(flight, day, None) for flight, day in _departures(state.rows(FLIGHTS), origin, destination, date)]


def with_one_stop(
    state: State, origin: str | None, destination: str | None, date: str, *, padded: bool
) -> list[tuple[Offer, Offer]]:
    """Pairs of flights, the second not before the first has landed: the same day, or the next where the
    first lands then.

    Not `padded` writes the next day without leading zero and beyond the month's end, so that there is no
    such day (upstream's `Quirk.UNPADDED_NEXT_DAY`).

    Raises:
        ToolFailure: `date` is no ISO date, where the next one is needed.
    """
    by_origin: dict[str, list[Flight]] = {}
    for flight in state.rows(FLIGHTS):
        by_origin.setdefault(flight.origin, []).append(flight)
    pairs = []
    for first, day in _departures(state.rows(FLIGHTS), origin, None, date):
        landed = first.scheduled_arrival_time_est
        then = _next_day(date, padded=padded) if "+1" in landed else date
        onward = by_origin.get(first.destination, ())
        for second, next_day in _departures(onward, None, destination, then):
            if second.scheduled_departure_time_est >= landed:
                pairs.append((_offer(first, day, date), _offer(second, next_day, then)))
    return pairs


def _departures(
    flights: Iterable[Flight], origin: str | None, destination: str | None, date: str
) -> Iterable[tuple[Flight, Available]]:
    for flight in flights:
        if origin is not None and flight.origin != origin:
            continue
        if destination is not None and flight.destination != destination:
            continue
        # Looked up only now: of an unchecked argument, no list may be asked for where no flight is left.
        day = flight.dates.get(date)
        if isinstance(day, Available):
            yield flight, day


def _next_day(date: str, *, padded: bool) -> str:
    if not padded:
        return f"2024-05-{int(date[-2:]) + 1}"
    try:
        return (datetime.date.fromisoformat(date) + datetime.timedelta(days=1)).isoformat()
    except ValueError:
        raise ToolFailure(f"Date {date} is not in the form YYYY-MM-DD") from None


def _offer(flight: Flight, day: Available, date: str | None) -> Offer:
    return Offer(
        flight_number=flight.flight_number,
        origin=flight.origin,
        destination=flight.destination,
        status="available",
        scheduled_departure_time_est=flight.scheduled_departure_time_est,
        scheduled_arrival_time_est=flight.scheduled_arrival_time_est,
        date=date,
        available_seats=day.available_seats,
        prices=day.prices,
    )
