"""Property lists as JSON, without loss.

A shortcut file is a property list, which has bytes, dates and references of archives beside what JSON has. They become
objects with the one key `$plist`, and an object of the file that has this key is wrapped the same way, so that reading
and writing back gives an equal tree. JSON's null has no counterpart in a property list.
"""

from __future__ import annotations

import base64
import binascii
import plistlib
from datetime import UTC, datetime
from typing import cast

from pydantic import JsonValue

from harness.core.errors import InputError
from harness.core.parsing import JsonObject

_MARK = "$plist"
_DEEPEST = 200
_LARGEST = 2**64


class NotPlist(ValueError):
    """A value that no property list can hold; the message says where and why."""


def to_json(value: object, depth: int = 0) -> JsonValue:
    """A tree as `plistlib` reads it, as JSON.

    Raises:
        NotPlist: it is nested too deeply, or holds what no property list does.
    """
    if depth > _DEEPEST:
        raise NotPlist(f"it is nested deeper than {_DEEPEST} levels")
    match value:
        case bool() | int() | float() | str():
            return value
        case bytes() | bytearray():
            return {_MARK: {"data": base64.b64encode(value).decode()}}
        case datetime():
            return {_MARK: {"date": value.isoformat()}}
        case plistlib.UID():
            return {_MARK: {"uid": value.data}}
        case list() | tuple():
            return [to_json(item, depth + 1) for item in value]
        case dict():
            held: JsonObject = {str(key): to_json(item, depth + 1) for key, item in value.items()}
            return {_MARK: {"dict": held}} if _MARK in held else held
        case _:
            raise NotPlist(f"it holds a {type(value).__name__}")


def from_json(value: JsonValue, where: str = "", depth: int = 0) -> object:
    """The reverse of `to_json`.

    Raises:
        NotPlist: there is a null, a number that is too large, or a `$plist` that isn't one.
    """
    place = where or "the top"
    if depth > _DEEPEST:
        raise NotPlist(f"it is nested deeper than {_DEEPEST} levels")
    match value:
        case None:
            raise NotPlist(f"{place}: null has no form in a property list")
        case bool() | float():
            return value
        case int():
            if not -(_LARGEST // 2) <= value < _LARGEST:
                raise NotPlist(f"{place}: the number {str(value)[:30]} has more than 64 bits")
            return value
        case str():
            return value
        case list():
            return [from_json(item, f"{where}[{number}]", depth + 1) for number, item in enumerate(value)]
        case dict() if value.keys() == {_MARK}:
            return _marked(value[_MARK], place, depth)
        case dict():
            return {key: from_json(item, f"{where}.{key}".lstrip("."), depth + 1) for key, item in value.items()}


def _marked(value: JsonValue, place: str, depth: int) -> object:
    try:
        match value:
            case {"data": str(text)}:
                return base64.b64decode(text, validate=True)
            case {"date": str(text)}:
                found = datetime.fromisoformat(text)
                # Property lists hold UTC, without saying so.
                return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
            case {"uid": int(number)}:
                return plistlib.UID(number)
            case {"dict": dict(held)}:
                return {key: from_json(item, f"{place}.{key}", depth + 1) for key, item in held.items()}
    except (ValueError, binascii.Error) as error:
        raise NotPlist(f"{place}: {_MARK}: {error}") from None
    raise NotPlist(f"{place}: {_MARK} holds neither data, date, uid nor dict")


def read_plist(data: bytes, where: str) -> JsonValue:
    """A property list, binary or XML.

    Raises:
        InputError: it is none, or is damaged.
    """
    try:
        return to_json(plistlib.loads(data))
    except NotPlist as error:
        raise InputError(f"{where}: {error}") from None
    except RecursionError:
        raise InputError(f"{where}: it is nested deeper than {_DEEPEST} levels") from None
    except Exception as error:  # noqa: BLE001 - boundary: plistlib raises a dozen kinds over damaged files
        raise InputError(f"{where}: not a property list ({type(error).__name__}: {str(error)[:100]})") from None


def write_plist(value: JsonValue, where: str, *, binary: bool) -> bytes:
    """A property list's bytes.

    Raises:
        InputError: the value has no form in one.
    """
    form = plistlib.FMT_BINARY if binary else plistlib.FMT_XML
    try:
        return plistlib.dumps(cast("dict[str, object]", from_json(value)), fmt=form, sort_keys=False)
    except NotPlist as error:
        raise InputError(f"{where}: {error}", hint="write it as JSON, which has a form for it") from None
    except (ValueError, OverflowError, TypeError) as error:
        # Such as control characters, which XML has no form for.
        raise InputError(f"{where}: {error}", hint="write it as a binary property list or as JSON") from None
