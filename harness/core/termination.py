"""Why an episode ended: one closed set."""

from __future__ import annotations

from enum import StrEnum


class Termination(StrEnum):
    """Why an episode ended.

    `user_stop` .. `submitted` are ordinary ends, after which the checks decide. The limits and the
    errors of a party earn no reward. `infra_error` is nobody's failure: the trial has no reward and is
    run again on `--resume`.
    """

    USER_STOP = "user_stop"
    AGENT_STOP = "agent_stop"
    SUBMITTED = "submitted"
    MAX_TURNS = "max_turns"
    MAX_STEPS = "max_steps"
    TOO_MANY_ERRORS = "too_many_errors"
    BUDGET_EXHAUSTED = "budget_exhausted"
    TIMEOUT = "timeout"
    CONTEXT_WINDOW_EXCEEDED = "context_window_exceeded"
    AGENT_ERROR = "agent_error"
    USER_ERROR = "user_error"
    INFRA_ERROR = "infra_error"

    @property
    def ordinary(self) -> bool:
        """Whether the checks decide the reward (upstream τ² rule: any other end earns 0)."""
        return self in _ORDINARY


_ORDINARY = frozenset({Termination.USER_STOP, Termination.AGENT_STOP, Termination.SUBMITTED})
