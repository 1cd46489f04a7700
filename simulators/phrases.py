"""How people say what a tool's name says: everyday words, polite wrapping, and where one request ends.

Everything works on `plain` text: lower case, everyday names of things replaced by those that tools bear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from simulators.words import sentences, stem

State = Literal["on", "off", ""]
"""Of a switch; empty where nothing is said of it."""

VERBS = {
    "toggle": "toggle turn switch flip enable disable activate deactivate reenable cycle",
    "set": "set change choose select switch update adjust put",
    "check": "check look read tell show see view verify confirm open find inspect review report",
    "get": "get check look read tell show see view",
    "run": "run running do perform make start take conduct repeat test try check",
    "can": "can try check test send see attempt",
    "reboot": "reboot restart",
    "reset": "reset resetting restore revert",
    "reseat": "reseat reinsert remove eject insert",
    "grant": "grant allow give enable turn switch activate add",
    "make": "make submit complete do send accept approve process",
    "connect": "connect enable activate",
    "disconnect": "disconnect disable deactivate",
    "dismiss": "dismiss clear remove close",
}
"""The words by which a tool's first word is said."""

READING = frozenset({"check", "get", "view", "read", "list", "show", "run", "can"})
"""First words of tools that only look."""

_THINGS = (
    (r"\bwi[- ]?fi\b", "wifi"),
    (r"\b(?:air ?plane|aeroplane|flight)[- ]mode\b", "airplane mode"),
    (r"\b(?:mobile|cellular|cell) data\b", "data"),
    (r"\bdata roaming\b|\broaming data\b", "roaming"),
    (r"\bdata[- ]sav(?:er|ing)\b", "data saver"),
    (r"\bspeedtest\b", "speed test"),
    (r"\baccess point(?: names?)?(?: settings)?\b|\bapns\b", "apn settings"),
    (r"\b(?:preferred network|network preference)(?: (?:mode|type|setting))?\b", "network mode preference"),
    (r"\bnetwork(?: mode)? (?:type|technology|selection)\b", "network mode preference"),
    (r"\b(?:picture|multimedia|photo) messag(?:es?|ing)\b|\bmms messages?\b", "mms"),
    (r"\b(?:messages|sms|text(?:ing| messag(?:es?|ing))?|message) app\b", "messaging app"),
    (r"\bre-(?=seat|insert|enable|start|boot|set)", "re"),
    (
        r"\b(?:take|taking|pull|pulling|pop) (?:out )?(?:your |the )?sim(?: card)?(?: out)?\b",
        "reseat sim card",
    ),
    (
        r"\b(?:turn|switch|power) (?:your |the )?(?:(?:mobile |cell |smart)?phone|device) off,? (?:and|then)"
        r"(?: then)? (?:turn it )?(?:back )?on\b(?: again)?",
        "reboot device",
    ),
    (r"\bpower[- ]cycle\b", "reboot"),
    (r"\b(?:(?:mobile |cell ?|smart ?)phone|handset)\b(?! number)", "device"),
    (r"\b(your|the|my|this) phone(?:'s)?\b(?! (?:numbers?|permissions?|calls?|bill|plan|line|service))", r"\1 device"),
    (r"\bpay(?:ing)?\b", "make payment"),
    (r"\blte\b", "4g"),
    (r"\b(?:allow|let) (.{0,30}\bapp\b)", r"grant permission \1"),
    (r"\baccess(?: to)?\b", "permission"),
)
_PLAIN = tuple((re.compile(pattern), word) for pattern, word in _THINGS)

