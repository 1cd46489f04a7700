"""What can be done to an order that hasn't left the shop. The order of checks and effects is upstream's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from environments.service.retail.forms import UserAddress
from environments.service.retail.payments import charge, covers, kept
from environments.service.retail.records import (
    CANCEL_REASONS,
    ORDERS,
    Order,
    Payment,
    method_by_id,
    order_by_id,
)
from environments.service.retail.swaps import check_ordered, difference, swap, swapped
from environments.service.rules import Quirk, Rules
from environments.service.state import State
from environments.toolkit import ToolFailure


def cancel(state: State, rules: Rules, order_id: str, reason: str) -> Order:
    """Cancel an order whose items were not modified, and refund what was paid.

    Raises:
        ToolFailure: the order isn't pending or the reason isn't one of the two; or the user lacks a method
            that paid, and then the gift cards before it keep their refunds.
    """
    order = order_by_id(state, order_id)
    if order.status != "pending":
        raise ToolFailure("Non-pending order cannot be cancelled")
    if reason not in CANCEL_REASONS:
        raise ToolFailure("Invalid reason")
    paid = order.payment_history if rules.has(Quirk.REFUNDS_REFUNDED) else kept(order.payment_history)
    for payment in paid:
        charge(state, order.user_id, payment.payment_method_id, -payment.amount)
    refunds = tuple(Payment("refund", payment.amount, payment.payment_method_id) for payment in paid)
    cancelled = replace(
        order,
        status="cancelled",
        cancel_reason=reason,
        payment_history=(*order.payment_history, *refunds),
    )
    state.put(ORDERS, order_id, cancelled)
    return cancelled


def change_address(state: State, order_id: str, address: Mapping[str, str]) -> Order:
    """Send a pending order elsewhere, its items modified or not.

    Args:
        address: The fields of `UserAddress`.

    Raises:
        ToolFailure: the order isn't pending.
        ValidationError: the fields are no address.
    """
    order = order_by_id(state, order_id)
    _check_pending(order)
    changed = replace(order, address=UserAddress(**address).record())
    state.put(ORDERS, order_id, changed)
    return changed


def change_items(
    state: State,
    rules: Rules,
    order_id: str,
    item_ids: Sequence[str],
    new_item_ids: Sequence[str],
    payment_method_id: str,
) -> Order:
    """Put other variants in the place of a pending order's items, once, and book the difference.

    Raises:
        ToolFailure: the order isn't pending or was modified, an old item isn't in it, a new one is the old
            one or no available variant of its product, or the method can't pay.
    """
    order = order_by_id(state, order_id)
    if order.status != "pending":
        raise ToolFailure("Non-pending order cannot be modified")
    check_ordered(order, item_ids, "{} not found", rules)
    if len(item_ids) != len(new_item_ids):
        raise ToolFailure("The number of items to be exchanged should match")
    swaps = []
    for item_id, new_item_id in zip(item_ids, new_item_ids, strict=True):
        if item_id == new_item_id:
            raise ToolFailure("The new item id should be different from the old item id")
        swaps.append(swap(state, order, item_id, new_item_id))
    owed = difference(swaps)
    if not rules.has(Quirk.UNROUNDED_DIFFERENCE):
        owed = round(owed, 2)
    if not covers(method_by_id(state, order.user_id, payment_method_id), owed):
        raise ToolFailure("Insufficient gift card balance to pay for the new item")
    charge(state, order.user_id, payment_method_id, owed)
    payment = Payment("payment" if owed > 0 else "refund", float(abs(owed)), payment_method_id)
    changed = replace(
        order,
        items=swapped(order, swaps, rules),
        status="pending (item modified)",
        payment_history=(*order.payment_history, payment),
    )
    state.put(ORDERS, order_id, changed)
    return changed


def change_payment(state: State, order_id: str, payment_method_id: str) -> Order:
    """Pay a pending order by another method, and refund the one that paid; once, and not after its items
    were modified.

    Raises:
        ToolFailure: the order isn't pending or has other transactions than one payment, or the method is the
            same, not the user's, or can't pay; or the user lacks the method that paid, and then all but its
            refund is done.
    """
    order = order_by_id(state, order_id)
    _check_pending(order)
    method = method_by_id(state, order.user_id, payment_method_id)
    if len(order.payment_history) != 1 or order.payment_history[0].transaction_type != "payment":
        raise ToolFailure("There should be exactly one payment for a pending order")
    paid = order.payment_history[0]
    if paid.payment_method_id == payment_method_id:
        raise ToolFailure("The new payment method should be different from the current one")
    if not covers(method, paid.amount):
        raise ToolFailure("Insufficient gift card balance to pay for the order")
    payment = replace(paid, payment_method_id=payment_method_id)
    changed = replace(order, payment_history=(paid, payment, replace(paid, transaction_type="refund")))
    state.put(ORDERS, order_id, changed)
    charge(state, order.user_id, payment_method_id, paid.amount)
    charge(state, order.user_id, paid.payment_method_id, -paid.amount)
    return changed


def _check_pending(order: Order) -> None:
    # The status after a modification of items counts too.
    if "pending" not in order.status:
        raise ToolFailure("Non-pending order cannot be modified")
