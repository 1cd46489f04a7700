"""Keys come from the environment or a keyring, and never reach a file: their values are cut out of whatever a provider
says, in the forms in which they come back (plain, in URLs, JSON, base64, hexadecimal).
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from urllib.parse import quote, quote_plus

_NAMES = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS)$")
_SHORTEST = 8
"""Characters of the shortest value that is taken for a secret."""
_WORD = re.compile(r"[A-Za-z]{1,19}$")
"""`PGPASSWORD=postgres` would cut a word out of everything that is said about databases."""
_KEYRING = "parley"
_FOUND: dict[str, str] = {}
"""Keys that were handed out in this process, by variable: their names need not look like secrets."""


def secret(variable: str) -> str | None:
    """The key that a variable of the environment holds, or else the keyring's entry of that name for `parley`."""
    value = os.environ.get(variable) or _from_keyring(variable)
    if value:
        _FOUND[variable] = value
    return value or None


def redact(text: str) -> str:
    """`text` without secrets: the values of variables that are named like them, and keys that were used."""
    for name, forms in _secrets():
        for form in forms:
            if form in text:
                text = text.replace(form, f"<{name}>")
    return text


def secret_forms() -> tuple[bytes, ...]:
    """What `redact` would cut out: to ask often, at little cost, whether there is anything to do."""
    return tuple(form.encode("utf-8", "surrogateescape") for _, forms in _secrets() for form in forms)


def holds_secret(text: str) -> bool:
    """Whether there is anything to cut out."""
    return redact(text) != text


def _secrets() -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, value in (*os.environ.items(), *_FOUND.items()):
        named = name in _FOUND or (_NAMES.search(name) is not None and _WORD.match(value) is None)
        if named and len(value) >= _SHORTEST:
            yield name, _forms(value)


@lru_cache(maxsize=256)
def _forms(value: str) -> tuple[str, ...]:
    """Every way in which a value is likely to be written, the longest first."""
    data = value.encode("utf-8", "surrogateescape")
    ascii_json, utf8_json = (json.dumps(value, ensure_ascii=ascii_)[1:-1] for ascii_ in (True, False))
    in_urls = {quoting(value, safe=safe, errors="replace") for quoting in (quote, quote_plus) for safe in ("", "/")}
    forms = {
        value,
        ascii_json,
        utf8_json,
        ascii_json.replace("/", "\\/"),
        utf8_json.replace("/", "\\/"),
        repr(value)[1:-1],
        *in_urls,
        *(re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), text) for text in in_urls),
        data.hex(),
        data.hex().upper(),
        *_base64(data),
    }
    # Twice escaped: JSON in a JSON text, or in Python's repr.
    forms |= {json.dumps(form)[1:-1] for form in forms}
    return tuple(sorted((form for form in forms if len(form) >= _SHORTEST), key=len, reverse=True))


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
