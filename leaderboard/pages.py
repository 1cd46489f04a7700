"""The pages of a board and of its runs."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from pydantic import JsonValue

from harness.analysis.pass_k import TaskKey
from harness.core.check import is_success
from leaderboard import budgets
from leaderboard.charts import decay, dot_plot, frontier
from leaderboard.episodes import episode_page, verdict_css
from leaderboard.measures import cost_of, failed_by
from leaderboard.records import shown_records
from leaderboard.rendering import templates
from leaderboard.slices import slices
from leaderboard.standings import Board, Entry, Place, difference
from leaderboard.submission import ATTEMPTS, MANIFEST, TRAJECTORIES, Manifest, Row

_MOST_K = 4
_LEVELS = 10


@dataclass(frozen=True, slots=True)
class Site:
    """What all pages know."""

    title: str
    version: str
    submissions: int


@dataclass(frozen=True, slots=True)
class _Flips:
    slug: str
    name: str
    mean: float
    low: float
    high: float
    gained: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a submission's page tells of its board: so much, and not the board, goes to the process that writes it."""

    board: str
    place: str
    flips: _Flips | None

    @classmethod
    def of(cls, board: Board, place: Place) -> Standing:
        """Where the entry at a place of a board stands."""
        spread = "" if place.best == place.worst else f" ({place.best}–{place.worst})"
        return cls(board.slug, f"{place.rank} of {len(board.places)}{spread}", _flips(board, place.entry))


def write_page(root: Path, path: str, template: str, site: Site, **values: object) -> Path:
    """Render a template to `root/path`."""
    up = "../" * path.count("/")
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    text = templates().get_template(template).render(site=site, up=up, page=path, **values)
    target.write_text(text, encoding="utf-8")
    return target


def write_board(root: Path, board: Board, site: Site) -> None:
    """The pages of a board: its table, its heat map, a page a task, and the comparison."""
    home = f"board/{board.slug}"
    charts = [figure for figure in (dot_plot(board), frontier(board), decay(board)) if figure is not None]
    ks = sorted({k for place in board.places for k in place.entry.measures.pass_k.at})[:_MOST_K] or [1]
    undecided = sum(place.entry.measures.undecided for place in board.places)
    page = write_page(
        root, f"{home}/index.html", "board.html.j2", site, board=board, charts=charts, ks=ks, undecided=undecided
    )
    budgets.check_size(page, budgets.board_bytes(len(board.places)))
    tasks = list(_tasks(board))
    hardest = sorted(tasks, key=lambda task: (float(str(task["mean_value"])), str(task["name"])))
    write_page(root, f"{home}/tasks.html", "tasks.html.j2", site, board=board, tasks=hardest)
    for task in tasks:
        write_page(root, f"{home}/t/{task['number']}.html", "task.html.j2", site, board=board, task=task)
    neighbours = [
        (one.entry.manifest.agent.name, other.entry.manifest.agent.name, difference(one.entry, other.entry))
        for one, other in pairwise(board.places)
    ]
    write_page(
        root, f"{home}/compare.html", "compare.html.j2", site, board=board, neighbours=neighbours, data=_island(board)
    )


def write_run(root: Path, entry: Entry, standing: Standing, site: Site) -> None:
    """The pages of a submission: its own, and one for each trajectory; its files beside them."""
    home = root / "run" / entry.slug
    home.mkdir(parents=True, exist_ok=True)
    for name in (MANIFEST, ATTEMPTS, TRAJECTORIES):
        shutil.copyfile(entry.opened.root / name, home / name)
    played = shown_records(entry.opened)
    numbers = {one.row.trajectory: number for number, one in enumerate(played)}
    write_page(
        root,
        f"run/{entry.slug}/index.html",
        "run.html.j2",
        site,
        entry=entry,
        standing=standing,
        configuration=list(_configuration(entry.manifest)),
        slices=slices(entry.manifest, entry.measures),
        flips=standing.flips,
        command=_command(entry.manifest),
        episodes=[_episode_row(entry.manifest, row, numbers.get(row.trajectory)) for row in entry.opened.rows],
        has_trajectories=bool(played),
    )
    folder = home / "e"
    if played:
        folder.mkdir(exist_ok=True)
    for number, one in enumerate(played):
        page = folder / f"{number}.html"
        page.write_text(episode_page(one, entry.opened, standing.board, site), encoding="utf-8")
        budgets.check_size(page, budgets.TRAJECTORY_BYTES)


def _tasks(board: Board) -> Iterator[dict[str, object]]:
    """Each task with what every system made of it."""
    rows: dict[str, dict[TaskKey, list[tuple[Row, int | None]]]] = {}
    for place in board.places:
        mine: dict[TaskKey, list[tuple[Row, int | None]]] = {}
        number = -1
        for row in place.entry.opened.rows:
            published = place.entry.opened.published(row)
            number += published
            if row.superseded_by is None:
                mine.setdefault((row.pack, row.task), []).append((row, number if published else None))
        rows[place.entry.slug] = mine
    for count, key in enumerate(board.suite.tasks):
        means = [place.entry.measures.by_task.get(key) for place in board.places]
        known = [mean for mean in means if mean is not None]
        mean = sum(known) / len(known) if known else None
        of_task = [[row for row, _ in rows[place.entry.slug].get(key, [])] for place in board.places]
        rewards = [row.reward for trials in of_task for row in trials if row.reward is not None]
        yield {
            "number": count,
            "name": "/".join(key),
            "mean": "–" if mean is None else f"{mean:.2f}",
            "mean_value": -1.0 if mean is None else mean,
            "cells": [("x", "–") if one is None else (round(one * _LEVELS), f"{one:.2f}"[:4]) for one in means],
            "solved": sum(map(is_success, rewards)),
            "decided": len(rewards),
            "rows": [
                _task_row(place, rows[place.entry.slug].get(key, []), one)
                for place, one in zip(board.places, means, strict=True)
            ],
        }


