"""Which files upstream τ² keeps for a domain, and how it puts its policies together."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from harness.core.errors import InputError
from harness.core.parsing import read_text

_ROOTS = ("", "data/tau2", "tau2", "data", "tau2/data/tau2")
"""Where `domains/` lies: in a plain folder, in a checkout, in the data folder or the root of a wheel."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of one domain."""

    agent_data: str = "db.json"
    user_data: str | None = None
    """A file that older checkouts lack; the user's side then has its defaults."""
    policy: tuple[tuple[str, str], ...] = (("", "policy.md"),)
    """(tag, file) of the parts; a part with a tag is wrapped in it."""
    variants: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """Parts of the policy's variants, by name."""


def _telecom(main: str, tech: str) -> tuple[tuple[str, str], ...]:
    return (("main_policy", f"{main}.md"), ("tech_support_policy", f"{tech}.md"))


LAYOUTS = {
    "airline": Layout(),
    "mock": Layout(user_data="user_db.json", variants={"solo": (("", "policy_solo.md"),)}),
    "retail": Layout(),
    "telecom": Layout(
        agent_data="db.toml",
        user_data="user_db.toml",
        policy=_telecom("main_policy", "tech_support_manual"),
        variants={
            "solo": _telecom("main_policy_solo", "tech_support_manual"),
            "workflow": _telecom("main_policy", "tech_support_workflow"),
            "workflow-solo": _telecom("main_policy_solo", "tech_support_workflow_solo"),
        },
    ),
}
"""The domains that can be imported."""


def domain_folder(source: Path, domain: str) -> Path:
    """The folder with a domain's files, in a data folder, a checkout or a wheel.

    Raises:
        InputError: there is none under `source`.
    """
    for folder in _candidates(source):
        if _holds(folder / domain, domain):
            return folder / domain
    looked = ", ".join(f"{Path(root) / 'domains' / domain}" for root in _ROOTS[:3])
    raise InputError(
        f"{source}: no τ² domain {domain!r} lies there (looked for {looked})",
        hint="give the checkout of tau2-bench, its data folder, or a folder that holds `domains`",
    )


def domains_in(source: Path) -> list[str]:
    """The domains that lie under `source` and can be imported.

    Raises:
        InputError: there are none.
    """
    found = [domain for domain in LAYOUTS if any(_holds(folder / domain, domain) for folder in _candidates(source))]
    if not found:
        raise InputError(
            f"{source}: no τ² domain lies there (looked for domains/{', domains/'.join(LAYOUTS)})",
            hint="give the checkout of tau2-bench, its data folder, or a folder that holds `domains`",
        )
    return found


def read_policies(folder: Path, layout: Layout) -> tuple[str, dict[str, str]]:
    """The policy and those of its variants whose files are all there.

    Raises:
        InputError: a file of the policy is missing or can't be read.
    """
    variants = {
        name: _policy(folder, parts)
        for name, parts in layout.variants.items()
        if all((folder / file).is_file() for _, file in parts)
    }
    return _policy(folder, layout.policy), variants


def _policy(folder: Path, parts: tuple[tuple[str, str], ...]) -> str:
    texts = [(tag, read_text(folder / file)) for tag, file in parts]
    return "\n".join(f"<{tag}>\n{text}\n</{tag}>" if tag else text for tag, text in texts)


def _holds(folder: Path, domain: str) -> bool:
    """Whether it is the folder of a domain's data: a wheel has one of the same name for its code."""
    known = ("tasks.json", LAYOUTS[domain].agent_data, LAYOUTS[domain].policy[0][1])
    return any((folder / file).is_file() for file in known)


def _candidates(source: Path) -> list[Path]:
    return [source / root / "domains" for root in _ROOTS]
