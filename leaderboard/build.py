"""Build the static site: one page, a table for each suite hash, no script, no request to anywhere.

The same runs give the same bytes: nothing of the page depends on the clock or on the machine.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from harness.analysis.summary import Summary, summarize
from harness.core.errors import InputError

_HERE = Path(__file__).parent


def build_site(runs: Sequence[Path], out: Path) -> Path:
    """Write the site of `runs` into the folder `out`.

    Returns:
        The path of the page.

    Raises:
        InputError: a run is damaged or unfinished, or `out` can't be written.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    suites: dict[str, list[Summary]] = defaultdict(list)
    for run in runs:
        summary = summarize(run)
        if summary.completed < summary.episodes:
            missing = summary.episodes - summary.completed
            raise InputError(
                f"{run}: {missing} of {summary.episodes} episodes are missing", hint=f"bench run --resume {run}"
            )
        suites[summary.suite_hash].append(summary)
    ranked = [
        sorted(group, key=_rank) for _, group in sorted(suites.items(), key=lambda item: (item[1][0].suite, item[0]))
    ]
    templates = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    page = templates.get_template("index.html.j2").render(suites=ranked)
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "index.html").write_text(page, encoding="utf-8")
        shutil.copyfile(_HERE / "assets" / "style.css", out / "style.css")
    except OSError as error:
        raise InputError(f"{out}: the site can't be written ({error.strerror})", hint="give another --out") from None
    return out / "index.html"


def _rank(summary: Summary) -> tuple[float, str, str]:
    reward = summary.mean_reward
    return (-reward if reward is not None else 1.0, summary.agent, summary.model or "")
