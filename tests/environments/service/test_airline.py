"""The airline desk: bookings, changes and searches by behaviour, each quirk in both rules, real data."""

from __future__ import annotations

import asyncio
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from environments.service.domain import Bases
from environments.service.rules import CORRECTED, UPSTREAM, Quirk, Rules
from environments.service.template import load_domain
from environments.service.world import World
from harness.core.message import Party, ToolCall, ToolErrorKind, ToolResult
from harness.core.parsing import JsonObject

ADA: JsonObject = {"first_name": "Ada", "last_name": "Hill", "dob": "1990-04-05"}
BEN: JsonObject = {"first_name": "Ben", "last_name": "Hill", "dob": "1991-04-05"}
A20: JsonObject = {"flight_number": "HAT001", "date": "2024-05-20"}
B20: JsonObject = {"flight_number": "HAT002", "date": "2024-05-20"}


def day(seats: int = 5, price: int = 100) -> JsonObject:
    cabins = ("business", "economy", "basic_economy")
    return {
        "status": "available",
        "available_seats": dict.fromkeys(cabins, seats),
        "prices": {cabin: price * (3 - number) for number, cabin in enumerate(cabins)},
    }


def flight(number: str, way: str, times: str, dates: JsonObject) -> JsonObject:
    origin, destination = way.split("-")
    departure, arrival = times.split("-")
    return {
        "flight_number": number,
        "origin": origin,
        "destination": destination,
        "scheduled_departure_time_est": departure,
        "scheduled_arrival_time_est": arrival,
        "dates": dates,
    }


def data() -> JsonObject:
    delayed: JsonObject = {"status": "delayed", "estimated_departure_time_est": "a", "estimated_arrival_time_est": "b"}
    night: JsonObject = {date: day() for date in ("2024-05-01", "2024-05-02", "2024-05-20", "2024-05-21")}
    flights = [
        flight("HAT001", "SFO-JFK", "08:00:00-16:00:00", {"2024-05-20": day(), "2024-05-15": delayed}),
        flight("HAT002", "SFO-JFK", "10:00:00-18:00:00", {"2024-05-20": day(2, 150)}),
        flight("HAT003", "SFO-ORD", "06:00:00-11:00:00", {"2024-05-20": day(), "2024-05-16": {"status": "cancelled"}}),
        flight("HAT004", "ORD-JFK", "10:59:00-14:00:00", {"2024-05-20": day()}),
        flight("HAT005", "ORD-JFK", "11:00:00-14:00:00", {"2024-05-20": day()}),
        flight("HAT006", "SFO-DEN", "22:00:00-02:00:00+1", night),
        flight("HAT007", "DEN-JFK", "07:00:00-12:00:00", night),
    ]
    user: JsonObject = {
        "user_id": "ada_hill_1",
        "name": {"first_name": "Ada", "last_name": "Hill"},
        "address": {
            "address1": "1 Elm",
            "address2": None,
            "city": "Austin",
            "country": "USA",
            "state": "TX",
            "zip": "1",
        },
        "email": "ada@example.com",
        "dob": "1990-04-05",
        "payment_methods": {
            "credit_card_1": {"source": "credit_card", "id": "credit_card_1", "brand": "visa", "last_four": "1234"},
            "gift_card_1": {"source": "gift_card", "id": "gift_card_1", "amount": 300},
            "certificate_1": {"source": "certificate", "id": "certificate_1", "amount": 250},
        },
        "saved_passengers": [BEN],
        "membership": "gold",
        "reservations": ["OLD001"],
    }
    reservation: JsonObject = {
        "reservation_id": "OLD001",
        "user_id": "ada_hill_1",
        "origin": "SFO",
        "destination": "JFK",
        "flight_type": "one_way",
        "cabin": "economy",
        "flights": [{**A20, "origin": "SFO", "destination": "JFK", "price": 180}],
        "passengers": [ADA],
        "payment_history": [{"payment_id": "credit_card_1", "amount": 180}],
        "created_at": "2024-05-01T10:00:00",
        "total_baggages": 1,
        "nonfree_baggages": 0,
        "insurance": "no",
    }
    by_number: JsonObject = {str(one["flight_number"]): one for one in flights}
    return {"flights": by_number, "users": {"ada_hill_1": user}, "reservations": {"OLD001": reservation}}