_WRAPPING = re.compile(
    r"^(?:\W*(?:now|next|then|first|second|third|finally|lastly|also|and|so|ok|okay|great|thanks|thank you|alright|"
    r"perfect|good|after that|afterwards|once done|please|kindly|just|simply|quickly|again|for me|on your device|"
    r"can you|could you|would you(?: mind)?|will you|you (?:can|could|should|must|may|have to)|"
    r"you(?:'ll| will)?(?: also)? (?:need|want) to|i(?:'ll| will)?(?: also)? need you to|i(?:'d| would) like you to|"
    r"i(?:'ll| will)? (?:ask|want) you to|i(?:'d| would)? (?:recommend|suggest)(?: that you)?|try to|try|"
    r"have you tried|go ahead and|let's|let us|be sure to|to start|(?:start|begin) by)\b)+",
)
_ASKS = re.compile(
    r"\b(?:please|kindly|can you|could you|would you|will you|try|need you to|like you to|want you to|ask you to|"
    r"need to|want to|you should|you must|have to|go ahead and|let's|be sure to|make sure|ensure|have you tried|"
    r"i(?:'d| would)? (?:recommend|suggest))\b"
)
_QUESTION = re.compile(
    r"^(?:is|are|do|does|did|has|have|was|what|what's|which|how|any)\b|^(?:can|could) (?:your|the)\b"
)
_LOOKING = re.compile(
    r"^(?:check|look|read|tell|show|see|view|verify|confirm|find out|open|inspect|review|report|let me know|"
    r"(?:double|re)[- ]?check)\b"
)
_ENSURING = re.compile(r"^(?:make sure|ensure|be certain)\b(?: (?:that|you|to)\b)*")
_HEADS = frozenset(
    stem(form) for verb, forms in VERBS.items() for form in forms.split() if form not in ("do", "can", "get")
)
_CONTRAST = re.compile(r",?\s+but\s+|;\s*", re.IGNORECASE)
_JOINT = re.compile(
    r"(,?\s+(?:and then|and after that|then|followed by|and)\s+|,\s+(?:and\s+|then\s+|and then\s+)?|\s*[>→]\s*)",
    re.IGNORECASE,
)
_CONDITIONAL = re.compile(r"\W*(?:if|in case|otherwise|unless)\b", re.IGNORECASE)
_STATES = re.compile(
    r"\b(?:turn\w*|switch\w*|toggle\w*|toggling|flip\w*|set) (?:it |them )?(?:back )?(on|off)\b"
    r"|\b(on|off)\b(?! (?:your|the|my|this|a|an|its|each|both) )"
    r"|\b(?:re)?(enabl|activat|disabl|deactivat)\w*\b"
)


def plain(text: str) -> str:
    """`text` in lower case with everyday names of things replaced by those that tools bear."""
    said = text.lower().replace("’", "'").replace("_", " ")
    for pattern, word in _PLAIN:
        said = pattern.sub(word, said)
    return said


def unwrapped(said: str) -> str:
    """Plain text from its first word of weight on: without polite and ordering words before it."""
    return _WRAPPING.sub("", said).strip(" ,:-–*\n\t")


def asks(said: str) -> bool:
    """Whether plain text holds words by which one asks somebody to do something."""
    return _ASKS.search(said) is not None


def is_question(said: str) -> bool:
    """Whether plain, unwrapped text asks how something is."""
    return _QUESTION.search(said) is not None


def looks(said: str) -> bool:
    """Whether plain, unwrapped text asks for a look at something."""
    return _LOOKING.search(said) is not None


def without_ensuring(said: str) -> tuple[str, bool]:
    """Plain, unwrapped text without "make sure that", and whether it began with it."""
    found = _ENSURING.match(said)
    return (unwrapped(said[found.end() :]), True) if found else (said, False)


def head(said: str) -> str:
    """The stem of the first word of plain, unwrapped text."""
    found = re.match(r"\W*([\w'-]+)", said)
    return stem(found[1]) if found else ""


def states(said: str) -> list[State]:
    """The states, `on` and `off`, that plain text names, in its order."""
    words = (next(group for group in match.groups() if group) for match in _STATES.finditer(said))
    return ["on" if word in ("on", "enabl", "activat") else "off" for word in words]


def parts(text: str) -> Iterator[list[str]]:
    """A text's sentences (at "but" and semicolons cut in two), each as the requests of which it is made.

    A new request begins with a verb or a condition; what begins otherwise belongs to the one before.
    """
    for sentence in sentences(text):
        for part in _CONTRAST.split(sentence):
            pieces = _JOINT.split(part)
            requests = [pieces[0]]
            for joint, piece in zip(pieces[1::2], pieces[2::2], strict=True):
                if head(unwrapped(plain(piece))) in _HEADS or _CONDITIONAL.match(piece):
                    requests.append(piece)
                else:
                    requests[-1] += joint + piece
            yield requests
