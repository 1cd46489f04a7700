"""The tables over runs as SQL: what a journal's lines hold, a view each.

`journal_query` reads a view's rows from journals (JSON Lines), `table_query` from their Parquet compaction; both give
the same columns. docs/metrics.md describes them. Only the parts of a line that a view needs are named to DuckDB's
reader, so that the long ones, what was said and returned, cost nothing where nobody asks for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.analysis.marks import SPOILING
from harness.core.check import SOLVED_WITHIN
from harness.core.identity import digest

TABLES = ("attempts", "checks", "turns", "tool_calls")
"""What is compacted; the other views are made of these, of run.json, or of the journal itself."""
VIEWS = ("runs", "planned", "attempts", "trials", "turns", "tool_calls", "checks", "usage", "records")
"""All that can be asked, as documented."""

NO_ATTEMPT = "a line is no attempt"
"""What DuckDB complains of where a line of a sound segment is JSON but lacks what an attempt has."""

_READ = "attempt IS NOT NULL AND record IS NOT NULL"
_LARGEST_LINE = 1 << 28
"""Bytes of one attempt, where the usual 16 MiB don't do."""
_KEY = "run, pack, task, trial, attempt"
_OWN = "pack VARCHAR, task VARCHAR, trial INTEGER"
_USAGE = "STRUCT(calls INTEGER, input_tokens BIGINT, output_tokens BIGINT, cost_usd DOUBLE)"
_SECONDS = ("wall_s", "agent_s", "user_s", "environment_s", "scoring_s")
_SEATS = ("agent", "user", "judge")
_SPENT = ("calls", "input_tokens", "output_tokens", "cost_usd")

_SPOILS = " OR ".join(f"starts_with(mark, '{one}')" for one in SPOILING)

