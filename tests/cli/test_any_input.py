"""No input, however odd, ends as a bug of ours: seeded random command lines over every command."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.runner import ISSUER, PRODUCT, Cli
from tests.cli.test_app import ALL

LEFT_OUT = {"watch", "demo", "distribute", "init"}
"""They run on, wait for agents, or take the time of a key; their refusals are tested by themselves."""
ODD = [
    "",
    " ",
    "a",
    "x=1",
    "=",
    "=1",
    "a=b=3",
    "-1",
    "0",
    "7",
    "1e3",
    "99999999999999999999",
    "None",
    "a" * 300,
    "\u202egnp.exe",
    "\x1b[31m",
    "a\nb",
    "e\u0301",
    "\udcff",
    "..",
    "%s",
    "{}",
    "'; DROP TABLE site; --",
    "2026-02-30",
    "2099-12-31",
    "0001-01-01",
    "9999-12-31",
    "folder:x",
    "mqtt:h:1",
    "true",
    "host_name",
    "-last_seen",
    "default_product",
    "message_days",
]
KNOWN = [
    "a.example.com",
    "B.example.com",
    "c.example.com",
    "d.example.com",
    "e.example.com",
    f"{PRODUCT}=5",
    "d.example.com=3",
    PRODUCT,
    ISSUER,
    "DM-1",
    "managed",
    "relay",
    "none",
    "distribution",
    "registration",
    "nmap",
]


def files(folder: Path) -> list[str]:
    """Paths of every kind; all within the folder, for what a command may write."""
    names = [
        "DM-1.lic",
        "issuer.pub",
        "issuer.key",
        "missing",
        "missing/deep",
        "folder",
        "pipe",
        "empty",
        "big",
    ]
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "empty").touch()
    (folder / "big").write_bytes(b"x" * 3_000_000)
    return [str(folder / name) for name in names]


def command_line(chance: random.Random, name: str, paths: list[str]) -> list[str]:
    words = name.split()
    for parameter in ALL[name].params:
        given: Any = parameter
        for _ in range(chance.choice((0, 1, 1, 2)) if given.required else chance.choice((0, 0, 1))):
            if given.param_type_name == "option":
                words.append(chance.choice(given.opts))
            if not getattr(given, "is_flag", False):
                is_path = (given.metavar or "").partition("-")[0] in {"FILE", "FILE...", "DIR", "PUBLIC"}
                words.append(chance.choice(paths if is_path else ODD + KNOWN * 2))
    return words


def test_no_input_ends_as_a_bug(
    cli: Cli, campaign: Callable[[int], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(cli.files)
    chance = random.Random(4)  # noqa: S311 - the same command lines every time
    paths = files(cli.files)
    names = sorted(set(ALL) - LEFT_OUT)
    ends: dict[int, int] = {}
    for _ in range(campaign(3_000)):
        words = command_line(chance, chance.choice(names), paths)
        run = cli("--json", *words)
        ends[run.code] = ends.get(run.code, 0) + 1
        assert run.code in {0, 1, 2, 3}, (words, run)
        assert run.out.isascii()
        if "--help" not in words:
            assert run.value is not None
    assert ends.keys() >= {0, 1, 2}, ends
    assert cli.done("audit", "verify")["intact"]
