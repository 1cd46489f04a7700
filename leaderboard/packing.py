"""Make a submission from a run: `bench leaderboard pack`.

Everything is read and checked before the folder is made, and the folder appears whole or not at all.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from pydantic import Field, ValidationError

from harness.core.check import CheckKind
from harness.core.errors import InputError
from harness.core.identity import digest_bytes
from harness.core.pack import Pack, PackManifest
from harness.core.parsing import Model, describe, parse, read_toml
from harness.core.record import Attempt, Record
from harness.core.run import RunManifest, SeatIdentity
from harness.core.termination import Termination
from harness.packs.suites import resolve
from harness.runner.journal import read_attempts, read_manifest
from harness.runner.plan import reopen
from leaderboard.prices import price_of
from leaderboard.publishing import publishable
from leaderboard.secret_scan import secrets_in
from leaderboard.signing import sign
from leaderboard.strict import Name
from leaderboard.submission import (
    ATTEMPTS,
    GENESIS,
    MANIFEST,
    TRAJECTORIES,
    AgentCard,
    CheckRow,
    Declarations,
    HarnessCard,
    Inventory,
    Manifest,
    ModelCard,
    PackCard,
    Price,
    Protocol,
    Row,
    Seat,
    SeatCard,
    SuiteCard,
)

_SHOWN = 5


class ModelNote(Model):
    """What a card says of a model, over what the run and the price table know."""

    snapshot: str = ""
    price: Price | None = None


class Card(Model):
    """The file given as `--card`: what a run doesn't know of itself."""

    agent: AgentCard | None = None
    models: dict[str, ModelNote] = Field(default_factory=dict)
    """By `provider/name`."""
    images: dict[str, str] = Field(default_factory=dict)
    declarations: Declarations = Declarations()
    license: Name = "CC-BY-4.0"


def read_card(path: Path | None) -> Card:
    """The card in a TOML file; an empty one where there is none.

    Raises:
        InputError: it can't be read, or a field of it is wrong.
    """
    return Card() if path is None else parse(Card, read_toml(path), where=str(path))


def pack_run(run: Path, out: Path, card: Card, *, key: Path | None = None, whole: bool = False) -> Manifest:
    """Write the submission of a finished run to the new folder `out`.

    Args:
        run: A run directory, whose packs are as they were.
        out: Must not be there yet.
        card: What the run doesn't know.
        key: Private SSH key to sign with; `None`: unsigned.
        whole: Whether it is for this machine alone, and holds everything, of any part of a suite.

    Raises:
        InputError: the run is unfinished or damaged, something in it looks like a secret, or `out` can't be written.
    """
    if out.exists():
        raise InputError(f"{out}: exists already", hint="give a folder that isn't there yet")
    known = read_manifest(run)
    attempts = list(read_attempts(run))
    _refuse_unfinished(run, known, attempts)
    opened = reopen(run, known).packs
    if not whole:
        _refuse_partial(run, known, opened)
    packs = {name: pack.manifest for name, pack in opened.items()}
    if whole:
        packs = {name: manifest.model_copy(update={"publish": "open"}) for name, manifest in packs.items()}
    try:
        published = _published(attempts, packs)
    except ValidationError as error:
        raise InputError(f"{run}: an attempt can't be published: {describe(error, Row)}") from None
    rows = [row for row, _ in published]
    files = {
        ATTEMPTS: b"".join(row.model_dump_json().encode() + b"\n" for row in rows),
        TRAJECTORIES: b"".join(line + b"\n" for _, line in published if line is not None),
    }
    inventory = Inventory(
        attempts=digest_bytes(files[ATTEMPTS]),
        trajectories=digest_bytes(files[TRAJECTORIES]),
        rows=len(rows),
        chain=rows[-1].chain,
    )
    try:
        manifest = _manifest(known, packs, card, inventory)
    except ValidationError as error:
        raise InputError(f"{run}: the run can't be published: {describe(error, Manifest)}") from None
    files[MANIFEST] = manifest.model_dump_json(indent=2).encode() + b"\n"
    _refuse_secrets(run, files)
    _write(out, files, key)
    return manifest


def _manifest(known: RunManifest, packs: Mapping[str, PackManifest], card: Card, inventory: Inventory) -> Manifest:
    cards = tuple(
        PackCard(
            id=one.id,
            version=one.version,
            hash=one.hash,
            publish=packs[one.id].publish,
            license=packs[one.id].license,
        )
        for one in known.packs
    )
    manifest = Manifest(
        schema_version=1,
        id=GENESIS,
        created_at=datetime.fromisoformat(known.created_at),
        agent=card.agent or AgentCard(name=_display_name(known.agent)),
        agent_seat=_seat(known.agent),
        models=tuple(_models(known, card)),
        suite=SuiteCard(
            definition=known.suite,
            hash=known.suite_hash,
            packs=cards,
            tasks=tuple(dict.fromkeys((trial.pack, trial.task) for trial in known.trials)),
        ),
        harness=HarnessCard(
            version=known.harness,
            commit=known.commit,
            python=known.python,
            platform=known.platform,
            dependencies=known.dependencies or digest_bytes(b""),
            images=card.images,
        ),
        simulator=_seat(known.simulator),
        judge=None if known.judge is None else _seat(known.judge),
        protocol=Protocol(
            seed=known.seed,
            trials=known.suite.trials,
            limits=known.limits,
            graft=known.graft.hash if known.graft is not None else None,
        ),
        inventory=inventory,
        declarations=card.declarations,
        license=card.license,
    )
    return manifest.model_copy(update={"id": manifest.content_id()})