_SHAPES = {
    "attempts": {
        "traffic": f"""STRUCT(requests INTEGER, retries INTEGER, cached INTEGER, faults MAP(VARCHAR, INTEGER),
            waited_s DOUBLE, paid {_USAGE})""",
        "timings": f"STRUCT(started_at VARCHAR, {', '.join(f'{name} DOUBLE' for name in _SECONDS)})",
        "record": f"""STRUCT({_OWN}, seed VARCHAR, agent VARCHAR, simulator VARCHAR, mode VARCHAR, termination VARCHAR,
            turns INTEGER, tool_calls INTEGER,
            reward STRUCT(value DOUBLE, reason VARCHAR, phases STRUCT(phase INTEGER, value DOUBLE, basis VARCHAR[],
                checks STRUCT(kind VARCHAR, verdict VARCHAR, score DOUBLE)[])[]),
            usage STRUCT({", ".join(f'"{seat}" {_USAGE}' for seat in _SEATS)}),
            events STRUCT(type VARCHAR, party VARCHAR, message STRUCT(marks VARCHAR[]), error VARCHAR)[])""",
    },
    "checks": {
        "record": f"""STRUCT({_OWN}, termination VARCHAR, reward STRUCT(phases STRUCT(phase INTEGER, basis VARCHAR[],
            checks STRUCT(kind VARCHAR, label VARCHAR, verdict VARCHAR, reason VARCHAR, score DOUBLE)[])[]))""",
    },
    "turns": {
        "record": f"""STRUCT({_OWN}, events STRUCT(type VARCHAR, party VARCHAR, "to" VARCHAR, given BOOLEAN,
            message STRUCT(text VARCHAR, tool_calls JSON[], stop VARCHAR, marks VARCHAR[],
                usage STRUCT(input_tokens BIGINT, output_tokens BIGINT)))[])""",
    },
    "tool_calls": {
        "record": f"""STRUCT({_OWN}, events STRUCT(type VARCHAR, party VARCHAR,
            message STRUCT(tool_calls STRUCT(id VARCHAR, name VARCHAR, arguments JSON)[]),
            result STRUCT(call_id VARCHAR, content VARCHAR, error VARCHAR))[])""",
    },
    "records": {"timings": "JSON", "traffic": "JSON", "record": "JSON"},
}
_ROWS = {
    "attempts": f"""
        SELECT lines.run AS run, position AS place, record.pack AS pack, record.task AS task, record.trial AS trial,
            attempt, row_number() OVER (PARTITION BY lines.run, record.pack, record.task, record.trial
                ORDER BY attempt DESC, line DESC) = 1 AS final,
            record.agent AS agent, record.simulator AS simulator, coalesce(record.mode, 'default') AS mode,
            TRY_CAST(record.seed AS BIGINT) AS seed, record.termination AS termination, record.reward.value AS reward,
            abs(record.reward.value - 1) <= {SOLVED_WITHIN} AS solved, record.reward.reason AS reason,
            list_transform(record.reward.phases, lambda one: struct_pack(phase := one.phase, value := one.value))
                AS phases,
            list_transform(list_distinct(list_transform(judged, lambda one: one.kind)), lambda kind: struct_pack(
                kind := kind,
                passed := len(list_filter(judged, lambda one: one.kind = kind AND one.verdict = 'passed')),
                failed := len(list_filter(judged, lambda one: one.kind = kind AND one.verdict = 'failed')),
                undecided := len(list_filter(judged, lambda one: one.kind = kind AND one.verdict = 'not_evaluated')),
                scored := len(list_filter(judged, lambda one: one.kind = kind AND one.score IS NOT NULL)),
                score := list_sum(list_transform(
                    list_filter(judged, lambda one: one.kind = kind), lambda one: one.score)),
                decisive := list_contains(basis, kind))) AS verdicts,
            record.turns AS turns, record.tool_calls AS tool_calls,
            len(list_filter(said, lambda marks: len(marks) > 0)) AS marked,
            len(list_filter(said, lambda marks: len(list_filter(marks, lambda mark: {_SPOILS})) > 0)) AS spoilt,
            list_transform(list_filter(record.events, lambda one: one.type = 'fault'), lambda one: one.error) AS faults,
            {", ".join(f'record.usage."{seat}".{one} AS {seat}_{one}' for seat in _SEATS for one in _SPENT)},
            TRY_CAST(timings.started_at AS TIMESTAMP) AS started_at,
            {", ".join(f"timings.{name} AS {name}" for name in _SECONDS)},
            coalesce(traffic.requests, 0) AS requests, coalesce(traffic.retries, 0) AS retries,
            coalesce(traffic.cached, 0) AS cached, traffic.faults AS failed_requests,
            coalesce(traffic.waited_s, 0.0) AS waited_s,
            {", ".join(f"traffic.paid.{one} AS paid_{one}" for one in _SPENT)}
        FROM (SELECT *, list_transform(list_filter(record.events, lambda one: one.party = 'user'),
                lambda one: one.message.marks) AS said,
            flatten(list_transform(record.reward.phases, lambda one: one.checks)) AS judged,
            flatten(list_transform(record.reward.phases, lambda one: one.basis)) AS basis FROM lines) AS lines
        LEFT JOIN planned ON planned.run = lines.run AND planned.pack = record.pack AND planned.task = record.task
    """,
    "checks": f"""
        SELECT {_KEY}, phase, judged.kind AS kind, judged.label AS label, judged.verdict AS verdict,
            judged.reason AS reason, judged.score AS score, list_contains(basis, judged.kind) AS decisive
        FROM (SELECT {_KEY}, part.phase AS phase, part.basis AS basis, unnest(part.checks) AS judged
            FROM (SELECT run, record.pack AS pack, record.task AS task, record.trial AS trial, attempt,
                unnest(record.reward.phases) AS part FROM lines))
    """,
    "turns": f"""
        SELECT {_KEY}, number, event.party AS party, event.to AS addressee, event.message.text AS text,
            event.given AS given, len(event.message.tool_calls) AS calls, event.message.stop AS stop,
            event.message.marks AS marks, event.message.usage.input_tokens AS input_tokens,
            event.message.usage.output_tokens AS output_tokens
        FROM (SELECT run, record.pack AS pack, record.task AS task, record.trial AS trial, attempt,
            unnest(record.events) AS event, generate_subscripts(record.events, 1) AS number FROM lines)
        WHERE event.type = 'message'
    """,
    "tool_calls": f"""
        SELECT {_KEY}, number, party, call.name AS tool, call.arguments AS arguments,
            answer.content AS result, answer.error AS error
        FROM (SELECT *, list_filter(answers, lambda one: one.call_id = call.id)[1] AS answer
            FROM (SELECT {_KEY}, number, event.party AS party, answers, unnest(event.message.tool_calls) AS call
                FROM (SELECT run, record.pack AS pack, record.task AS task, record.trial AS trial, attempt,
                    unnest(record.events) AS event, generate_subscripts(record.events, 1) AS number,
                    list_transform(list_filter(record.events, lambda one: one.type = 'tool'), lambda one: one.result)
                        AS answers FROM lines)
                WHERE event.type = 'message'))
    """,
    "records": """
        SELECT run, record ->> '$.pack' AS pack, record ->> '$.task' AS task,
            CAST(record ->> '$.trial' AS INTEGER) AS trial, attempt, timings, traffic, record
        FROM lines
    """,
}
LAYOUT = digest({"shapes": _SHAPES, "rows": _ROWS})
"""Of compacted tables: another one, another harness."""
DERIVED = {
    "trials": "SELECT * EXCLUDE (final) FROM attempts WHERE final",
    "usage": " UNION ALL ".join(
        f"SELECT {_KEY}, '{seat}' AS seat, {', '.join(f'{seat}_{one} AS {one}' for one in _SPENT)} FROM attempts"
        for seat in _SEATS
    ),
}
"""Views that are made of the others."""


