"""One trajectory as a page: numbered steps, calls and results, tokens and money beside them, verdicts, the first step
that failed."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass

from harness.core.check import CheckResult, Verdict, is_success
from harness.core.event import Event, FaultEvent, MessageEvent, PhaseEvent, ToolEvent
from harness.core.message import Message, Party, Usage
from harness.engine.watched import Changes
from leaderboard.budgets import TRAJECTORY_BYTES
from leaderboard.measures import cost_of
from leaderboard.prices import list_cost
from leaderboard.reading import Opened
from leaderboard.records import Played
from leaderboard.rendering import shown, templates
from leaderboard.submission import Manifest

_LONGEST = 20_000
"""Characters of one text; what is cut off is said, and is in the data."""
_SHORTEST = 50
_READABLE = 500_000
"""Bytes of a page that a browser lays out at once."""
_PARTIES = 4


@dataclass(frozen=True, slots=True)
class Part:
    """Some text of a step."""

    text: str
    head: str = ""
    css: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One event."""

    number: int
    css: str
    who: str
    note: str
    parts: tuple[Part, ...]
    tokens: int = 0
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One verdict."""

    phase: int
    name: str
    verdict: str
    reason: str
    decisive: bool


@dataclass(frozen=True, slots=True)
class Episode:
    """What the page shows."""

    name: str
    system: str
    suite: str
    board: str
    reward: str
    termination: str
    turns: int
    cost: float | None
    seed: int
    failing: int | None
    """Number of the first step that failed."""
    steps: tuple[Step, ...]
    checks: tuple[Check, ...]
    fingerprints: tuple[tuple[str, str], ...]


def episode_page(played: Played, opened: Opened, board: str, site: object) -> str:
    """The page of a trajectory; texts are cut shorter until it is small enough."""
    longest = _LONGEST
    while True:
        episode = _episode(played, opened, board, longest)
        page = templates().get_template("episode.html.j2").render(episode=episode, site=site, up="../../../", page="")
        if longest <= _SHORTEST or _small(page.encode()):
            return page
        longest //= 4


def _small(data: bytes) -> bool:
    return len(data) <= TRAJECTORY_BYTES or (len(data) <= _READABLE and len(gzip.compress(data)) <= TRAJECTORY_BYTES)


def _episode(played: Played, opened: Opened, board: str, longest: int) -> Episode:
    record, row, manifest = played.record, played.row, opened.manifest
    steps = tuple(_steps(record.events, manifest, opened.changes.get(row.trajectory, {}), longest))
    reward = record.reward
    value = "none" if reward.value is None else f"{reward.value:g}"
    solved = reward.value is not None and is_success(reward.value)
    return Episode(
        name=f"{record.pack}/{record.task}#{record.trial}" + (f" attempt {row.attempt}" if row.attempt else ""),
        system=manifest.agent.name,
        suite=manifest.suite.definition.id,
        board=board,
        reward=value + (f" ({shown(reward.reason[:300])})" if reward.reason else ""),
        termination=record.termination.value,
        turns=record.turns,
        cost=cost_of(manifest, row),
        seed=record.seed,
        failing=None if solved else next((step.number for step in steps if "error" in step.css.split()), None),
        steps=steps,
        checks=tuple(
            _check(phase.phase, check, decisive=check.kind in phase.basis)
            for phase in reward.phases
            for check in phase.checks
        ),
        fingerprints=tuple(
            (shown(party[:40]), shown(hash_[:80])) for party, hash_ in sorted(record.fingerprints.items())[:_PARTIES]
        ),
    )


def _check(phase: int, check: CheckResult, *, decisive: bool) -> Check:
    name = f"{check.kind.value} {shown(check.label[:300])}".strip()
    return Check(phase + 1, name, check.verdict.value, shown(check.reason[:1000]), decisive)


def _steps(events: tuple[Event, ...], manifest: Manifest, changes: Changes, longest: int) -> Iterator[Step]:
    for number, event in enumerate(events, 1):
        match event:
            case MessageEvent():
                yield _said(number, event, manifest, longest)
            case ToolEvent(party=party, name=name, result=result):
                css = f"tool {party}" + (" error" if result.error else "")
                note = f"{result.error.value}".replace("_", " ") if result.error else ""
                parts = [Part(_cut(result.content, longest))]
                if changed := changes.get(result.call_id):
                    parts.append(Part(_cut("\n".join(changed), longest), head="changed", css="changed"))
                yield Step(number, css, f"{shown(name[:120])} returned", note, tuple(parts))
            case PhaseEvent(phase=phase, passed=passed, final=final):
                verdict = "passed" if passed else "not passed" if final else "not passed, may try again"
                yield Step(number, "phase" if passed else "phase error", f"phase {phase + 1}: {verdict}", "", ())
            case FaultEvent(party=party, error=error):
                who = f"{party or 'infrastructure'} broke"
                yield Step(number, "fault error", who, "", (Part(_cut(error, longest)),))


def _said(number: int, event: MessageEvent, manifest: Manifest, longest: int) -> Step:
    message = event.message
    to = f" → {event.to}" if Party.ENVIRONMENT in (event.party, event.to) and not message.tool_calls else ""
    notes = (["given"] if event.given else []) + [shown(mark[:100]) for mark in message.marks[:5]]
    usage = message.usage or Usage()
    return Step(
        number,
        event.party.value,
        f"{event.party}{to}",
        ", ".join(notes),
        tuple(_parts(message, longest)),
        usage.tokens,
        _cost(event, usage, manifest),
    )


def _cost(event: MessageEvent, usage: Usage, manifest: Manifest) -> float | None:
    price = manifest.price("agent" if event.party is Party.AGENT else "user")
    return list_cost(price, usage) if price is not None and usage.tokens else None


def _parts(message: Message, longest: int) -> Iterator[Part]:
    if message.text:
        yield Part(_cut(message.text, longest), css="words")
    for call in message.tool_calls:
        written = json.dumps(call.arguments, ensure_ascii=False, indent=1)
        lines = {name: value for name, value in call.arguments.items() if isinstance(value, str) and "\n" in value}
        if len(lines) == len(call.arguments) == 1:
            # A query is read as it was written, not as a JSON string.
            written = f"{next(iter(lines))}: {next(iter(lines.values()))}"
        yield Part(_cut(written, longest) if call.arguments else "", head=f"{shown(call.name[:120])}()")
    if message.stop is not None:
        yield Part(f"ends the conversation: {message.stop.value}", css="words")


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return shown(text)
    return f"{shown(text[:longest])}\n… {len(text) - longest:,} more characters; the data has them"


def verdict_css(reward: float | None) -> str:
    """How a reward is coloured."""
    if reward is None:
        return "undecided"
    return "solved" if is_success(reward) else "partly" if reward > 0 else Verdict.FAILED.value
