"""A site with four invited agents, made once; every schedule gets a copy of it."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from licensedesk.agent.places import Places
from licensedesk.agent.state import enrol
from licensedesk.core import servers
from licensedesk.core.allocations import allocate
from licensedesk.core.distribution.enrolment import invite
from licensedesk.core.issuers import add_issuer
from licensedesk.core.licenses import register
from licensedesk.core.options import set_option
from licensedesk.core.servers import add_server
from licensedesk.core.site import NewSite, create_site
from licensedesk.core.site_key import unlock
from licensedesk.core.store.facts import read_tree
from licensedesk.core.trust import Signer
from licensedesk.core.types import Option, Role, ServerId
from tests.core.example import PRODUCT, SampleIssuer
from tests.simulation.world import BY, START


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Signer]:
    """`site` and `agents`: relays c and d with an allocation, a managed server under each."""
    folder = tmp_path_factory.mktemp("simulation")
    issuer = SampleIssuer()
    # The same ids each time: their order is part of a schedule.
    ids = (ServerId(f"{number:016x}") for number in itertools.count(1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(servers, "new_server_id", lambda: next(ids))
        return folder, _made(folder, issuer)


def _made(folder: Path, issuer: SampleIssuer) -> Signer:
    site = create_site(folder / "site", NewSite("Example", "a"), passphrase=b"x", by=BY, at=START)
    try:
        store, signer = site.store, unlock(site, b"x")
        add_issuer(store, name=issuer.name, key=issuer.signer.key, products=[PRODUCT], by=BY, at=START)
        register(store, issuer.key("A-150", 150), server=read_tree(store).primary.id, by=BY, at=START)
        for name, under, role in (
            ("c", "a", Role.RELAY),
            ("d", "a", Role.RELAY),
            ("m", "c", Role.MANAGED),
            ("n", "d", Role.MANAGED),
        ):
            parent = read_tree(store).named(under).id
            made = add_server(store, host_name=name, under=parent, role=role, by=BY, at=START)
            raw = invite(site, server=made.server, signer=signer, by=BY, at=START)
            enrol(Places(folder / "agents" / name), raw, file="first.enrol")
        for name in ("c", "d"):
            server = read_tree(store).named(name).id
            set_option(store, server=server, option=Option.DISTRIBUTION, quantities={}, by=BY, at=START)
            allocate(store, product=PRODUCT, quantities={server: 10}, by=BY, at=START)
    finally:
        site.close()
    return signer


@pytest.fixture
def fresh(
    template: tuple[Path, Signer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], tuple[Path, Signer]]:
    """A copy of the template, in the place of the one before. Nothing is synced: no machine stops here."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
    folder = tmp_path / "world"

    def copy() -> tuple[Path, Signer]:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(template[0], folder)
        return folder, template[1]

    return copy
