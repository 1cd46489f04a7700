"""τ²'s telecom tasks, composed from their atomic issues: same ids, starts, expected actions and criteria.

Upstream's shipped 2,285 tasks follow from one rule. Per family: the product of its sets with "none" added to
each, the issues of a combination sorted by name, combinations by their number of issues, personas dealt in
turn. The base split: of each (intent, number of issues >= 2, persona), three sampled with seed 42. Then whatever
holds a withdrawn issue is taken out, of the tasks and of the split. How upstream parted base into `train` and
`test` follows from no rule that we know, so those two come from its own file only.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Final, Literal

from harness.core.check import ActionCheck, CheckSpec, ProbeCheck, StateCheck
from harness.core.message import Party
from harness.core.task import Call, Phase, Say, Step, Task
from harness.packs.telecom_acts import Account, Act
from harness.packs.telecom_issues import FAMILIES, FIND_CALLER, TRANSFER, WHO_CALLS, Family, Issue
from harness.packs.telecom_scenario import PERSONAS, REQUESTS, Persona, Wording, scenario, ticket

UPSTREAM_SEED: Final = 42
UPSTREAM_ACCOUNT: Final = Account(
    name="John Smith",
    phone_number="555-123-2002",
    customer_id="C1001",
    line_id="L1002",
    bill_id="B1234321",
    bill_amount=65.0,
    used_gb=15.1,
    refuel_gb=2.0,
    refueled_gb=2.0,
    refuel_price=4.0,
    home="at home in the United States",
    abroad="abroad in France",
)
"""The one to whom all of upstream's tasks happen, in its database."""

_PER_CELL = 3
_FAREWELL = "I can't mend this here. I am handing you over to a colleague, please hold the line."

Selection = Literal["full", "base", "small"]
"""All compositions; the sampled ones; those of a single issue."""


@dataclass(frozen=True, slots=True)
class Composition:
    """The issues of one task, sorted by name, and who suffers them."""

    family: Family
    issues: tuple[Issue, ...]
    persona: Persona

    @property
    def id(self) -> str:
        """Upstream's id."""
        return f"[{self.family.intent}]{'|'.join(issue.name for issue in self.issues)}[PERSONA:{self.persona}]"

    @property
    def hopeless(self) -> bool:
        """Whether the right outcome is a transfer."""
        return any(issue.mends is None for issue in self.issues)

    @property
    def withdrawn(self) -> bool:
        """Whether upstream composed it and published no such task."""
        return any(issue.withdrawn for issue in self.issues)

    @property
    def tags(self) -> tuple[str, ...]:
        """What reports break down by."""
        names = [f"issue:{issue.name}" for issue in self.issues]
        known = (f"intent:{self.family.intent}", f"issues:{len(self.issues)}", f"persona:{self.persona}")
        return (*known, *(["transfer"] if self.hopeless else []), *names)


@cache
def compositions() -> tuple[Composition, ...]:
    """All of upstream's tasks in its order."""
    return tuple(one for one in _dealt() if not one.withdrawn)


@cache
def _by_id() -> dict[str, Composition]:
    return {one.id: one for one in compositions()}


def composition_of(task_id: str) -> Composition | None:
    """What a telecom task of upstream's is composed of, or `None` where the id isn't one of theirs."""
    return _by_id().get(task_id) if task_id.startswith("[") else None


def select(selection: Selection, seed: int = UPSTREAM_SEED, max_issues: int | None = None) -> tuple[Composition, ...]:
    """The compositions of a selection, in upstream's order.

    Args:
        selection: What to take; `base` with upstream's seed is upstream's base split.
        seed: Of the sampling of `base`.
        max_issues: None with more issues than that.
    """
    base = _sampled(seed) if selection == "base" else frozenset()
    return tuple(
        one
        for one in compositions()
        if (max_issues is None or len(one.issues) <= max_issues)
        and (selection != "small" or len(one.issues) == 1)
        and (selection != "base" or one.id in base)
    )


def tau2_telecom_tasks(selection: Selection = "full", seed: int = UPSTREAM_SEED) -> tuple[Task, ...]:
    """Upstream's tasks for upstream's database, in its order, told in our own words."""
    return tuple(tau2_task(one) for one in select(selection, seed))


def tau2_task(composition: Composition) -> Task:
    """One of upstream's tasks: reference and checks are its expected actions and criteria, and nothing more."""
    wording = Wording(PERSONAS[composition.persona][0], REQUESTS[composition.family.intent][0])
    steps = [_call(act, UPSTREAM_ACCOUNT) for act in _expected(composition)]
    # The words aren't upstream's; without them a scripted user would wait for ever.
    farewell: list[Step] = [Say(text=_FAREWELL)] if composition.hopeless else []
    return _task(composition, UPSTREAM_ACCOUNT, wording, (*steps, *farewell), _criteria(composition, UPSTREAM_ACCOUNT))


