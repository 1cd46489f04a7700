"""`bench leaderboard verify`: what holds of a submission, and which badges it has earned.

Offline and without a model. Later steps go on after earlier ones found something, so that what was done to a submission
is named by more than a hash that doesn't fit.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path

from harness.core.errors import InputError
from harness.core.parsing import Model
from leaderboard.consistency import consistency, record_consistency
from leaderboard.findings import Finding, Kind
from leaderboard.integrity import integrity
from leaderboard.reading import Opened, open_submission
from leaderboard.records import records
from leaderboard.replaying import Worlds, replay
from leaderboard.signing import signer
from leaderboard.submission import SIGNATURE


class Badge(StrEnum):
    """What the machine found to hold. Nobody can write one down: a submission has no place for it."""

    RECOMPUTED = "recomputed"
    """Hashes, plan, rewards, tokens and costs agree; metrics are computed from the rows."""
    REPLAYED = "replayed"
    """All recorded calls were executed again, with the same results, states and rewards."""
    REPRODUCED = "reproduced"
    """Another submission of the same agent and models, of another seed, agrees within what trials vary."""
    SIGNED = "signed"
    """Signed by a key that the board knows."""


class Verified(Model):
    """What `verify` found."""

    submission: str
    """Its id; the folder's name where it can't be read."""
    badges: tuple[Badge, ...]
    findings: tuple[Finding, ...]
    rows: int = 0
    replayed: int = 0
    """Records that were played again."""
    not_replayed: tuple[str, ...] = ()
    """Why others weren't."""
    signer: str | None = None


def verify(
    root: Path, *, worlds: Worlds | None = None, allowed_signers: Path | None = None
) -> tuple[Opened | None, Verified]:
    """Verify the submission in a folder.

    Args:
        root: The folder.
        worlds: Where its records are played again, if its packs are here; `None`: they aren't played.
        allowed_signers: OpenSSH's list of keys that the board knows.

    Raises:
        InputError: `allowed_signers` is missing, or OpenSSH is.
    """
    if allowed_signers is not None and not allowed_signers.is_file():
        raise InputError(f"{allowed_signers}: no such file", hint="a line of it is: PRINCIPAL ssh-ed25519 AAAA…")
    opened, findings = open_submission(root)
    if opened is None:
        return None, Verified(submission=root.name, badges=(), findings=tuple(findings))
    findings += integrity(opened)
    findings += consistency(opened)
    played, wrong = records(opened)
    findings += wrong
    for one in played:
        findings += record_consistency(opened.manifest, one)
    badges = [] if findings else [Badge.RECOMPUTED]
    count = 0
    not_replayed: tuple[str, ...] = ("not asked for",)
    if worlds is not None:
        again = replay(opened, played, worlds)
        findings += again.findings
        count, not_replayed = again.played, again.left_out
        opened = replace(opened, changes=again.changes)
        if again.whole and badges:
            badges.append(Badge.REPLAYED)
    by = _signer(opened, allowed_signers, findings)
    if by is not None:
        badges.append(Badge.SIGNED)
    return opened, Verified(
        submission=opened.manifest.id,
        badges=tuple(badges),
        findings=tuple(findings),
        rows=len(opened.rows),
        replayed=count,
        not_replayed=not_replayed,
        signer=by,
    )


def _signer(opened: Opened, allowed: Path | None, findings: list[Finding]) -> str | None:
    """Who signed; a signature that isn't one of a known key is a finding."""
    if allowed is None or not (opened.root / SIGNATURE).exists():
        return None
    found = signer(opened.root, allowed)
    if found is None:
        message = f"isn't a signature of this submission by a key in {allowed}"
        findings.append(Finding(kind=Kind.SIGNATURE, where=SIGNATURE, message=message))
    return found
