"""Write a pack folder: whole, or not at all."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from harness.core.errors import InputError
from harness.core.pack import PackManifest
from harness.core.task import Task
from harness.packs.find import MANIFEST


@contextmanager
def writing_pack(
    out: Path,
    manifest: PackManifest,
    policy: str,
    tasks: Sequence[Task],
    *,
    file: str,
    variants: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Path]:
    """A temporary sibling of `out` with manifest, policy and tasks in it, for the caller to put the data in.

    It becomes `out` when the scope ends well, and vanishes when it doesn't.

    Args:
        out: The pack's folder; must not exist.
        manifest: Becomes `pack.toml`.
        policy: The text of the policy file.
        tasks: Written to `tasks/<file>`, one a line.
        file: Ends in `.jsonl`.
        variants: Texts of the policy's variants that the manifest names.

    Raises:
        InputError: `out` exists, or can't be written.
    """
    refuse_existing(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=".importing-") as temporary:
            folder = Path(temporary) / out.name
            (folder / "tasks").mkdir(parents=True)
            (folder / "data").mkdir()
            (folder / MANIFEST).write_text(manifest_toml(manifest), encoding="utf-8")
            (folder / manifest.policy).write_text(policy, encoding="utf-8")
            for name, text in variants.items():
                (folder / manifest.policies[name]).write_text(text, encoding="utf-8")
            lines = "".join(f"{task.model_dump_json()}\n" for task in tasks)
            (folder / "tasks" / file).write_text(lines, encoding="utf-8")
            yield folder
            folder.rename(out)
    except OSError as error:
        raise InputError(f"{out}: can't be written ({error.strerror})") from None


def refuse_existing(out: Path) -> None:
    """Raise `InputError` where a pack's folder exists already."""
    if out.exists():
        raise InputError(f"{out}: exists already", hint="remove it, or name another folder with --out")


def manifest_toml(manifest: PackManifest) -> str:
    """The manifest as TOML. JSON's scalars and arrays of text are TOML as they are."""
    plain = manifest.model_dump(mode="json", exclude_defaults=True)
    lines = [f"{key} = {_value(value)}" for key, value in plain.items() if not isinstance(value, dict)]
    for table, fields in plain.items():
        if isinstance(fields, dict):
            lines += ["", f"[{table}]", *(f"{json.dumps(key)} = {_value(value)}" for key, value in fields.items())]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, list):
        return "[\n" + "".join(f"    {json.dumps(item, ensure_ascii=False)},\n" for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)
