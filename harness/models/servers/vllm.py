"""vLLM: `vllm/<name or path>` becomes `vllm serve <name or path> …`."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from harness.core.errors import InputError
from harness.core.model_settings import ServerSettings
from harness.models.servers.engine import Engine

PREFIX = "vllm/"
_SIZES = (
    ("--tensor-parallel-size", "-tp"),
    ("--pipeline-parallel-size", "-pp"),
    ("--data-parallel-size", "-dp"),
)
_TOOLS = "--enable-auto-tool-choice"
_OURS = ("--host", "--port", "--api-key", "--uds", "--ssl-keyfile", "--ssl-certfile", "--served-model-name")


def vllm_engine(name: str, target: str, settings: ServerSettings) -> Engine:
    """The engine for a model of the Hugging Face hub, or a folder that holds one.

    Raises:
        InputError: vLLM isn't installed, the folder is missing, or an argument is one that Parley sets itself.
    """
    model = target.removeprefix(PREFIX)
    path = Path(model).expanduser()
    if model.startswith(("/", ".", "~")):
        if not path.exists():
            raise InputError(f"model {name!r}: {path}: no such folder", hint="vllm/NAME takes a model of the hub, too")
        model = str(path)
    for argument in settings.args:
        if (option := argument.partition("=")[0]) in _OURS:
            raise InputError(
                f"model {name!r}: {option} is set by Parley", hint="the server listens on 127.0.0.1, without a key"
            )
    arguments = settings.args
    if settings.tensor_parallel > 1:
        if _given(arguments, _SIZES[0]) is not None:
            raise InputError(
                f"model {name!r}: tensor_parallel and {_SIZES[0][0]} are both given", hint="leave out one of them"
            )
        arguments = (_SIZES[0][0], str(settings.tensor_parallel), *arguments)
    each = 1
    for size in _SIZES:
        each *= _size(name, arguments, size)
    return Engine(
        name="vllm",
        served=model,
        program=(*_executable(name), "serve", model),
        arguments=arguments,
        native_tools=_TOOLS in arguments,
        gpus_each=each,
    )


def _executable(name: str) -> tuple[str, ...]:
    """On the path, beside the Python that runs, or as a module of it."""
    found = shutil.which("vllm", path=os.pathsep.join((os.environ.get("PATH", ""), str(Path(sys.executable).parent))))
    if found is not None:
        return (found,)
    if find_spec("vllm") is not None:
        return (sys.executable, "-m", "vllm.entrypoints.cli.main")
    raise InputError(f"model {name!r}: vLLM is not installed", hint="pip install 'parley-bench[gpu]'")


def _size(name: str, arguments: tuple[str, ...], option: tuple[str, ...]) -> int:
    given = _given(arguments, option)
    if given is None:
        return 1
    if not given.isdecimal() or int(given) < 1:
        raise InputError(f"model {name!r}: {option[0]} must be a positive number, not {given!r}")
    return int(given)


def _given(arguments: tuple[str, ...], option: tuple[str, ...]) -> str | None:
    for number, argument in enumerate(arguments):
        named, equals, value = argument.partition("=")
        if named in option:
            return value if equals else "".join(arguments[number + 1 : number + 2])
    return None
