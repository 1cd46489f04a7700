"""Whether the bytes are those that were written: ids, hashes, the chain of the rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from harness.core.identity import digest_bytes
from harness.packs.suites import hash_of_suite
from leaderboard.findings import Finding, Kind
from leaderboard.reading import Opened, file_hash
from leaderboard.submission import ATTEMPTS, GENESIS, MANIFEST, TRAJECTORIES, Row

_MOST_STRAYS = 100
"""With so many nothing more is looked at."""


def integrity(submission: Opened) -> Iterator[Finding]:
    """What differs from the hashes that were written down, or can't be what they were taken of."""
    manifest, inventory = submission.manifest, submission.manifest.inventory
    if manifest.id != manifest.content_id():
        yield Finding(
            kind=Kind.ID,
            where=MANIFEST,
            message=f"its id is {manifest.id[:19]}…, but its content has the hash {manifest.content_id()[:19]}…",
        )
    for name, wanted in ((ATTEMPTS, inventory.attempts), (TRAJECTORIES, inventory.trajectories)):
        found = file_hash(submission.root / name)
        if found != wanted:
            yield Finding(kind=Kind.HASH, where=name, message=f"has the hash {found[:19]}…, not {wanted[:19]}…")
    yield from _chain(submission)
    yield from _trajectories(submission)
    suite = manifest.suite
    hashes = {pack.id: pack.hash for pack in suite.packs}
    if hash_of_suite(suite.definition, hashes, suite.tasks) != suite.hash:
        yield Finding(
            kind=Kind.SUITE, where=MANIFEST, message="the suite's hash isn't that of its definition, packs and tasks"
        )


def _chain(submission: Opened) -> Iterator[Finding]:
    inventory, before = submission.manifest.inventory, GENESIS
    for number, row in enumerate(submission.rows, 1):
        if row.chain != row.chained(before):
            yield Finding(
                kind=Kind.CHAIN,
                where=f"{ATTEMPTS}: line {number}",
                message="doesn't follow from the line before it: one of them was changed, or one between them is gone",
            )
        before = row.chain
    if len(submission.rows) != inventory.rows:
        message = f"has {len(submission.rows)} rows, not {inventory.rows}"
        yield Finding(kind=Kind.CHAIN, where=ATTEMPTS, message=message)
    elif before != inventory.chain:
        yield Finding(kind=Kind.CHAIN, where=ATTEMPTS, message="the last row isn't the one that the manifest names")


def _trajectories(submission: Opened) -> Iterator[Finding]:
    """Each row whose trajectory may be published has it, and each trajectory has its row."""
    # Two attempts that broke at once leave equal records.
    wanted: dict[str, list[Row]] = defaultdict(list)
    for row in submission.rows:
        if submission.published(row):
            wanted[row.trajectory].append(row)
    strays = 0
    for number, line in enumerate(submission.trajectories(), 1):
        if rows := wanted.get(digest_bytes(line)):
            rows.pop()
        elif (strays := strays + 1) > _MOST_STRAYS:
            break
        else:
            where = f"{TRAJECTORIES}: line {number}"
            yield Finding(kind=Kind.HASH, where=where, message="is the trajectory of no row")
    for row in (row for rows in wanted.values() for row in rows):
        where = f"{row.pack}/{row.task}#{row.trial}"
        yield Finding(kind=Kind.HASH, where=where, message=f"the trajectory {row.trajectory[:19]}… isn't there")
