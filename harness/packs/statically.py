"""A shortcuts pack as it is played in mode `static`: each task's gold is asked for action by action."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.core.errors import InputError
from harness.core.limits import Limits
from harness.packs.shortcutsbench_policy import POLICY

if TYPE_CHECKING:
    from harness.core.pack import Pack

LIMITS = Limits(max_turns=10_000, max_steps=20_000, timeout_s=7200.0)
"""A step is a turn, and a shortcut may have many."""


def played_statically(pack: Pack) -> Pack:
    """The pack with its tasks recast; one that is static already stays as it is. Tasks without an action to ask for are
    excluded."""
    from environments.shortcuts.recast import recast
    from environments.shortcuts.static import RELAY, known_apis

    if "protocol" in pack.manifest.options:
        return pack
    known = known_apis(pack)
    tasks, excluded = {}, dict(pack.manifest.excluded)
    for name, task in pack.tasks.items():
        try:
            tasks[name] = recast(task, known)
        except InputError as problem:
            tasks[name] = task
            excluded.setdefault(name, problem.message)
    held = pack.manifest.options
    kept = {key: held[key] for key in ("definitions", "descriptions", "apis") if key in held}
    manifest = pack.manifest.model_copy(
        update={
            "options": {"protocol": "static", **kept},
            "protocol": pack.manifest.protocol.model_copy(update={"relay": RELAY}),
            "limits": pack.manifest.limits.over(LIMITS),
            "excluded": excluded,
        }
    )
    return replace(pack, manifest=manifest, tasks=tasks, policy=POLICY, policies={})
