"""Start a pack: a folder with one small task that passes `bench pack check`."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from harness.core.errors import InputError
from harness.core.pack import PackId

_STARTERS = Path(__file__).parent / "starters"


def scaffold(folder: Path, environment: str) -> None:
    """Write a pack for an environment into a folder that doesn't exist yet; its name becomes the id.

    Raises:
        InputError: the name can't be a pack's id, the folder exists, or it can't be written.
    """
    name = folder.resolve().name
    try:
        TypeAdapter(PackId).validate_python(name)
    except ValidationError:
        raise InputError(
            f"{folder}: {name!r} can't be a pack's id", hint="use small letters, digits and single hyphens"
        ) from None
    if folder.exists():
        raise InputError(f"{folder}: exists already", hint="give the name of a new folder")
    draft = folder.with_name(f".{name}.draft")
    try:
        draft.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(_STARTERS / environment, draft)
        manifest = draft / "pack.toml"
        text = manifest.read_text(encoding="utf-8")
        manifest.write_text(text.replace("PACK-ID", name).replace("CANARY", str(uuid.uuid4())), encoding="utf-8")
        draft.replace(folder)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise InputError(f"{folder}: can't be written ({error.strerror})") from None
