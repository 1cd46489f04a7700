"""The names that commands take, each with a line about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.agents.load import AGENTS
from harness.core.pack import PackManifest
from harness.core.parsing import parse, read_json, read_toml
from harness.core.suite import Suite
from harness.models.book import read_models
from harness.models.open import MODELS
from harness.packs.find import MANIFEST, pack_folders, suite_files
from simulators.load import SIMULATORS


@dataclass(frozen=True, slots=True)
class Named:
    """Something that can be named on the command line."""

    name: str
    about: str


def listing(kind: str) -> list[Named]:
    """Everything of a kind: suites, packs, agents, simulators, models or runs.

    Raises:
        InputError: a suite file, a pack manifest or the models file is invalid.
    """
    match kind:
        case "suites":
            return [_suite(name, path) for name, path in sorted(suite_files().items())]
        case "packs":
            return [_pack(name, path) for name, path in sorted(pack_folders().items())]
        case "runs":
            return [_run(path.parent) for path in sorted(Path("runs").glob("*/run.json"))]
        case _:
            listed = dict.fromkeys(read_models().models, "in the models file") if kind == "models" else {}
            table = {"agents": AGENTS, "simulators": SIMULATORS, "models": {**MODELS, **listed}}[kind]
            return [Named(name, about) for name, about in table.items()]


def _suite(name: str, path: Path) -> Named:
    suite = parse(Suite, read_toml(path), where=str(path))
    return Named(name, f"{suite.title} ({', '.join(dict.fromkeys(part.pack for part in suite.select))})")


def _pack(name: str, path: Path) -> Named:
    manifest = parse(PackManifest, read_toml(path / MANIFEST), where=str(path / MANIFEST))
    return Named(name, f"{manifest.version}  {manifest.title} [{manifest.environment}, {manifest.license}]")


def _run(root: Path) -> Named:
    manifest = read_json(root / "run.json")
    return Named(str(root), f"{manifest['agent']['name']} on {manifest['suite']['id']}, {manifest['created_at']}")
