"""From what an agent says to calls of the user's own tools.

Two forms are understood. Explicit: `tool_name(argument=value)`. In words: a request ("please", "can you", an
imperative; not an announcement, "I'll") or a question that holds the words of a tool's name which tell it from
others, in any order, said as people say them (`simulators.phrases`). Arguments come from words too
(`simulators.arguments`); a required one that isn't there leaves the request unclear, and so do two tools that
fit it equally well. A request that says "not" or "never", or hangs on an open condition, asks for nothing.
Questions how something is are answered by the tool whose name, or else whose description, is about it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from harness.core.message import ToolCall, ToolSpec
from simulators import phrases, switches
from simulators.arguments import arguments_in_words, named_option
from simulators.literal_calls import literal_calls
from simulators.phrases import State
from simulators.words import content_words, stem, stems

_ANY: Sequence[State] = ("",)

_NEGATION = re.compile(r"\b(?:not|never|don't|doesn't|without|no need|unless|avoid)\b")
_OWN = re.compile(
    r"\bi(?:'ll| will)(?! (?:also )?(?:need|ask|want) you)|\bi(?:'m| am|'ve| have| can)\b"
    r"|\bwe(?:'ll|'re|'ve| will| are| have| can)\b|\blet me\b(?! know)"
    r"|\b(?:want|like|need) me to\b|\b(?:shall|may|can|could|should) (?:i|we)\b"
    r"|\bare you (?:ok|okay|fine|comfortable|willing|happy|ready)\b"
    r"|\bdo you (?:agree|consent|accept|confirm|authori[sz]e)\b"
)
"""The agent tells what it does itself, or asks whether it may."""
_CONDITION = re.compile(
    r"(?<!know )(?<!tell me )(?<!see )(?<!check )\b(?:if|in case|should (?:it|this|that|the))\b(.*)"
)
_IF_SO = re.compile(r"^if (?:so|not|yes|no|it(?:'s| is)(?: not)?|it isn't|they(?:'re| are)(?: not)?)\b,?\s*")
"""Hangs on the answer to the request before it."""
_HARMLESS = re.compile(
    r"^ (?:possible|you (?:can|could|don't mind|have not|haven't))\b|\balready\b"
    r"|\b(?:is|are|it's|they're) (?:(?:currently|still|turned|switched|set to) )*(?:on|off|enabled|disabled|active)\b"
)
"""Conditions that looking first takes care of, or that are mere politeness."""
_PRONOUN = re.compile(r"\b(?:it|that|them|this)\b")
_SEGMENT = re.compile(r"\band\b|,|&|\bplus\b")
_ASIDE = stems("again afterwards after then once more")
_VAGUE = stems("status settings setting preference mode app device request card test send")
"""Words of names that people leave out."""
_IDLE = stems("device turned turn switched see show says current currently any work fixed open")
"""Words of a question that say nothing of what it is about."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do with a tool."""

    call: ToolCall
    wanted: State = ""
    """For a tool that toggles: the state that was asked for."""
    question: bool = False
    """It was asked how something is, not told to do something."""


