"""The agent's tools that change nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from environments.service import calculator
from environments.service.airline.records import day_of, flight_by_number, reservation_by_id, user_by_id
from environments.service.airline.search import direct, with_one_stop
from environments.service.domain import Toolkit
from environments.service.rules import Quirk
from environments.service.state import Record
from environments.service.wire import wire
from environments.toolkit import tool


@dataclass(frozen=True, slots=True)
class Airport(Record):
    """An airport and the city it is at."""

    iata: str
    city: str


AIRPORTS: Final = (
    Airport("SFO", "San Francisco"),
    Airport("JFK", "New York"),
    Airport("LAX", "Los Angeles"),
    Airport("ORD", "Chicago"),
    Airport("DFW", "Dallas"),
    Airport("DEN", "Denver"),
    Airport("SEA", "Seattle"),
    Airport("ATL", "Atlanta"),
    Airport("MIA", "Miami"),
    Airport("BOS", "Boston"),
    Airport("PHX", "Phoenix"),
    Airport("IAH", "Houston"),
    Airport("LAS", "Las Vegas"),
    Airport("MCO", "Orlando"),
    Airport("EWR", "Newark"),
    Airport("CLT", "Charlotte"),
    Airport("MSP", "Minneapolis"),
    Airport("DTW", "Detroit"),
    Airport("PHL", "Philadelphia"),
    Airport("LGA", "LaGuardia"),
)
"""Upstream's list, in its order; it is no part of the database."""


class DeskReads(Toolkit):
    """What an agent can look up."""

    upstream_name = "AirlineTools"

    @tool()
    def calculate(self, expression: str) -> str:
        """Work out an arithmetic expression, rounded to two decimal places.

        Args:
            expression: Numbers, + - * /, parentheses and spaces, for example (2 + 3) * 4.5
        """
        return calculator.calculate(expression)

    @tool()
    def get_flight_status(self, flight_number: str, date: str) -> str:
        """Look up whether a flight on a day is available, on time, delayed, flying, landed or cancelled.

        Args:
            flight_number: The flight's number.
            date: The day it leaves, as YYYY-MM-DD.
        """
        return day_of(flight_by_number(self.state, flight_number), flight_number, date).status

    @tool()
    def get_reservation_details(self, reservation_id: str) -> str:
        """Look up a reservation: its flights, passengers, bags and payments.

        Args:
            reservation_id: Six letters and digits, for example 8JX2WO.
        """
        return wire(reservation_by_id(self.state, reservation_id))

    @tool()
    def get_user_details(self, user_id: str) -> str:
        """Look up a user: address, membership, payment methods, saved passengers and reservations.

        Args:
            user_id: Id of the user, for example sara_doe_496.
        """
        return wire(user_by_id(self.state, user_id))

    @tool()
    def list_all_airports(self) -> str:
        """List the airports that are flown to, with their cities."""
        return wire(AIRPORTS)

    @tool()
    def search_direct_flight(self, origin: str, destination: str, date: str) -> str:
        """Find the direct flights between two airports that can be booked on a day, with seats and prices.

        Args:
            origin: Three letters of the airport to leave from, for example JFK.
            destination: Three letters of the airport to reach, for example LAX.
            date: The day to leave, as YYYY-MM-DD.
        """
        return wire(direct(self.state, origin, destination, date))

    @tool()
    def search_onestop_flight(self, origin: str, destination: str, date: str) -> str:
        """Find the connections with one stop between two airports that can be booked on a day, each as a
        pair of flights.

        Args:
            origin: Three letters of the airport to leave from, for example JFK.
            destination: Three letters of the airport to reach, for example LAX.
            date: The day to leave, as YYYY-MM-DD.
        """
        padded = not self.rules.has(Quirk.UNPADDED_NEXT_DAY)
        return wire(with_one_stop(self.state, origin, destination, date, padded=padded))

    @tool()
    def transfer_to_human_agents(self, summary: str) -> str:
        """Hand the user over to a human agent, with a summary: only where the user asks for a person, or
        where the policy and these tools can't solve it.

        Args:
            summary: What the user needs, in a sentence or two.
        """
        return "Transfer successful"
