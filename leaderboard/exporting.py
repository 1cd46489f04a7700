"""Results in the form in which the Hugging Face hub keeps them in a model's card (`model-index`)."""

from __future__ import annotations

import json

from pydantic import JsonValue

from leaderboard.measures import measure
from leaderboard.reading import Opened


def model_index(submission: Opened) -> str:
    """The `model-index` block of a card; JSON, which is YAML, too.

    The numbers are computed from the rows; `verified` is left out, since the hub gives that itself.
    """
    manifest, found = submission.manifest, measure(submission)
    metrics: list[JsonValue] = []
    if found.score is not None:
        metrics.append({"type": "score", "name": "mean reward", "value": round(found.score, 6)})
    for k, at in found.pass_k.at.items():
        interval: JsonValue = {"confidence_interval": [round(end, 6) for end in at.interval], "tasks": at.tasks}
        metrics.append({"type": "pass_hat_k", "name": f"pass^{k}", "value": round(at.value, 6), "args": interval})
    suite = manifest.suite.definition
    block: JsonValue = {
        "model-index": [
            {
                "name": manifest.model("agent") or manifest.agent.name,
                "results": [
                    {
                        "task": {"type": "text-generation", "name": "interactive agent benchmark"},
                        "dataset": {
                            "type": f"parley/{suite.id}",
                            "name": f"Parley {suite.id} {suite.version}",
                            "revision": manifest.suite.hash,
                        },
                        "metrics": metrics,
                        "source": {"name": f"Parley submission {manifest.id}"},
                    }
                ],
            }
        ]
    }
    return json.dumps(block, indent=2, ensure_ascii=False) + "\n"
