"""A million nodes: imported, listed, counted, managed, each beside its reference of the same run.

    python benchmarks/nodes.py [NODES] [FOLDER]

Reach (5-quality.md, issue of the ground floor): import <= 3 x raw executemany into the same indexed
table; first page of any sorting <= 100 ms; rows of a text filter <= 165 ms (0.25 x sqlitebrowser's 660),
its count <= 300 ms later; jump to the end <= 64 ms (0.4 x 160); `ranges` and `node list --text` as whole
processes <= 0.5 s; an import, new or again, in <= 400 MB. A folder that is given keeps the site, and is
used again.
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from benchmarks.common import Figure, in_turn, seconds
from licensedesk.core.exchange.detect import read_devices
from licensedesk.core.issuers import add_issuer
from licensedesk.core.nodes.filters import NodeFilter
from licensedesk.core.nodes.importing import import_devices
from licensedesk.core.nodes.judging import Act
from licensedesk.core.nodes.queries import Column, Sort, count_nodes, list_nodes
from licensedesk.core.nodes.states import change_nodes, preview_nodes
from licensedesk.core.ranges import range_rows
from licensedesk.core.site import NewSite, Site, create_site, open_site
from licensedesk.core.store.facts import read_holdings, read_tree
from licensedesk.core.trust import new_signer
from licensedesk.core.types import Actor, NodeId, NodeState

AT = datetime(2026, 11, 21, 9, 14, tzinfo=UTC)
BY = Actor(name="benchmark")
PRODUCT = "Desk Agent"
SYSTEMS = (
    "Windows 11 Pro 23H2",
    "Windows Server 2022 Standard",
    "Debian GNU/Linux 12 (bookworm)",
    "Ubuntu 24.04.1 LTS",
    "macOS 15.1",
)
PAGE = 100
MEGABYTES = 400


def write_csv(path: Path, nodes: int) -> None:
    chance = random.Random(1)  # noqa: S311 - the same figures every time
    with path.open("w", encoding="utf-8") as file:
        file.write("host_name,ip,macs,os,inventory_id,product,state\n")
        for number in range(nodes):
            word = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=6))
            address, card = chance.getrandbits(24), chance.getrandbits(32).to_bytes(4, "big")
            file.write(
                f"{word}-{number:06}.example.com,10.{address >> 16}.{address >> 8 & 255}.{address & 255},"
                f"00:1a:{card.hex(':')},{SYSTEMS[number % 5]},id-{number:08x},,discovered\n"
            )


def new_site(folder: Path) -> Site:
    site = create_site(folder, NewSite("Benchmark", "hq"), passphrase=b"benchmark", by=BY, at=AT)
    add_issuer(site.store, name="Acme", key=new_signer().key, products=[PRODUCT], by=BY, at=AT)
    return site


def take_in(site: Site, file: Path, *, at: datetime) -> None:
    import_devices(
        site.store,
        read_devices(file),
        source=read_tree(site.store).primary.id,
        product=PRODUCT,
        manage=False,
        as_reported=False,
        by=BY,
        at=at,
    )


def raw_insert(site: Site, rows: list[tuple[object, ...]]) -> None:
    """The same rows into the same table in one transaction, with nothing but executemany."""
    site.store.rows("PRAGMA cache_size = -128000")
    with site.store.writing():
        site.store.run_many(f"INSERT INTO node VALUES ({', '.join('?' * len(rows[0]))})", rows)


def import_figures(folder: Path, file: Path) -> Iterator[Figure]:
    parsed = seconds(lambda: sum(1 for _ in read_devices(file)))
    site = open_site(folder / "site")
    taken = seconds(partial(take_in, site, file, at=AT))
    rows = site.store.rows("SELECT * FROM node ORDER BY id")
    again = seconds(partial(take_in, site, file, at=AT + timedelta(days=1)))
    site.close()
    other = new_site(folder / "raw")
    source = read_tree(other.store).primary.id
    bare = [(row[0], source, *row[2:]) for row in rows]
    raw = seconds(partial(raw_insert, other, bare))
    other.close()
    yield Figure("parse the CSV file alone", parsed)
    yield Figure("import it (parse, match, insert, count)", taken, raw, most_ratio=3)
    yield Figure("import it again", again, raw)


_ALONE = """
import resource, sys
from datetime import timedelta
from pathlib import Path
from benchmarks.nodes import AT, new_site, open_site, take_in
folder, file = Path(sys.argv[1]), Path(sys.argv[2])
site = open_site(folder) if folder.exists() else new_site(folder)
take_in(site, file, at=AT + timedelta(days=site.store.revision()))
site.close()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def memory_lines(folder: Path, file: Path) -> Iterator[str]:
    """Of processes that do nothing else."""
    command = [sys.executable, "-c", _ALONE, str(folder / "alone"), str(file)]
    for name in ("memory of the import", "memory of the import again"):
        run = subprocess.run(command, check=True, capture_output=True, text=True)
        megabytes = int(run.stdout)
        said = "yes" if megabytes <= MEGABYTES else "NO"
        yield f"{name:58} {megabytes:8} MB  reach <= {MEGABYTES} MB  {said}"


