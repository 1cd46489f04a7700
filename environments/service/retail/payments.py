"""Money that the shop books itself: balances of gift cards, and what a cancelled order owes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from environments.service.retail.records import USERS, GiftCard, Payment, PaymentMethod, method_by_id, user_by_id
from environments.service.state import State


def covers(method: PaymentMethod, amount: float) -> bool:
    """Whether a method can pay an amount; only a gift card may be unable to."""
    return not (isinstance(method, GiftCard) and method.balance < amount)


def charge(state: State, user_id: str, payment_method_id: str, amount: float) -> None:
    """Take an amount from the method if it is a gift card; a negative one is credited. Cents are rounded.

    Raises:
        ToolFailure: the user lacks the method.
    """
    method = method_by_id(state, user_id, payment_method_id)
    if isinstance(method, GiftCard):
        user = user_by_id(state, user_id)
        card = replace(method, balance=round(method.balance - amount, 2))
        state.put(USERS, user_id, replace(user, payment_methods={**user.payment_methods, payment_method_id: card}))


def kept(history: Sequence[Payment]) -> tuple[Payment, ...]:
    """One payment for each method that paid more than it got back, of the difference."""
    sums: dict[str, float] = {}
    for payment in history:
        amount = payment.amount if payment.transaction_type == "payment" else -payment.amount
        sums[payment.payment_method_id] = sums.get(payment.payment_method_id, 0.0) + amount
    rounded = {method: round(amount, 2) for method, amount in sums.items()}
    return tuple(Payment("payment", amount, method) for method, amount in rounded.items() if amount > 0)