def journal_query(view: str, whole: Sequence[Path], torn: Sequence[Path], *, long_lines: bool = False) -> str:
    """The rows of `view` in these segments of journals.

    Args:
        view: One of `TABLES`, or `records`.
        whole: Segments that must be sound to the last byte; DuckDB complains where they aren't.
        torn: Segments whose last line may be torn; what can't be read is passed over.
        long_lines: Whether an attempt may be longer than 16 MiB, which takes more memory.
    """
    shape = {"attempt": "INTEGER", **_SHAPES[view]}
    columns = ", ".join(f"{name}: {quoted(' '.join(kind.split()))}" for name, kind in shape.items())
    largest = f", maximum_object_size = {_LARGEST_LINE}" if long_lines else ""
    parts = [
        f"""SELECT * EXCLUDE (filename), regexp_extract(filename, '^(.*)/attempts/[^/]*$', 1) AS run, filename AS line
            FROM read_json([{", ".join(quoted(pattern(path)) for path in paths)}], format = 'newline_delimited',
                filename = true, ignore_errors = {str(lenient).lower()}, columns = {{{columns}}}{largest})
            WHERE {_READ if lenient else f"CASE WHEN {_READ} THEN true ELSE error({quoted(NO_ATTEMPT)}) END"}"""
        for paths, lenient in ((whole, False), (torn, True))
        if paths
    ]
    none = ", ".join(f"NULL::{kind} AS {name}" for name, kind in shape.items())
    lines = " UNION ALL ".join(parts) or f"SELECT {none}, '' AS run, '' AS line WHERE false"
    return f"WITH lines AS ({lines}) {_ROWS[view]}"


def table_query(view: str, folders: Sequence[Path]) -> str:
    """The rows of `view` in these runs' compacted tables."""
    files = ", ".join(quoted(pattern(folder / f"{view}.parquet")) for folder in folders)
    return (
        f"SELECT regexp_extract(filename, '^(.*)/[^/]*/[^/]*$', 1) AS run, * EXCLUDE (filename) "
        f"FROM read_parquet([{files}], filename = true)"
    )


def quoted(text: str) -> str:
    """A literal of SQL, where no parameter is taken."""
    return "'" + text.replace("'", "''") + "'"


def pattern(path: Path) -> str:
    """The path as DuckDB's readers take it, to whom some characters stand for others."""
    return "".join(f"[{one}]" if one in "*?[" else one for one in str(path))
