"""One run as a site: `bench view`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from harness.packs.find import MANIFEST as PACK
from harness.runner.journal import read_manifest
from leaderboard.build import build_site
from leaderboard.packing import Card, pack_run


def view_run(run: Path, out: Path) -> Path:
    """Write the pages of a finished run to `out`.

    Returns:
        The run's own page.

    Raises:
        InputError: the run is unfinished or damaged, a pack of it has changed, or `out` can't be written.
    """
    with tempfile.TemporaryDirectory(prefix="parley-view-") as scratch:
        folder = Path(scratch) / "submission"
        manifest = pack_run(run, folder, Card(), whole=True)
        own = {pack.id: Path(pack.root) for pack in read_manifest(run).packs if (Path(pack.root) / PACK).is_file()}
        build_site([folder], out, replays=True, own=own, title=f"Run {run.name}")
    return out / "run" / manifest.id.removeprefix("sha256:")[:12] / "index.html"
