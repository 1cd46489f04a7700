"""The agent's tools that change something. The order of checks and effects is upstream's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, cast

from environments.service.airline import forms
from environments.service.airline.desk import DeskReads
from environments.service.airline.forms import FlightInfo, FlightInfos, Passengers, Payments
from environments.service.airline.payments import check_covered, debit, merged, put_method, settle
from environments.service.airline.records import (
    RESERVATIONS,
    USERS,
    Cabin,
    FlightType,
    Insurance,
    Leg,
    Passenger,
    Payment,
    Reservation,
    User,
    reservation_by_id,
    user_by_id,
)
from environments.service.airline.seats import Choice, take_seats
from environments.service.rules import Quirk
from environments.service.wire import wire
from environments.toolkit import ToolFailure, tool

BAG_FEE: Final = 50
"""Dollars for each bag that isn't free."""
INSURANCE_FEE: Final = 30
"""Dollars a passenger."""
MAX_NUMBER: Final = 1_000_000
"""Of bags and dollars, under corrected rules."""
_NEW_RESERVATIONS: Final = ("HATHAT", "HATHAU", "HATHAV")
_NEW_CERTIFICATES: Final = ("certificate_3221322", "certificate_3221323", "certificate_3221324")


class AirlineTools(DeskReads):
    """What an agent can change."""

    @tool(writes=True)
    def book_reservation(
        self,
        user_id: str,
        origin: str,
        destination: str,
        flight_type: FlightType,
        cabin: Cabin,
        flights: FlightInfos,
        passengers: Passengers,
        payment_methods: Payments,
        total_baggages: int,
        nonfree_baggages: int,
        insurance: Insurance,
    ) -> str:
        """Book a trip for a user. The payments must add up to the price of all flights for all passengers,
        plus insurance and bags. A certificate is used up whole.

        Args:
            user_id: Id of the user who books, for example sara_doe_496.
            origin: Three letters of the airport where the trip begins, for example SFO.
            destination: Three letters of the airport where it leads, for example JFK.
            flight_type: One way or round trip.
            cabin: The cabin on all flights.
            flights: All flights of the trip in order.
            passengers: Everyone who flies.
            payment_methods: What is paid by which of the user's payment methods.
            total_baggages: Number of checked bags.
            nonfree_baggages: How many of them are paid for.
            insurance: Whether all passengers are insured.
        """
        flights = forms.read(forms.FlightInfo, flights)
        passengers = forms.read(forms.Passenger, passengers)
        payments = forms.read(forms.Payment, payment_methods)
        user = user_by_id(self.state, user_id)
        form = forms.Reservation(
            reservation_id=self._new_reservation_id(),
            user_id=user_id,
            origin=origin,
            destination=destination,
            flight_type=flight_type,
            cabin=cabin,
            passengers=passengers,
            payment_history=payments,
            total_baggages=total_baggages,
            nonfree_baggages=nonfree_baggages,
            insurance=insurance,
        )
        self._check_numbers(total_baggages, nonfree_baggages, *(payment.amount for payment in payments))
        party = len(passengers)
        choice = self._choice(cabin, party)
        legs = tuple(choice.leg(flight) for flight in flights)
        price = sum(leg.price for leg in legs) * party
        if insurance == "yes":
            price += INSURANCE_FEE * party
        price += BAG_FEE * nonfree_baggages
        self._pay(user, payments, price)
        take_seats(self.state, legs, cabin, party)
        return self._booked(form.record(legs))

    @tool(writes=True)
    def cancel_reservation(self, reservation_id: str) -> str:
        """Cancel all flights of a reservation and refund its payments.

        Args:
            reservation_id: The reservation, for example ZFA04Y.
        """
        reservation = self._open_reservation(reservation_id)
        if not self.rules.has(Quirk.CANCELLING_KEEPS_SEATS):
            take_seats(self.state, reservation.flights, reservation.cabin, -len(reservation.passengers))
        refunds = tuple(Payment(one.payment_id, -one.amount) for one in reservation.payment_history)
        history = (*reservation.payment_history, *refunds)
        return self._changed(reservation_id, replace(reservation, payment_history=history, status="cancelled"))

    @tool(writes=True)
    def send_certificate(self, user_id: str, amount: int) -> str:
        """Give a user a certificate. It can't be taken back.

        Args:
            user_id: Id of the user, for example sara_doe_496.
            amount: What it is worth, in dollars.
        """
        user = user_by_id(self.state, user_id)
        self._check_numbers(amount)
        for id_ in _NEW_CERTIFICATES:
            if id_ not in user.payment_methods:
                put_method(self.state, user_id, id_, forms.Certificate(id=id_, amount=amount).record())
                return f"Certificate {id_} added to user {user_id} with amount {amount}."
        raise ToolFailure("Too many certificates")

    @tool(writes=True)
    def update_reservation_baggages(
        self, reservation_id: str, total_baggages: int, nonfree_baggages: int, payment_id: str
    ) -> str:
        """Change the numbers of bags of a reservation; further bags that aren't free are charged.

        Args:
            reservation_id: The reservation, for example ZFA04Y.
            total_baggages: The new number of checked bags.
            nonfree_baggages: How many of them are paid for.
            payment_id: One of the user's payment methods, no certificate; needed even where nothing is due.
        """
        reservation = self._open_reservation(reservation_id)
        user_by_id(self.state, reservation.user_id)
        price = BAG_FEE * max(0, nonfree_baggages - reservation.nonfree_baggages)
        self._check_numbers(total_baggages, nonfree_baggages)
        payments = settle(self.state, reservation.user_id, payment_id, price)
        changed = replace(
            reservation,
            payment_history=(*reservation.payment_history, *payments),
            total_baggages=total_baggages,
            nonfree_baggages=nonfree_baggages,
        )
        return self._changed(reservation_id, changed)

    @tool(writes=True)
    def update_reservation_flights(
        self, reservation_id: str, cabin: Cabin, flights: FlightInfos, payment_id: str
    ) -> str:
        """Change the flights of a reservation, its cabin, or both; the difference is charged or refunded.
        A flight that stays in the same cabin keeps its price.

        Args:
            reservation_id: The reservation, for example ZFA04Y.
            cabin: The cabin on all flights.
            flights: All flights of the trip in order, with those that stay.
            payment_id: One of the user's payment methods, no certificate; needed even where nothing is due.
        """
        flights = forms.read(forms.FlightInfo, flights)
        reservation = self._open_reservation(reservation_id)
        user_by_id(self.state, reservation.user_id)
        party = len(reservation.passengers)
        legs = self._rerouted(reservation, cabin, flights)
        price = (sum(leg.price for leg in legs) - sum(leg.price for leg in reservation.flights)) * party
        payments = settle(self.state, reservation.user_id, payment_id, price)
        if not self.rules.has(Quirk.CHANGING_KEEPS_SEATS):
            take_seats(self.state, reservation.flights, reservation.cabin, -party)
            take_seats(self.state, legs, cabin, party)
        history = (*reservation.payment_history, *payments)
        changed = replace(reservation, payment_history=history, flights=legs, cabin=cabin)
        return self._changed(reservation_id, changed)

    @tool(writes=True)
    def update_reservation_passengers(self, reservation_id: str, passengers: Passengers) -> str:
        """Change who flies; the number of passengers stays.

        Args:
            reservation_id: The reservation, for example ZFA04Y.
            passengers: Everyone who flies, with those who stay.
        """
        passengers = forms.read(forms.Passenger, passengers)
        reservation = self._open_reservation(reservation_id)
        if len(passengers) != len(reservation.passengers):
            raise ToolFailure("Number of passengers does not match")
        return self._changed(reservation_id, replace(reservation, passengers=_records(passengers)))

    def _pay(self, user: User, payments: list[forms.Payment], price: int) -> None:
        debits = payments if self.rules.has(Quirk.PAYMENTS_CHECKED_ALONE) else merged(payments)
        check_covered(user, debits)
        paid = sum(payment.amount for payment in payments)
        if paid != price:
            raise ToolFailure(f"Payment amount does not add up, total price is {price}, but paid {paid}")
        debit(self.state, user.user_id, debits)

    def _choice(self, cabin: Cabin, party: int) -> Choice:
        return Choice(self.state, cabin, party, together=not self.rules.has(Quirk.SEATS_CHECKED_ALONE))

    def _rerouted(self, reservation: Reservation, cabin: Cabin, flights: Iterable[FlightInfo]) -> tuple[Leg, ...]:
        """The legs of a changed reservation: a flight that it has in this cabin stays as it was booked."""
        choice = self._choice(cabin, len(reservation.passengers))
        legs = []
        for flight in flights:
            kept = (
                leg
                for leg in reservation.flights
                if leg.flight_number == flight.flight_number and leg.date == flight.date and cabin == reservation.cabin
            )
            legs.append(next(kept, None) or choice.leg(flight))
        return tuple(legs)

    def _new_reservation_id(self) -> str:
        for id_ in _NEW_RESERVATIONS:
            if self.state.get(RESERVATIONS, id_) is None:
                return id_
        raise ToolFailure("Too many reservations")

    def _open_reservation(self, reservation_id: str) -> Reservation:
        reservation = reservation_by_id(self.state, reservation_id)
        if reservation.status == "cancelled" and not self.rules.has(Quirk.CANCELLED_STAYS_OPEN):
            raise ToolFailure(f"Reservation {reservation_id} is cancelled")
        return reservation

    def _check_numbers(self, *numbers: int) -> None:
        if not self.rules.has(Quirk.UNBOUNDED_NUMBERS) and not all(0 <= number <= MAX_NUMBER for number in numbers):
            raise ToolFailure(f"Numbers of bags and amounts of money must be between 0 and {MAX_NUMBER}")

    def _booked(self, reservation: Reservation) -> str:
        self.state.put(RESERVATIONS, reservation.reservation_id, reservation)
        user = user_by_id(self.state, reservation.user_id)
        reservations = (*user.reservations, reservation.reservation_id)
        self.state.put(USERS, reservation.user_id, replace(user, reservations=reservations))
        return wire(reservation)

    def _changed(self, reservation_id: str, reservation: Reservation) -> str:
        self.state.put(RESERVATIONS, reservation_id, reservation)
        return wire(reservation)


def _records(passengers: list[forms.Passenger]) -> tuple[Passenger, ...]:
    if all(isinstance(passenger, forms.Passenger) for passenger in passengers):
        return tuple(passenger.record() for passenger in passengers)
    # An unchecked argument that isn't a list of objects but has the right length is stored as it is.
    return cast("tuple[Passenger, ...]", passengers)
