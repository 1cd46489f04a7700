"""Signatures with SSH keys, by OpenSSH itself (`ssh-keygen -Y`): who signed is who holds a key that others know.

What is signed is the manifest's bytes, which pin all others by their hashes.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from harness.core.errors import InputError
from leaderboard.submission import MANIFEST, SIGNATURE

NAMESPACE = "parley-submission"
_SECONDS = 20


def sign(folder: Path, key: Path) -> None:
    """Write `signature.sig` beside the manifest in `folder`.

    Raises:
        InputError: OpenSSH isn't installed, or doesn't take the key.
    """
    if not key.is_file():
        raise InputError(f"{key}: no such key", hint="give a private SSH key, for example ~/.ssh/id_ed25519")
    done = _keygen("-q", "-Y", "sign", "-f", str(key), "-n", NAMESPACE, str(folder / MANIFEST))
    if done.returncode != 0:
        raise InputError(f"{key}: can't sign with it: {_said(done)}", hint="a key with a passphrase needs ssh-agent")
    (folder / f"{MANIFEST}.sig").rename(folder / SIGNATURE)


def signer(folder: Path, allowed: Path) -> str | None:
    """The principal whose key signed the submission; `None`: it isn't signed by any of these.

    Args:
        folder: A submission that has a signature.
        allowed: OpenSSH's list of allowed signers: `PRINCIPAL ssh-ed25519 AAAA…` a line.

    Raises:
        InputError: OpenSSH isn't installed.
    """
    signature = str(folder / SIGNATURE)
    found = _keygen("-Y", "find-principals", "-s", signature, "-f", str(allowed))
    for principal in found.stdout.decode(errors="replace").splitlines() if found.returncode == 0 else ():
        options = ("-Y", "verify", "-f", str(allowed), "-I", principal, "-n", NAMESPACE, "-s", signature)
        if _keygen(*options, data=(folder / MANIFEST).read_bytes()).returncode == 0:
            return principal
    return None


def _keygen(*arguments: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("ssh-keygen")
    if program is None:
        what = "signatures need OpenSSH's ssh-keygen, which isn't installed"
        raise InputError(what, hint="apt-get install openssh-client")
    try:
        # Without a terminal it doesn't ask for a passphrase but fails.
        command = [program, *arguments]
        return subprocess.run(
            command, input=data, capture_output=True, timeout=_SECONDS, check=False, start_new_session=True
        )
    except subprocess.TimeoutExpired:
        raise InputError(f"ssh-keygen did not answer in {_SECONDS} s") from None


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"
