"""The records of a submission, each beside the row that it belongs to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from harness.core.identity import digest_bytes
from harness.core.record import Record
from leaderboard.findings import Finding, Kind
from leaderboard.reading import Opened
from leaderboard.secret_scan import secrets_in
from leaderboard.strict import Malformed, read_model
from leaderboard.submission import TRAJECTORIES, Row

_MOST_FINDINGS = 100
"""With so many nothing more is looked at."""


@dataclass(frozen=True, slots=True)
class Played:
    """A row and its record."""

    row: Row
    record: Record


def shown_records(submission: Opened) -> list[Played]:
    """The records of a submission that was verified and in which nothing was found, quickly."""
    by_hash = {digest_bytes(line): Record.model_validate_json(line, strict=True) for line in submission.trajectories()}
    return list(_paired(submission, by_hash, defaultdict(list)))


def records(submission: Opened) -> tuple[list[Played], list[Finding]]:
    """The rows that have a record, in their order, and what is wrong with records as such.

    A trajectory goes with the row that names its hash. One that no row names was changed: it goes with a row of its
    trial whose own is missing, so that what was changed can be told.
    """
    findings: list[Finding] = []
    by_hash: dict[str, Record] = {}
    strays: dict[tuple[str, str, int], list[Record]] = defaultdict(list)
    named = {row.trajectory for row in submission.rows}
    for number, line in enumerate(submission.trajectories(), 1):
        where = f"{TRAJECTORIES}: line {number}"
        try:
            record = read_model(Record, line)
        except Malformed as error:
            findings.append(Finding(kind=Kind.SCHEMA, where=where, message=str(error)))
            if len(findings) >= _MOST_FINDINGS:
                break
            continue
        findings += [
            Finding(kind=Kind.SECRET, where=where, message=found) for found in secrets_in(line.decode("utf-8"))
        ]
        hash_ = digest_bytes(line)
        if hash_ in named:
            by_hash[hash_] = record
        else:
            strays[record.key].append(record)
    return list(_paired(submission, by_hash, strays)), findings


def _paired(
    submission: Opened, by_hash: dict[str, Record], strays: dict[tuple[str, str, int], list[Record]]
) -> Iterator[Played]:
    for row in submission.rows:
        record = by_hash.get(row.trajectory)
        if record is None and strays[row.key]:
            record = strays[row.key].pop(0)
        if record is not None:
            yield Played(row, record)
