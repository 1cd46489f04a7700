"""`bench list`: what can be named on the command line."""

from __future__ import annotations

import json

import click

_KINDS = ("suites", "packs", "agents", "simulators", "models", "runs")


@click.command(name="list")
@click.argument("kind", type=click.Choice(_KINDS), required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object: kind to a list of objects with `name`.")
def command(kind: str | None, as_json: bool) -> None:
    """List what can be named: suites, packs, agents, simulators and models; or the runs below ./runs."""
    from harness.packs.listing import listing

    kinds = (kind,) if kind else tuple(name for name in _KINDS if name != "runs")
    found = {name: listing(name) for name in kinds}
    if as_json:
        plain = {name: [{"name": item.name, "about": item.about} for item in items] for name, items in found.items()}
        click.echo(json.dumps(plain, ensure_ascii=False))
        return
    for name, items in found.items():
        click.echo(click.style(name, bold=True))
        width = max((len(item.name) for item in items), default=0)
        for item in items:
            click.echo(f"  {item.name:<{width}}  {item.about}".rstrip())
        if not items:
            click.echo("  none")
