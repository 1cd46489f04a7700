"""What the user of a generated telecom task is told, and the ticket for an agent that plays alone: our own words.

The user knows symptoms and circumstances, never causes; two things are agreed to beforehand, adding data and
paying an overdue bill, so that a task doesn't hang on a simulator's whim.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from harness.core.task import Fact, UserScenario
from harness.packs.telecom_acts import Account
from harness.packs.telecom_issues import Family, Intent, Issue


class Persona(StrEnum):
    """How hard the user is to work with."""

    NONE = "None"
    """Nothing is said about the user."""
    EASY = "Easy"
    HARD = "Hard"


PERSONAS: Final[Mapping[Persona, tuple[str, ...]]] = MappingProxyType(
    {
        Persona.NONE: ("",),
        Persona.EASY: (
            "You are 41 and run an office's paperwork. The phone is a tool to you: calls, messages, the usual apps. "
            "Menus that you have never opened don't scare you as long as somebody tells you the way. You are "
            "friendly, take one step at a time, and say what came of it.",
            "You are 35 and teach at a primary school. You find your way around a phone's settings if you hear what "
            "they are called. You listen, do what you are asked, and repeat in your own words what you see.",
            "You are 52 and drive a delivery van. You know your phone from daily use, no more than that. You are "
            "calm and good-humoured, and ask when you haven't understood something.",
        ),
        Persona.HARD: (
            "You are 64 and have retired from a library. You own the phone to call, to write, and to take pictures "
            "of your grandchildren; everything beyond that unsettles you. Abbreviations such as VPN or APN mean "
            "nothing to you. You say little unless you are asked, lose the thread when several things are asked at "
            "once, and keep asking, worried, whether your pictures could be lost: before a restart most of all.",
            "You are 71 and used to keep a garden centre. Somebody in your family set the phone up for you. You "
            "take every strange word for a trap, want to be told twice that nothing breaks, and answer beside the "
            "point when you are nervous.",
            "You are 58, you cook in a canteen, and you have had bad days with service desks. You expect to be sent "
            "round in circles, doubt each step aloud before you take it, and need it explained without technical "
            "words.",
        ),
    }
)
"""Portraits by persona; upstream's tasks get the first."""

REQUESTS: Final[Mapping[Intent, tuple[str, ...]]] = MappingProxyType(
    {
        Intent.SERVICE: (
            "Hello, my phone has shown no service for hours. I can't call anybody. Can you get it working again?",
            "Hi, there is no signal on my phone any more, since this morning. Please help me.",
            "Good day. My phone is dead to the network: no calls, nothing. What can be done?",
        ),
        Intent.DATA: (
            "Hello, the internet on my phone doesn't work properly: either nothing loads, or it crawls. I have no "
            "Wi-Fi here and want it really fast again.",
            "Hi, mobile internet on my phone is no good any more, and there is no Wi-Fi around. I need full speed.",
            "Good day. Pages don't load on my phone, or take ages. I want the fast connection that I pay for.",
        ),
        Intent.MMS: (
            "Hello, for some hours now I haven't been able to send picture messages from my phone. Can you help me?",
            "Hi, my messaging app won't send photos any more. I'd like to get one out today.",
            "Good day. Picture messages don't go out from my phone. Could you look into it with me?",
        ),
    }
)
"""Openings by intent; upstream's tasks get the first."""

_ABOUT = {
    Intent.SERVICE: "Your phone has shown no service for some hours, and you want to make calls again. You are "
    "content once the phone has signal, and not before.",
    Intent.DATA: "Mobile data on your phone fails, or is slow, and you have no Wi-Fi. You want excellent speed: you "
    "are content once a speed test says excellent, and with poor, fair or good you go on asking.",
    Intent.MMS: "For some hours your messaging app hasn't been able to send picture messages (MMS). You are content "
    "once your phone shows that it can send them.",
}
_REFUELING = "If your data is used up, you let {gb:g} GB be added at the usual price. You don't want another plan."
_PAYING = "If the agent asks you to pay an overdue bill, you do."
_CONDUCT = (
    "You don't know the cause, and you look at nothing and change nothing on the phone before you are asked to. "
    "When you are asked, use your tools, and tell what they show and nothing else; if a tool doesn't say how things "
    "stand now, look with another one. If you aren't sure what the agent wants you to do, ask. If a step didn't help, "
    "go along with the next, and let it be heard, mildly, that you had hoped for more."
)


