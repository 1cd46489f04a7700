"""What can go wrong when a model is asked, whether asking again may help, and whose fault it is: one table.

A provider raises `Fault` for one try that failed. What remains after the repetitions of `harness.models.remote` ends
the episode: as `context_window_exceeded` where the conversation is to blame, and as `infra_error` otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from harness.core.errors import ContextWindowExceeded, EpisodeFault, ModelFault


class Cause(StrEnum):
    """Why a try failed."""

    RATE_LIMIT = "rate_limit"
    QUOTA = "quota"
    SERVER = "server"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    MALFORMED = "malformed"
    CONTEXT = "context"
    FILTERED = "filtered"
    KEY = "key"
    NAME = "name"
    REQUEST = "request"
    UNKNOWN = "unknown"


class Blame(StrEnum):
    """Whose fault it is."""

    PROVIDER = "provider"
    """The provider, its server or the network."""
    SETUP = "setup"
    """Whoever set the run up: key, name, settings, account."""
    PARTY = "party"
    """Who sits on the model: the conversation grew too long."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of the table."""

    cause: Cause
    retry: bool
    blame: Blame
    statuses: frozenset[int] = frozenset()
    """HTTP statuses."""
    errors: frozenset[str] = frozenset()
    """Names of exception classes: aiohttp's, litellm's, Python's."""
    says: re.Pattern[str] | None = None
    """What an answer says that is refused for this reason, whatever its status."""


def _rule(
    cause: Cause, blame: Blame, *, retry: bool = False, statuses: str = "", errors: str = "", says: str = ""
) -> Rule:
    pattern = re.compile(says, re.IGNORECASE) if says else None
    return Rule(cause, retry, blame, frozenset(map(int, statuses.split())), frozenset(errors.split()), pattern)


TABLE = (
    # What an answer says comes first, since providers disagree about its status.
    _rule(
        Cause.CONTEXT,
        Blame.PARTY,
        errors="ContextWindowExceededError",
        says=r"context[ _-]?(?:size|length|window)|maximum (?:model|prompt|input) length|prompt is too long|"
        r"longer than the maximum",
    ),
    _rule(
        Cause.QUOTA,
        Blame.SETUP,
        statuses="402",
        errors="PaymentRequiredError BudgetExceededError",
        says=r"insufficient_quota|exceeded your current quota|billing_hard_limit|insufficient (?:credits?|balance)",
    ),
    _rule(
        Cause.FILTERED,
        Blame.PROVIDER,
        errors="ContentPolicyViolationError GuardrailRaisedException",
        says=r"content_?(?:filter|policy)(?:_violation)?|content management policy",
    ),
    _rule(Cause.RATE_LIMIT, Blame.PROVIDER, retry=True, statuses="429", errors="RateLimitError"),
    _rule(
        Cause.TIMEOUT,
        Blame.PROVIDER,
        retry=True,
        statuses="408 504",
        errors="Timeout APITimeoutError ServerTimeoutError TimeoutError",
    ),
    _rule(
        Cause.SERVER,
        Blame.PROVIDER,
        retry=True,
        statuses="409 425 500 502 503 507 520 521 522 523 524 529",
        errors="InternalServerError ServiceUnavailableError BadGatewayError APIError",
    ),
    _rule(
        Cause.MALFORMED,
        Blame.PROVIDER,
        retry=True,
        errors="APIResponseValidationError JSONSchemaValidationError ClientResponseError JSONDecodeError",
    ),
    _rule(Cause.CONNECTION, Blame.PROVIDER, retry=True, errors="APIConnectionError ClientError OSError"),
    _rule(Cause.KEY, Blame.SETUP, statuses="401 403", errors="AuthenticationError PermissionDeniedError"),
    _rule(Cause.NAME, Blame.SETUP, statuses="404 410", errors="NotFoundError LiteLLMUnknownProvider"),
    _rule(
        Cause.REQUEST,
        Blame.SETUP,
        statuses="400 405 406 411 413 414 415 422 431 501",
        errors="BadRequestError UnprocessableEntityError UnsupportedParamsError InvalidURL",
    ),
)
"""Every error of a provider. Of an exception the nearest class of its ancestry that is named here counts."""

UNKNOWN = Rule(Cause.UNKNOWN, retry=False, blame=Blame.PROVIDER)
"""For what the table doesn't name: nobody knows whether asking again would help."""

_BY_STATUS = {status: rule for rule in TABLE for status in rule.statuses}
_BY_ERROR = {name: rule for rule in TABLE for name in rule.errors}
_BY_CAUSE = {rule.cause: rule for rule in TABLE}
_BY_WORDS = tuple((rule.says, rule) for rule in TABLE if rule.says is not None)


class Fault(Exception):
    """One try failed; the message holds no secret."""

    def __init__(self, rule: Rule, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.rule = rule
        self.retry_after_s = retry_after_s
        """What the provider asks to wait at least."""

    def ends_episode(self, model: str, remark: str = "") -> EpisodeFault:
        """What becomes of the episode when nothing is tried any more."""
        kind = ContextWindowExceeded if self.rule.blame is Blame.PARTY else ModelFault
        return kind(f"{model}: {self}{f' ({remark})' if remark else ''}")


def malformed(message: str) -> Fault:
    """The answer isn't what the protocol promises."""
    return Fault(_BY_CAUSE[Cause.MALFORMED], message)


def rule_of_status(status: int, text: str) -> Rule:
    """The line for an HTTP answer that is no success."""
    if status < 500 and (rule := _said(text)) is not None:
        return rule
    return _BY_STATUS.get(status) or _BY_STATUS[500 if status >= 500 else 400]


def rule_of_error(error: BaseException) -> Rule:
    """The line for an exception."""
    named = (_BY_ERROR[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in _BY_ERROR)
    rule = next(named, UNKNOWN)
    if rule.cause in (Cause.REQUEST, Cause.RATE_LIMIT) and (said := _said(str(error))) is not None:
        return said
    return rule


def _said(text: str) -> Rule | None:
    return next((rule for pattern, rule in _BY_WORDS if pattern.search(text)), None)
