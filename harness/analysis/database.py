"""Runs as DuckDB views, read from their journals each time, so that a run that is still going on can be asked, too.

`runs`, `attempts` (every finished one), `trials` (the attempt that counts for each), `turns` (what was said),
`tool_calls`, `checks` and `usage` (by seat). docs/metrics.md lists the columns. A line that is being written is passed
over.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core.errors import InputError
from harness.runner.journal import MANIFEST, SEGMENTS, read_manifest

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_LARGEST_LINE = 1 << 28
"""Bytes of one attempt."""
_KEY = "run, pack, task, trial, attempt"
_VIEWS = {
    "attempts": """
        SELECT regexp_extract(filename, '^(.*)/attempts/[^/]*$', 1) AS run,
            line ->> '$.record.pack' AS pack, line ->> '$.record.task' AS task,
            CAST(line ->> '$.record.trial' AS INTEGER) AS trial, CAST(line ->> '$.attempt' AS INTEGER) AS attempt,
            line ->> '$.record.agent' AS agent, line ->> '$.record.simulator' AS simulator,
            line ->> '$.record.mode' AS mode, CAST(line ->> '$.record.seed' AS HUGEINT) AS seed,
            line ->> '$.record.termination' AS termination,
            CAST(line ->> '$.record.reward.value' AS DOUBLE) AS reward, abs(reward - 1) <= 1e-6 AS solved,
            CAST(line ->> '$.record.turns' AS INTEGER) AS turns,
            CAST(line ->> '$.record.tool_calls' AS INTEGER) AS tool_calls,
            CAST(line ->> '$.timings.started_at' AS TIMESTAMPTZ) AS started_at,
            CAST(line ->> '$.timings.wall_s' AS DOUBLE) AS wall_s,
            line -> '$.record' AS record
        FROM lines WHERE line IS NOT NULL
    """,
    "trials": """
        SELECT * FROM attempts
        QUALIFY row_number() OVER (PARTITION BY run, pack, task, trial ORDER BY attempt DESC) = 1
    """,
    "events": f"""
        SELECT {_KEY}, number - 1 AS number, event
        FROM (SELECT {_KEY}, unnest(CAST(record -> '$.events' AS JSON[])) AS event,
                generate_subscripts(CAST(record -> '$.events' AS JSON[]), 1) AS number FROM attempts)
    """,
    "turns": f"""
        SELECT {_KEY}, number, event ->> '$.party' AS party, event ->> '$.to' AS addressee,
            event ->> '$.message.text' AS text, CAST(event ->> '$.given' AS BOOLEAN) AS given,
            json_array_length(event, '$.message.tool_calls') AS calls,
            CAST(event ->> '$.message.usage.input_tokens' AS BIGINT) AS input_tokens,
            CAST(event ->> '$.message.usage.output_tokens' AS BIGINT) AS output_tokens
        FROM events WHERE event ->> '$.type' = 'message'
    """,
    "tool_calls": f"""
        WITH called AS (
            SELECT {_KEY}, number, event ->> '$.party' AS party,
                unnest(CAST(event -> '$.message.tool_calls' AS JSON[])) AS call
            FROM events WHERE event ->> '$.type' = 'message'
        ), answered AS (
            SELECT {_KEY}, event ->> '$.result.call_id' AS id, event ->> '$.result.content' AS result,
                event ->> '$.result.error' AS error
            FROM events WHERE event ->> '$.type' = 'tool'
        )
        SELECT {_KEY}, number, party, call ->> '$.name' AS tool, call -> '$.arguments' AS arguments, result, error
        FROM (SELECT *, call ->> '$.id' AS id FROM called) LEFT JOIN answered USING ({_KEY}, id)
    """,
    "checks": f"""
        SELECT {_KEY}, phase, judged ->> '$.kind' AS kind, judged ->> '$.label' AS label,
            judged ->> '$.verdict' AS verdict, judged ->> '$.reason' AS reason
        FROM (SELECT {_KEY}, CAST(part ->> '$.phase' AS INTEGER) AS phase,
                unnest(CAST(part -> '$.checks' AS JSON[])) AS judged
            FROM (SELECT {_KEY}, unnest(CAST(record -> '$.reward.phases' AS JSON[])) AS part FROM attempts))
    """,
    "usage": f"""
        SELECT {_KEY}, seat, CAST(used ->> '$.calls' AS INTEGER) AS calls,
            CAST(used ->> '$.input_tokens' AS BIGINT) AS input_tokens,
            CAST(used ->> '$.output_tokens' AS BIGINT) AS output_tokens,
            CAST(used ->> '$.cost_usd' AS DOUBLE) AS cost_usd
        FROM (SELECT {_KEY}, seat, json_extract(record, '$.usage.' || seat) AS used
            FROM attempts, (VALUES ('agent'), ('user'), ('judge')) AS seats (seat))
    """,
}


def open_runs(roots: Sequence[Path]) -> DuckDBPyConnection:
    """A database in memory with the views over these runs.

    Raises:
        InputError: one is no run.
    """
    import duckdb

    connection = duckdb.connect(":memory:", config={"autoinstall_known_extensions": False})
    manifests = []
    for root in roots:
        found = read_manifest(root)
        names = (str(root), found.id, found.suite.id, found.suite_hash, found.suite.mode.value, found.agent.name)
        manifests.append(
            (*names, found.agent.model, found.simulator.name, found.seed, len(found.trials), found.harness)
        )
    connection.execute(
        "CREATE TABLE runs (run VARCHAR, id VARCHAR, suite VARCHAR, suite_hash VARCHAR, mode VARCHAR, agent VARCHAR, "
        "model VARCHAR, simulator VARCHAR, seed HUGEINT, planned INTEGER, harness VARCHAR)"
    )
    connection.executemany(f"INSERT INTO runs VALUES ({', '.join('?' * 11)})", manifests)
    files = [str(path) for root in roots for path in sorted((root / SEGMENTS).glob("*.jsonl"))]
    source = "SELECT NULL::JSON AS line, '' AS filename WHERE false"
    if files:
        # A view takes no parameters; a quote in a path is doubled.
        listed = ", ".join("'" + path.replace("'", "''") + "'" for path in files)
        source = (
            f"SELECT json AS line, filename FROM read_json_objects([{listed}], format = 'newline_delimited', "
            f"ignore_errors = true, filename = true, maximum_object_size = {_LARGEST_LINE})"
        )
    connection.execute(f"CREATE VIEW lines AS {source}")
    for name, query in _VIEWS.items():
        connection.execute(f"CREATE VIEW {name} AS {query}")
    return connection


def ask(roots: Sequence[Path], query: str) -> tuple[list[str], list[tuple[object, ...]]]:
    """Column names and rows of a query over these runs.

    Raises:
        InputError: one is no run, or DuckDB doesn't take the query.
    """
    import duckdb

    with open_runs(roots) as connection:
        try:
            cursor = connection.execute(query)
            return [column[0] for column in cursor.description or ()], cursor.fetchall()
        except duckdb.Error as error:
            views = ", ".join(["runs", *_VIEWS])
            raise InputError(f"the query fails: {str(error).strip()}", hint=f"there are the views {views}") from None


def runs_below(folder: Path) -> list[Path]:
    """The run directories in a folder."""
    return sorted(path.parent for path in folder.glob(f"*/{MANIFEST}"))
