"""Signatures and reproduction, with real SSH keys."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from playing import play

from harness.core.errors import InputError
from leaderboard.build import build_site
from leaderboard.findings import Kind
from leaderboard.submission import MANIFEST, SIGNATURE
from leaderboard.verifying import Badge, verify


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys of ann, bob and eve, and a list of allowed signers that eve is not on."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("ann", "bob", "eve"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)]
        subprocess.run(command, check=True)
    known = (f"{name}@example.org {(folder / f'{name}.pub').read_text()}" for name in ("ann", "bob"))
    (folder / "allowed").write_text("".join(known))
    return folder


def packed(run_folder: Path, run: str, out: Path, key: Path) -> Path:
    done = play(run_folder, "leaderboard", "pack", run, "--out", str(out), "--sign", str(key))
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def signed(run_folder: Path, keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packed(run_folder, "oracle", tmp_path_factory.mktemp("signed") / "oracle", keys / "ann")


def test_a_known_key_earns_the_badge_and_is_named(signed: Path, keys: Path) -> None:
    _, found = verify(signed, allowed_signers=keys / "allowed")
    assert found.findings == ()
    assert (found.signer, found.badges) == ("ann@example.org", (Badge.RECOMPUTED, Badge.SIGNED))


def test_without_a_list_of_keys_nothing_is_signed(signed: Path) -> None:
    _, found = verify(signed)
    assert (found.signer, found.badges) == (None, (Badge.RECOMPUTED,))


def test_an_unknown_key_is_a_finding(run_folder: Path, keys: Path, tmp_path: Path) -> None:
    folder = packed(run_folder, "oracle", tmp_path / "eve", keys / "eve")
    _, found = verify(folder, allowed_signers=keys / "allowed")
    assert {finding.kind for finding in found.findings} == {Kind.SIGNATURE}
    assert Badge.SIGNED not in found.badges


def test_a_signature_of_something_else_is_a_finding(signed: Path, submission: Path, keys: Path) -> None:
    shutil.copyfile(signed / SIGNATURE, submission / SIGNATURE)
    _, found = verify(submission, allowed_signers=keys / "allowed")
    assert Kind.SIGNATURE in {finding.kind for finding in found.findings}


def test_a_byte_more_in_the_manifest_breaks_the_signature(signed: Path, keys: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(signed, tmp_path / "changed")
    with (folder / MANIFEST).open("a") as file:
        file.write(" ")
    _, found = verify(folder, allowed_signers=keys / "allowed")
    assert {finding.kind for finding in found.findings} == {Kind.SIGNATURE}


def test_a_list_of_signers_that_is_not_there_is_said(signed: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        verify(signed, allowed_signers=tmp_path / "nobody")


def test_only_another_signers_run_of_another_seed_reproduces(run_folder: Path, keys: Path, tmp_path: Path) -> None:
    again = play(run_folder, "run", "--agent", "oracle", "--suite", "board.toml", "--seed", "8", "--out", "repeated")
    assert again.returncode == 0, again.stderr

    def badges(*signers: tuple[str, str]) -> list[bool]:
        folder = tmp_path / "-".join("".join(one) for one in signers)
        for run, key in signers:
            packed(run_folder, run, folder / run, keys / key)
        build_site([folder], folder / "site", allowed_signers=keys / "allowed")
        return ['class="badge reproduced"' in page.read_text() for page in sorted(folder.glob("site/run/*/index.html"))]

    assert badges(("oracle", "ann"), ("repeated", "bob")) == [True, True]
    assert badges(("oracle", "ann"), ("repeated", "ann")) == [False, False]
    assert badges(("oracle", "ann"), ("moody", "bob")) == [False, False]