def _refuse_partial(run: Path, manifest: RunManifest, packs: Mapping[str, Pack]) -> None:
    selected = resolve(manifest.suite, {name: pack.root for name, pack in packs.items()}).tasks
    played = {(trial.pack, trial.task) for trial in manifest.trials}
    if played != set(selected):
        raise InputError(
            f"{run}: plays {len(played)} of the {len(selected)} tasks that suite {manifest.suite.id!r} selects",
            hint="a leaderboard takes whole suites; write one that selects these tasks, and run it",
        )


def _refuse_unfinished(run: Path, manifest: RunManifest, attempts: list[Attempt]) -> None:
    ended = {attempt.record.key for attempt in attempts if attempt.record.termination is not Termination.INFRA_ERROR}
    missing = [trial for trial in manifest.trials if (trial.pack, trial.task, trial.trial) not in ended]
    if missing:
        names = ", ".join(f"{trial.pack}/{trial.task}#{trial.trial}" for trial in missing[:_SHOWN])
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        raise InputError(
            f"{run}: {len(missing)} of {len(manifest.trials)} trials have no defined end: {names}{more}",
            hint=f"bench run --resume {run}",
        )


def _published(attempts: list[Attempt], packs: Mapping[str, PackManifest]) -> list[tuple[Row, bytes | None]]:
    """Rows, in order of start, each with its trajectory's line where that may be published."""
    attempts = sorted(attempts, key=lambda one: (one.timings.started_at, one.record.key, one.attempt))
    last: dict[tuple[str, str, int], int] = defaultdict(int)
    for attempt in attempts:
        last[attempt.record.key] = max(last[attempt.record.key], attempt.attempt)
    published, chain = [], GENESIS
    for attempt in attempts:
        record = publishable(attempt.record, packs[attempt.record.pack].publish)
        line = None if record is None else record.model_dump_json().encode()
        row = row_of(attempt, last[attempt.record.key], line)
        row = row.model_copy(update={"chain": row.chained(chain)})
        chain = row.chain
        published.append((row, line))
    return published


def row_of(attempt: Attempt, last: int, line: bytes | None) -> Row:
    """An attempt's row, not chained yet.

    Args:
        attempt: A finished one.
        last: The attempt of its trial that counts.
        line: Its record as published; `None`: sealed.
    """
    record = attempt.record
    superseded = attempt.attempt < last
    return Row(
        pack=record.pack,
        task=record.task,
        trial=record.trial,
        attempt=attempt.attempt,
        seed=record.seed,
        started_at=datetime.fromisoformat(attempt.timings.started_at),
        wall_s=attempt.timings.wall_s,
        termination=record.termination,
        reward=record.reward.value,
        phases=tuple(phase.value for phase in record.reward.phases),
        checks=tuple(check_rows(record)),
        turns=record.turns,
        tool_calls=record.tool_calls,
        usage=record.usage,
        superseded_by=last if superseded else None,
        reason=f"ended by {record.termination}" if superseded else "",
        trajectory=digest_bytes(line if line is not None else record.model_dump_json().encode()),
        chain=GENESIS,
    )


def check_rows(record: Record) -> Iterator[CheckRow]:
    """The verdicts of a record's checks."""
    for phase in record.reward.phases:
        for check in phase.checks:
            yield CheckRow(
                phase=phase.phase, kind=CheckKind(check.kind), verdict=check.verdict, decisive=check.kind in phase.basis
            )


def _display_name(seat: SeatIdentity) -> str:
    return seat.name if seat.model is None else f"{seat.name} ({seat.model})"


def _seat(seat: SeatIdentity) -> SeatCard:
    prompt = seat.options.get("prompt")
    options = {name: value for name, value in seat.options.items() if name != "prompt"}
    return SeatCard(name=seat.name, model=seat.model, prompt=prompt if isinstance(prompt, str) else "", options=options)


def _models(manifest: RunManifest, card: Card) -> Iterator[ModelCard]:
    seats: tuple[tuple[Seat, SeatIdentity | None], ...] = (
        ("agent", manifest.agent),
        ("user", manifest.simulator),
        ("judge", manifest.judge),
    )
    for name, seat in seats:
        if seat is None or seat.model is None:
            continue
        note = card.models.get(seat.model, ModelNote())
        provider, slash, bare = seat.model.partition("/")
        yield ModelCard(
            seat=name,
            provider=provider if slash else "",
            name=bare if slash else seat.model,
            snapshot=note.snapshot,
            price=note.price or price_of(seat.model, manifest.models.get(seat.model)),
        )


def _refuse_secrets(run: Path, files: Mapping[str, bytes]) -> None:
    found = [
        f"{name}: line {number}: {secret}"
        for name, data in files.items()
        for number, line in enumerate(data.decode().splitlines(), 1)
        for secret in secrets_in(line, own=True)
    ]
    if found:
        listed = "\n".join(found[:_SHOWN]) + (f"\n(and {len(found) - _SHOWN} more)" if len(found) > _SHOWN else "")
        raise InputError(
            f"{run}: what would be published looks like it holds secrets; nothing was written\n{listed}",
            hint="revoke what leaked; a run without it must be played again, since its records can't be edited",
        )


def _write(out: Path, files: Mapping[str, bytes], key: Path | None) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as scratch:
            draft = Path(scratch) / out.name
            draft.mkdir()
            for name, data in files.items():
                (draft / name).write_bytes(data)
            if key is not None:
                sign(draft, key)
            shutil.move(draft, out)
    except OSError as error:
        raise InputError(f"{out}: can't be written ({error.strerror})", hint="give another --out") from None