@cache
def small() -> Bases:
    domain = load_domain("airline")
    return Bases(domain.agent.schema.load(data(), where="test"), domain.user.schema.load({}, where="user"))


async def never_asked(question: str) -> str:
    raise AssertionError(f"an airline tool asked {question!r}")


class Desk:
    """One world over a database, and its state as JSON."""

    def __init__(self, rules: Rules = UPSTREAM, bases: Bases | None = None) -> None:
        self.world = World(load_domain("airline"), bases or small(), None, rules)

    def result(self, name: str, arguments: JsonObject) -> ToolResult:
        call = ToolCall(id="c", name=name, arguments=arguments)
        return asyncio.run(self.world.call(Party.AGENT, call, never_asked))

    def do(self, name: str, **arguments: JsonValue) -> Any:
        result = self.result(name, arguments)
        assert result.error is None, result.content
        return json.loads(result.content) if result.content[:1] in "[{" else result.content

    def fails(self, name: str, **arguments: JsonValue) -> str:
        result = self.result(name, arguments)
        assert result.error is not None, result.content
        return result.content.removeprefix("Error: ")

    def fingerprint(self) -> str:
        return asyncio.run(self.world.fingerprint(Party.AGENT))

    def seats(self, number: str, cabin: str = "economy", date: str = "2024-05-20") -> int:
        state: Any = self.world.plain(Party.AGENT)
        seats: int = state["flights"][number]["dates"][date]["available_seats"][cabin]
        return seats

    @property
    def user(self) -> Any:
        state: Any = self.world.plain(Party.AGENT)
        return state["users"]["ada_hill_1"]

    @property
    def methods(self) -> Any:
        return self.user["payment_methods"]


def paid(*parts: tuple[str, int]) -> list[JsonValue]:
    return [{"payment_id": id_, "amount": amount} for id_, amount in parts]


def booking(**changes: JsonValue) -> JsonObject:
    return {
        "user_id": "ada_hill_1",
        "origin": "SFO",
        "destination": "JFK",
        "flight_type": "one_way",
        "cabin": "economy",
        "flights": [A20],
        "passengers": [ADA],
        "payment_methods": paid(("credit_card_1", 200)),
        "total_baggages": 0,
        "nonfree_baggages": 0,
        "insurance": "no",
        **changes,
    }


def without(*quirks: Quirk) -> Rules:
    return Rules("some", UPSTREAM.quirks - set(quirks))


each_rules = pytest.mark.parametrize("rules", [UPSTREAM, CORRECTED], ids=lambda rules: rules.name)


@each_rules
def test_a_booking_debits_takes_seats_and_is_listed_at_its_user(rules: Rules) -> None:
    desk = Desk(rules)
    parts = paid(("gift_card_1", 130), ("certificate_1", 250), ("credit_card_1", 180))
    reservation = desk.do(
        "book_reservation",
        **booking(passengers=[ADA, BEN], payment_methods=parts, insurance="yes", nonfree_baggages=2, total_baggages=3),
    )
    assert reservation["reservation_id"] == "HATHAT"
    assert reservation["created_at"] == "2024-05-15T15:00:00"
    assert reservation["flights"] == [{**A20, "origin": "SFO", "destination": "JFK", "price": 200}]
    assert reservation["payment_history"] == parts
    assert desk.methods["gift_card_1"]["amount"] == 170.0
    assert "certificate_1" not in desk.methods
    assert desk.user["reservations"] == ["OLD001", "HATHAT"]
    assert desk.seats("HAT001") == 3
    assert desk.seats("HAT001", "business") == 5