def _task_row(place: Place, trials: Sequence[tuple[Row, int | None]], mean: float | None) -> dict[str, object]:
    causes = dict.fromkeys(cause for row, _ in trials for cause in failed_by(row))
    return {
        "rank": place.rank,
        "name": place.entry.manifest.agent.name,
        "slug": place.entry.slug,
        "mean": mean,
        "trials": [
            {
                "href": "" if number is None else f"run/{place.entry.slug}/e/{number}.html",
                "css": verdict_css(row.reward),
                "text": "–" if row.reward is None else f"{row.reward:.2g}",
            }
            for row, number in trials
        ],
        "failures": ", ".join(causes),
    }


def _island(board: Board) -> JsonValue:
    """What the page that compares two systems needs."""
    tasks = board.suite.tasks
    return {
        "tasks": ["/".join(key) for key in tasks],
        "systems": [
            {
                "name": place.entry.manifest.agent.name,
                "rewards": [_rounded(place.entry.measures.by_task.get(key)) for key in tasks],
            }
            for place in board.places
        ],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _episode_row(manifest: Manifest, row: Row, number: int | None) -> dict[str, object]:
    return {
        "href": "" if number is None else f"e/{number}.html",
        "name": f"{row.pack}/{row.task}#{row.trial}",
        "superseded": row.superseded_by is not None,
        "reward": row.reward,
        "termination": row.termination.value,
        "failures": ", ".join(failed_by(row)),
        "turns": row.turns,
        "tokens": row.spent.tokens,
        "cost": cost_of(manifest, row),
        "wall_s": row.wall_s,
    }


def _configuration(manifest: Manifest) -> Iterator[tuple[str, str]]:
    yield "submission", manifest.id
    yield "run started", manifest.created_at.isoformat()
    if manifest.agent.organisation:
        yield "organisation", manifest.agent.organisation
    if manifest.agent.commit:
        yield "commit", manifest.agent.commit
    yield "agent", manifest.agent_seat.name
    for model in manifest.models:
        price = "price unknown"
        if model.price is not None:
            price = f"${model.price.input:g} / ${model.price.output:g} a million tokens"
        name = f"{model.provider}/{model.name}" if model.provider else model.name
        yield f"model of the {model.seat}", " · ".join(part for part in (name, model.snapshot, price) if part)
    yield "simulated user", manifest.simulator.name
    yield "seed", str(manifest.protocol.seed)
    yield "harness", " ".join(part for part in (manifest.harness.version, manifest.harness.commit[:12]) if part)
    yield "dependencies", manifest.harness.dependencies[:19] + "…"
    for name, image in sorted(manifest.harness.images.items()):
        yield f"image for {name[:60]}", image
    for pack in manifest.suite.packs:
        yield f"pack {pack.id}", f"{pack.version}, {pack.hash[:19]}…, {pack.license}"
    if manifest.declarations.notes:
        yield "notes", manifest.declarations.notes


def _command(manifest: Manifest) -> str:
    suite = manifest.suite.definition
    command = ["bench", "run", "--agent", manifest.agent_seat.name]
    if manifest.agent_seat.model is not None:
        command += ["--model", manifest.agent_seat.model]
    command += ["--suite", suite.id, "--mode", suite.mode.value, "--trials", str(suite.trials)]
    command += ["--user", manifest.simulator.name]
    if manifest.simulator.model is not None:
        command += ["--user-model", manifest.simulator.model]
    if manifest.judge is not None and manifest.judge.model is not None:
        command += ["--judge", manifest.judge.model]
    for name, value in manifest.protocol.limits.model_dump(exclude_none=True).items():
        option = {"max_turns": "--max-turns", "max_steps": "--max-steps", "timeout_s": "--timeout"}.get(name)
        if option is not None:
            command += [option, str(value)]
    return shlex.join([*command, "--seed", str(manifest.protocol.seed)])


def _flips(board: Board, entry: Entry) -> _Flips | None:
    """Against the last earlier submission of the same agent; `None`: this is the first."""
    mine = entry.manifest
    earlier = [
        place.entry
        for place in board.places
        if place.entry.manifest.agent.name == mine.agent.name
        and (place.entry.manifest.created_at, place.entry.manifest.id) < (mine.created_at, mine.id)
    ]
    if not earlier:
        return None
    before = max(earlier, key=lambda one: (one.manifest.created_at, one.manifest.id))
    found = difference(entry, before)
    if found is None:
        return None
    changes = {"/".join(key): change for key, change in _changes(entry.measures.by_task, before.measures.by_task)}
    return _Flips(
        before.slug,
        " ".join(part for part in (before.manifest.agent.name, before.manifest.agent.version) if part),
        found.mean,
        *found.interval,
        tuple(task for task, change in changes.items() if change > 0),
        tuple(task for task, change in changes.items() if change < 0),
    )


def _changes(
    now: Mapping[TaskKey, float | None], before: Mapping[TaskKey, float | None]
) -> Iterator[tuple[TaskKey, float]]:
    for key, mine in now.items():
        theirs = before.get(key)
        if mine is not None and theirs is not None and mine != theirs:
            yield key, mine - theirs
