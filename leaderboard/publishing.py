"""What of a record may be published, by its pack's policy.

`open`: all of it. `redact_gold`: not what checks looked for, nor words of the simulated user in which a guard found
ground truth. `sealed`: nothing but the row.

The oracle's trajectory is the ground truth: but for open packs it is never published.
"""

from __future__ import annotations

from harness.core.check import CheckResult
from harness.core.event import Event, MessageEvent
from harness.core.record import Record
from leaderboard.submission import Publish

REDACTED = "[not published: it may hold ground truth]"
_LEAK = "leak"


def publishable(record: Record, policy: Publish) -> Record | None:
    """The record as it may be published; `None`: not at all."""
    if policy == "open":
        return record
    if policy == "sealed" or record.agent == "oracle":
        return None
    phases = tuple(
        phase.model_copy(update={"checks": tuple(map(_redacted, phase.checks))}) for phase in record.reward.phases
    )
    reward = record.reward.model_copy(update={"phases": phases, "reason": ""})
    return record.model_copy(update={"reward": reward, "events": tuple(map(_clean, record.events))})


def _redacted(check: CheckResult) -> CheckResult:
    return check.model_copy(update={"label": "", "reason": ""})


def _clean(event: Event) -> Event:
    if not isinstance(event, MessageEvent) or not any(mark.startswith(_LEAK) for mark in event.message.marks):
        return event
    # The other marks name what leaked.
    message = event.message.model_copy(update={"text": REDACTED, "raw": None, "marks": (_LEAK,)})
    return event.model_copy(update={"message": message})
