"""Change a submission as a cheat would, and mend the hashes afterwards as a careful one would."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.core.identity import digest_bytes
from leaderboard.submission import ATTEMPTS, GENESIS, MANIFEST, TRAJECTORIES, Manifest, Row

Data = dict[str, Any]


class Tampered:
    """A submission as plain data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest: Data = json.loads((folder / MANIFEST).read_text())
        self.rows: list[Data] = [json.loads(line) for line in (folder / ATTEMPTS).read_text().splitlines()]
        self.records: list[Data] = [json.loads(line) for line in (folder / TRAJECTORIES).read_text().splitlines()]

    def row(self, task: str, trial: int = 0, attempt: int = 0) -> Data:
        """The row of an attempt."""
        return next(one for one in self.rows if (one["task"], one["trial"], one["attempt"]) == (task, trial, attempt))

    def record(self, task: str, trial: int = 0, attempt: int = 0) -> Data:
        """The record of an attempt."""
        return self.records[self.rows.index(self.row(task, trial, attempt))]

    def drop(self, task: str, trial: int = 0) -> None:
        """Every attempt of a trial."""
        for place in reversed(range(len(self.rows))):
            if (self.rows[place]["task"], self.rows[place]["trial"]) == (task, trial):
                del self.rows[place], self.records[place]

    def write(self, *, mend: bool = True) -> None:
        """Write it back; `mend`: with every hash made to fit again."""
        if mend:
            self._mend()
        (self.folder / TRAJECTORIES).write_text("".join(_line(record) for record in self.records))
        (self.folder / ATTEMPTS).write_text("".join(_line(row) for row in self.rows))
        (self.folder / MANIFEST).write_text(json.dumps(self.manifest))

    def _mend(self) -> None:
        chain = GENESIS
        for row, record in zip(self.rows, self.records, strict=True):
            row["trajectory"] = digest_bytes(_line(record).rstrip("\n").encode())
            row["chain"] = GENESIS
            row["chain"] = chain = Row.model_validate_json(json.dumps(row)).chained(chain)
        inventory = self.manifest["inventory"]
        inventory["attempts"] = digest_bytes("".join(map(_line, self.rows)).encode())
        inventory["trajectories"] = digest_bytes("".join(map(_line, self.records)).encode())
        inventory["rows"], inventory["chain"] = len(self.rows), chain
        self.manifest["id"] = Manifest.model_validate_json(json.dumps(self.manifest)).content_id()


def _line(data: Data) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n"


Change = Callable[[Tampered], None]
