"""Templates, and how strangers' text gets into a page: escaped by Jinja2, and with nothing in it that doesn't show."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue

from leaderboard.charts import percent

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent
_HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""What turns the direction of text, doesn't show, or isn't allowed in HTML; tabs and line feeds are fine."""
_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


@cache
def templates() -> Environment:
    """The site's templates."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(
        shown=shown, percent=percent, money=money, short=short_hash, island=island, seconds=seconds, number=number
    )
    return made


def shown(text: str) -> str:
    """A stranger's text with each hidden character spelt out, as `[U+202E]`."""
    return _HIDDEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def money(dollars: float | None) -> str:
    """A cost for people."""
    if dollars is None:
        return "unknown"
    return "$0" if dollars == 0 else f"${dollars:.4f}" if dollars < 1 else f"${dollars:,.2f}"


def seconds(value: float) -> str:
    """A time for people."""
    return f"{value:.1f} s" if value < 100 else f"{value / 60:.1f} min"


def number(value: float) -> str:
    """A mean count for people."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def short_hash(hash_: str) -> str:
    """The beginning of a hash, enough to tell it from others."""
    return hash_.removeprefix("sha256:")[:12]


def island(value: JsonValue) -> str:
    """A JSON value for a `<script type="application/json">`: no character in it can end that element.

    The template marks it as safe; nothing else in the site is marked so.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return "".join(_UNSAFE.get(character, character) for character in text) if _needs(text) else text


def _needs(text: str) -> bool:
    return any(character in text for character in _UNSAFE)