@each_rules
@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"user_id": "nobody"}, "User nobody not found"),
        ({"flights": [{"flight_number": "HAT999", "date": "2024-05-20"}]}, "Flight HAT999 not found"),
        (
            {"flights": [{"flight_number": "HAT001", "date": "2024-06-20"}]},
            "Flight HAT001 not found on date 2024-06-20",
        ),
        (
            {"flights": [{"flight_number": "HAT001", "date": "2024-05-15"}]},
            "Flight HAT001 not available on date 2024-05-15",
        ),
        ({"flights": [B20], "passengers": [ADA, BEN, ADA]}, "Not enough seats on flight HAT002"),
        ({"payment_methods": paid(("credit_card_9", 200))}, "Payment method credit_card_9 not found"),
        ({"payment_methods": paid(("gift_card_1", 301))}, "Not enough balance in payment method gift_card_1"),
        (
            {"payment_methods": paid(("credit_card_1", 199))},
            "Payment amount does not add up, total price is 200, but paid 199",
        ),
    ],
)
def test_a_refused_booking_changes_nothing(rules: Rules, changes: JsonObject, text: str) -> None:
    desk = Desk(rules)
    before = desk.fingerprint()
    assert desk.fails("book_reservation", **booking(**changes)) == text
    assert desk.fingerprint() == before


def test_there_are_ids_for_three_bookings() -> None:
    desk = Desk()
    ids = [desk.do("book_reservation", **booking())["reservation_id"] for _ in range(3)]
    assert ids == ["HATHAT", "HATHAU", "HATHAV"]
    assert desk.fails("book_reservation", **booking()) == "Too many reservations"


@each_rules
def test_a_cancellation_refunds_every_payment(rules: Rules) -> None:
    reservation = Desk(rules).do("cancel_reservation", reservation_id="OLD001")
    assert reservation["status"] == "cancelled"
    assert reservation["payment_history"] == paid(("credit_card_1", 180), ("credit_card_1", -180))


@each_rules
def test_a_flight_that_stays_keeps_its_price_and_a_new_one_costs_todays(rules: Rules) -> None:
    desk = Desk(rules)
    change: JsonObject = {"reservation_id": "OLD001", "cabin": "economy", "payment_id": "gift_card_1"}
    changed = desk.do("update_reservation_flights", **change, flights=[A20, B20])
    assert [leg["price"] for leg in changed["flights"]] == [180, 300]
    assert changed["payment_history"][1:] == paid(("gift_card_1", 300))
    assert desk.methods["gift_card_1"]["amount"] == 0.0
    changed = desk.do("update_reservation_flights", **change, flights=[A20])
    assert changed["payment_history"][2:] == paid(("gift_card_1", -300))
    assert desk.methods["gift_card_1"]["amount"] == 300.0


@each_rules
def test_another_cabin_is_a_new_price_for_all_flights(rules: Rules) -> None:
    change: JsonObject = {"reservation_id": "OLD001", "cabin": "business", "payment_id": "credit_card_1"}
    changed = Desk(rules).do("update_reservation_flights", **change, flights=[A20])
    assert (changed["cabin"], changed["flights"][0]["price"]) == ("business", 300)
    assert changed["payment_history"][1:] == paid(("credit_card_1", 120))


@each_rules
@pytest.mark.parametrize(
    ("payment_id", "text"),
    [
        ("credit_card_9", "Payment method not found"),
        ("certificate_1", "Certificate cannot be used to update reservation"),
        ("gift_card_1", "Gift card balance is not enough"),
    ],
)
def test_a_change_that_cant_be_paid_changes_nothing(rules: Rules, payment_id: str, text: str) -> None:
    desk = Desk(rules)
    before = desk.fingerprint()
    bags: JsonObject = {"reservation_id": "OLD001", "total_baggages": 8, "nonfree_baggages": 7}
    assert desk.fails("update_reservation_baggages", **bags, payment_id=payment_id) == text
    assert desk.fingerprint() == before


