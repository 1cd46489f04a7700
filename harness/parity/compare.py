"""What the two sides returned, compared and noted in a report.

Normalised are only things that upstream doesn't do twice alike; each is named in the report when it mattered.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from environments.service.world import World
from harness.core.parsing import JsonObject
from harness.core.termination import Termination
from harness.parity.gold import Case, Outcome
from harness.parity.ours import REQUESTORS, Desk
from harness.parity.peer import Answer, Peer, answered
from harness.parity.random_calls import Drawn
from harness.parity.report import Difference, DomainReport, Kind, first_difference

_PYDANTIC = re.compile(r"errors\.pydantic\.dev/[\d.]+/")

PYDANTIC = "the version of pydantic in the links of its complaints: the two interpreters have different ones"
DRAWN_IDS = "ids of bills made by a refuel: upstream draws them at random, so it was given ours to draw"
SHARED_VPN = (
    "the VPN server that connecting gives: upstream shares one object between all episodes of a process, and a broken "
    "one stays broken in later episodes, so each connection was given a copy"
)
RAISING_ASSERTION = "assertions that raise: upstream's evaluation then ends without a reward, here the check has failed"
NO_JUDGE = "natural-language assertions: they need a judge model, and are left out of the reward on both sides"


@dataclass(slots=True)
class Comparator:
    """Compares for one domain."""

    desk: Desk
    peer: Peer
    report: DomainReport

    def results(self, where: str, calls: Sequence[Drawn], ours: Sequence[tuple[str, bool]], answer: Answer) -> None:
        """The text and error flag of every call."""
        if answer.raised is not None and answer.raised_by is None:
            self._note(Kind.RESULT, where, "upstream raised", None, answer.raised)
            return
        if len(ours) != len(answer.results):
            self._note(Kind.RESULT, where, "number of results", len(ours), len(answer.results))
        for number, (made, mine, their) in enumerate(zip(calls, ours, answer.results, strict=False)):
            self.report.calls += 1
            if mine != their and not self._same_but_for_version(mine, their):
                whole: JsonObject = {
                    "requestor": REQUESTORS[made.party],
                    "name": made.name,
                    "arguments": made.arguments,
                }
                what = f"call {number}, {made.name}"
                self._note(Kind.RESULT, where, what, list(mine), list(their), call=whole)

    def states(self, where: str, world: World, answer: Answer, request: JsonObject) -> None:
        """The databases in the end, by upstream's own hash; a different one is fetched to see where."""
        dumps = None
        for side, theirs in answer.states.items():
            if theirs is None:
                continue
            self.report.states += 1
            if self.desk.hash(world, side) == theirs:
                continue
            if dumps is None:
                dumps = answered(self.peer.send({**request, "dump": True})).dumps or {}
            found = first_difference(self.desk.dump(world, side), dumps.get(side))
            path, mine, their = found or ("(the hashes differ, the dumps don't)", None, theirs)
            self._note(Kind.STATE, where, f"{side}: {path}", mine, their)

    def rewards(self, case: Case, outcome: Outcome, answer: Answer) -> None:
        """The reward and each check that both sides make."""
        self.report.rewards += 1
        if answer.raised is not None:
            failed = False in outcome.parts.get("ENV_ASSERTION", [])
            if answer.raised_by is not None and failed:
                self.normalised(RAISING_ASSERTION)
            elif answer.raised_by is not None:
                self._note(Kind.REWARD, case.where, f"upstream raised in {answer.raised_by}", None, answer.raised)
            return
        record = outcome.record
        if record.termination is not Termination.USER_STOP:
            self._note(Kind.REWARD, case.where, "termination", record.termination.value, "user_stop")
        if record.reward.value != answer.reward:
            self._note(Kind.REWARD, case.where, "reward", record.reward.value, answer.reward)
        for kind, verdicts in answer.parts.items():
            if verdicts is None:
                continue
            theirs = [verdicts] if isinstance(verdicts, bool) else list(verdicts)
            ours = outcome.parts.get(kind, [])
            # A kind of the basis without any check of ours counts as passed, which upstream says outright.
            if ours != theirs and not (not ours and all(theirs)):
                self._note(Kind.REWARD, case.where, kind, list(ours), list(theirs))

    def normalised(self, what: str) -> None:
        """Name something that was taken out of the comparison."""
        if what not in self.report.normalised:
            self.report.normalised.append(what)

    def _same_but_for_version(self, mine: tuple[str, bool], their: tuple[str | None, bool]) -> bool:
        if mine[1] != their[1] or their[0] is None or "pydantic.dev" not in mine[0]:
            return False
        same = _PYDANTIC.sub("", mine[0]) == _PYDANTIC.sub("", their[0])
        if same:
            self.normalised(PYDANTIC)
        return same

    def _note(
        self, kind: Kind, where: str, what: str, ours: object, theirs: object, call: JsonObject | None = None
    ) -> None:
        self.report.differences.append(Difference(kind, where, what, ours, theirs, call))  # type: ignore[arg-type]
