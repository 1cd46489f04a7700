"""What an episode is played from."""

from __future__ import annotations

from dataclasses import dataclass

from harness.checks.judge import Judge
from harness.core.identity import role_random, trial_seed
from harness.core.interaction import Interaction, interaction_of
from harness.core.limits import DEFAULT_LIMITS, INTERACT_LIMITS, Limits
from harness.core.message import Party
from harness.core.mode import Mode
from harness.core.pack import Pack
from harness.core.protocols import Template
from harness.core.task import HistoryEntry, Task
from harness.engine.briefing import briefing, policy_of


@dataclass(frozen=True, slots=True)
class Setting:
    """One trial of one task, ready to be played any number of times."""

    pack: Pack
    task: Task
    template: Template
    trial: int
    seed: int
    limits: Limits
    agent: str = ""
    """Name of the agent, for the record."""
    simulator: str = ""
    mode: Mode = Mode.DEFAULT
    policy: str = ""
    """What the agent is told before the episode."""
    judge: Judge | None = None
    """Who decides statements about the conversation; `None`: nobody."""
    grafted: bool = False
    """Whether the task's history is another agent's clarification."""

    @classmethod
    def of(
        cls,
        pack: Pack,
        task: str,
        template: Template,
        *,
        trial: int = 0,
        run_seed: int = 0,
        limits: Limits | None = None,
        agent: str = "",
        simulator: str = "",
        mode: Mode = Mode.DEFAULT,
        judge: Judge | None = None,
        graft: tuple[HistoryEntry, ...] | None = None,
    ) -> Setting:
        """The setting of a trial; `limits` override the task's, which override the pack's.

        Args:
            graft: Another agent's clarification dialogue, given as the task's history in c-Interact.
        """
        chosen = pack.tasks[task]
        if graft is not None:
            chosen = chosen.model_copy(update={"history": graft})
        base = INTERACT_LIMITS if mode.interact else DEFAULT_LIMITS
        merged = (limits or Limits()).over((chosen.limits or Limits()).over(pack.manifest.limits.over(base)))
        terms = interaction_of(pack, chosen, mode, merged, grafted=graft is not None)
        if mode.interact:
            merged = merged.model_copy(update={"action_points": terms.points})
        seed = trial_seed(run_seed, pack.id, task, trial)
        told = briefing(policy_of(pack, mode), chosen, mode, terms)
        return cls(pack, chosen, template, trial, seed, merged, agent, simulator, mode, told, judge, graft is not None)

    @property
    def interaction(self) -> Interaction:
        """How the episode goes beyond the loop that all share."""
        return interaction_of(self.pack, self.task, self.mode, self.limits, grafted=self.grafted)

    def seed_of(self, party: Party) -> int:
        """A party's own seed: 31 bits, which every provider takes."""
        return role_random(self.seed, party).getrandbits(31)
