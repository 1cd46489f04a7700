"""What is counted over all of a run: attempts, model traffic, what ended episodes, and checks that nobody decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.analysis.trials import Trials, fetch_trials
from harness.core.message import Usage
from harness.core.record import Traffic
from harness.core.termination import Termination

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_BROKEN = """
    SELECT error, count(*) FROM (SELECT unnest(faults) AS error FROM trials WHERE termination = ?)
    GROUP BY error ORDER BY count(*) DESC, error
"""
_TRAFFIC = """
    SELECT sum(requests), sum(retries), sum(cached), sum(waited_s), coalesce(sum(paid_calls), 0),
        coalesce(sum(paid_input_tokens), 0), coalesce(sum(paid_output_tokens), 0),
        CASE WHEN count(paid_calls) = count(paid_cost_usd) THEN coalesce(sum(paid_cost_usd), 0.0) END
    FROM attempts
"""
_FAULTS = """
    SELECT cause.key AS name, sum(cause.value)::INTEGER FROM (
        SELECT unnest(map_entries(failed_requests)) AS cause FROM attempts
    ) GROUP BY name ORDER BY name
"""
_REASONS = """
    SELECT kind || ': ' || reason AS why, count(*)
    FROM checks SEMI JOIN trials USING (run, pack, task, trial, attempt)
    WHERE verdict = 'not_evaluated' GROUP BY why ORDER BY count(*) DESC, why
"""


def read_run(connection: DuckDBPyConnection) -> tuple[Trials, dict[str, Any]]:
    """The run's trials, and those fields of its summary that are counted where the rows are read."""
    (attempts,) = connection.execute("SELECT count(*) FROM attempts").fetchone() or (0,)
    reasons: list[tuple[str, int]] = []
    if connection.execute("SELECT 1 FROM checks WHERE verdict = 'not_evaluated' LIMIT 1").fetchone():
        reasons = connection.execute(_REASONS).fetchall()
    broken, wrong = (
        dict(connection.execute(_BROKEN, [end.value]).fetchall())
        for end in (Termination.INFRA_ERROR, Termination.AGENT_ERROR)
    )
    counted = {
        "attempts": attempts,
        "not_evaluated": dict(reasons),
        "infrastructure": broken,
        "agent_errors": wrong,
    }
    return fetch_trials(connection), {**counted, "traffic": _traffic(connection)}


def _traffic(connection: DuckDBPyConnection) -> Traffic:
    """Of all attempts."""
    found = connection.execute(_TRAFFIC).fetchone()
    if found is None or found[0] is None:
        return Traffic()
    requests, retries, cached, waited, calls, read, written, paid = found
    faults = connection.execute(_FAULTS).fetchall() if requests else []
    return Traffic(
        requests=requests,
        retries=retries,
        cached=cached,
        waited_s=round(waited, 6),
        faults=dict(faults),
        paid=Usage(
            calls=calls, input_tokens=read, output_tokens=written, cost_usd=None if paid is None else round(paid, 9)
        ),
    )
