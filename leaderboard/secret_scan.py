"""Look for keys and passwords before anything is published, and again before anything published is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.models.secrets import names_in

_PATTERNS = (
    ("private key", "PRIVATE KEY-----", r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"),
    ("API key (sk-…)", "sk-", r"\bsk-(?:ant-|proj-|or-v1-|svcacct-)?[A-Za-z0-9_-]{24,}"),
    ("AWS access key", "AKIA", r"\bAKIA[0-9A-Z]{16}\b"),
    ("AWS session key", "ASIA", r"\bASIA[0-9A-Z]{16}\b"),
    ("Google API key", "AIza", r"\bAIza[0-9A-Za-z_-]{35}\b"),
    ("GitHub token", "gh", r"\bgh[pousr]_[A-Za-z0-9]{36,}"),
    ("GitHub token", "github_pat_", r"\bgithub_pat_[A-Za-z0-9_]{50,}"),
    ("Hugging Face token", "hf_", r"\bhf_[A-Za-z0-9]{30,}\b"),
    ("Slack token", "xox", r"\bxox[abprs]-[A-Za-z0-9-]{20,}"),
    ("JSON web token", "eyJ", r"\beyJ[A-Za-z0-9_-]{10,800}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    (
        "authorisation header",
        "uthorization",
        r"\b[Aa]uthorization[\"']?\s*[:=]\s*[\"']?(?i:bearer|basic)\s+[A-Za-z0-9._~+/=-]{16,}",
    ),
    ("password in an address", "://", r"\b[a-z][a-z0-9+.-]{1,12}://[^\s/:@\"']{1,60}:[^\s/@\"']{3,60}@"),
)
"""What it is, what a text with it holds for sure (looked for first, since that is quick), and how it looks."""
_COMPILED = tuple((what, hint, re.compile(pattern)) for what, hint, pattern in _PATTERNS)
_SHOWN = 4


def secrets_in(text: str, *, own: bool = False) -> Iterator[str]:
    """What in a text looks like a secret: its kind and its first characters.

    Args:
        text: Any text.
        own: Whether the values of this process's environment variables that are named like secrets count, too.
    """
    for what, hint, pattern in _COMPILED:
        if hint in text and (found := pattern.search(text)):
            yield f"{what}, {found[0][:_SHOWN]!r}…"
    if own:
        for name in names_in(text):
            yield f"the value of the environment variable {name}"
