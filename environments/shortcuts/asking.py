"""Questions to the user, and what their answers mean.

A question is the shortcut's own prompt, with the options where there are some. People answer in words, so
an answer is understood generously: an option by its name anywhere in the answer or by its number, a
number or a date wherever it stands. What can't be understood stops the action, it isn't guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from environments.shortcuts.coercion import first_number, urls_of
from environments.shortcuts.dates import read_date
from environments.shortcuts.running import ActionError, Run, RunErrorKind
from environments.shortcuts.values import Item, Url, Value

MAX_OPTIONS = 200
"""Options that one question may offer."""
_LONGEST_ANSWER = 4_000


async def choose(run: Run, prompt: str, options: Sequence[str]) -> int:
    """Ask the user for one of `options`; its position.

    Raises:
        ActionError: there is nothing to choose from, or the answer names no option.
    """
    if not options or len(options) > MAX_OPTIONS:
        problem = f"there must be 1 to {MAX_OPTIONS} options to choose from, not {len(options)}"
        raise ActionError(RunErrorKind.BAD_PARAMETER, problem)
    question = f"{prompt or 'Which one?'}\nOptions: {'; '.join(options)}"
    answer = await run.ask(question)
    found = chosen(answer, options)
    if found is None:
        raise ActionError(RunErrorKind.BAD_ANSWER, f"the user answered {answer[:80]!r}, which is none of the options")
    return found


def chosen(answer: str, options: Sequence[str]) -> int | None:
    """Which option an answer names: exactly, as the longest one among its words, or by its number from 1."""
    said = " ".join(answer[:_LONGEST_ANSWER].casefold().split())
    plain = [" ".join(option.casefold().split()) for option in options]
    if said in plain:
        return plain.index(said)
    named = [
        (len(option), -position)
        for position, option in enumerate(plain)
        if option and re.search(rf"(?<!\w){re.escape(option)}(?!\w)", said)
    ]
    if named:
        return -max(named)[1]
    digits = re.fullmatch(r"(?:number |option )?(\d{1,3})\.?", said, flags=re.A)
    return int(digits[1]) - 1 if digits and 1 <= int(digits[1]) <= len(options) else None


async def ask_for(run: Run, prompt: str, input_type: str, default: Value) -> Value:
    """Ask the user for a text, number, date, time or URL; `default` where the answer is empty.

    Raises:
        ActionError: the answer holds nothing of that type.
    """
    answer = await run.ask(prompt or "What should be used?")
    if not answer:
        return default
    found: Item | None
    match input_type:
        case "Number":
            found = first_number(answer)
        case "Date" | "Date and Time" | "Time":
            found = read_date(answer, run.clock)
        case "URL":
            found = next(iter(urls_of((answer,))), Url(answer))
        case _:
            found = answer
    if found is None:
        problem = f"the user answered {answer[:80]!r}, which holds no {input_type.lower()}"
        raise ActionError(RunErrorKind.BAD_ANSWER, problem)
    return (found,)