@dataclass(frozen=True, slots=True)
class Instructions:
    """What an agent's message asks the user to do."""

    steps: tuple[Step, ...]
    unclear: tuple[str, ...] = ()
    """What a request leaves open, where nothing is to be done: parameters, or tools between which it doesn't decide."""

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The calls alone."""
        return tuple(step.call for step in self.steps)


def understand(text: str, tools: Sequence[ToolSpec]) -> Instructions:
    """What a message asks for, in its order; the same call once, but a switch each time it is to change."""
    explicit = tuple(Step(call) for call in literal_calls(text, {spec.name: spec for spec in tools}))
    if explicit or not tools:
        return Instructions(explicit)
    steps: list[Step] = []
    unclear: list[str] = []
    before = ("", "")
    for part in phrases.parts(text):
        depends = False
        for words in part:
            request = _Request.of(words, before)
            depends |= request.depends
            if not request.said:
                continue
            before = (request.text, request.said)
            if request.forbidden:
                # What is joined to it is forbidden, or conditional, with it.
                break
            found, missing = _steps(request, tools)
            unclear += missing
            for step in found:
                # A switch is looked at before it is flipped, so it may hang on how it stands; nothing else may.
                if _adds(step, steps) and (step.wanted or not depends):
                    steps.append(step)
    return Instructions(tuple(steps), () if steps else tuple(dict.fromkeys(unclear)))


def _adds(step: Step, steps: Sequence[Step]) -> bool:
    before = [one for one in steps if one.call == step.call]
    return not before or (bool(step.wanted) and before[-1].wanted != step.wanted)


@dataclass(frozen=True, slots=True)
class _Request:
    """One request of a message."""

    text: str
    """As the agent wrote it."""
    said: str
    """In plain text, from its first word of weight on."""
    before: tuple[str, str]
    """Text and plain text of the request before it: what "it" may mean here."""
    urged: bool
    """It holds words by which one asks somebody to do something."""
    ensures: bool
    """It asks to see to a state."""
    depends: bool
    """It hangs on what the request before it finds."""

    @classmethod
    def of(cls, text: str, before: tuple[str, str]) -> _Request:
        plain = phrases.plain(text)
        said = phrases.unwrapped(plain)
        depends = _IF_SO.match(said)
        said, ensures = phrases.without_ensuring(phrases.unwrapped(said[depends.end() :]) if depends else said)
        return cls(text, said, before, ensures or phrases.asks(plain), ensures, depends is not None)

    @property
    def topic(self) -> frozenset[str]:
        """What "it" may mean, in words."""
        return _words(self.before[1]) if _PRONOUN.search(self.said) else frozenset()

    @property
    def question(self) -> bool:
        return phrases.is_question(self.said)

    @property
    def reading(self) -> bool:
        return self.question or phrases.looks(self.said)

    @property
    def forbidden(self) -> bool:
        condition = None if self.reading else _CONDITION.search(self.said)
        if condition is not None:
            return _HARMLESS.search(condition[1]) is None
        return _NEGATION.search(self.said) is not None

    @property
    def states(self) -> list[State]:
        """The states that are wished for, not those of a condition."""
        return phrases.states(_CONDITION.sub("", self.said))


def _steps(request: _Request, tools: Sequence[ToolSpec]) -> tuple[list[Step], list[str]]:
    """The steps that one request asks for, and what it leaves open."""
    steps: list[Step] = []
    unclear: list[str] = []
    for fitting in [] if _OWN.search(request.said) else _meant(request, tools):
        if len(fitting) > 1:
            unclear.append(" or ".join(spec.name.replace("_", " ") for spec in fitting))
            continue
        (spec,) = fitting
        arguments, missing = arguments_in_words(request.text, request.said, spec)
        if missing and request.topic:
            text, said = f"{request.before[0]} {request.text}", f"{request.before[1]} {request.said}"
            arguments, missing = arguments_in_words(text, said, spec)
        unclear += [name.replace("_", " ") for name in missing]
        states: list[State] = request.states if spec.name.startswith(switches.PREFIX) else []
        for given in arguments:
            call = ToolCall(name=spec.name, arguments=given)
            steps += [Step(call, state, request.question) for state in states or _ANY]
    return steps, unclear


def _meant(request: _Request, tools: Sequence[ToolSpec]) -> list[list[ToolSpec]]:
    """For each thing that a request is about ("mobile data and roaming"), the tools that fit it best."""
    segments = dict.fromkeys(words for segment in _SEGMENT.split(request.said) if (words := _words(segment)))
    things = [_best(request, words, tools) for words in islice(segments, _THINGS)]
    found = [fitting for number, fitting in enumerate(things) if fitting and fitting not in things[:number]]
    if not found and (fitting := _best(request, _words(request.said), tools)):
        found = [fitting]
    if not found and request.topic:
        fitting = _best(request, _words(request.said) | request.topic, tools)
        found = [fitting] if fitting else []
    if not found and request.reading and (spec := _telling(request, tools)) is not None:
        found = [[spec]]
    return found


def _best(request: _Request, words: frozenset[str], tools: Sequence[ToolSpec]) -> list[ToolSpec]:
    """The tools whose names `words` name most fully; several where they can't be told apart."""
    ranks: dict[tuple[int, int, int], list[ToolSpec]] = {}
    for spec in tools:
        verb, *rest = spec.name.split("_")
        names = [stem(word) for word in rest]
        needed = frozenset(names) - _VAGUE
        named = sum(name in words for name in names)
        fits = needed <= words if needed else (named == len(names) or words <= _forms(verb) | _ASIDE)
        option = not request.reading and named_option(request.said, spec)
        if (fits or option) and _says(request, verb):
            place = min((request.said.find(name) for name in needed & words), default=0)
            # What is named first is meant rather than what it is for: "turn on roaming so that data works".
            ranks.setdefault((named + option, named - len(names), -place), []).append(spec)
    best = ranks[max(ranks)] if ranks else []
    # Looking does no harm: the first will do.
    return best[:1] if request.reading else best


def _says(request: _Request, verb: str) -> bool:
    """Whether the request says to do what the first word of a tool's name says."""
    if request.reading:
        return verb in phrases.READING
    words, head, forms = _words(request.said), phrases.head(request.said), _forms(verb)
    if f"{verb}_" == switches.PREFIX and request.ensures and request.states:
        return True
    switched = words & {"turn", "switch"} and request.states[:1] == [{"connect": "on", "disconnect": "off"}.get(verb)]
    if switched:
        forms |= {"turn", "switch"}
    return bool(forms & words) and (request.urged or head in forms)


def _telling(request: _Request, tools: Sequence[ToolSpec]) -> ToolSpec | None:
    """The tool that tells what a question is about though its name doesn't say so."""
    asked = content_words(request.said)
    if not asked - _IDLE:
        asked |= request.topic
    toggles = [
        spec.name for spec in tools if spec.name.startswith(switches.PREFIX) and switches.topic(spec.name) <= asked
    ]
    if toggles:
        return switches.reader(max(toggles, key=lambda name: len(switches.topic(name))), tools)
    about = asked - _IDLE - _VAGUE - _forms("check")
    overlap = {
        spec.name: len(about & content_words(phrases.plain(spec.description)))
        for spec in tools
        if spec.name.split("_")[0] in phrases.READING and not spec.parameters.get("required")
    }
    best = max(overlap.values(), default=0)
    if best < _ENOUGH and (not best or best < len(about)):
        return None
    return next(spec for spec in tools if overlap.get(spec.name) == best)


_THINGS = 12
"""Things in one request that are attended to."""
_ENOUGH = 2
"""Words of a question that a tool's description must share with it, where it doesn't hold them all."""


def _words(said: str) -> frozenset[str]:
    return frozenset(stem(word) for word in re.findall(r"[\w'-]+", said))


def _forms(verb: str) -> frozenset[str]:
    """The stems of the words by which the first word of a tool's name is said."""
    return stems(phrases.VERBS.get(verb, verb))
