"""Which server gets which GPUs."""

from __future__ import annotations

import os
import shutil
import subprocess

from harness.core.errors import InputError
from harness.core.model_settings import ServerSettings

VISIBLE = "CUDA_VISIBLE_DEVICES"
_LISTING_S = 20.0


class Devices:
    """The GPUs of this machine, handed out to one replica after the other."""

    def __init__(self, visible: tuple[str, ...] | None = None) -> None:
        self._visible = visible
        self._left: list[str] | None = None
        self._named: set[str] = set()

    def take(self, name: str, settings: ServerSettings, each: int) -> tuple[tuple[str, ...], ...]:
        """GPUs for each replica of a model, as `CUDA_VISIBLE_DEVICES` wants them; empty: whatever there is.

        Args:
            name: The model.
            settings: How it is served.
            each: GPUs that a replica takes.

        Raises:
            InputError: there are too few.
        """
        needed = settings.replicas * each
        if settings.gpus is not None:
            named = [str(gpu) for gpu in settings.gpus]
            self._named.update(named)
            return self._split(name, named, settings.replicas, each, "are in `gpus`")
        if self._left is None:
            self._visible = visible_gpus() if self._visible is None else self._visible
            self._left = list(self._visible)
        self._left = [gpu for gpu in self._left if gpu not in self._named]
        if not self._visible and needed == 1:
            # Nothing of NVIDIA's here that could be counted: the server may know of another accelerator.
            return ((),)
        taken = self._split(name, self._left, settings.replicas, each, "are free")
        self._left = self._left[needed:]
        return taken

    def _split(self, name: str, there: list[str], replicas: int, each: int, which: str) -> tuple[tuple[str, ...], ...]:
        if len(there) < replicas * each:
            raise InputError(
                f"model {name!r}: {replicas} × {each} GPUs are needed, and {len(there)} {which}",
                hint="fewer replicas or a smaller tensor_parallel; models share GPUs that both name in `gpus`",
            )
        return tuple(tuple(there[first : first + each]) for first in range(0, replicas * each, each))


def visible_gpus() -> tuple[str, ...]:
    """The GPUs that a process started now would see: by `CUDA_VISIBLE_DEVICES`, or else all that `nvidia-smi` lists."""
    if (given := os.environ.get(VISIBLE)) is not None:
        return tuple(part.strip() for part in given.split(",") if part.strip())
    if (tool := shutil.which("nvidia-smi")) is None:
        return ()
    try:
        listed = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=_LISTING_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    count = sum(line.startswith("GPU ") for line in listed.stdout.splitlines())
    return tuple(map(str, range(count)))
