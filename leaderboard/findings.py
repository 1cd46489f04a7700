"""What is wrong with a submission: a closed set of kinds, each with the place and the values that differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from harness.core.parsing import Model


class Kind(StrEnum):
    """What a finding is about; also what a tampering is called."""

    FILES = "files"
    """A file is missing, is no plain file, is too large, or doesn't belong there."""
    SCHEMA = "schema"
    """A file can't be read as what it must be."""
    ID = "id"
    """The manifest's id isn't the hash of its content."""
    HASH = "hash"
    """A file or a trajectory has another hash than was written down for it."""
    CHAIN = "chain"
    """The rows aren't those that were written one after another: one was changed, removed, added or moved."""
    SUITE = "suite"
    """The suite's hash isn't that of its definition, packs and tasks, or the tasks aren't those it selects."""
    MISSING = "missing"
    """A planned trial has no attempt."""
    SURPLUS = "surplus"
    """An attempt belongs to no planned trial."""
    RETRY = "retry"
    """A trial was started again after it had come to a defined end, or its attempts don't follow each other."""
    UNFINISHED = "unfinished"
    """A trial's counted attempt was ended by the infrastructure."""
    SEED = "seed"
    """A trial was played with another seed than its own."""
    TIME = "time"
    """Times contradict each other."""
    IDENTITY = "identity"
    """A record was made by another agent, user, mode, pack or limits than the manifest says."""
    ROW = "row"
    """A row says something else than its record."""
    REWARD = "reward"
    """A reward doesn't follow from the checks."""
    USAGE = "usage"
    """Tokens or turns don't add up to what the messages say."""
    COST = "cost"
    """A cost doesn't follow from tokens and prices."""
    REPLAY = "replay"
    """Played again, the recorded calls give other results, rewards or final states."""
    USER = "user"
    """Played again, the simulated user says something else than was recorded."""
    PUBLISH = "publish"
    """More is published than the pack's policy allows."""
    SECRET = "secret"
    """Something looks like a key or a password."""
    SIGNATURE = "signature"
    """The signature isn't one of the submission's id by an allowed signer."""


class Finding(Model):
    """One thing that is wrong."""

    kind: Kind
    where: str
    """File and line, or PACK/TASK#TRIAL."""
    message: str

    def __str__(self) -> str:
        return printable(f"{self.kind}: {self.where}: {self.message}")


def printable(text: str) -> str:
    """A stranger's text on one line of a terminal, with nothing in it that a terminal would obey."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


_SHOWN = 5


def shortened(findings: Iterable[Finding], shown: int = _SHOWN) -> list[str]:
    """Lines for a person: the first few findings of each kind, and how many more there are."""
    lines: list[str] = []
    counts: Counter[Kind] = Counter()
    for finding in findings:
        counts[finding.kind] += 1
        if counts[finding.kind] <= shown:
            lines.append(str(finding))
    return lines + [f"{kind}: and {count - shown} more" for kind, count in counts.items() if count > shown]
