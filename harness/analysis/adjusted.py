"""The score of a run whose simulated user is to blame for some of its trials.

Three answers: the score as it is, the score of the other trials, and the range in which it would lie whatever those
trials had come to. Who is to blame is the caller's to say: `harness.analysis.blame` keeps a ledger. `user_broke` is
what its rules find of the user's part: a user that broke, fell out of its role or ended too early, in a trial that
failed.
"""

from __future__ import annotations

from collections.abc import Set

import numpy as np

from harness.analysis.intervals import share_interval
from harness.analysis.trials import TERMINATIONS, Bools, Trials
from harness.core.parsing import Model
from harness.core.termination import Termination

TrialKey = tuple[str, str, int]
"""(pack, task, trial)."""


class Share(Model):
    """A pass rate and its 95 % interval, tasks the sample."""

    value: float | None
    """Null where no trial counts."""
    interval: tuple[float, float]
    trials: int


class Adjusted(Model):
    """A run's pass rate, with and without the trials blamed on its user."""

    blamed: int
    """Finished trials, decided or not."""
    blamed_solved: int
    """Those among them that were solved all the same; none, where a ledger blames failures alone."""
    raw: Share
    without: Share
    """Of the trials that nobody blames on the user. It would be the agent's own score if those were a random part of
    all."""
    lowest: Share
    """If the agent had failed all of the blamed trials."""
    highest: Share
    """If it had solved them all."""
    interval: tuple[float, float]
    """95 % for whatever lies between: from the lower end of `lowest` to the upper end of `highest`."""


def adjust(trials: Trials, blamed: Set[TrialKey] | None = None) -> Adjusted:
    """The run's pass rate, adjusted for its user.

    Args:
        blamed: The trials that are the user's fault; `None`: those of `user_broke`.
    """
    rows = user_broke(trials) if blamed is None else _rows(trials, blamed)
    solved, decided = trials.solved, trials.decided
    # An undecided trial that is blamed might have come to anything, too.
    counted = decided | rows
    lowest = _share(trials, solved & ~rows, counted)
    highest = _share(trials, solved | rows, counted)
    return Adjusted(
        blamed=int(rows.sum()),
        blamed_solved=int((rows & solved).sum()),
        raw=_share(trials, solved, decided),
        without=_share(trials, solved & ~rows, decided & ~rows),
        lowest=lowest,
        highest=highest,
        interval=(lowest.interval[0], highest.interval[1]),
    )


def user_broke(trials: Trials) -> Bools:
    """The failed trials that the rules of the blame ledger give the user."""
    broke: Bools = trials.termination == TERMINATIONS.index(Termination.USER_ERROR)
    return broke | (trials.spoilt & trials.decided & ~trials.solved)


def _rows(trials: Trials, blamed: Set[TrialKey]) -> Bools:
    keys = (
        (*trials.tasks[task], trial) for task, trial in zip(trials.task.tolist(), trials.trial.tolist(), strict=True)
    )
    return np.fromiter((key in blamed for key in keys), dtype=bool, count=len(trials.task))


def _share(trials: Trials, solved: Bools, counted: Bools) -> Share:
    totals, counts = trials.by_task(solved & counted), trials.by_task(counted)
    number = int(counts.sum())
    return Share(
        value=float(totals.sum()) / number if number else None, interval=share_interval(totals, counts), trials=number
    )
