"""The signals by which a model that plays a user ends the conversation, read as models really write them.

The tokens are τ²'s, so that a model tuned on it works here. `harness.models.speaker` reads them as they should
be written; this module reads the rest: other case, blanks, underscores, hashes missing. A message with tool
calls never ends anything.

One signal is held back: the consent. Where the agent asks for a go-ahead and the user gives it, an end in the
same message would leave the agent no turn to do it. Upstream's users lose tasks this way (its issue 182).
"""

from __future__ import annotations

import re

from harness.core.message import Message, Stop

_NAMES = {"stop": Stop.DONE, "transfer": Stop.TRANSFER, "outofscope": Stop.OUT_OF_SCOPE}
_NAME = r"(STOP|TRANSFER|OUT[-_ ]?OF[-_ ]?SCOPE)"
_TOKEN = re.compile(
    # Hashes on both sides in any case; on one side only in capitals and at the end of a line, since
    # "### Stop" may be a heading.
    rf"[*`]*(?:#{{2,}}\s*{_NAME}\s*#{{2,}}|(?-i:#{{3,}}\s*{_NAME}(?=[*`.\s]*(?:\n|$)))|(?-i:\b{_NAME}#{{3,}}))[*`]*",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"^\W*(yes|yeah|yep|sure|ok|okay|certainly|absolutely|of course|definitely|correct|please|go ahead|sounds good|"
    r"that works|that's (fine|right|correct)|i (agree|confirm|accept))\b",
    re.IGNORECASE,
)
_ASKS_FOR_IT = re.compile(
    r"\b(confirm|proceed|go ahead|shall i|should i|may i|can i|could i|would you like( me)?|do you want( me)?|"
    r"is (that|this) (ok|okay|all right|alright|fine|correct)|do you (agree|accept|authori[sz]e)|yes/no|yes or no)\b",
    re.IGNORECASE,
)
_NOTHING_LEFT = re.compile(
    r"\b(anything|something) (else|more)\b|\bfurther (questions|help|assistance)\b", re.IGNORECASE
)


def read_signal(message: Message) -> Message:
    """The message with the end that its words signal, and without the token."""
    if message.tool_calls or message.stop is not None:
        return message
    found = list(_TOKEN.finditer(message.text))
    if not found:
        return message
    name = re.sub(r"[-_ ]", "", next(group for group in found[0].groups() if group)).lower()
    update = {"text": _TOKEN.sub("", message.text).strip(), "stop": _NAMES[name], "raw": message.raw or message.text}
    return message.model_copy(update=update)


def hold_back_consent(message: Message, heard: str) -> Message:
    """The message without its end where it consents to what the agent, who said `heard`, is yet to do."""
    asked = heard.strip()[-_TAIL:]
    consents = message.stop is Stop.DONE and _CONSENT.search(message.text) is not None
    if consents and "?" in asked and _ASKS_FOR_IT.search(asked) and not _NOTHING_LEFT.search(asked):
        return message.model_copy(update={"stop": None})
    return message


_TAIL = 400
"""Characters at the end of what the agent said in which a question for a go-ahead stands."""
