"""What a question wants to know, by everyday words for it: a period, a number of entries, a limit, a measure, a kind.

Nothing here knows a task. A question may want several things; the clearest words come first. `looks` says the same of a
piece of reference SQL, so that a question in other words than the request's still finds its point.
"""

from __future__ import annotations

import re
from enum import StrEnum


class Intent(StrEnum):
    """A kind of thing that is asked for."""

    PERIOD = "period"
    NUMBER = "number"
    """Of entries."""
    THRESHOLD = "threshold"
    MEASURE = "measure"
    CATEGORY = "category"
    ORDER = "order"
    LEVEL = "level"
    """What one line stands for."""
    OUTPUT = "output"
    """What a line shows."""
    ROUNDING = "rounding"
    MISSING = "missing"
    UNMATCHED = "unmatched"


def _any(*alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(alternatives)})(?!\w)", re.IGNORECASE)


_THINGS = "(?:entries|rows|lines|results|items|records)"
_ASKED: tuple[tuple[Intent, re.Pattern[str]], ...] = (
    (Intent.ROUNDING, _any(r"round\w*", "decimals?", "digits?", "precise", "precision", "cents?", "whole numbers?")),
    (Intent.MISSING, _any("missing", "empty", "blank", "nulls?", "no (?:value|entry|data)")),
    (Intent.UNMATCHED, _any("without (?:a|any)", "unmatched", "(?:have|has) none")),
    (
        Intent.NUMBER,
        _any(
            f"how many (?:of them|{_THINGS}|should|shall|do you|would|at most)",
            r"how many\W*\Z",
            "(?:top|first) (?:n|how many|what)",
            "how long (?:is|may|should|can|shall)",
            f"number of {_THINGS}",
            "whole list",
        ),
    ),
    (
        Intent.ORDER,
        _any(
            r"sort(?:ed|ing)?(?! of)",
            "order(?:ed|ing)",
            "(?:in )?(?:which|what) order",
            "sequence",
            "ascending",
            "descending",
            r"rank\w*",
            "comes? first",
            "(?:on|at the) top",
            r"arrang\w+",
            r"alphabetical\w*",
        ),
    ),
    (
        Intent.LEVEL,
        _any(
            "(?:one|each) (?:line|row|entry|figure|number) (?:per|for|stands?|should|be)",
            "stands? for",
            "one for each",
            "for each of",
            "break(?:ing)? (?:it|them|the figures|this) down",
            "broken down",
            "breakdown",
            "group(?:ed|ing)?",
            "level",
        ),
    ),
    (
        Intent.CATEGORY,
        _any(
            "(?:which|what) (?:kinds?|types?|sorts?|ones?|groups?|classes|values|of them)",
            r"(?:which|what) (?:categor|stat(?:us|es?))\w*",
            "all (?:of them|kinds|types)",
            r"(?:in|ex)clud\w+",
            "le(?:ave|ft) (?:\\w+ ){0,4}(?:out|aside)",
            r"filter\w*",
            "count (?:too|as well)",
        ),
    ),
    (
        Intent.PERIOD,
        _any(
            "period",
            r"time[ -]?(?:frame|span|range|window|period)",
            "(?:which|what|certain|exact) (?:dates?|days?|weeks?|months?|quarters?|years?)",
            "date range",
            "since when",
            "from when",
            "until when",
            "when (?:do|does|did|should|exactly)",
            "how (?:far back|recent|long ago|old)",
            r"recent\w*",
            "(?:begin|start)(?:ning)? (?:at|from|on)",
        ),
    ),
    (
        Intent.THRESHOLD,
        _any(
            "threshold",
            "cut-?off",
            "limits?",
            r"(?:min|max)im(?:um|al)",
            "at (?:least|most)",
            r"boundar\w+",
            "how (?:much|high|low|large|big|small|far|often|close)",
            "(?:more|less|fewer|higher|lower) than",
            r"exceed\w*",
            "(?:lower|upper) bound",
            "from (?:which|what) (?:value|amount|number|figure|point)",
            "draw the line",
            "line is drawn",
            r"qualif\w+",
        ),
    ),
    (
        Intent.MEASURE,
        _any(
            r"measur\w+",
            r"calculat\w+",
            r"comput\w+",
            r"determin\w+",
            "formula",
            r"metric\w*",
            r"criteri\w+",
            "based on",
            "in terms of",
            "according to what",
            "by what",
            "sum",
            "totals?",
            "average",
            "add(?:ed)? up",
            r"reckon\w*",
            r"judge\w*",
            r"assess\w*",
            r"weigh\w*",
        ),
    ),
    (
        Intent.OUTPUT,
        _any(
            "details?",
            "pieces? of information",
            "(?:should|shall) (?:the|each|my) (?:answer|line|row|report|list|result)",
            "what (?:should|shall) (?:i|the answer|the result) (?:show|report|contain|list)",
            "output",
            "show",
        ),
    ),
    (
        Intent.CATEGORY,
        _any("only", r"restrict\w*", r"consider\w*", r"stat(?:e|us)(?:es)?", "types?", "kinds?", "scope"),
    ),
    (Intent.PERIOD, _any("time", "dates?", "days?", "weeks?", "months?", "quarters?", "years?", "until", "calendar")),
    (Intent.MEASURE, _any("figures?", r"defin\w+", "values?", "count(?:ed)?")),
)
_LOOKS: tuple[tuple[Intent, re.Pattern[str]], ...] = (
    (Intent.ROUNDING, re.compile(r"\bROUND\s*\(", re.IGNORECASE)),
    (Intent.MISSING, re.compile(r"\bIS\s+(?:NOT\s+)?NULL\b|\b(?:COALESCE|IFNULL)\s*\(", re.IGNORECASE)),
    (Intent.UNMATCHED, re.compile(r"\b(?:LEFT|RIGHT|FULL)\s+(?:OUTER\s+)?JOIN\b", re.IGNORECASE)),
    (Intent.ORDER, re.compile(r"\bORDER\s+BY\b", re.IGNORECASE)),
    (Intent.LEVEL, re.compile(r"\bGROUP\s+BY\b", re.IGNORECASE)),
    (Intent.NUMBER, re.compile(r"\bLIMIT\s+\d+|\bFETCH\s+FIRST\b", re.IGNORECASE)),
    (
        Intent.PERIOD,
        re.compile(r"'\d{4}-\d\d|\bYEAR\b|\bstrftime\b|\bdate_trunc\b|\bEXTRACT\b", re.IGNORECASE),
    ),
    (Intent.THRESHOLD, re.compile(r"[<>]=?\s*-?\d+(?:\.\d+)?(?![\d-])|\bBETWEEN\s+-?\d", re.IGNORECASE)),
    (
        Intent.MEASURE,
        re.compile(r"\b(?:SUM|AVG|COUNT|MAX|MIN|(?:DENSE_)?RANK)\s*\(|[\w)]\s*[-*/+]\s*[\w(]", re.IGNORECASE),
    ),
    (
        Intent.CATEGORY,
        re.compile(r"(?<![<>!])=\s*(?:'|(?:1|0|TRUE|FALSE)\b)|\bIN\s*\(|(?:<>|!=)\s*'|\bLIKE\b", re.IGNORECASE),
    ),
)


def intents(question: str) -> tuple[Intent, ...]:
    """What the question may want to know, each once, the clearest words first."""
    return tuple(dict.fromkeys(intent for intent, asked in _ASKED if asked.search(question)))


def looks(sql: str) -> frozenset[Intent]:
    """What a piece of SQL tells."""
    return frozenset(intent for intent, look in _LOOKS if look.search(sql))
