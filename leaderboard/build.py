"""Build the static site from submissions: `bench leaderboard build`.

Every submission is verified first; what doesn't hold is left out and named. The same submissions give the same bytes:
nothing on a page depends on the clock, the machine or the order in which folders were given. The site is built aside
and put in place whole.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import harness
from harness.core.errors import InputError
from leaderboard import budgets
from leaderboard.charts import percent
from leaderboard.downloads import write_checksums, write_downloads
from leaderboard.findings import Finding, Kind
from leaderboard.measures import measure
from leaderboard.pages import Site, Standing, write_board, write_page, write_run
from leaderboard.reading import submissions_in
from leaderboard.rendering import HERE, templates
from leaderboard.replaying import Worlds
from leaderboard.standings import Board, Entry, Place, boards
from leaderboard.verifying import Verified, verify

MARK = ".parley-site"
"""A file that says that a folder was made here, and may be replaced."""
_TITLE = "Parley results"


@dataclass(frozen=True, slots=True)
class Built:
    """What came of a build."""

    index: Path
    entries: int
    refused: tuple[tuple[Path, Verified], ...]
    """Folders that were left out, and what is wrong with them."""


def build_site(
    paths: Sequence[Path],
    out: Path,
    *,
    replays: bool = False,
    own: Mapping[str, Path] | None = None,
    allowed_signers: Path | None = None,
    title: str = _TITLE,
    progress: Callable[[str], None] = lambda line: None,
) -> Built:
    """Write the site of these submissions to the folder `out`.

    Args:
        paths: Folders of a submission, or of several.
        out: New, empty, or made by an earlier build.
        replays: Whether records are played again, for the badge that says so; takes minutes for large boards.
        own: Where the packs of a run of one's own are, see `Worlds`; `None`: others' submissions.
        allowed_signers: Keys that the board knows.
        title: Of the site.
        progress: Told what is being done.

    Raises:
        InputError: there is no submission, none can be shown, or `out` can't be written.
        TooLarge: a page is beyond its budget.
    """
    folders = submissions_in(tuple(paths))
    _refuse_foreign(out)
    with ProcessPoolExecutor(max(1, os.cpu_count() or 1), mp_context=get_context("forkserver")) as pool:
        progress(f"verifying {len(folders)} submissions")
        settings = (replays, own, allowed_signers)
        work = pool.map(_verified, folders, *([setting] * len(folders) for setting in settings))
        found = list(zip(folders, work, strict=True))
        entries = {entry.manifest.id: entry for _, (entry, _) in found if entry is not None}
        refused = tuple((folder, verified) for folder, (entry, verified) in found if entry is None)
        if not entries:
            first = f"; the first: {refused[0][1].findings[0]}" if refused else ""
            raise InputError(
                f"none of the {len(folders)} submissions can be shown{first}",
                hint=f"bench leaderboard verify {folders[0]}",
            )
        ranked = boards(sorted(entries.values(), key=lambda entry: entry.manifest.id))
        site = Site(title, harness.__version__, len(entries))
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as scratch:
                draft = Path(scratch) / "site"
                draft.mkdir()
                progress(f"writing the pages of {len(entries)} submissions")
                _write(draft, ranked, site, pool)
                _put_in_place(draft, out)
        except OSError as error:
            what = f"{out}: the site can't be written ({error.strerror})"
            raise InputError(what, hint="give another --out") from None
    return Built(out / "index.html", len(entries), refused)


_WORLDS: list[Worlds] = []
"""Those of this worker process; they close with it."""


def _worlds(own: Mapping[str, Path] | None) -> Worlds:
    if not _WORLDS:
        _WORLDS.append(Worlds(own, own=own is not None))
        atexit.register(_WORLDS[0].__exit__)
    return _WORLDS[0]


def _verified(
    folder: Path, replays: bool, own: Mapping[str, Path] | None, allowed_signers: Path | None
) -> tuple[Entry | None, Verified]:
    worlds = _worlds(own) if replays else None
    try:
        opened, verified = verify(folder, worlds=worlds, allowed_signers=allowed_signers)
        if opened is None or verified.findings:
            return None, verified
        return Entry(opened, verified, measure(opened)), verified
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001 - boundary: no stranger's folder ends a board's build
        found = Finding(kind=Kind.SCHEMA, where=folder.name, message=f"can't be verified: {type(error).__name__}")
        return None, Verified(submission=folder.name, badges=(), findings=(found,))


def _write(root: Path, ranked: Sequence[Board], site: Site, pool: ProcessPoolExecutor) -> None:
    (root / MARK).write_text("made by bench leaderboard build\n", encoding="utf-8")
    (root / "assets").mkdir()
    for name, most in (("board.js", budgets.SCRIPT_BYTES), ("board.css", budgets.STYLE_BYTES)):
        shutil.copyfile(HERE / "assets" / name, root / "assets" / name)
        budgets.check_size(root / "assets" / name, most)
    runs = [(board, place) for board in ranked for place in board.places]
    done = [
        *(pool.submit(write_run, root, place.entry, Standing.of(board, place), site) for board, place in runs),
        *(pool.submit(write_board, root, board, site) for board in ranked),
    ]
    write_downloads(root, ranked, site)
    items = _items(runs)
    write_page(root, "index.html", "index.html.j2", site, boards=ranked)
    for name in ("methodology", "submit", "view"):
        write_page(root, f"{name}.html", f"{name}.html.j2", site)
    write_page(root, "changelog.html", "changelog.html.j2", site, items=items)
    feed = templates().get_template("feed.xml.j2").render(site=site, items=items)
    (root / "feed.xml").write_text(feed, encoding="utf-8")
    for one in done:
        one.result()
    write_checksums(root)


def _items(runs: Sequence[tuple[Board, Place]]) -> list[dict[str, str]]:
    """Submissions for feed and changelog, the latest first."""
    items = [
        {
            "id": place.entry.manifest.id.removeprefix("sha256:"),
            "slug": place.entry.slug,
            "name": " ".join(
                part for part in (place.entry.manifest.agent.name, place.entry.manifest.agent.version) if part
            ),
            "suite": board.suite.definition.id,
            "date": place.entry.manifest.created_at.isoformat(),
            "score": "none" if place.entry.measures.score is None else percent(place.entry.measures.score),
        }
        for board, place in runs
    ]
    return sorted(items, key=lambda item: (item["date"], item["id"]), reverse=True)


def _refuse_foreign(out: Path) -> None:
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / MARK).is_file())):
        raise InputError(f"{out}: exists already and was not made by this command", hint="give another --out")


def _put_in_place(draft: Path, out: Path) -> None:
    """Swap the new site for the old one."""
    old = draft.with_name("old")
    if out.exists():
        out.rename(old)
    draft.rename(out)
