"""What the airline knows: flights day by day, users with their ways to pay, and reservations.

The order of a record's fields is that of upstream's result texts. Money is whole US dollars, save for the
balances of gift cards and certificates. Times are local to New York, as text: `05:30:00+1` is next morning.
Under `Quirk.UNCHECKED_ARGUMENTS` a changed reservation may hold in `cabin`, `passengers` and the numbers of
bags whatever JSON a call brought, as upstream's does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field

from environments.service.state import Record, Schema, State, Table
from environments.toolkit import ToolFailure

NOW: Final = "2024-05-15T15:00:00"
"""The domain's virtual clock stands still."""

Cabin: TypeAlias = Literal["business", "economy", "basic_economy"]
FlightType: TypeAlias = Literal["round_trip", "one_way"]
Insurance: TypeAlias = Literal["yes", "no"]
ByCabin: TypeAlias = Mapping[Cabin, int]
"""Seats or dollars; nobody changes it."""


@dataclass(frozen=True, slots=True)
class Available(Record):
    """A flight's day that can be booked."""

    status: Literal["available"]
    available_seats: ByCabin
    prices: ByCabin
    """Dollars a passenger."""


@dataclass(frozen=True, slots=True)
class Expected(Record):
    """A day on which the flight has not left yet, and can't be booked any more."""

    status: Literal["on time", "delayed"]
    estimated_departure_time_est: str
    estimated_arrival_time_est: str


@dataclass(frozen=True, slots=True)
class Flying(Record):
    """A day on which the flight is in the air."""

    status: Literal["flying"]
    actual_departure_time_est: str
    estimated_arrival_time_est: str


@dataclass(frozen=True, slots=True)
class Landed(Record):
    """A day on which the flight was flown."""

    status: Literal["landed"]
    actual_departure_time_est: str
    actual_arrival_time_est: str


@dataclass(frozen=True, slots=True)
class Cancelled(Record):
    """A day on which the airline cancelled the flight."""

    status: Literal["cancelled"]


Day: TypeAlias = Annotated[Available | Expected | Flying | Landed | Cancelled, Field(discriminator="status")]


@dataclass(frozen=True, slots=True)
class Flight(Record):
    """A flight that leaves at the same time every day."""

    flight_number: str
    origin: str
    destination: str
    scheduled_departure_time_est: str
    """`HH:MM:SS`."""
    scheduled_arrival_time_est: str
    """`HH:MM:SS`, with `+1` where it is the next day."""
    dates: Mapping[str, Day]
    """By `YYYY-MM-DD`."""


@dataclass(frozen=True, slots=True)
class CreditCard(Record):
    """Covers any amount."""

    source: Literal["credit_card"]
    id: str
    brand: str
    last_four: str


@dataclass(frozen=True, slots=True)
class Balance(Record):
    """A gift card, which is debited, or a certificate, which is used up by one booking whatever it costs."""

    source: Literal["gift_card", "certificate"]
    id: str
    amount: float
    """Dollars left."""


PaymentMethod: TypeAlias = Annotated[CreditCard | Balance, Field(discriminator="source")]


@dataclass(frozen=True, slots=True)
class Name(Record):
    """A user's name."""

    first_name: str
    last_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Address(Record):
    """A user's address."""

    address1: str
    address2: str | None = None
    city: str
    country: str
    state: str
    zip: str


@dataclass(frozen=True, slots=True)
class Passenger(Record):
    """Someone who flies."""

    first_name: str
    last_name: str
    dob: str
    """Date of birth, `YYYY-MM-DD`."""


@dataclass(frozen=True, slots=True)
class User(Record):
    """A user with the ids of their reservations."""

    user_id: str
    name: Name
    address: Address
    email: str
    dob: str
    payment_methods: Mapping[str, PaymentMethod]
    saved_passengers: tuple[Passenger, ...]
    membership: Literal["gold", "silver", "regular"]
    reservations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leg(Record):
    """A flight on a day as a reservation has it."""

    flight_number: str
    origin: str
    destination: str
    date: str
    price: int
    """Dollars a passenger, when it was booked."""


@dataclass(frozen=True, slots=True)
class Payment(Record):
    """What was charged; a refund is negative."""

    payment_id: str
    amount: int


@dataclass(frozen=True, slots=True)
class Reservation(Record):
    """A trip of a party of passengers, all in one cabin."""

    reservation_id: str
    user_id: str
    origin: str
    destination: str
    flight_type: FlightType
    cabin: Cabin
    flights: tuple[Leg, ...]
    passengers: tuple[Passenger, ...]
    payment_history: tuple[Payment, ...]
    created_at: str
    total_baggages: int
    nonfree_baggages: int
    insurance: Insurance
    status: Literal["cancelled"] | None = None


FLIGHTS = Table("flights", Flight)
USERS = Table("users", User)
RESERVATIONS = Table("reservations", Reservation)

SCHEMA = Schema(FLIGHTS, USERS, RESERVATIONS)


def user_by_id(state: State, user_id: str) -> User:
    """The user; `ToolFailure` where there is none, as in all functions here."""
    user = state.get(USERS, user_id)
    if user is None:
        raise ToolFailure(f"User {user_id} not found")
    return user


def reservation_by_id(state: State, reservation_id: str) -> Reservation:
    """The reservation with this id."""
    reservation = state.get(RESERVATIONS, reservation_id)
    if reservation is None:
        raise ToolFailure(f"Reservation {reservation_id} not found")
    return reservation


def flight_by_number(state: State, flight_number: str) -> Flight:
    """The flight with this number."""
    flight = state.get(FLIGHTS, flight_number)
    if flight is None:
        raise ToolFailure(f"Flight {flight_number} not found")
    return flight


def day_of(flight: Flight, flight_number: str, date: str) -> Day:
    """The flight's day; `flight_number` is what the caller called it."""
    if date not in flight.dates:
        raise ToolFailure(f"Flight {flight_number} not found on date {date}")
    return flight.dates[date]
