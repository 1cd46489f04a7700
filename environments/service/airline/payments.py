"""How bookings and changes are paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from environments.service.airline import forms
from environments.service.airline.records import USERS, Balance, Payment, User, user_by_id
from environments.service.state import State
from environments.toolkit import ToolFailure


def merged(payments: Sequence[forms.Payment]) -> list[forms.Payment]:
    """One payment for each method, of what all its payments come to."""
    sums: dict[str, int] = {}
    for payment in payments:
        sums[payment.payment_id] = sums.get(payment.payment_id, 0) + payment.amount
    return [forms.Payment(payment_id=id_, amount=amount) for id_, amount in sums.items()]


def check_covered(user: User, payments: Sequence[forms.Payment]) -> None:
    """Each payment alone: whether the user has the method, and the method the amount.

    Raises:
        ToolFailure: a method is missing or has too little left.
    """
    for payment in payments:
        method = user.payment_methods.get(payment.payment_id)
        if method is None:
            raise ToolFailure(f"Payment method {payment.payment_id} not found")
        if isinstance(method, Balance) and method.amount < payment.amount:
            raise ToolFailure(f"Not enough balance in payment method {payment.payment_id}")


def debit(state: State, user_id: str, payments: Sequence[forms.Payment]) -> None:
    """Take the payments from gift cards, and use up certificates.

    Raises:
        KeyError: a certificate that an earlier payment used up; what was taken until then stays taken.
    """
    for payment in payments:
        id_ = payment.payment_id
        user = user_by_id(state, user_id)
        method = user.payment_methods[id_]
        if not isinstance(method, Balance):
            continue
        if method.source == "gift_card":
            put_method(state, user_id, id_, replace(method, amount=method.amount - payment.amount))
        else:
            rest = {other: one for other, one in user.payment_methods.items() if other != id_}
            state.put(USERS, user_id, replace(user, payment_methods=rest))


def settle(state: State, user_id: str, payment_id: str, price: int) -> tuple[Payment, ...]:
    """Charge the price of a change; a negative one is refunded, to a gift card at once.

    The method is checked even where there is nothing to pay, and then there is no payment.

    Raises:
        ToolFailure: the user lacks the method, it is a certificate, or its balance is too small.
        ValidationError: the price is no whole number, which only unchecked arguments make; a gift card has
            then been debited.
    """
    methods = user_by_id(state, user_id).payment_methods
    if payment_id not in methods:
        raise ToolFailure("Payment method not found")
    method = methods[payment_id]
    if isinstance(method, Balance):
        if method.source == "certificate":
            raise ToolFailure("Certificate cannot be used to update reservation")
        if method.amount < price:
            raise ToolFailure("Gift card balance is not enough")
        put_method(state, user_id, payment_id, replace(method, amount=method.amount - price))
    return (forms.Payment(payment_id=payment_id, amount=price).record(),) if price != 0 else ()


def put_method(state: State, user_id: str, payment_id: str, method: Balance) -> None:
    """Replace a user's payment method in its place, or put it behind the others."""
    user = user_by_id(state, user_id)
    state.put(USERS, user_id, replace(user, payment_methods={**user.payment_methods, payment_id: method}))
