"""Ordered items and the variants that take their place, for changed and exchanged orders alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from environments.service.retail.records import Order, OrderItem, Variant, variant_by_id
from environments.service.rules import Quirk, Rules
from environments.service.state import State
from environments.toolkit import ToolFailure


@dataclass(frozen=True, slots=True)
class Swap:
    """An ordered item, and what comes in its place."""

    item: OrderItem
    variant: Variant


def check_ordered(order: Order, item_ids: Sequence[str], complaint: str, rules: Rules) -> None:
    """Whether the order has each item as often as it is listed.

    Args:
        complaint: The text about an item that it hasn't; `{}` stands for its id.

    Raises:
        ToolFailure: it has not, or nothing is listed.
    """
    ordered = [item.item_id for item in order.items]
    for item_id in item_ids:
        if item_ids.count(item_id) > ordered.count(item_id):
            raise ToolFailure(complaint.format(item_id))
    if not item_ids and not rules.has(Quirk.NO_ITEMS_TAKEN):
        raise ToolFailure("No items listed")


def swap(state: State, order: Order, item_id: str, new_item_id: str) -> Swap:
    """The first item of the order with an id that it is known to have, and the variant `new_item_id`.

    Raises:
        ToolFailure: there is no such variant of the item's product, or it is not available.
    """
    item = next(item for item in order.items if item.item_id == item_id)
    variant = variant_by_id(state, item.product_id, new_item_id)
    if not variant.available:
        raise ToolFailure(f"New item {new_item_id} not found or available")
    return Swap(item, variant)


def difference(swaps: Iterable[Swap]) -> float:
    """What the new items cost more than the old ones, unrounded; the integer 0 for no items."""
    total: float = 0
    # Not `sum`, which adds floats in another way from Python 3.12 on: the last digits are part of the state.
    for one in swaps:
        total += one.variant.price - one.item.price
    return total


def swapped(order: Order, swaps: Sequence[Swap], rules: Rules) -> tuple[OrderItem, ...]:
    """The order's items after the swaps, each in its old item's place."""
    items = list(order.items)
    done: set[int] = set()
    for one in swaps:
        again = rules.has(Quirk.SWAPPED_ITEM_FOUND_AGAIN)
        place = next(
            number
            for number, item in enumerate(items)
            if item.item_id == one.item.item_id and (again or number not in done)
        )
        done.add(place)
        variant = swaps[-1].variant if rules.has(Quirk.LAST_VARIANT_FOR_ALL) else one.variant
        items[place] = replace(items[place], item_id=one.variant.item_id, price=variant.price, options=variant.options)
    return tuple(items)
