"""The worlds in which episodes happen, one folder a family, and how a pack gets its template."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.core.pack import Pack
    from harness.core.protocols import Template

_MODULES = {
    "sql": "environments.sql.template",
    "service": "environments.service.template",
    "shortcuts": "environments.shortcuts.template",
}
"""Each module has `load(pack) -> Template`; imported when a pack of its kind is loaded."""


def load_template(pack: Pack) -> Template:
    """The immutable base of a pack's environment.

    Raises:
        InputError: the pack's options or data can't be used.
    """
    template: Template = import_module(_MODULES[pack.manifest.environment]).load(pack)
    return template