@dataclass(frozen=True, slots=True)
class Wording:
    """How a task is told."""

    persona: str
    """One of `PERSONAS`."""
    request: str
    """One of `REQUESTS`."""
    memories: bool = False
    """Whether the user remembers how the faults came about."""


def place(issues: Sequence[Issue], account: Account) -> str:
    """Where the user is."""
    return account.abroad if any(issue.abroad for issue in issues) else account.home


def scenario(family: Family, issues: Sequence[Issue], account: Account, wording: Wording) -> UserScenario:
    """The user of a task."""
    here = place(issues, account)
    paragraphs = (
        _ABOUT[family.intent],
        f"You are {account.name}, your number is {account.phone_number}, and you are {here}.",
        _consent(family, account),
        _CONDUCT,
    )
    hopeless = any(issue.mends is None for issue in issues)
    return UserScenario(
        instructions="\n\n".join(paragraphs),
        persona=wording.persona,
        facts=tuple(_facts(family, issues, account, wording)),
        # A user whom nobody here can help has nothing to wait for.
        done_when=() if hopeless else (family.done_when,),
    )


def ticket(family: Family, issues: Sequence[Issue], account: Account) -> str:
    """The task for an agent that plays without a user."""
    trouble = {
        Intent.SERVICE: "The phone shows no service. Solved when it is connected to the network again.",
        Intent.DATA: "Mobile data fails or is slow, there is no Wi-Fi. Solved when a speed test says excellent.",
        Intent.MMS: "The messaging app can't send picture messages (MMS). Solved when it can.",
    }[family.intent]
    consent = {
        Intent.SERVICE: "The customer agrees to pay overdue bills.",
        Intent.DATA: f"The customer agrees to {account.refuel_gb:g} GB more data if need be, and to no other plan.",
    }
    who = f"Customer {account.name}, phone number {account.phone_number}, {place(issues, account)}."
    return f"{who} {trouble} {consent.get(family.intent, consent[Intent.DATA])}"


def _consent(family: Family, account: Account) -> str:
    return _PAYING if family.intent is Intent.SERVICE else _REFUELING.format(gb=account.refuel_gb)


def _facts(family: Family, issues: Sequence[Issue], account: Account, wording: Wording) -> Iterator[Fact]:
    yield Fact(topic="your name", answer=f"I'm {account.name}.", ask=("who am I speaking with", "full name"))
    number = f"It's {account.phone_number}."
    yield Fact(topic="phone number", answer=number, ask=("number of the line", "which line", "mobile number"))
    where = f"I'm {place(issues, account)}."
    yield Fact(topic="location", answer=where, ask=("where are you", "travelling", "abroad", "outside the country"))
    if family.intent is Intent.SERVICE:
        yield Fact(topic="paying the bill", answer="Yes, I'll pay it.", ask=("pay", "overdue bill", "payment request"))
    else:
        amount = f"{account.refuel_gb:g} GB, please."
        yield Fact(
            topic="how much data to add", answer=amount, ask=("refuel", "gigabytes", "GB", "add data", "more data")
        )
        yield Fact(topic="the price", answer="Yes, I agree to that price.", ask=("dollars", "cost", "charge"))
        yield Fact(topic="another plan", answer="No, I'll keep my plan.", ask=("change plan", "upgrade", "other plan"))
        yield Fact(topic="Wi-Fi", answer="I have no Wi-Fi here.", ask=("wireless network", "wifi"))
    if wording.memories:
        told = " ".join(dict.fromkeys(issue.memory for issue in issues))
        yield Fact(topic="what happened", answer=told, ask=("what changed", "when did it start", "happened before"))
