"""Acts of a generated telecom task: what depends on the account stands in the arguments as a `Slot`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from pydantic import JsonValue

from harness.core.message import Party
from harness.core.parsing import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The customer, line and circumstances that a task happens to. Money is US dollars, data gigabytes."""

    name: str
    phone_number: str
    customer_id: str
    line_id: str
    bill_id: str
    """Of the overdue bill that a suspension brings about."""
    bill_amount: float
    """The plan's price for a month."""
    used_gb: float
    """More than the line may use, and less than that and `refuel_gb` together."""
    refuel_gb: float
    """What the user agrees to add."""
    refueled_gb: float
    """What has been added in all once that is done."""
    refuel_price: float
    """What that costs."""
    home: str = "at home"
    abroad: str = "abroad"


class Slot(StrEnum):
    """Stands in an act's arguments for a field of the account."""

    NAME = "name"
    PHONE = "phone_number"
    CUSTOMER = "customer_id"
    LINE = "line_id"
    BILL = "bill_id"
    USED = "used_gb"
    REFUEL = "refuel_gb"
    REFUELED = "refueled_gb"


@dataclass(frozen=True, slots=True)
class Act:
    """A call of a function on one party's side: a tool, a setup's helper or a probe."""

    party: Literal[Party.AGENT, Party.USER]
    function: str
    arguments: Mapping[str, JsonValue] = field(default_factory=dict)

    def arguments_for(self, account: Account) -> JsonObject:
        """The arguments with the account's values in place of the slots."""
        return {
            name: getattr(account, value.value) if isinstance(value, Slot) else value
            for name, value in self.arguments.items()
        }


def by_agent(function: str, /, **arguments: JsonValue) -> Act:
    """An act on the agent's side."""
    return Act(Party.AGENT, function, arguments)


def by_user(function: str, /, **arguments: JsonValue) -> Act:
    """An act on the user's side."""
    return Act(Party.USER, function, arguments)
