"""Telecom tasks that nobody has seen: upstream's compositions on the carrier of our own pack `telecom-desk`.

Who calls, what is spent, where the user is and how it is told are drawn from the seed, for each composition by
itself; the id is made from the content. The desk's own policy holds, with a page on picture messages.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from environments.service.state import State
from environments.service.telecom.accounts import (
    BILLS,
    CUSTOMERS,
    DEVICES,
    SCHEMA,
    Customer,
    Line,
    bills_of,
    line_by_id,
    plan_by_id,
)
from harness.core.errors import InputError
from harness.core.identity import digest, role_random
from harness.core.parsing import read_toml
from harness.core.task import Task
from harness.packs.telecom_acts import Account
from harness.packs.telecom_generator import Composition, guarded_task
from harness.packs.telecom_issues import Intent
from harness.packs.telecom_scenario import PERSONAS, REQUESTS, Wording

PICTURE_MESSAGES: Final = """
## Picture messages can't be sent

They need mobile data, so first see to it that there is service and that data works (above). Then, in turn:

1. Network mode: on `2g_only` no picture message goes out; have `4g_5g_preferred` set.
2. Wi-Fi calling: we take no picture messages over it; have it switched off.
3. The messaging app must be allowed `sms` and `storage`; have what is missing granted.
4. Access point (APN): without an address for picture messages (MMSC), have the settings reset and then the
   phone rebooted.

You are done when the phone shows that it can send them.
"""
"""What the desk's policy lacks."""

_ABROAD = ("Portugal", "Norway", "Japan", "Senegal", "Chile", "Greece", "Vietnam", "Ireland", "Peru", "Poland")
_HOME = ("at home", "at work, in town", "at my parents' place, half an hour from home", "at home, in the kitchen")
_REFUELS = (1.0, 1.5, 2.0)
"""The policy allows 2 GB at most."""
_SHORT = {Intent.SERVICE: "service", Intent.DATA: "data", Intent.MMS: "mms"}
_ID_DIGITS = 10


class Carrier:
    """The customers of a carrier's database to whom things can happen."""

    def __init__(self, path: Path) -> None:
        """Read them.

        Raises:
            InputError: the file isn't a carrier's database, or nobody in it fits.
        """
        self._state = State(SCHEMA, SCHEMA.load(read_toml(path), where=str(path)))
        self._lines = [
            (customer, line)
            for customer in self._state.rows(CUSTOMERS)
            for line in (line_by_id(self._state, line_id) for line_id in customer.line_ids)
            if self._fits(customer, line)
        ]
        if not self._lines:
            raise InputError(f"{path}: no customer has an active line with a phone and no bill that is overdue")

    def held_out(self, composition: Composition, seed: int) -> Task:
        """The composition as a new task; the same for the same seed, whatever else is generated."""
        draws = role_random(seed, composition.id)
        wording = Wording(
            persona=draws.choice(PERSONAS[composition.persona]),
            request=draws.choice(REQUESTS[composition.family.intent]),
            memories=True,
        )
        task = guarded_task(composition, self._account(draws), wording)
        content = digest(task.model_dump(mode="json")).removeprefix("sha256:")[:_ID_DIGITS]
        kind = _SHORT[composition.family.intent]
        name = f"{kind}-{len(composition.issues)}-{composition.persona.lower()}-{content}"
        return task.model_copy(update={"id": name})

    def _account(self, draws: random.Random) -> Account:
        customer, line = draws.choice(self._lines)
        plan = plan_by_id(self._state, line.plan_id)
        refuel = draws.choice(_REFUELS)
        # Beyond the limit by less than the smallest amount that may be added.
        used = round(plan.data_limit_gb + line.data_refueling_gb + draws.randint(1, 8) / 10, 1)
        return Account(
            name=customer.full_name,
            phone_number=line.phone_number,
            customer_id=customer.customer_id,
            line_id=line.line_id,
            bill_id=self._free_bill_id(draws),
            bill_amount=plan.price_per_month,
            used_gb=used,
            refuel_gb=refuel,
            refueled_gb=line.data_refueling_gb + refuel,
            refuel_price=refuel * plan.data_refueling_price_per_gb,
            home=draws.choice(_HOME),
            abroad=f"abroad, in {draws.choice(_ABROAD)}",
        )

    def _free_bill_id(self, draws: random.Random) -> str:
        while self._state.get(BILLS, found := f"B{draws.randrange(9000, 10_000)}") is not None:
            pass
        return found

    def _fits(self, customer: Customer, line: Line) -> bool:
        device = self._state.get(DEVICES, line.device_id) if line.device_id else None
        return (
            line.status == "Active"
            and device is not None
            and device.device_type == "phone"
            and plan_by_id(self._state, line.plan_id).price_per_month > 0
            and not any(bill.status in ("Overdue", "Awaiting Payment") for bill in bills_of(self._state, customer))
        )


def spread(found: Iterable[Composition], count: int, seed: int) -> tuple[Composition, ...]:
    """At most `count` of them, evenly over intents and numbers of issues; the order stays."""
    draws = role_random(seed, "spread")
    cells: dict[tuple[str, int], list[Composition]] = {}
    everything = tuple(found)
    for one in everything:
        cells.setdefault((one.family.intent, len(one.issues)), []).append(one)
    for cell in cells.values():
        draws.shuffle(cell)
    chosen: set[str] = set()
    while len(chosen) < min(count, len(everything)):
        for cell in cells.values():
            if cell and len(chosen) < count:
                chosen.add(cell.pop().id)
    return tuple(one for one in everything if one.id in chosen)
