"""vLLM servers that Parley starts: a stub on the path speaks its command line and HTTP interface."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from processes import family, gone, wait_until

from harness.core.errors import InputError, ModelFault
from harness.core.model_settings import ModelSettings, ServerSettings
from harness.core.run import ServerIdentity
from harness.models import remote
from harness.models.book import ModelBook
from harness.models.client import ChatMessage, Completion, Request
from harness.models.open import ModelPool, check_model, open_models
from harness.models.servers.devices import Devices

Bench = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).parents[2]
MODEL = "vllm/org/some-model"
REQUEST = Request(messages=[ChatMessage("user", "Hi")], turn=0)


@pytest.fixture(autouse=True)
def stub_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{Path(__file__).parent / 'stub_bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,5,6,7")
    monkeypatch.setenv("VLLM_API_KEY", "some-key-of-somebody")
    monkeypatch.setattr(remote, "FIRST_WAIT_S", 0.01)


def book(**server: object) -> ModelBook:
    return ModelBook({MODEL: ModelSettings(server=ServerSettings.model_validate(server))})


def told(answer: Completion) -> dict[str, object]:
    found: dict[str, object] = json.loads(answer.text)
    return found


def test_replicas_get_gpus_of_their_own_and_share_the_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUB_VLLM_ANSWERS_S", "0.3")

    async def ask() -> tuple[list[Completion], tuple[ServerIdentity, ...], list[int]]:
        settings = book(replicas=2, tensor_parallel=2, args=("--max-model-len", "2048"))
        async with open_models([MODEL], settings) as pool:
            answers = await asyncio.gather(*(pool.client(MODEL).complete(REQUEST) for _ in range(8)))
            return answers, pool.servers, family(os.getpid(), "stub_")

    answers, (server,), running = asyncio.run(ask())
    ports = Counter(told(answer)["port"] for answer in answers)
    assert sorted(ports.values()) == [4, 4]
    assert {json.dumps(told(answer)["gpus"]) for answer in answers} == {'["4", "5"]', '["6", "7"]'}
    assert {(told(answer)["model"], told(answer)["key"]) for answer in answers} == {("org/some-model", False)}
    assert answers[0].usage.cost_usd == 0.0
    assert answers[0].usage.tokens == 12
    assert server == ServerIdentity(
        model=MODEL,
        engine="vllm",
        version="0.99.0",
        arguments=("--tensor-parallel-size", "2", "--max-model-len", "2048"),
        gpus=(("4", "5"), ("6", "7")),
    )
    assert len(running) >= 4, "two servers and an engine core each"
    assert gone(running)


def test_a_replica_that_is_gone_is_left_alone() -> None:
    async def ask() -> set[object]:
        async with open_models([MODEL], book(replicas=2)) as pool:
            client = pool.client(MODEL)
            first = told(await client.complete(REQUEST))["port"]
            (pid,) = [pid for pid in family(os.getpid(), f"--port {first}") if _is_server(pid)]
            os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(0.2)
            answers = await asyncio.gather(*(client.complete(REQUEST) for _ in range(10)))
            return {told(answer)["port"] == first for answer in answers}

    assert asyncio.run(ask()) == {False}


def _is_server(pid: int) -> bool:
    return "keeper.py" not in (Path("/proc") / str(pid) / "cmdline").read_text()


@pytest.mark.parametrize("args", [(), ("--enable-auto-tool-choice", "--tool-call-parser=h")])
def test_tools_are_native_where_the_server_is_started_for_them(args: tuple[str, ...]) -> None:
    async def is_native() -> bool:
        async with open_models([MODEL], book(args=args)) as pool:
            return pool.client(MODEL).native_tools

    assert asyncio.run(is_native()) is bool(args)


async def _open(settings: ModelBook) -> ModelPool:
    async with open_models([MODEL], settings) as pool:
        return pool


@pytest.mark.parametrize(
    ("server", "environment", "message"),
    [
        ({}, {"STUB_VLLM_FAILS": "out of memory"}, r"ended with code 1 before it(.|\n)*weights\n.*out of memory"),
        ({"args": ("--max-modle-len",)}, {}, r"ended with code 2 (.|\n)*unrecognized arguments: --max-modle-len"),
        ({"startup_s": 4}, {"STUB_VLLM_LOADS_S": "60"}, r"was not healthy within 4 s; the end of its log:\n.*0\.99"),
    ],
)
def test_a_server_that_does_not_come_up_shows_the_end_of_its_log_and_leaves_no_process(
    monkeypatch: pytest.MonkeyPatch, server: dict[str, object], environment: dict[str, str], message: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ModelFault, match=message):
        asyncio.run(_open(book(**server)))
    assert family(os.getpid(), "vllm") == family(os.getpid(), "stub_engine_core") == []


def test_a_port_in_use_is_refused() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        with pytest.raises(InputError, match=f"port {port} is in use"):
            asyncio.run(_open(book(port=port)))


@pytest.mark.parametrize(
    ("server", "message"),
    [
        ({"replicas": 3, "tensor_parallel": 2}, r"3 × 2 GPUs are needed, and 4 are free"),
        ({"args": ("--tensor-parallel-size=8",)}, r"1 × 8 GPUs are needed, and 4 are free"),
        ({"args": ("-tp", "2", "--pipeline-parallel-size", "4")}, r"1 × 8 GPUs are needed"),
        ({"gpus": (0,), "tensor_parallel": 2}, r"1 × 2 GPUs are needed, and 1 are in `gpus`"),
        ({"args": ("--port", "9")}, r"--port is set by Parley"),
        ({"args": ("--api-key=x",)}, r"--api-key is set by Parley"),
        ({"args": ("-tp", "x")}, r"--tensor-parallel-size must be a positive number, not 'x'"),
        ({"args": ("-tp", "2"), "tensor_parallel": 2}, r"are both given"),
    ],
)
def test_servers_that_cannot_be_are_refused_before_anything_starts(server: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        asyncio.run(_open(book(**server)))


def test_a_folder_that_is_missing_and_a_vllm_that_is_missing_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="no such folder"):
        check_model("vllm//no/such/folder")
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("harness.models.servers.vllm.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"vLLM is not installed\n  pip install 'parley-bench\[gpu\]'"):
        check_model(MODEL)


def test_models_get_different_gpus_unless_they_name_the_same() -> None:
    devices = Devices(("0", "1", "2"))
    assert devices.take("a", ServerSettings(), 1) == (("0",),)
    assert devices.take("b", ServerSettings(), 2) == (("1", "2"),)
    assert devices.take("c", ServerSettings(gpus=(2,)), 1) == (("2",),)
    with pytest.raises(InputError, match=r"1 × 1 GPUs are needed, and 0 are free"):
        devices.take("d", ServerSettings(), 1)
    assert Devices(()).take("a", ServerSettings(), 1) == ((),)


def test_a_run_records_its_servers_and_leaves_none(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "models.toml").write_text(f'[models."{MODEL}".server]\nreplicas = 2\n')
    command = (
        "run",
        "--agent",
        "llm",
        "--model",
        MODEL,
        "--models-file",
        "models.toml",
        "--suite",
        "telecom-desk:lite",
    )
    done = bench(*command, "--server-arg=--max-model-len", "--server-arg=99", "--max-turns", "2", "--out", "r")
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "r" / "run.json").read_text())
    (server,) = manifest["servers"]
    assert (server["engine"], server["version"]) == ("vllm", "0.99.0")
    assert server["arguments"] == ["--max-model-len", "99"]
    assert server["gpus"] == [["4"], ["5"]]
    assert manifest["models"][MODEL]["server"]["replicas"] == 2
    assert "agent: 20 model calls, 240 tokens, $0.0000" in done.stdout


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_servers_are_gone_however_the_run_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: signal.Signals
) -> None:
    monkeypatch.setenv("STUB_VLLM_ANSWERS_S", "60")
    command = [sys.executable, "-m", "harness", "run", "--agent", "llm", "--model", MODEL, "--suite", "telecom-desk"]
    run = subprocess.Popen(
        [*command, "--out", str(tmp_path / "run")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert wait_until((tmp_path / "run" / "attempts" / "0000.jsonl").exists, 60)
    running = family(run.pid, "vllm") + family(run.pid, "stub_engine_core")
    assert len(running) >= 3, "keeper, server and engine core"
    run.send_signal(how)
    run.wait(timeout=60)
    assert gone(running)


@pytest.mark.parametrize("end", ["pipe", "keeper"])
def test_a_server_that_ignores_its_end_is_killed_with_what_it_started(
    end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUB_VLLM_STUBBORN", "1")
    keeper = str(ROOT / "harness" / "keeper.py")
    stub = str(Path(__file__).parent / "stub_bin" / "vllm")
    keepers, ours = os.pipe()
    command = [sys.executable, keeper, str(keepers), "0.3", stub, "serve", "m", "--host", "127.0.0.1", "--port", "0"]
    with subprocess.Popen(command, pass_fds=(keepers,), stdout=subprocess.DEVNULL) as kept:
        os.close(keepers)
        assert wait_until(lambda: bool(family(kept.pid, "stub_engine_core")))
        running = family(kept.pid, "stub_")
        if end == "pipe":
            os.close(ours)
            assert gone(running)
        else:
            # The kernel ends the server; its core would need the keeper that is gone.
            kept.kill()
            assert gone([pid for pid in running if _runs(pid, "serve")])
            for pid in running:
                os.kill(pid, signal.SIGKILL) if _runs(pid, "stub_engine_core") else None


def _runs(pid: int, word: str) -> bool:
    try:
        return word in (Path("/proc") / str(pid) / "cmdline").read_text()
    except OSError:
        return False
