"""Fixtures of the domain: one fixture, one object. Sites are copies of one that is made once a run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from licensedesk.core.allocations import allocate
from licensedesk.core.issuers import add_issuer
from licensedesk.core.options import set_option
from licensedesk.core.servers import add_server
from licensedesk.core.site import NewSite, Site, create_site, open_site
from licensedesk.core.store.database import Store
from licensedesk.core.types import Option, Role
from tests.core.example import AT, BY, OTHER, PRODUCT, Example, SampleIssuer


@pytest.fixture(scope="session")
def issuer() -> SampleIssuer:
    return SampleIssuer()


@pytest.fixture(scope="session")
def new_site_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed site that has only its primary, a; making its key takes most of the time."""
    folder = tmp_path_factory.mktemp("template") / "new"
    create_site(folder, NewSite("Example", "a"), passphrase=b"correct horse", by=BY, at=AT).close()
    return folder


@pytest.fixture(scope="session")
def example_folder(
    tmp_path_factory: pytest.TempPathFactory, new_site_folder: Path, issuer: SampleIssuer
) -> Path:
    """A closed site with the tree of 1-domain.md."""
    folder = tmp_path_factory.mktemp("template") / "example"
    shutil.copytree(new_site_folder, folder)
    site = open_site(folder)
    example = Example(site, issuer)
    for product in (PRODUCT, OTHER):
        add_issuer(site.store, name=issuer.name, key=issuer.signer.key, products=[product], by=BY, at=AT)
    for name, under in (("b", "a"), ("c", "a"), ("d", "b"), ("e", "c")):
        add_server(site.store, host_name=name, under=example.id(under), role=Role.RELAY, by=BY, at=AT)
    example.register("A-150", 150)
    for name, quantity in (("d", 10), ("c", 40)):
        set_option(
            site.store, server=example.id(name), option=Option.DISTRIBUTION, quantities={}, by=BY, at=AT
        )
        allocate(site.store, product=PRODUCT, quantities={example.id(name): quantity}, by=BY, at=AT)
    site.close()
    return folder


@pytest.fixture
def site(tmp_path: Path, new_site_folder: Path) -> Iterator[Site]:
    """A site of its own with nothing but its primary, a."""
    yield from _opened(new_site_folder, tmp_path / "site")


@pytest.fixture
def store(site: Site) -> Store:
    return site.store


@pytest.fixture
def example(tmp_path: Path, example_folder: Path, issuer: SampleIssuer) -> Iterator[Example]:
    for site in _opened(example_folder, tmp_path / "example"):
        yield Example(site, issuer)


def _opened(template: Path, folder: Path) -> Iterator[Site]:
    shutil.copytree(template, folder)
    site = open_site(folder)
    yield site
    site.close()