@each_rules
def test_more_paid_bags_are_charged_and_fewer_are_not_refunded(rules: Rules) -> None:
    desk = Desk(rules)
    bags: JsonObject = {"reservation_id": "OLD001", "payment_id": "credit_card_1"}
    more = desk.do("update_reservation_baggages", **bags, total_baggages=3, nonfree_baggages=2)
    assert more["payment_history"][1:] == paid(("credit_card_1", 100))
    fewer = desk.do("update_reservation_baggages", **bags, total_baggages=1, nonfree_baggages=0)
    assert len(fewer["payment_history"]) == 2
    assert (fewer["total_baggages"], fewer["nonfree_baggages"]) == (1, 0)


@each_rules
def test_passengers_are_exchanged_one_for_one(rules: Rules) -> None:
    desk = Desk(rules)
    changed = desk.do("update_reservation_passengers", reservation_id="OLD001", passengers=[BEN])
    assert changed["passengers"] == [BEN]
    two: JsonObject = {"reservation_id": "OLD001", "passengers": [ADA, BEN]}
    assert desk.fails("update_reservation_passengers", **two) == "Number of passengers does not match"


@each_rules
def test_there_are_ids_for_three_certificates(rules: Rules) -> None:
    desk = Desk(rules)
    for number in (3221322, 3221323, 3221324):
        text = f"Certificate certificate_{number} added to user ada_hill_1 with amount 50."
        assert desk.do("send_certificate", user_id="ada_hill_1", amount=50) == text
    assert desk.methods["certificate_3221324"] == {"source": "certificate", "id": "certificate_3221324", "amount": 50.0}
    assert desk.fails("send_certificate", user_id="ada_hill_1", amount=50) == "Too many certificates"


def test_a_direct_search_shows_what_can_be_booked_that_day() -> None:
    desk = Desk()
    found = desk.do("search_direct_flight", origin="SFO", destination="JFK", date="2024-05-20")
    assert [one["flight_number"] for one in found] == ["HAT001", "HAT002"]
    assert found[0]["date"] is None
    assert desk.do("search_direct_flight", origin="SFO", destination="JFK", date="2024-05-15") == []
    assert desk.do("search_direct_flight", origin="JFK", destination="SFO", date="2024-05-20") == []


def test_a_connection_leaves_no_earlier_than_the_first_flight_lands() -> None:
    found = Desk().do("search_onestop_flight", origin="SFO", destination="JFK", date="2024-05-20")
    pairs = [[(leg["flight_number"], leg["date"]) for leg in pair] for pair in found]
    assert pairs == [
        [("HAT003", "2024-05-20"), ("HAT005", "2024-05-20")],
        [("HAT006", "2024-05-20"), ("HAT007", "2024-05-21")],
    ]


def test_searches_see_the_seats_that_bookings_left() -> None:
    desk = Desk()
    desk.do("book_reservation", **booking())
    found = desk.do("search_direct_flight", origin="SFO", destination="JFK", date="2024-05-20")
    assert found[0]["available_seats"] == {"business": 5, "economy": 4, "basic_economy": 5}


def test_lookups_tell_what_they_cant_find() -> None:
    desk = Desk()
    assert desk.do("get_flight_status", flight_number="HAT001", date="2024-05-15") == "delayed"
    assert desk.fails("get_flight_status", flight_number="HAT9", date="2024-05-15") == "Flight HAT9 not found"
    assert desk.fails("get_reservation_details", reservation_id="NOPE") == "Reservation NOPE not found"
    assert desk.fails("get_user_details", user_id="nobody") == "User nobody not found"
    assert len(desk.do("list_all_airports")) == 20
    assert desk.do("calculate", expression="180 + 2 * 50") == "280.0"
    assert desk.do("transfer_to_human_agents", summary="A refund.") == "Transfer successful"


