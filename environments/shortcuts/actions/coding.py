"""Text in other codings: Base64, percent escapes, digests."""

from __future__ import annotations

import base64
import binascii
import hashlib
from urllib.parse import quote, unquote

from environments.shortcuts.coercion import file_of, item_text
from environments.shortcuts.records import File
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import Run
from environments.shortcuts.values import NOTHING, Item, Value, checked_text, clean

_MODES = ("Encode", "Decode")
_BREAKS = {"None": 0, "Every 64 Characters": 64, "Every 76 Characters": 76}
_DIGESTS = {"MD5": "md5", "SHA1": "sha1", "SHA256": "sha256", "SHA512": "sha512"}


def _bytes(item: Item, run: Run) -> bytes:
    file = file_of(item, run.clock)
    text = file.text if isinstance(file, File) and isinstance(item, File) else item_text(item, run.clock)
    return text.encode()


@action(
    "base64encode",
    "Scripting",
    "Encodes or decodes text or files in Base64.",
    Parameter("WFEncodeMode", ParameterType.ENUM, "Which.", "Encode", _MODES),
    Parameter("WFBase64LineBreakMode", ParameterType.ENUM, "Lines of the code.", "Every 76 Characters", tuple(_BREAKS)),
    Parameter("WFInput", ParameterType.ANY, "What.", is_input=True),
    output="Base64 Encoded",
)
def base64_code(run: Run, given: Arguments) -> Value:
    """The code, or the text that it was."""
    items = given.value("WFInput")
    if given.choice("WFEncodeMode") == "Encode":
        width = _BREAKS[given.choice("WFBase64LineBreakMode")]
        codes = (base64.b64encode(_bytes(item, run)).decode() for item in items)
        return tuple(checked_text(_wrapped(code, width)) for code in codes)
    return tuple(text for item in items if (text := _decoded(item_text(item, run.clock))) is not None)


def _wrapped(code: str, width: int) -> str:
    # Apple's lines end as those of mails do.
    return "\r\n".join(code[start : start + width] for start in range(0, len(code), width)) if width else code


def _decoded(code: str) -> str | None:
    compact = "".join(code.split())
    try:
        data = base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return clean(data.decode(errors="replace"))


@action(
    "urlencode",
    "Web",
    "Encodes or decodes text for use in an address.",
    Parameter("WFEncodeMode", ParameterType.ENUM, "Which.", "Encode", _MODES),
    Parameter("WFInput", ParameterType.ANY, "The text.", is_input=True),
    output="URL Encoded Text",
)
def url_code(run: Run, given: Arguments) -> Value:
    """Each item's text with, or without, percent escapes."""
    encode = given.choice("WFEncodeMode") == "Encode"
    texts = given.texts("WFInput")
    return tuple(checked_text(quote(text, safe="") if encode else clean(unquote(text))) for text in texts)


@action(
    "hash",
    "Scripting",
    "Gives a digest of text or files.",
    Parameter("WFHashType", ParameterType.ENUM, "Which.", "MD5", tuple(_DIGESTS)),
    Parameter("WFInput", ParameterType.ANY, "What.", is_input=True),
    output="Hash",
)
def digest(run: Run, given: Arguments) -> Value:
    """The digest in hexadecimal digits."""
    name = _DIGESTS[given.choice("WFHashType")]
    items = given.value("WFInput")
    if not items:
        return NOTHING
    # Nothing secret depends on it: a shortcut asks for what Apple's action gives.
    return tuple(hashlib.new(name, _bytes(item, run), usedforsecurity=False).hexdigest() for item in items)
