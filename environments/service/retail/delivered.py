"""What can be asked for a delivered order: one exchange or one return. No money moves before the items do.

The order of checks and effects is upstream's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from environments.service.retail.payments import covers
from environments.service.retail.records import ORDERS, GiftCard, Order, method_by_id, order_by_id
from environments.service.retail.swaps import check_ordered, difference, swap
from environments.service.rules import Rules
from environments.service.state import State
from environments.toolkit import ToolFailure


def exchange(
    state: State,
    rules: Rules,
    order_id: str,
    item_ids: Sequence[str],
    new_item_ids: Sequence[str],
    payment_method_id: str,
) -> Order:
    """Note an exchange of items for other variants of their products, or for the same ones.

    Raises:
        ToolFailure: the order isn't delivered, an old item isn't in it, a new one is no available variant of
            its product, or the method can't pay the difference.
    """
    order = order_by_id(state, order_id)
    if order.status != "delivered":
        raise ToolFailure("Non-delivered order cannot be exchanged")
    check_ordered(order, item_ids, "Number of {} not found.", rules)
    if len(item_ids) != len(new_item_ids):
        raise ToolFailure("The number of items to be exchanged should match.")
    swaps = [swap(state, order, old, new) for old, new in zip(item_ids, new_item_ids, strict=True)]
    owed = round(difference(swaps), 2)
    if not covers(method_by_id(state, order.user_id, payment_method_id), owed):
        raise ToolFailure("Insufficient gift card balance to pay for the price difference")
    changed = replace(
        order,
        status="exchange requested",
        exchange_items=tuple(sorted(item_ids)),
        exchange_new_items=tuple(sorted(new_item_ids)),
        exchange_payment_method_id=payment_method_id,
        exchange_price_difference=owed,
    )
    state.put(ORDERS, order_id, changed)
    return changed


def give_back(state: State, rules: Rules, order_id: str, item_ids: Sequence[str], payment_method_id: str) -> Order:
    """Note a return of items, refunded to the method that paid first or to any gift card.

    Raises:
        ToolFailure: the order isn't delivered or was never paid, the method is another one, or an item isn't in
            the order.
    """
    order = order_by_id(state, order_id)
    if order.status != "delivered":
        raise ToolFailure("Non-delivered order cannot be returned")
    method = method_by_id(state, order.user_id, payment_method_id)
    if not isinstance(method, GiftCard):
        if not order.payment_history:
            raise ToolFailure("list index out of range")  # upstream looks for a first payment
        if payment_method_id != order.payment_history[0].payment_method_id:
            raise ToolFailure("Payment method should be the original payment method")
    check_ordered(order, item_ids, "Some item not found", rules)
    changed = replace(
        order,
        status="return requested",
        return_items=tuple(sorted(item_ids)),
        return_payment_method_id=payment_method_id,
    )
    state.put(ORDERS, order_id, changed)
    return changed