# Quirks, in both rules.


def test_cancelled_stays_open() -> None:
    desk = Desk()
    desk.do("cancel_reservation", reservation_id="OLD001")
    again = desk.do("cancel_reservation", reservation_id="OLD001")
    assert [one["amount"] for one in again["payment_history"]] == [180, -180, -180, 180]
    desk = Desk(without(Quirk.CANCELLED_STAYS_OPEN))
    desk.do("cancel_reservation", reservation_id="OLD001")
    closed = "Reservation OLD001 is cancelled"
    assert desk.fails("cancel_reservation", reservation_id="OLD001") == closed
    assert desk.fails("update_reservation_passengers", reservation_id="OLD001", passengers=[BEN]) == closed
    bags: JsonObject = {"total_baggages": 1, "nonfree_baggages": 1, "payment_id": "credit_card_1"}
    assert desk.fails("update_reservation_baggages", reservation_id="OLD001", **bags) == closed
    way: JsonObject = {"cabin": "economy", "flights": [B20], "payment_id": "credit_card_1"}
    assert desk.fails("update_reservation_flights", reservation_id="OLD001", **way) == closed


@pytest.mark.parametrize(("rules", "left"), [(UPSTREAM, 5), (without(Quirk.CANCELLING_KEEPS_SEATS), 6)])
def test_cancelling_keeps_seats(rules: Rules, left: int) -> None:
    desk = Desk(rules)
    desk.do("cancel_reservation", reservation_id="OLD001")
    assert desk.seats("HAT001") == left


@pytest.mark.parametrize(("rules", "left"), [(UPSTREAM, (5, 5, 2)), (without(Quirk.CHANGING_KEEPS_SEATS), (6, 4, 1))])
def test_changing_keeps_seats(rules: Rules, left: tuple[int, int, int]) -> None:
    desk = Desk(rules)
    way: JsonObject = {"reservation_id": "OLD001", "payment_id": "credit_card_1", "cabin": "business"}
    desk.do("update_reservation_flights", **way, flights=[A20, B20])
    assert (desk.seats("HAT001"), desk.seats("HAT001", "business"), desk.seats("HAT002", "business")) == left


def test_a_flight_that_stays_takes_no_further_seat() -> None:
    desk = Desk(CORRECTED)
    way: JsonObject = {"reservation_id": "OLD001", "payment_id": "credit_card_1", "cabin": "economy"}
    desk.do("update_reservation_flights", **way, flights=[A20, B20])
    assert (desk.seats("HAT001"), desk.seats("HAT002")) == (5, 1)


def test_seats_checked_alone() -> None:
    twice = booking(flights=[B20, B20], passengers=[ADA, BEN], payment_methods=paid(("credit_card_1", 1_200)))
    desk = Desk()
    desk.do("book_reservation", **twice)
    assert desk.seats("HAT002") == -2
    desk = Desk(without(Quirk.SEATS_CHECKED_ALONE))
    assert desk.fails("book_reservation", **twice) == "Not enough seats on flight HAT002"
    assert desk.seats("HAT002") == 2


def test_payments_checked_alone_overdraw_a_gift_card() -> None:
    halves = booking(flights=[A20, B20], payment_methods=paid(("gift_card_1", 250), ("gift_card_1", 250)))
    desk = Desk()
    desk.do("book_reservation", **halves)
    assert desk.methods["gift_card_1"]["amount"] == -200.0
    desk = Desk(without(Quirk.PAYMENTS_CHECKED_ALONE))
    assert desk.fails("book_reservation", **halves) == "Not enough balance in payment method gift_card_1"
    assert desk.methods["gift_card_1"]["amount"] == 300.0


