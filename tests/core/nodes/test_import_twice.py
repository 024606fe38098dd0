"""hypothesis: whatever a site knows and a file holds, importing the file twice is importing it once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensedesk.core.exchange.devices import FoundDevice
from licensedesk.core.nodes.counts import recount
from licensedesk.core.site import open_site
from tests.core.example import AT, Example
from tests.core.nodes.devices import device, take_in

HOSTS = ["pc", "srv", "10.0.0.1"]
SYSTEMS = {"pc": "linux", "srv": "windows", "10.0.0.1": "linux"}
IPS = ["", "10.0.0.1", "10.0.0.2"]
MACS = ["00:1a:2b:00:00:01", "00:1a:2b:00:00:02", "00:1a:2b:00:00:03"]


@st.composite
def files(draw: st.DrawFn) -> list[FoundDevice]:
    """Few names for many devices, so that they meet; a file knows the OS of all of them, or of none.

    Two systems may share MACs and addresses, but not a host name: a file that gives one name two systems,
    or another than the site knows, is right about neither, and which row counts is left open.
    """
    systems = SYSTEMS if draw(st.booleans()) else {}
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(HOSTS),
                st.sampled_from(IPS),
                st.sets(st.sampled_from(MACS)),
                st.sampled_from(["", "", "i", "j"]),
                st.booleans(),
            ),
            max_size=6,
        )
    )
    return [
        device(
            host,
            ip,
            *macs,
            os=systems.get(host, ""),
            os_family=systems.get(host, ""),
            inventory_id=inventory_id,
            reported_managed=managed,
        )
        for host, ip, macs, inventory_id, managed in rows
    ]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory, example_folder: Path) -> Iterator[Example]:
    folder = tmp_path_factory.mktemp("twice") / "site"
    shutil.copytree(example_folder, folder)
    site = open_site(folder)
    yield Example(site, None)  # type: ignore[arg-type]
    site.close()


def rows(example: Example) -> list[tuple[object, ...]]:
    """Everything of the nodes but when they were last seen."""
    return example.store.rows(
        "SELECT id, source_id, state, product_id, host_name, ip, ip_key, macs, os, os_family, inventory_id,"
        " first_seen FROM node ORDER BY id"
    )


@given(known=files(), file=files(), as_reported=st.booleans())
def test_twice_is_once(
    example: Example, known: list[FoundDevice], file: list[FoundDevice], as_reported: bool
) -> None:
    store = example.store
    store.run("DELETE FROM node")
    store.run("DELETE FROM node_count")
    take_in(example, known)
    take_in(example, file, as_reported=as_reported, manage=True)
    once = rows(example)
    again = take_in(example, file, as_reported=as_reported, manage=True, at=AT + timedelta(days=1))
    assert rows(example) == once
    assert (again.new, again.updated, again.managed) == (0, 0, 0)
    assert recount(store) == {}
