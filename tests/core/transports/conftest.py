"""Transports are tested on a broker of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.mosquitto import Mosquitto


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    mosquitto = Mosquitto(tmp_path / "broker")
    mosquitto.write()
    mosquitto.start()
    yield mosquitto
    mosquitto.kill()


@pytest.fixture
def closing() -> Iterator[Callable[..., None]]:
    """Call it with transports to have them closed after the test."""
    opened: list[Any] = []
    yield lambda *transports: opened.extend(transports)
    for transport in reversed(opened):
        transport.close()
