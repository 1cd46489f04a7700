"""The stub server as a fixture."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from chat_stub import Stub, serve_stub


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serve_stub() as served:
        yield served
