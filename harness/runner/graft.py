"""Memory grafting: another run's clarification dialogues, given to the tested agent, which writes the SQL alone.

It tells asking from coding: an agent that gains by another's dialogues asks worse than it codes (BIRD-INTERACT's
analysis). Dialogues are taken trial by trial, from runs of the very same packs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.core.errors import InputError
from harness.core.identity import digest
from harness.core.mode import Mode
from harness.core.run import GraftIdentity, PlannedTrial, RunManifest
from harness.core.task import HistoryEntry
from harness.core.termination import Termination
from harness.engine.recorded import dialogue
from harness.runner.journal import final_attempts, read_manifest

Dialogues = Mapping[tuple[str, str, int], tuple[HistoryEntry, ...]]
"""By (pack, task, trial)."""


@dataclass(frozen=True, slots=True)
class Graft:
    """Dialogues and where they are from."""

    identity: GraftIdentity
    dialogues: Dialogues


def read_graft(
    root: Path, mode: Mode, packs: Mapping[str, str], trials: Sequence[PlannedTrial], *, hash_: str | None = None
) -> Graft:
    """The dialogues of the run in `root` for these trials.

    Args:
        mode: Of the run that is to be given them.
        packs: Hashes of its packs, by id.
        hash_: What the dialogues' hash was when that run started; `None`: it starts now.

    Raises:
        InputError: it isn't a run, or one of other packs or tasks; a trial wasn't finished; the dialogues have changed;
            the mode leaves no place for them.
    """
    if mode is not Mode.C_INTERACT:
        raise InputError(
            f"--graft gives the clarification and leaves the SQL, which mode {mode.value!r} doesn't",
            hint=f"add --mode {Mode.C_INTERACT.value}",
        )
    manifest = read_manifest(root)
    _refuse_other(root, manifest, packs)
    attempts = final_attempts(root)
    dialogues: dict[tuple[str, str, int], tuple[HistoryEntry, ...]] = {}
    for trial in trials:
        key = (trial.pack, trial.task, trial.trial)
        name = f"{trial.pack}/{trial.task}#{trial.trial}"
        if key not in attempts:
            raise InputError(
                f"{root}: holds no finished trial {name} to take the dialogue from",
                hint="choose the same tasks and at most as many --trials, or finish that run with --resume",
            )
        record = attempts[key].record
        dialogues[key] = dialogue(record)
        if not dialogues[key] or record.termination is Termination.INFRA_ERROR:
            raise InputError(
                f"{root}: trial {name} ended by {record.termination} and has no dialogue to take",
                hint=f"bench run --resume {root} plays trials again that the infrastructure ended",
            )
    said = {"/".join(map(str, key)): [one.model_dump(mode="json") for one in told] for key, told in dialogues.items()}
    found = digest(said)
    if hash_ is not None and found != hash_:
        raise InputError(f"{root}: its dialogues are not those that the run was started with", hint="start a new run")
    identity = GraftIdentity(
        run=str(root.resolve()), id=manifest.id, agent=manifest.agent, simulator=manifest.simulator, hash=found
    )
    return Graft(identity, dialogues)


def _refuse_other(root: Path, manifest: RunManifest, packs: Mapping[str, str]) -> None:
    theirs = {pack.id: pack.hash for pack in manifest.packs}
    if manifest.suite.mode.solo:
        raise InputError(f"{root}: was played without a user, so there is no dialogue in it")
    for pack, hash_ in packs.items():
        if pack not in theirs:
            known = ", ".join(theirs)
            raise InputError(f"{root}: is a run of {known}, not of pack {pack!r}", hint="graft a run of the same suite")
        if theirs[pack] != hash_:
            raise InputError(
                f"{root}: was played with another version of pack {pack!r} (hash {theirs[pack][:19]}…, "
                f"now {hash_[:19]}…)",
                hint="play that run again with the pack as it is now",
            )
