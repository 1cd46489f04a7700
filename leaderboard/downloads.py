"""The site's numbers as files: JSON, CSV, Parquet, their schemas, checksums, a feed, and a citation."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from harness.core.parsing import Model
from harness.core.record import Record
from leaderboard.pages import Site, write_page
from leaderboard.rendering import templates
from leaderboard.standings import Board, Place
from leaderboard.submission import Manifest, Row
from leaderboard.verifying import Badge

if TYPE_CHECKING:
    from pandas import DataFrame


class ResultRow(Model):
    """A system on a board, as `data/*.json` and its siblings have it."""

    submission: str
    rank: int
    rank_best: int
    rank_worst: int
    system: str
    version: str
    model: str | None
    score: float | None
    """Mean reward of decided trials."""
    tasks: int
    trials: int
    decided: int
    solved: int
    undecided: int
    pass_1: float | None
    pass_1_low: float | None
    pass_1_high: float | None
    pass_all: float | None
    """pass^k for k = `trials`."""
    cost_usd: float | None
    """An episode, agent and user, at list prices; null where unknown."""
    tokens: float
    turns: float
    latency_median_s: float
    latency_p95_s: float
    badges: tuple[Badge, ...]
    created_at: str


class ResultFile(Model):
    """A board."""

    suite: str
    version: str
    suite_hash: str
    conditions: dict[str, str] = Field(default_factory=dict)
    systems: tuple[ResultRow, ...]


SCHEMAS: dict[str, type[BaseModel]] = {
    "manifest.schema.json": Manifest,
    "attempt.schema.json": Row,
    "trajectory.schema.json": Record,
    "results.schema.json": ResultFile,
}
"""Of a submission's files, and of the site's own."""


def result_row(place: Place) -> ResultRow:
    """A place of a board as data."""
    entry, found = place.entry, place.entry.measures
    first, last = found.pass_k.at.get(1), found.pass_k.at.get(found.trials)
    return ResultRow(
        submission=entry.manifest.id,
        rank=place.rank,
        rank_best=place.best,
        rank_worst=place.worst,
        system=entry.manifest.agent.name,
        version=entry.manifest.agent.version,
        model=entry.manifest.model("agent"),
        score=found.score,
        tasks=found.tasks,
        trials=found.trials,
        decided=found.decided,
        solved=found.solved,
        undecided=found.undecided,
        pass_1=None if first is None else first.value,
        pass_1_low=None if first is None else first.interval[0],
        pass_1_high=None if first is None else first.interval[1],
        pass_all=None if last is None else last.value,
        cost_usd=found.cost,
        tokens=found.tokens,
        turns=found.turns,
        latency_median_s=found.latency[0],
        latency_p95_s=found.latency[1],
        badges=entry.verified.badges,
        created_at=entry.manifest.created_at.isoformat(),
    )


def write_downloads(root: Path, boards: Sequence[Board], site: Site) -> None:
    """Everything below `data/`, and the feed."""
    data = root / "data"
    (data / "schemas").mkdir(parents=True, exist_ok=True)
    for board in boards:
        rows = [result_row(place) for place in board.places]
        file = ResultFile(
            suite=board.suite.definition.id,
            version=board.suite.definition.version,
            suite_hash=board.suite.hash,
            conditions=dict(board.conditions),
            systems=tuple(rows),
        )
        (data / f"{board.slug}.json").write_text(file.model_dump_json(indent=1) + "\n", encoding="utf-8")
        table = _table(rows)
        _for_spreadsheets(table).to_csv(data / f"{board.slug}.csv", index=False)
        _parquet(table, data / f"{board.slug}.parquet")
    for name, model in SCHEMAS.items():
        text = json.dumps(model.model_json_schema(), indent=1, sort_keys=True)
        (data / "schemas" / name).write_text(text + "\n", encoding="utf-8")
    bib = templates().get_template("parley.bib.j2").render(site=site)
    (data / "parley.bib").write_text(bib, encoding="utf-8")
    write_page(root, "data/index.html", "data.html.j2", site, boards=boards, schemas=list(SCHEMAS))


def write_checksums(root: Path) -> None:
    """`data/SHA256SUMS` over what lies in `data/`, as `sha256sum -c` reads it."""
    data = root / "data"
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(data).as_posix()}\n"
        for path in sorted(data.rglob("*"))
        if path.is_file() and path.name not in ("SHA256SUMS", "index.html")
    ]
    (data / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def _table(rows: Sequence[ResultRow]) -> DataFrame:
    from pandas import DataFrame

    values = [{**row.model_dump(mode="json"), "badges": " ".join(row.badges)} for row in rows]
    return DataFrame(values, columns=list(ResultRow.model_fields))


def _for_spreadsheets(table: DataFrame) -> DataFrame:
    """The table with nothing in it that a spreadsheet would take for a formula."""
    shown = table.copy()
    for name in ("system", "version", "model"):
        shown[name] = [f"'{one}" if str(one)[:1] in ("=", "+", "-", "@") else one for one in shown[name]]
    return shown


def _parquet(table: DataFrame, path: Path) -> None:
    import duckdb

    with duckdb.connect(config={"threads": "1"}) as connection:
        connection.register("results", table)
        connection.execute("COPY (SELECT * FROM results) TO $path (FORMAT parquet)", {"path": str(path)})
