"""Questions to the user, and what their answers mean.

A question is the shortcut's own prompt, with the options where there are some. People answer in words, so
an answer is understood generously: an option by its name anywhere in the answer or by its number, a
number or a date wherever it stands. What can't be understood stops the action, it isn't guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from environments.shortcuts.coercion import first_number, urls_of
from environments.shortcuts.dates import read_date
from environments.shortcuts.device import E
from environments.shortcuts.running import ActionError, Run, RunErrorKind
from environments.shortcuts.values import Item, Url, Value

MAX_OPTIONS = 200
"""Options that one question may offer."""
_LONGEST_ANSWER = 4_000
_LISTED = 50
"""Names that a question lists of what can be picked."""


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


async def choose_several(run: Run, prompt: str, options: Sequence[str]) -> list[int]:
    """Ask the user for any number of `options`; their positions, in the order of the options.

    Raises:
        ActionError: there is nothing to choose from, or the answer names no option.
    """
    if not options or len(options) > MAX_OPTIONS:
        problem = f"there must be 1 to {MAX_OPTIONS} options to choose from, not {len(options)}"
        raise ActionError(RunErrorKind.BAD_PARAMETER, problem)
    answer = await run.ask(f"{prompt or 'Which ones?'}\nOptions (several may be named): {'; '.join(options)}")
    found = chosen_several(answer, options)
    if found is None:
        raise ActionError(RunErrorKind.BAD_ANSWER, f"the user answered {answer[:80]!r}, which is none of the options")
    return found


def chosen_several(answer: str, options: Sequence[str]) -> list[int] | None:
    """Which options an answer names: `all`, `none`, every name in it (not those inside a longer one that is there,
    too), or numbers from 1."""
    said = " ".join(answer[:_LONGEST_ANSWER].casefold().split()).strip(".!")
    if said in ("all", "all of them", "everything", "both"):
        return list(range(len(options)))
    if said in ("none", "none of them", "nothing", ""):
        return []
    found: list[int] = []
    rest = said
    plain = [" ".join(option.casefold().split()) for option in options]
    for place in sorted(range(len(plain)), key=lambda place: -len(plain[place])):
        pattern = rf"(?<!\w){re.escape(plain[place])}(?!\w)"
        if plain[place] and re.search(pattern, rest):
            rest = re.sub(pattern, " ", rest, count=1)
            found.append(place)
    if found:
        return sorted(found)
    parts = re.split(r"(?:,|;| and | )+", said)
    if all(re.fullmatch(r"\d{1,3}", part, flags=re.A) and 1 <= int(part) <= len(options) for part in parts):
        return sorted({int(part) - 1 for part in parts})
    return None


async def pick(run: Run, prompt: str, entries: Sequence[E], names: Sequence[str], *, several: bool) -> tuple[E, ...]:
    """Let the user pick stored entries: on the phone, by their own tool, or by naming them in the answer.

    Who has picked before isn't asked.

    Raises:
        ActionError: there is nothing to pick from, or nothing was picked.
    """
    if not entries:
        raise ActionError(RunErrorKind.NOT_FOUND, "there is nothing on the device to pick from")
    answer = ""
    if not run.world.device.picked:
        listed = "; ".join(names[:_LISTED]) + ("; …" if len(names) > _LISTED else "")
        answer = await run.ask(f"{prompt}\nOptions: {listed}")
    picked = run.world.device.picked
    run.world.by_hand(lambda device: replace(device, picked=()))
    if picked:
        by_id = {entry.id: entry for entry in entries}
        found = [by_id[key] for key in picked if key in by_id]
        if not found:
            raise ActionError(RunErrorKind.BAD_ANSWER, "the user picked something of another kind")
        return tuple(found if several else found[:1])
    short = [name.rpartition("/")[2] for name in names]  # nobody says the folders of a file
    if several:
        places = chosen_several(answer, names) or chosen_several(answer, short) or []
    else:
        one = chosen(answer, names)
        one = chosen(answer, short) if one is None else one
        places = [] if one is None else [one]
    if not places:
        raise ActionError(RunErrorKind.BAD_ANSWER, f"the user answered {answer[:80]!r}, and picked nothing")
    return tuple(entries[place] for place in places)


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