def list_figures(site: Site, nodes: int, *, rounds: int) -> Iterator[Figure]:
    store = site.store
    page = partial(list_nodes, store, by=BY, limit=PAGE)
    everything, waiting = NodeFilter(), NodeFilter(states=(NodeState.DISCOVERED,))
    managed, text = NodeFilter(states=(NodeState.MANAGED,)), NodeFilter(text="qzjx")
    works: dict[str, Callable[[], object]] = {}
    for column in Column:
        for descending in (False, True):
            sort = Sort(column, descending)
            name = f"{column.value}{' descending' if descending else ''}"
            works[f"first page by {name}"] = partial(page, waiting, sort=sort)
            works[f"first page, few match, by {name}"] = partial(page, managed, sort=sort)
    works["first page, many match, all at the end"] = partial(
        page, NodeFilter(states=(NodeState.EXCLUDED,)), sort=Sort(Column.LAST_SEEN)
    )
    works["jump to the end"] = partial(page, everything, offset=nodes - PAGE)
    works["jump to the middle"] = partial(page, everything, offset=nodes // 2)
    works["text filter, few match"] = partial(page, text)
    works["text filter, few match, by ip"] = partial(page, text, sort=Sort(Column.IP))
    works["text filter, few match, by source"] = partial(page, text, sort=Sort(Column.SOURCE))
    works["text filter, all match"] = partial(page, NodeFilter(text="exam"))
    works["text filter, abcd"] = partial(page, NodeFilter(text="abcd"))
    works["text filter, a MAC"] = partial(page, NodeFilter(text="00:1a:2b:3c"))
    works["OS filter, none match"] = partial(page, NodeFilter(os="solaris"))
    works["count of a text filter"] = partial(count_nodes, store, text, by=BY)
    works["count of all"] = partial(count_nodes, store, everything, by=BY)
    works["preview of managing all"] = partial(
        preview_nodes, store, waiting, act=Act.MANAGE, as_many_as_fit=True, by=BY, at=AT
    )
    works["held, used, remaining of all ranges"] = lambda: range_rows(read_holdings(store), on=AT.date())
    limits = {"jump to the end": 0.064, "count of a text filter": 0.465}
    free = ("text filter, a MAC", "OS filter")
    for name, median in in_turn(works, rounds=rounds).items():
        limit = limits.get(name, 0.165 if name.startswith("text") else 0.1)
        yield Figure(name, median, most_seconds=None if name.startswith(free) else limit)


def process_figures(folder: Path, *, rounds: int) -> Iterator[Figure]:
    desk = (sys.executable, "-m", "licensedesk", "--site", str(folder / "site"))
    works: dict[str, Callable[[], object]] = {
        " ".join(("licensedesk", *words)): partial(
            subprocess.run, [*desk, *words], check=True, stdout=subprocess.DEVNULL
        )
        for words in (("node", "list", "--text", "abcd"), ("node", "list"), ("ranges",))
    }
    for name, median in in_turn(works, rounds=rounds).items():
        yield Figure(name, median, most_seconds=0.5)


def change_figures(site: Site, nodes: int) -> Iterator[Figure]:
    """Each node stands with its state in all five indexes; the bare statement changes them as well."""
    last = [NodeId(number) for number in range(nodes - nodes * 3 // 10 + 1, nodes + 1)]
    for act in (Act.EXCLUDE, Act.DISCOVER, Act.EXCLUDE):
        taken = seconds(partial(change_nodes, site.store, last, act=act, by=BY, at=AT))
        yield Figure(f"{act.value} {len(last):,} nodes", taken)


def main(nodes: int = 1_000_000, kept: str | None = None) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(kept or temporary)
        folder.mkdir(exist_ok=True)
        if not (folder / "site").exists():
            file = folder / "nodes.csv"
            write_csv(file, nodes)
            new_site(folder / "site").close()
            for line in memory_lines(folder, file):
                print(line, flush=True)
            for figure in import_figures(folder, file):
                print(figure, flush=True)
        site = open_site(folder / "site")
        # A few rows of the file share a MAC by chance: they are one node.
        nodes = count_nodes(site.store, NodeFilter(), by=BY)
        for figure in change_figures(site, nodes):
            print(figure, flush=True)
        for figures in (
            list_figures(site, nodes, rounds=5),
            process_figures(folder, rounds=5),
        ):
            for figure in figures:
                print(figure, flush=True)
        site.close()
    print(f"most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024:,} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 1_000_000, sys.argv[2] if sys.argv[2:] else None)
