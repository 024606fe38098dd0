"""Who the agent is: what its enrolment says, and what stands against it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from licensedesk.agent.places import Places
from licensedesk.agent.state import AgentState, enrol, fresh_state, read_identity, read_state, write_state
from licensedesk.core.errors import SurroundingsError
from tests.fakes.console import START, ConsoleTwin


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "install")


@pytest.mark.parametrize(("folder", "url"), [("", "folder:/nowhere"), ("/mnt/desk", "folder:/mnt/desk")])
def test_the_transport_is_the_consoles_but_for_a_folder_of_ones_own(
    places: Places, console: ConsoleTwin, folder: str, url: str
) -> None:
    enrol(places, console.enrolment(), file="d.enrol", folder=folder)
    identity = read_identity(places)
    assert identity.transport.url == url
    assert identity.trust.keys == (console.signer.key,)


def test_an_install_directory_without_an_enrolment_is_named(places: Places) -> None:
    with pytest.raises(SurroundingsError) as raised:
        read_identity(places)
    assert (raised.value.code, raised.value.figures) == ("no-enrolment", {"path": str(places.install)})


def test_what_is_damaged_of_an_enrolment_is_said(places: Places, console: ConsoleTwin) -> None:
    enrol(places, console.enrolment(), file="d.enrol")
    places.identity.write_bytes(b"")
    with pytest.raises(SurroundingsError) as raised:
        read_identity(places)
    assert (raised.value.code, raised.value.figures) == (
        "damaged-enrolment",
        {
            "path": str(places.identity),
            "reason": "identity.json cannot be read: no JSON at line 1, column 1.",
        },
    )


# -- what it remembers -----------------------------------------------------------------------------------


def test_what_is_remembered_comes_back(places: Places) -> None:
    console = ConsoleTwin(deployment="d" * 64)
    identity = enrol(places, console.enrolment("s" * 64), file="d.enrol")
    state = AgentState(
        deployment="d" * 64,
        server_id="s" * 64,
        version=7,
        sha256="a" * 64,
        applied="b" * 64,
        highest_issued=START,
        counter=9,
        enrolled_key="c" * 64,
        last_report={"code": "DRIFT"},
    )
    places.prepare(places.state)
    write_state(places.state, state)
    assert read_state(places.state, identity=identity) == state


@pytest.mark.parametrize(
    ("changed", "believed"),
    [
        ({}, True),
        ({"deployment": "another"}, False),
        ({"server_id": "0" * 16}, False),
        ({"version": -1}, False),
        ({"more": 1}, False),
    ],
)
def test_a_state_of_another_enrolment_or_a_damaged_one_is_none(
    places: Places, console: ConsoleTwin, changed: dict[str, Any], *, believed: bool
) -> None:
    identity = enrol(places, console.enrolment(), file="d.enrol")
    fresh = fresh_state(identity)
    places.prepare(places.state)
    write_state(places.state, AgentState(deployment=fresh.deployment, server_id=fresh.server_id, counter=5))
    members = json.loads(places.state.read_bytes())
    places.state.write_text(json.dumps({**members, **changed}))
    assert read_state(places.state, identity=identity).counter == (5 if believed else 0)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-21T09:14:00"])
def test_a_signed_time_that_is_no_moment_is_none(places: Places, console: ConsoleTwin, text: str) -> None:
    """One without a time zone could not be compared with any other."""
    identity = enrol(places, console.enrolment(), file="d.enrol")
    places.prepare(places.state)
    write_state(places.state, fresh_state(identity))
    members = json.loads(places.state.read_bytes())
    places.state.write_text(json.dumps({**members, "counter": 5, "highest_issued": text}))
    state = read_state(places.state, identity=identity)
    assert (state.counter, state.highest_issued) == (5, None)
