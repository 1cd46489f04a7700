"""Plausible calls of the retail domain: orders by their present status, and variants of what is in them."""

from __future__ import annotations

from typing import Any, cast

from pydantic import JsonValue

from harness.core.message import Party
from harness.core.parsing import JsonObject
from harness.parity.random_calls import Live

_EXPRESSIONS = (
    "12.5 * 3",
    "(100 - 41.27) / 2",
    "1 + 2 + 3",
    "7 / 0",
    "(1 + 2",
    "2 +",
    "-5 + 0.1",
    "3 * (4 - 1.5)",
    "(12 + 13) * 4 - 7.5",
    "155.33 + 89.9",
    "10 // 3",
)
_TRIES = 8
"""Orders looked at for one with the status that a tool needs; some calls are to get another."""


def draw(live: Live, party: Party, tool: str) -> JsonObject | None:
    """Arguments for a tool; `None` where the domain doesn't know it."""
    rng = live.rng
    match tool:
        case "calculate":
            return {"expression": rng.choice(_EXPRESSIONS)}
        case "list_all_product_types":
            return {}
        case "transfer_to_human_agents":
            return {"summary": "The user wants something else"}
        case "get_product_details":
            return {"product_id": rng.choice(sorted(_table(live, "products")))}
        case "get_item_details":
            products = _table(live, "products")
            return {"item_id": rng.choice(sorted(products[rng.choice(sorted(products))]["variants"]))}
        case "find_user_id_by_name_zip" | "find_user_id_by_email" | "get_user_details" | "modify_user_address":
            return _about_user(live, tool)
    return _about_order(live, tool)


def _about_user(live: Live, tool: str) -> JsonObject:
    user_id = live.rng.choice(sorted(_table(live, "users")))
    user = cast("dict[str, Any]", live.look("get_user_details", user_id=user_id))
    match tool:
        case "find_user_id_by_email":
            return {"email": user["email"]}
        case "find_user_id_by_name_zip":
            return {**user["name"], "zip": user["address"]["zip"]}
        case "modify_user_address":
            return {"user_id": user_id, **_address(live)}
    return {"user_id": user_id}


def _about_order(live: Live, tool: str) -> JsonObject | None:
    rng = live.rng
    order = _order(live, "delivered" if "delivered" in tool else "pending", choice="payment" in tool)
    methods = _methods(live, order)
    given: JsonObject = {"order_id": order["order_id"]}
    match tool:
        case "get_order_details":
            return given
        case "cancel_pending_order":
            return {**given, "reason": rng.choice(["no longer needed", "ordered by mistake"])}
        case "modify_pending_order_address":
            return {**given, **_address(live)}
        case "modify_pending_order_payment":
            others = [name for name in methods if name != order["payment_history"][0]["payment_method_id"]]
            return {**given, "payment_method_id": rng.choice(others or methods)}
        case "return_delivered_order_items":
            items: JsonValue = [item["item_id"] for item in _some(live, order)]
            return {**given, "item_ids": items, "payment_method_id": _paid_with(live, order, methods)}
        case "modify_pending_order_items" | "exchange_delivered_order_items":
            chosen = _some(live, order)
            swaps: JsonObject = {
                "item_ids": [item["item_id"] for item in chosen],
                "new_item_ids": [_variant(live, item) for item in chosen],
            }
            return {**given, **swaps, "payment_method_id": rng.choice(methods)}
    return None


def _order(live: Live, status: str, *, choice: bool) -> dict[str, Any]:
    """An order with this status, whose user has a `choice` of ways to pay."""
    ids = sorted(_table(live, "orders"))
    order: dict[str, Any] = {}
    for _ in range(_TRIES):
        order = cast("dict[str, Any]", live.look("get_order_details", order_id=live.rng.choice(ids)))
        if order["status"] == status and (not choice or len(_methods(live, order)) > 1):
            break
    return order


def _methods(live: Live, order: dict[str, Any]) -> list[str]:
    user = cast("dict[str, Any]", live.look("get_user_details", user_id=order["user_id"]))
    return sorted(user["payment_methods"])


def _some(live: Live, order: dict[str, Any]) -> list[dict[str, Any]]:
    items = order["items"]
    return live.rng.sample(items, live.rng.randint(1, min(3, len(items))))


def _variant(live: Live, item: dict[str, Any]) -> str:
    """Another variant of the same product, mostly one in stock."""
    variants = _table(live, "products")[item["product_id"]]["variants"]
    others = sorted(name for name in variants if name != item["item_id"])
    stocked = [name for name in others if variants[name]["available"]]
    chosen: str = live.rng.choice(stocked if stocked and live.rng.random() < 0.9 else sorted(variants))
    return chosen


def _paid_with(live: Live, order: dict[str, Any], methods: list[str]) -> str:
    paid = [row["payment_method_id"] for row in order["payment_history"]]
    chosen: str = live.rng.choice(paid[:1] * 2 + methods)
    return chosen


def _address(live: Live) -> JsonObject:
    number = live.rng.randint(1, 999)
    return {
        "address1": f"{number} Elm Street",
        "address2": live.rng.choice(["", "Suite 5"]),
        "city": "Denver",
        "state": "CO",
        "country": "USA",
        "zip": f"{80000 + number}",
    }


def _table(live: Live, name: str) -> dict[str, Any]:
    return cast("dict[str, Any]", live.start[name])
