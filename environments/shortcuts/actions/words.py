"""Speech, languages, emoji, and groups of matches."""

from __future__ import annotations

import re
import unicodedata

from environments.shortcuts.coercion import item_text
from environments.shortcuts.records import Phrase
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import Run
from environments.shortcuts.values import NOTHING, Match, Value

_TEXT = Parameter("WFInput", ParameterType.TEXT, "The text.", is_input=True, aliases=("text",))


@action(
    "text.match.getgroup",
    "Text",
    "Takes groups out of the matches that Match Text found.",
    Parameter("matches", ParameterType.ANY, "The matches.", is_input=True, aliases=("WFInput",)),
    Parameter("WFGetGroupType", ParameterType.ENUM, "Which.", "Group At Index", ("Group At Index", "All Groups")),
    Parameter("WFGroupIndex", ParameterType.NUMBER, "The group, from 1.", 1),
    output="Text",
)
def groups(run: Run, given: Arguments) -> Value:
    """The groups of each match."""
    every = given.choice("WFGetGroupType") == "All Groups"
    place = given.integer("WFGroupIndex", least=0, most=1_000)
    found: list[str] = []
    for item in given.value("matches"):
        held = item.groups if isinstance(item, Match) else ()
        if every:
            found += held
        else:
            found += [item_text(item, run.clock)] if place == 0 else held[place - 1 : place]
    return tuple(found)


@action(
    "text.translate",
    "Text",
    "Translates texts, as far as the device's dictionary goes.",
    Parameter("WFInputText", ParameterType.TEXT, "The texts.", is_input=True, aliases=("WFInput",)),
    Parameter("WFSelectedFromLanguage", ParameterType.TEXT, "From which language."),
    Parameter("WFSelectedLanguage", ParameterType.TEXT, "To which language."),
    output="Translated Text",
)
def translate(run: Run, given: Arguments) -> Value:
    """The texts in the other language; what the dictionary doesn't have is left out, with a remark."""
    wanted = given.text("WFSelectedLanguage").strip().casefold()
    found: list[str] = []
    for text in given.texts("WFInputText"):
        known = next(
            (
                phrase.translation
                for phrase in run.world.device.table(Phrase)
                if _plain(phrase.text) == _plain(text) and wanted[:2] == phrase.language.casefold()[:2]
            ),
            None,
        )
        if known is None:
            run.remarks.append(f"there is no translation of {text[:60]!r} on this device")
        else:
            found.append(known)
    return tuple(found)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip(".!?")


_COMMON = {
    "English": ["the", "and", "is", "are", "of", "to", "in", "you", "it", "that", "for", "with", "not", "this", "have"],
    "German": [
        "der",
        "die",
        "das",
        "und",
        "ist",
        "nicht",
        "ein",
        "eine",
        "zu",
        "mit",
        "von",
        "auf",
        "ich",
        "sie",
        "wir",
    ],
    "French": [
        "le",
        "la",
        "les",
        "et",
        "est",
        "pas",
        "une",
        "dans",
        "pour",
        "que",
        "vous",
        "je",
        "nous",
        "avec",
        "sur",
    ],
    "Spanish": ["el", "la", "los", "y", "es", "no", "una", "en", "para", "que", "con", "por", "se", "del", "yo"],
    "Italian": ["il", "la", "di", "e", "non", "un", "una", "per", "che", "con", "sono", "del", "della", "gli", "io"],
    "Portuguese": ["o", "a", "os", "e", "não", "uma", "em", "para", "que", "com", "por", "do", "da", "eu", "se"],
    "Dutch": ["de", "het", "een", "en", "is", "niet", "van", "ik", "te", "dat", "op", "voor", "met", "zijn", "je"],
    "Swedish": ["och", "att", "det", "är", "en", "som", "på", "för", "inte", "jag", "med", "har", "den", "av", "ett"],
}
_SCRIPTS = (("HIRAGANA", "Japanese"), ("KATAKANA", "Japanese"), ("HANGUL", "Korean"), ("CJK", "Chinese"),
            ("CYRILLIC", "Russian"), ("ARABIC", "Arabic"), ("HEBREW", "Hebrew"), ("GREEK", "Greek"),
            ("THAI", "Thai"), ("DEVANAGARI", "Hindi"))  # fmt: skip
_READ = 2_000


@action("detectlanguage", "Text", "Tells in which language texts are.", _TEXT, output="Language")
def language(run: Run, given: Arguments) -> Value:
    """The language's name, by the letters and the most common words; nothing where nothing tells."""
    found = (_language(text[:_READ]) for text in given.texts("WFInput"))
    return tuple(name for name in found if name)


def _language(text: str) -> str:
    for letter in text:
        name = unicodedata.name(letter, "")
        known = next((language for script, language in _SCRIPTS if name.startswith(script)), None)
        if known:
            return known
    words = re.findall(r"\w+", text.casefold())
    scores = {name: sum(word in common for word in words) for name, common in _COMMON.items()}
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] else ""


@action("getnameofemoji", "Text", "Tells what emoji are called.", _TEXT, output="Name of Emoji")
def emoji_name(run: Run, given: Arguments) -> Value:
    """Their names, in small letters."""
    letters = (letter for text in given.texts("WFInput") for letter in text[:_READ] if ord(letter) > 0x2000)
    names = (unicodedata.name(letter, "") for letter in letters if unicodedata.category(letter) == "So")
    return tuple(name.lower() for name in names if name)


_SPEAK = tuple(
    Parameter(f"WFSpeakText{name}", ParameterType.ANY, "How it sounds.")
    for name in ("Rate", "Pitch", "Language", "Voice")
)


@action(
    "speaktext",
    "Text",
    "Reads a text aloud.",
    Parameter("WFText", ParameterType.TEXT, "The text.", is_input=True, aliases=("WFInput",)),
    Parameter("WFSpeakTextWait", ParameterType.BOOLEAN, "Whether the shortcut waits.", True),
    *_SPEAK,
)
def speak(run: Run, given: Arguments) -> None:
    """The user hears it."""
    run.show(given.text("WFText"))


@action(
    "dictatetext",
    "Text",
    "Listens to what the user says.",
    Parameter("WFSpeechLanguage", ParameterType.TEXT, "In which language."),
    Parameter("WFDictateTextStopListening", ParameterType.TEXT, "Until when.", "After Pause"),
    output="Dictated Text",
)
async def dictate(run: Run, given: Arguments) -> Value:
    """What the user says."""
    said = await run.ask("Please say it now.")
    return (said,) if said else NOTHING
