"""Legs of a trip and the seats they take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from environments.service.airline.forms import FlightInfo
from environments.service.airline.records import (
    FLIGHTS,
    Available,
    Cabin,
    Leg,
    day_of,
    flight_by_number,
)
from environments.service.state import State
from environments.toolkit import ToolFailure


class Choice:
    """The flights that one call picks for a party; checks each of them as it is added."""

    def __init__(self, state: State, cabin: Cabin, party: int, *, together: bool) -> None:
        self._state = state
        self._cabin = cabin
        self._party = party
        self._together = together
        self._picked: Counter[tuple[str, str]] = Counter()

    def leg(self, wanted: FlightInfo) -> Leg:
        """The flight as a leg at today's price.

        `together` counts the seats that earlier legs of this choice need on the same flight and day;
        otherwise each leg is looked at alone (upstream's `Quirk.SEATS_CHECKED_ALONE`).

        Raises:
            ToolFailure: there is no such flight, it can't be booked, or has too few seats.
        """
        number = wanted.flight_number
        flight = flight_by_number(self._state, number)
        day = day_of(flight, number, wanted.date)
        if not isinstance(day, Available):
            raise ToolFailure(f"Flight {number} not available on date {wanted.date}")
        left = day.available_seats[self._cabin]
        if self._together:
            left -= self._picked[number, wanted.date] * self._party
        if left < self._party:
            raise ToolFailure(f"Not enough seats on flight {number}")
        self._picked[number, wanted.date] += 1
        return Leg(number, flight.origin, flight.destination, wanted.date, day.prices[self._cabin])


def take_seats(state: State, legs: Iterable[Leg], cabin: Cabin, party: int) -> None:
    """Take `party` seats on each leg; a negative number gives them back.

    What can't be booked any more has no seats to count, and stays as it is.
    """
    for leg in legs:
        flight = state.get(FLIGHTS, leg.flight_number)
        if flight is None:
            continue
        day = flight.dates.get(leg.date)
        if isinstance(day, Available):
            seats = {**day.available_seats, cabin: day.available_seats[cabin] - party}
            dates = {**flight.dates, leg.date: replace(day, available_seats=seats)}
            state.put(FLIGHTS, leg.flight_number, replace(flight, dates=dates))