def guarded_task(composition: Composition, account: Account, wording: Wording) -> Task:
    """The same faults on another account, by a policy that asks for more than upstream's criteria do.

    The reference looks the caller up, finds each cause before it is mended and asks where money is spent. Beside
    upstream's criteria the account must end as the reference leaves it, except where the agent may mend a part
    before it finds what it can't.
    """
    checks = list(_criteria(composition, account))
    touched = any(act.party is Party.AGENT for issue in composition.issues for act in issue.mends or ())
    if not (composition.hopeless and touched):
        checks.append(StateCheck(parties=(Party.AGENT,)))
    return _task(composition, account, wording, tuple(_considerate(composition, account)), tuple(checks))


def _task(
    composition: Composition,
    account: Account,
    wording: Wording,
    reference: tuple[Step, ...],
    checks: tuple[CheckSpec, ...],
) -> Task:
    acts = (WHO_CALLS, *(act for issue in composition.issues for act in issue.breaks))
    return Task(
        id=composition.id,
        purpose=f"{composition.family.purpose}: {'; '.join(issue.what for issue in composition.issues)}.",
        tags=composition.tags,
        setup={
            "actions": [
                {"party": act.party, "function": act.function, "arguments": act.arguments_for(account)} for act in acts
            ]
        },
        user=scenario(composition.family, composition.issues, account, wording),
        ticket=ticket(composition.family, composition.issues, account),
        phases=(
            Phase(
                request=wording.request,
                reference=reference,
                checks=checks,
                reward_basis=tuple(dict.fromkeys(check.kind for check in checks)),
            ),
        ),
    )


def _expected(composition: Composition) -> Iterator[Act]:
    """Upstream's actions: all mends, or a transfer and nothing else."""
    if composition.hopeless:
        yield TRANSFER
    else:
        for issue in composition.issues:
            yield from issue.mends or ()


def _considerate(composition: Composition, account: Account) -> Iterator[Step]:
    yield _call(FIND_CALLER, account)
    for issue in composition.issues:
        if composition.hopeless and issue.mends is not None:
            continue
        yield from (_call(act, account) for act in issue.looks)
        if issue.asks:
            yield Say(text=issue.asks.format(account=account))
        yield from (_call(act, account) for act in issue.mends or ())
    if composition.hopeless:
        causes = ", ".join(issue.what for issue in composition.issues if issue.mends is None)
        yield Call(tool=TRANSFER.function, arguments={"summary": f"Line {account.line_id}: {causes}."})
        yield Say(text=_FAREWELL)


def _criteria(composition: Composition, account: Account) -> tuple[CheckSpec, ...]:
    family = composition.family
    if composition.hopeless:
        transfer = ActionCheck(tool=TRANSFER.function, arguments=TRANSFER.arguments_for(account), compare=())
        return (*(_probe(act, account) for act in family.unsolvable), transfer)
    extra = [act for issue in composition.issues for act in issue.proves]
    return tuple(_probe(act, account) for act in (*family.solved, *extra))


def _probe(act: Act, account: Account) -> ProbeCheck:
    return ProbeCheck(name=act.function, arguments=act.arguments_for(account), party=act.party)


def _call(act: Act, account: Account) -> Call:
    return Call(party=act.party, tool=act.function, arguments=act.arguments_for(account))


@cache
def _dealt() -> tuple[Composition, ...]:
    """Every composition, the withdrawn ones too: they take their turns when personas are dealt."""
    return tuple(one for family in FAMILIES for one in _of(family))


def _of(family: Family) -> Iterator[Composition]:
    personas = tuple(Persona)
    combined = sorted(_combinations(family), key=len)
    for number, issues in enumerate(combined):
        yield Composition(family, issues, personas[number % len(personas)])


def _combinations(family: Family) -> Iterator[tuple[Issue, ...]]:
    sets = (*family.borrowed, *family.own)
    for chosen in product(*[(*members, None) for members in sets]):
        if any(chosen[len(family.borrowed) :]):
            yield tuple(sorted((issue for issue in chosen if issue), key=lambda issue: issue.name))


@cache
def _sampled(seed: int) -> frozenset[str]:
    """The ids of a base split."""
    cells: dict[tuple[str, int, Persona], list[str]] = {}
    for one in _dealt():
        if len(one.issues) > 1:
            cells.setdefault((one.family.intent, len(one.issues), one.persona), []).append(one.id)
    # The draws of upstream's generator, in its order: one more or fewer, and every later cell changes.
    draws = random.Random(seed)
    return frozenset(task_id for ids in cells.values() for task_id in draws.sample(ids, min(_PER_CELL, len(ids))))