def test_payments_checked_alone_lose_a_certificate() -> None:
    halves = booking(payment_methods=paid(("gift_card_1", 20), ("certificate_1", 90), ("certificate_1", 90)))
    desk = Desk()
    assert desk.fails("book_reservation", **halves) == "'certificate_1'"
    assert "certificate_1" not in desk.methods
    assert desk.methods["gift_card_1"]["amount"] == 280.0
    assert desk.user["reservations"] == ["OLD001"]
    desk = Desk(without(Quirk.PAYMENTS_CHECKED_ALONE))
    assert len(desk.do("book_reservation", **halves)["payment_history"]) == 3
    assert "certificate_1" not in desk.methods


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("book_reservation", booking(nonfree_baggages=-1, payment_methods=paid(("credit_card_1", 150)))),
        ("book_reservation", booking(payment_methods=paid(("credit_card_1", 300), ("gift_card_1", -100)))),
        ("send_certificate", {"user_id": "ada_hill_1", "amount": -100}),
        (
            "update_reservation_baggages",
            {"reservation_id": "OLD001", "total_baggages": -1, "nonfree_baggages": 0, "payment_id": "credit_card_1"},
        ),
    ],
)
def test_unbounded_numbers(tool: str, arguments: JsonObject) -> None:
    Desk().do(tool, **arguments)
    desk = Desk(without(Quirk.UNBOUNDED_NUMBERS))
    before = desk.fingerprint()
    text = "Numbers of bags and amounts of money must be between 0 and 1000000"
    assert desk.fails(tool, **arguments) == text
    assert desk.fingerprint() == before


def test_unpadded_next_day() -> None:
    night: JsonObject = {"origin": "SFO", "destination": "JFK", "date": "2024-05-01"}
    assert Desk().do("search_onestop_flight", **night) == []
    found = Desk(without(Quirk.UNPADDED_NEXT_DAY)).do("search_onestop_flight", **night)
    assert [leg["date"] for leg in found[0]] == ["2024-05-01", "2024-05-02"]


def test_unchecked_arguments_are_stored_as_they_are() -> None:
    desk = Desk()
    way: JsonObject = {"reservation_id": "OLD001", "payment_id": "credit_card_1", "flights": []}
    assert desk.do("update_reservation_flights", **way, cabin="first")["cabin"] == "first"
    assert desk.do("update_reservation_passengers", reservation_id="OLD001", passengers="A")["passengers"] == "A"
    bags: JsonObject = {"reservation_id": "OLD001", "payment_id": "credit_card_1"}
    changed = desk.do("update_reservation_baggages", **bags, total_baggages="two", nonfree_baggages=True)
    assert (changed["total_baggages"], changed["nonfree_baggages"]) == ("two", True)
    state: Any = desk.world.plain(Party.AGENT)
    assert state["reservations"]["OLD001"] == changed


@pytest.mark.parametrize(
    ("tool", "arguments", "text"),
    [
        ("get_user_details", {"user_id": ["a"]}, "unhashable type: 'list'"),
        (
            "get_user_details",
            {},
            "AirlineTools.get_user_details() missing 1 required positional argument: 'user_id'",
        ),
        ("book_reservation", booking(flights=["HAT001"]), "'str' object has no attribute 'flight_number'"),
        ("book_reservation", booking(flights=5), "'int' object is not iterable"),
        (
            "update_reservation_flights",
            {"reservation_id": "OLD001", "cabin": "first", "flights": [B20], "payment_id": "credit_card_1"},
            "'first'",
        ),
        (
            "update_reservation_baggages",
            {"reservation_id": "OLD001", "total_baggages": 1, "nonfree_baggages": "1", "payment_id": "gift_card_1"},
            "unsupported operand type(s) for -: 'str' and 'int'",
        ),
    ],
)
def test_wrong_arguments_fail_with_pythons_text_or_are_refused(tool: str, arguments: JsonObject, text: str) -> None:
    assert Desk().fails(tool, **arguments) == text
    assert Desk(CORRECTED).result(tool, arguments).error is ToolErrorKind.INVALID_ARGUMENTS


