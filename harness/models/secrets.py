"""Keys come from the environment or a keyring, and never reach a file: their values are cut out of whatever a provider
says, in the forms in which they come back (plain, escaped for URLs, JSON, HTML or Python, in base64, in hexadecimal).
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec

_NAMES = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS)$")
HIDDEN = re.compile(r"<(\w+)>")
"""What `redact` writes in a value's place."""
_SHORTEST = 8
"""Characters of the shortest value that is taken for a secret."""
_WORD = re.compile(r"[A-Za-z]{1,19}$")
"""`PGPASSWORD=postgres` would cut a word out of everything that is said about databases."""
_KEYRING = "parley"
_FOUND: dict[str, str] = {}
"""Keys that were handed out in this process, by variable: their names need not look like secrets."""


@dataclass(frozen=True, slots=True)
class _Forms:
    """How a value may be written."""

    escaped: re.Pattern[str]
    """The value, whichever of its characters are escaped."""
    telling: str
    """What of it no escape changes: a text without it needs no search."""
    encoded: tuple[str, ...]
    """In base64 and hexadecimal."""


def secret(variable: str) -> str | None:
    """The key that a variable of the environment holds, or else the keyring's entry of that name for `parley`."""
    value = os.environ.get(variable) or _from_keyring(variable)
    if value:
        _FOUND[variable] = value
    return value or None


def redact(text: str) -> str:
    """`text` without secrets: the values of variables that are named like them, and keys that were used."""
    for name, value in _secrets():
        forms = _forms(value)
        if forms.telling in text:
            text = forms.escaped.sub(f"<{name}>", text)
        for form in forms.encoded:
            if form in text:
                text = text.replace(form, f"<{name}>")
    return text


def names_in(text: str) -> Iterator[str]:
    """The variables whose values `redact` would cut out."""
    for name, value in _secrets():
        forms = _forms(value)
        if (forms.telling in text and forms.escaped.search(text)) or any(form in text for form in forms.encoded):
            yield name


def is_secrets_name(variable: str) -> bool:
    """Whether the value of a variable so named is cut out."""
    return variable in _FOUND or _NAMES.search(variable) is not None


def holds_secret(text: str) -> bool:
    """Whether there is anything to cut out."""
    return redact(text) != text


def traces() -> tuple[bytes, ...]:
    """Without one of these in it a text needs no `redact`: to ask often, at little cost."""
    found = (_forms(value) for _, value in _secrets())
    return tuple(trace.encode() for forms in found for trace in (forms.telling, *forms.encoded))


def _secrets() -> Iterator[tuple[str, str]]:
    for name, value in (*os.environ.items(), *_FOUND.items()):
        named = name in _FOUND or (is_secrets_name(name) and _WORD.match(value) is None)
        if named and len(value) >= _SHORTEST:
            yield name, value


@lru_cache(maxsize=256)
def _forms(value: str) -> _Forms:
    data = value.encode("utf-8", "surrogateescape")
    telling = max(re.findall(r"[A-Za-z0-9]*", value), key=len)
    encoded = {data.hex(), data.hex().upper(), *_base64(data)}
    return _Forms(re.compile("".join(map(_character, value))), telling, tuple(sorted(encoded, key=len, reverse=True)))


def _character(character: str) -> str:
    """A pattern for a character and its escapes, those of escapes included."""
    if character.isascii() and character.isalnum():
        return character
    utf8 = character.encode("utf-8", "surrogateescape")
    in_urls = "".join(f"%(?:25)?(?i:{byte:02x})" for byte in utf8)
    utf16 = character.encode("utf-16-be", "surrogatepass").hex()
    in_json = "".join(rf"\\+u(?i:{utf16[at : at + 4]})" for at in range(0, len(utf16), 4))
    itself = r"\\+" if character == "\\" else rf"\\*{re.escape(character)}"
    return rf"(?:{itself}|{in_urls}|{in_json}|&#?\w+;)"


def _base64(data: bytes) -> Iterator[str]:
    """What shows in base64 wherever `data` begins in what was encoded ("user:KEY", "Bearer KEY"), less the characters
    that neighbours shape too."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data).decode().rstrip("=")
        own = encoded[-(-before * 4 // 3) if before else 0 :]
        own = own if (before + len(data)) % 3 == 0 else own[:-1]
        yield own
        yield own.replace("+", "-").replace("/", "_")


def _from_keyring(variable: str) -> str | None:
    if find_spec("keyring") is None:
        return None
    import keyring
    from keyring.errors import KeyringError

    try:
        value: str | None = keyring.get_password(_KEYRING, variable)
    except KeyringError:
        # No keyring is open here: as if nothing were in it.
        return None
    return value
