"""The agent's folders: made so that a power cut does not take them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from licensedesk.agent.places import Places


def test_each_folder_is_synced_into_the_one_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
    )
    places = Places(tmp_path / "install")
    places.prepare(places.license)
    inner = [places.install, *(places.install / part for part in ("Software", "Software/Conf"))]
    assert synced == [tmp_path, *inner]
    places.prepare(places.license)
    assert len(synced) == 4, "only those that are new"