def test_a_wrong_object_fails_with_the_text_of_upstreams_model() -> None:
    text = Desk().fails("book_reservation", **booking(passengers=[{"first_name": "Ada", "dob": 5}], cabin="first"))
    assert text.startswith("2 validation errors for Passenger\nlast_name\n  Field required")
    text = Desk().fails("book_reservation", **booking(cabin="first", total_baggages="many"))
    assert text.startswith("2 validation errors for Reservation\ncabin\n  Input should be 'business', 'economy' or")


def test_a_payment_of_half_a_dollar_fails_after_the_gift_card_was_debited() -> None:
    desk = Desk()
    bags: JsonObject = {"reservation_id": "OLD001", "total_baggages": 1, "nonfree_baggages": 0.25}
    text = desk.fails("update_reservation_baggages", **bags, payment_id="gift_card_1")
    assert text.startswith("1 validation error for Payment\namount")
    assert desk.methods["gift_card_1"]["amount"] == 287.5


@each_rules
def test_a_snapshot_brings_back_flights_users_and_reservations(rules: Rules) -> None:
    desk = Desk(rules)
    desk.do("send_certificate", user_id="ada_hill_1", amount=50)
    before, plain = desk.fingerprint(), desk.world.plain(Party.AGENT)
    snapshot = asyncio.run(desk.world.snapshot())
    desk.do("book_reservation", **booking())
    desk.do("cancel_reservation", reservation_id="OLD001")
    assert desk.fingerprint() != before
    asyncio.run(desk.world.restore(snapshot))
    assert (desk.fingerprint(), desk.world.plain(Party.AGENT)) == (before, plain)


def test_what_one_world_changes_no_other_sees() -> None:
    Desk().do("book_reservation", **booking())
    assert Desk().seats("HAT001") == 5


def test_the_user_has_no_tools() -> None:
    world = Desk().world
    assert world.tools(Party.USER) == ()
    result = asyncio.run(world.call(Party.USER, ToolCall(id="c", name="anything", arguments={}), never_asked))
    assert result.error is ToolErrorKind.UNKNOWN_TOOL


def test_the_reading_tools_write_nothing() -> None:
    specs = {spec.name: spec.writes for spec in Desk().world.tools(Party.AGENT)}
    assert {name for name, writes in specs.items() if writes} == {
        "book_reservation",
        "cancel_reservation",
        "send_certificate",
        "update_reservation_baggages",
        "update_reservation_flights",
        "update_reservation_passengers",
    }
    assert len(specs) == 14


# Real data.


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    return shared_data / "tau2" / "domains" / "airline"


@pytest.fixture(scope="module")
def real(folder: Path) -> Bases:
    domain = load_domain("airline")
    agent = domain.agent.schema.load((folder / "db.json").read_text(), where="db.json")
    return Bases(agent, domain.user.schema.load({}, where="user"))


def test_the_real_database_is_kept_as_it_is(folder: Path, real: Bases) -> None:
    expected = json.loads((folder / "db.json").read_text())
    for reservation in expected["reservations"].values():
        reservation.setdefault("status", None)
    state = Desk(bases=real).world.plain(Party.AGENT)
    # As text, since a balance is 5.0 in upstream's dump and never 5.
    assert json.dumps(state, sort_keys=True) == json.dumps(expected, sort_keys=True)


@each_rules
def test_all_reference_actions_of_the_real_tasks_succeed(folder: Path, real: Bases, rules: Rules) -> None:
    tasks = json.loads((folder / "tasks.json").read_text())
    assert len(tasks) == 50
    for task in tasks:
        desk = Desk(rules, real)
        for action in task["evaluation_criteria"]["actions"] or []:
            result = desk.result(action["name"], action["arguments"])
            assert result.error is None, f"task {task['id']}: {action['name']}: {result.content}"
