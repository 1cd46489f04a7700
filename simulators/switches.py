"""Tools that flip a switch of the user's: where its state is to be seen, and what a text says of it.

Who is told to turn something off looks first, where there is something to look at: a toggle would turn on
what is off already.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.core.message import ToolSpec
from simulators.phrases import READING, State, plain
from simulators.words import content_words, stem, stems

PREFIX = "toggle_"
_VAGUE = stems("mode status setting settings enabled turned currently radio mobile")
_SAYS = re.compile(
    r"([A-Za-z][A-Za-z \-]*?)(?:\s*:\s*|\s+is\s+(?:now\s+|currently\s+)?(?:turned\s+)?)"
    r"(on|off|yes|no|enabled|disabled)\b",
    re.IGNORECASE,
)
_READS = 4_000
"""Characters of a result that are looked at."""
_OFF = frozenset(("off", "no", "disabled"))


def topic(name: str) -> frozenset[str]:
    """The words of what a toggle's name says it flips."""
    words = content_words(name.removeprefix(PREFIX))
    return words - _VAGUE or words


def reader(name: str, tools: Sequence[ToolSpec]) -> ToolSpec | None:
    """The tool that shows the state of the switch which the tool `name` flips.

    The one that is named after it, or else the one that tells most of all switches, if it tells of this one.
    """
    about = topic(name)
    looks = [spec for spec in tools if spec.name.split("_")[0] in READING and not spec.parameters.get("required")]
    named = [spec for spec in looks if content_words(" ".join(spec.name.split("_")[1:])) - _VAGUE == about]
    if named:
        return named[0]
    switches = [topic(spec.name) for spec in tools if spec.name.startswith(PREFIX)]
    told = {spec.name: content_words(plain(spec.description)) for spec in looks}
    telling = [spec for spec in looks if about <= told[spec.name]]
    # Of several that tell as many, the first in the order of the tools.
    return max(telling, key=lambda spec: sum(one <= told[spec.name] for one in switches), default=None)


def shown_state(name: str, text: str) -> State:
    """`on` or `off` where `text` says so of the switch which the tool `name` flips, and empty otherwise."""
    about = topic(name)
    for found in _SAYS.finditer(text[:_READS]):
        label = [stem(word) for word in re.findall(r"\w+", plain(found[1]))]
        label = [word for word in label if word not in _VAGUE]
        # The last word says what it is about: "data roaming" is roaming.
        if label and about <= set(label) and label[-1] in about:
            return "off" if found[2].lower() in _OFF else "on"
    return ""
