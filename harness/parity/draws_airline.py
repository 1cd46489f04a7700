"""Plausible calls of the airline domain: flights with seats, bookings that add up, users' own payment methods."""

from __future__ import annotations

from typing import Any, cast

from harness.core.message import Party
from harness.core.parsing import JsonObject
from harness.parity.random_calls import Live

_EXPRESSIONS = (
    "2 * 57 + 30",
    "(350 - 127) / 3",
    "1.5 + 2.25",
    "1 / 0",
    "3 * (2 + 4",
    "* 4",
    "100 - 0.01",
    "25 * (3 + 1)",
    "(1 + 2) * 3 / 7",
    "8 // 3",
)
_CABINS = ("business", "economy", "basic_economy")
_NEW = ("HATHAT", "HATHAU", "HATHAV")
"""The ids that bookings get."""


def draw(live: Live, party: Party, tool: str) -> JsonObject | None:
    """Arguments for a tool; `None` where the domain doesn't know it."""
    rng = live.rng
    match tool:
        case "book_reservation":
            return _booking(live)
        case "calculate":
            return {"expression": rng.choice(_EXPRESSIONS)}
        case "transfer_to_human_agents":
            return {"summary": "The user wants something else"}
        case "list_all_airports":
            return {}
        case "get_user_details":
            return {"user_id": _user_id(live)}
        case "send_certificate":
            return {"user_id": _user_id(live), "amount": rng.choice([50, 100, 250])}
        case "search_direct_flight" | "search_onestop_flight":
            number, date = _flight(live)
            flight = _table(live, "flights")[number]
            return {"origin": flight["origin"], "destination": flight["destination"], "date": date}
        case "get_flight_status":
            number = rng.choice(sorted(_table(live, "flights")))
            return {"flight_number": number, "date": rng.choice(sorted(_table(live, "flights")[number]["dates"]))}
    return _about_reservation(live, tool)


def _about_reservation(live: Live, tool: str) -> JsonObject | None:
    rng = live.rng
    made = [number for number in _NEW if live.look("get_reservation_details", reservation_id=number)]
    known = made if made and rng.random() < 0.3 else sorted(_table(live, "reservations"))
    number = rng.choice(known)
    given: JsonObject = {"reservation_id": number}
    reservation = cast("dict[str, Any]", live.look("get_reservation_details", reservation_id=number))
    user = cast("dict[str, Any]", live.look("get_user_details", user_id=reservation["user_id"]))
    payment = rng.choice(_means(user) or ["credit_card_1"])
    match tool:
        case "get_reservation_details" | "cancel_reservation":
            return given
        case "update_reservation_passengers":
            return {**given, "passengers": _passengers(live, user, len(reservation["passengers"]))}
        case "update_reservation_baggages":
            total, paid = reservation["total_baggages"] + rng.randint(0, 2), reservation["nonfree_baggages"]
            more: JsonObject = {"total_baggages": total, "nonfree_baggages": paid + rng.randint(0, 2)}
            return {**given, **more, "payment_id": payment}
        case "update_reservation_flights":
            flights = [{"flight_number": one["flight_number"], "date": one["date"]} for one in reservation["flights"]]
            if rng.random() < 0.7:
                flights = [_other_day(live, one) for one in flights]
            return {
                **given,
                "cabin": rng.choice([reservation["cabin"], *_CABINS]),
                "flights": flights,
                "payment_id": payment,
            }
    return None


def _booking(live: Live) -> JsonObject:
    rng = live.rng
    user_id = _user_id(live)
    user = cast("dict[str, Any]", live.look("get_user_details", user_id=user_id))
    legs = [_flight(live) for _ in range(rng.choice([1, 1, 2]))]
    cabin, count = rng.choice(_CABINS), rng.randint(1, 3)
    first, last = (_table(live, "flights")[number] for number in (legs[0][0], legs[-1][0]))
    total = rng.randint(0, 4)
    paid, insured = rng.randint(0, total), rng.choice(["yes", "no"])
    price = sum(_table(live, "flights")[number]["dates"][date]["prices"][cabin] for number, date in legs) * count
    price += 50 * paid + (30 * count if insured == "yes" else 0)
    return {
        "user_id": user_id,
        "origin": first["origin"],
        "destination": last["destination"],
        "flight_type": rng.choice(["one_way", "round_trip"]),
        "cabin": cabin,
        "flights": [{"flight_number": number, "date": date} for number, date in legs],
        "passengers": _passengers(live, user, count),
        "payment_methods": _payments(live, user, price),
        "total_baggages": total,
        "nonfree_baggages": paid,
        "insurance": insured,
    }


def _payments(live: Live, user: dict[str, Any], price: int) -> list[Any]:
    """What adds up to the price: certificates and gift cards as far as they go, the rest from a card."""
    rows: list[Any] = []
    stored = sorted(user["payment_methods"].items())
    live.rng.shuffle(stored)
    for name, method in stored:
        if method["source"] != "credit_card" and live.rng.random() < 0.5 and price:
            rows.append({"payment_id": name, "amount": min(price, int(method["amount"]))})
            price -= rows[-1]["amount"]
    cards = [name for name, method in stored if method["source"] == "credit_card"]
    if price or not rows:
        rows.append({"payment_id": (cards or [name for name, _ in stored] or ["credit_card_1"])[0], "amount": price})
    return rows


def _passengers(live: Live, user: dict[str, Any], count: int) -> list[Any]:
    saved = list(user["saved_passengers"])
    new = {"first_name": "Ida", "last_name": f"Smith{live.rng.randint(1, 99)}", "dob": "1990-04-05"}
    return [live.rng.choice([*saved, new]) for _ in range(count)]


def _means(user: dict[str, Any]) -> list[str]:
    """The ids of a user's payment methods, those that can pay for a change twice."""
    methods = user["payment_methods"]
    good = [name for name in methods if methods[name]["source"] != "certificate"]
    return sorted([*methods, *good])


def _flight(live: Live) -> tuple[str, str]:
    """A flight on a day on which it can be booked."""
    flights = _table(live, "flights")
    number = live.rng.choice(sorted(flights))
    open_days = [day for day, found in flights[number]["dates"].items() if found["status"] == "available"]
    return (number, live.rng.choice(open_days)) if open_days else _flight(live)


def _other_day(live: Live, flight: dict[str, Any]) -> dict[str, Any]:
    days = _table(live, "flights")[flight["flight_number"]]["dates"]
    open_days = [day for day, found in days.items() if found["status"] == "available"]
    return {**flight, "date": live.rng.choice(open_days)} if open_days else flight


def _user_id(live: Live) -> str:
    return live.rng.choice(sorted(_table(live, "users")))


def _table(live: Live, name: str) -> dict[str, Any]:
    return cast("dict[str, Any]", live.start[name])
