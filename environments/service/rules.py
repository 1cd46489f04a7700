"""Upstream τ²'s defects by name, and the two sets of rules that a service pack can be played by.

Published scores were earned with the defects, so `upstream` has them all and is the default. `corrected`
has none. The choice is an option of the pack or of a suite's selection, and part of the suite's hash.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from harness.core.errors import unknown_name


class Quirk(StrEnum):
    """What upstream does though it can't be meant; each value says so in a word or two."""

    # Every domain.
    UNCHECKED_ARGUMENTS = "unchecked_arguments"
    """Arguments are neither validated nor coerced: a wrong enum value is stored, a wrong type is whatever
    Python makes of it, and the error text is Python's."""

    # Telecom.
    TELECOM_REQUEST_FOR_PAID_BILL = "telecom_request_for_paid_bill"
    """A payment can be requested for a bill that is paid."""

    # Airline.
    CANCELLED_STAYS_OPEN = "cancelled_stays_open"
    """A cancelled reservation can be cancelled again, which turns its refunds into charges, and changed."""
    CANCELLING_KEEPS_SEATS = "cancelling_keeps_seats"
    """The seats of a cancelled reservation stay taken."""
    CHANGING_KEEPS_SEATS = "changing_keeps_seats"
    """A change of flights or cabin neither takes seats nor gives any back."""
    SEATS_CHECKED_ALONE = "seats_checked_alone"
    """A flight that is listed twice needs seats for one party only, and may end with less than none."""
    PAYMENTS_CHECKED_ALONE = "payments_checked_alone"
    """A payment method that is listed twice is checked for each amount only: a gift card can be overdrawn,
    and a certificate is gone though the booking fails."""
    UNBOUNDED_NUMBERS = "unbounded_numbers"
    """Bags, payments and certificates may be negative, and make a booking cheaper or a user poorer."""
    UNPADDED_NEXT_DAY = "unpadded_next_day"
    """A flight that lands next morning is followed by none where that is `2024-05-2`, for the 2nd, or a 32nd."""

    # Retail.
    LAST_VARIANT_FOR_ALL = "last_variant_for_all"
    """All items that one call changes get the price and options of the variant that is listed last."""
    SWAPPED_ITEM_FOUND_AGAIN = "swapped_item_found_again"
    """Items are changed one after the other by id: one that has just got the next one's id is changed again,
    and the next one not at all."""
    UNROUNDED_DIFFERENCE = "unrounded_difference"
    """The difference that a changed order costs is no whole number of cents."""
    REFUNDS_REFUNDED = "refunds_refunded"
    """Cancelling an order refunds its refunds too: after a change of payment, the first payment twice."""
    NO_ITEMS_TAKEN = "no_items_taken"
    """A change, exchange or return of no items is done, and uses up the one that an order takes."""


@dataclass(frozen=True, slots=True)
class Rules:
    """By which of upstream's quirks a world is played."""

    name: str
    quirks: frozenset[Quirk]

    def has(self, quirk: Quirk) -> bool:
        """Whether upstream's defect is in force."""
        return quirk in self.quirks


UPSTREAM = Rules("upstream", frozenset(Quirk))
CORRECTED = Rules("corrected", frozenset())
RULES = {rules.name: rules for rules in (UPSTREAM, CORRECTED)}


def rules_named(name: str) -> Rules:
    """The rules with this name.

    Raises:
        InputError: there are none.
    """
    if name not in RULES:
        raise unknown_name("rules", name, RULES)
    return RULES[name]
