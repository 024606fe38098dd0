"""Who the agent is: what its enrolment says, and what stands against it."""

from __future__ import annotations

from pathlib import Path

import pytest

from licensedesk.agent.places import Places
from licensedesk.agent.state import enrol, read_identity
from licensedesk.core.errors import SurroundingsError
from tests.fakes.console import ConsoleTwin


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
