"""Distributing through a real Mosquitto, against a bare loop that only signs, publishes, receives, verifies.

    python -m benchmarks.mosquitto [--servers N]... [--rounds R] [--connections C] [--profile]

A round changes a license and distributes License.xml to all servers: from the press to the last report
verified and in the ledger, console unlocked and connected. The bare loop sends the same bytes over the same
broker to the same agents, in turn with it. The agents are one other process: each verifies with the site's
key and signs with its own; as they share connections, they use one account that may read all of the site's
topics. Broker: TLS, passwords and access list as broker-config writes them.

Reach (5-quality.md): >= 0.4 x the bare loop and >= 1,000 servers/s with 10,000 servers on 2 cores; cost per
server within 1.5 x from 1,000 to 50,000; an agent's process <= 60 MB.
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import os
import pstats
import secrets
import statistics
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from benchmarks.agents import ACCOUNT, Fleet, new_fleet
from licensedesk.core.broker import write_site_broker
from licensedesk.core.delivery import open_distributor
from licensedesk.core.distribution.connection import CA_FILE
from licensedesk.core.distribution.distributor import Distributor
from licensedesk.core.distribution.enrolment import invite
from licensedesk.core.distribution.ledger_store import read_lines
from licensedesk.core.distribution.uploads import read_stamps
from licensedesk.core.documents.license_key import ProductLicense
from licensedesk.core.documents.messages import CONFIGURATION_TYPE, new_configuration, open_report
from licensedesk.core.issue import issue_license
from licensedesk.core.issuers import add_issuer, trusted_issuers
from licensedesk.core.licenses import register_files
from licensedesk.core.local_agents import LocalAgent
from licensedesk.core.servers import add_server
from licensedesk.core.site import NewSite, Site, create_site, site_version
from licensedesk.core.site_key import unlock
from licensedesk.core.store.facts import read_tree
from licensedesk.core.transports.broker_config import password_hash
from licensedesk.core.trust import PublicKey, Signer, new_signer
from licensedesk.core.types import Actor, Kind, Role, ServerId, stamp
from tests.fakes.mosquitto import HOST, Mosquitto, free_port

BY = Actor(name="benchmark")
PRODUCTS = tuple(f"Product {number}" for number in range(5))
LICENSES = 10
"""Licenses in License.xml: a document of some 3 KB."""
WINDOW = 1000
REACH_RATIO, REACH_RATE, REACH_FLAT, REACH_AGENT_MB = 0.4, 1000, 1.5, 60


def now() -> datetime:
    return datetime.now(UTC)


# -- a site with many servers ----------------------------------------------------------------------------


@dataclass
class Bench:
    """One site, its broker, and its agents in their process."""

    site: Site
    signer: Signer
    fleet: Fleet
    issuer: Signer
    folder: Path
    keys: dict[ServerId, PublicKey]
    port: int
    broker: Mosquitto | None = None
    real: LocalAgent | None = None
    """A real agent among the simulated ones, whose memory is looked at."""

    def change(self) -> None:
        """One more license: every server needs a new License.xml."""
        one = ProductLicense(
            issuer="Benchmark",
            serial=secrets.token_hex(8),
            product=secrets.choice(PRODUCTS),
            quantity=10,
            kind=Kind.PERMANENT,
            valid_from=now().date(),
            valid_until=None,
        )
        file = self.folder / "one.lic"
        file.write_bytes(issue_license(one, signer=self.issuer))
        primary = read_tree(self.site.store).primary.id
        (result,) = register_files(
            self.site.store,
            [file],
            server=primary,
            trusted=trusted_issuers(self.site.store),
            by=BY,
            at=now(),
        )
        assert result.error is None, result.error

    def processor_seconds(self) -> list[float]:
        """Used so far by the console (this process), the broker, and the agents."""
        assert self.broker is not None
        assert self.broker.process is not None
        found = []
        for process in (None, self.broker.process.pid, self.fleet.process_id):
            times = psutil.Process(process).cpu_times()
            found.append(float(times.user + times.system))
        return found

    def megabytes(self, process: int | None = None) -> float:
        """Resident memory of a process; of this one where none is given."""
        return float(psutil.Process(process).memory_info().rss / 1e6)


@contextlib.contextmanager
def bench(servers: int, connections: int) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="licensedesk-bench-") as name, contextlib.ExitStack() as stack:
        folder, port = Path(name), free_port()
        new = NewSite("Benchmark", "hq.example.com", transport=f"mqtt:{HOST}:{port}")
        site = create_site(folder / "site", new, passphrase=b"benchmark", by=BY, at=now())
        stack.callback(site.close)
        signer, issuer = unlock(site, b"benchmark"), new_signer()
        add_issuer(site.store, name="Benchmark", key=issuer.key, products=PRODUCTS, by=BY, at=now())
        fleet = new_fleet(servers, folder / "fleet.json")
        add_servers(site, fleet)
        keys = {ServerId(member.server): member.signer.key for member in fleet.members}
        found = Bench(site, signer, fleet, issuer, folder, keys, port)
        for _ in range(LICENSES - 1):
            found.change()
        broker = Mosquitto(folder, port)
        write_site_broker(site, folder / "config", data_folder=folder, by=BY, at=now())
        real = LocalAgent(folder / "real")
        server = add_server(
            site.store,
            host_name="real.example.com",
            under=read_tree(site.store).primary.id,
            role=Role.MANAGED,
            by=BY,
            at=now(),
        ).server
        real.enrol(invite(site, server=server, signer=signer, by=BY, at=now()))
        write_site_broker(site, folder / "config", data_folder=folder, by=BY, at=now())
        fleet.password = add_account(folder / "config")
        broker.start()
        stack.callback(broker.kill)
        real.start()
        stack.callback(real.stop)
        found.real, found.broker = real, broker
        stack.enter_context(
            fleet.running(
                port=port,
                ca_file=site.folder / CA_FILE,
                deployments=(site.deployment, bare_deployment(site)),
                trusted=signer.key.pem,
                connections=min(connections, servers),
            )
        )
        yield found


def add_servers(site: Site, fleet: Fleet) -> None:
    """Managed servers under 20 relays, enrolled: as `invite` and a first report leave them, in one go."""
    primary = read_tree(site.store).primary.id
    relays = [
        add_server(
            site.store, host_name=f"r{n}.example.com", under=primary, role=Role.RELAY, by=BY, at=now()
        ).server
        for n in range(20)
    ]
    at, store = stamp(now()), site.store
    with store.writing():
        store.run_many(
            'INSERT INTO server (id, host_name, role, parent_id, "option", suspended, added_at)'
            " VALUES (?, ?, 'managed', ?, 'none', 0, ?)",
            [
                (member.server, f"m{n}.example.com", relays[n % len(relays)], at)
                for n, member in enumerate(fleet.members)
            ],
        )
        store.run_many(
            "INSERT INTO enrolment (server_id, key_id, public_key, broker_password_hash, invited_at,"
            " enrolled_at, counter) VALUES (?, ?, ?, 'none', ?, ?, 0)",
            [
                (member.server, member.signer.key.key_id, member.signer.key.pem, at, at)
                for member in fleet.members
            ],
        )


def bare_deployment(site: Site) -> str:
    """The bare loop's own topics, so that neither side hears the other's traffic."""
    return f"bare-{site.deployment[:8]}"


def add_account(folder: Path) -> str:
    """One account for all simulated agents, and for the bare loop."""
    password = secrets.token_urlsafe(24)
    with (folder / "passwords").open("a") as file:
        file.write(f"{ACCOUNT}:{password_hash(password)}\n")
    with (folder / "acl").open("a") as file:
        file.write(f"\nuser {ACCOUNT}\ntopic readwrite licensedesk/#\n")
    return password


# -- ours ------------------------------------------------------------------------------------------------


@dataclass
class Timed:
    """From the press to the last report verified and in the ledger: seconds, and those of the processor."""

    seconds: float
    processor: list[float]


def distribute(found: Bench, distributor: Distributor) -> Timed:
    found.change()
    while distributor.step(timeout=0.2):
        pass
    used, began = found.processor_seconds(), time.perf_counter()
    count = distributor.distribute(reason="demand")
    assert count == len(found.keys) + 1, count
    while not distributor.settled:
        distributor.step(timeout=0.05)
    seconds = time.perf_counter() - began
    processor = [b - a for a, b in zip(used, found.processor_seconds(), strict=True)]
    lines = [line for line in read_lines(found.site.store) if line.server in found.keys]
    assert all(line.acknowledged for line in lines)
    assert not read_stamps(found.site.store).due
    return Timed(seconds, processor)


# -- the bare loop ---------------------------------------------------------------------------------------


class Bare:
    """paho and the signatures, and nothing else."""

    def __init__(self, found: Bench) -> None:
        self.found = found
        self.deployment = bare_deployment(found.site)
        self.received: deque[tuple[str, bytes]] = deque()
        self.room = threading.Semaphore(WINDOW)
        self.ready = threading.Event()
        client = Client(CallbackAPIVersion.VERSION2, client_id="bare", protocol=MQTTProtocolVersion.MQTTv5)
        client.max_inflight_messages_set(WINDOW)
        client.username_pw_set(ACCOUNT, found.fleet.password)
        client.tls_set(str(found.site.folder / CA_FILE))
        client.on_publish = lambda *_: self.room.release()
        client.on_message = lambda _c, _d, message: self.received.append(
            (message.topic, bytes(message.payload))
        )
        client.on_subscribe = lambda *_: self.ready.set()
        client.connect(HOST, found.port)
        client.loop_start()
        client.subscribe(f"licensedesk/{self.deployment}/+/report", qos=1)
        assert self.ready.wait(10)
        self.client = client

    def run(self) -> float:
        """Seconds from the first signature to the last report verified."""
        store = self.found.site.store
        content = bytes(store.value("SELECT content FROM document ORDER BY version DESC LIMIT 1"))
        version, run = site_version(store), secrets.token_hex(4)
        waiting = {server: f"{run}{n:08x}" for n, server in enumerate(self.found.keys)}
        time.sleep(0.5)
        self.received.clear()
        began = time.perf_counter()
        for server, message in list(waiting.items()):
            configuration = new_configuration(
                content,
                deployment=self.deployment,
                server_id=server,
                version=version,
                message_id=message,
                issued_at=stamp(now()),
                expires_at=stamp(now() + timedelta(days=90)),
                enrolled_key=self.found.keys[server].key_id,
            )
            envelope = self.found.signer.sign(configuration.to_payload(), payload_type=CONFIGURATION_TYPE)
            self.room.acquire()
            self.client.publish(f"licensedesk/{self.deployment}/{server}/license", envelope, 1, retain=True)
            self._take(waiting)
        while waiting:
            time.sleep(0.001)
            self._take(waiting)
        return time.perf_counter() - began

    def _take(self, waiting: dict[ServerId, str]) -> None:
        while self.received:
            topic, raw = self.received.popleft()
            server = ServerId(topic.split("/")[2])
            report = open_report(raw, trusted=self.found.keys[server])
            if waiting.get(server) == report.message_id:
                del waiting[server]

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


# -- the runs --------------------------------------------------------------------------------------------


@dataclass
class Figures:
    """Medians of the rounds, in seconds; memory in MB."""

    servers: int
    ours: float
    bare: float
    agent: float
    console: float
    broker: float
    processor: list[float]
    """Seconds of processor time of one of our runs: console, broker, agents."""

    @property
    def rate(self) -> float:
        return self.servers / self.ours

    @property
    def ratio(self) -> float:
        return self.bare / self.ours


def measure(servers: int, *, rounds: int, connections: int, profile: bool) -> Figures:
    with bench(servers, connections) as found:
        ours, bare = [], []
        processor = [0.0, 0.0, 0.0]
        for number in range(rounds):
            loop = Bare(found)
            bare.append(loop.run())
            loop.close()
            profiler = cProfile.Profile() if profile and number == rounds - 1 else None
            timed = one_run(found, profiler)
            ours.append(timed.seconds)
            processor = timed.processor
            print(f"  {servers:,}: bare {bare[-1]:.2f} s, ours {ours[-1]:.2f} s", file=sys.stderr, flush=True)
            if profiler is not None:
                pstats.Stats(profiler).sort_stats("tottime").print_stats(30)
        assert found.real is not None
        assert found.broker is not None
        assert found.broker.process is not None
        agent, broker = (found.megabytes(one) for one in (found.real.process_id, found.broker.process.pid))
        medians = statistics.median(ours), statistics.median(bare)
        return Figures(servers, *medians, agent, found.megabytes(), broker, processor)


def one_run(found: Bench, profiler: cProfile.Profile | None) -> Timed:
    with open_distributor(found.site, signer=found.signer, by=BY, clock=now) as distributor:
        # The retained reports of the last run arrive again first.
        quiet = time.monotonic()
        while time.monotonic() - quiet < 1:
            if distributor.step(timeout=0.2):
                quiet = time.monotonic()
        if profiler is not None:
            with profiler:
                return distribute(found, distributor)
        return distribute(found, distributor)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--servers", type=int, action="append", help="how many [1000, 10000 and 50000]")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--profile", action="store_true", help="profile the last round of each")
    given = parser.parse_args()
    assert given.connections <= 500
    found = [
        measure(servers, rounds=given.rounds, connections=given.connections, profile=given.profile)
        for servers in given.servers or [1000, 10_000, 50_000]
    ]
    titles = f"{'servers':>8} {'ours':>12} {'bare loop':>12} {'ratio':>6} {'agent':>7} {'console':>8}"
    print(f"{titles} {'broker':>7}  processor per server: console + broker + agents")
    for one in found:
        bare = one.servers / one.bare
        print(
            f"{one.servers:>8,} {one.rate:>10,.0f}/s {bare:>10,.0f}/s {one.ratio:>6.2f}"
            f" {one.agent:>4.0f} MB {one.console:>5.0f} MB {one.broker:>4.0f} MB"
            f"  {' + '.join(f'{seconds / one.servers * 1e6:,.0f}' for seconds in one.processor)} us"
        )
    print(f"load of this machine over the last minutes: {os.getloadavg()[1]:.1f} on {os.cpu_count()} cores")
    flat = max(one.ours / one.servers for one in found) / min(one.ours / one.servers for one in found)
    print(f"most expensive server / cheapest: {flat:.2f}")
    good = (
        all(one.ratio >= REACH_RATIO and one.agent <= REACH_AGENT_MB for one in found)
        and all(one.rate >= REACH_RATE for one in found if one.servers >= 10_000)
        and flat <= REACH_FLAT
    )
    print(
        f"reach: ratio >= {REACH_RATIO}, >= {REACH_RATE:,}/s from 10,000 servers, flat within {REACH_FLAT},"
        f" agent <= {REACH_AGENT_MB} MB: {'reached' if good else 'NOT reached'}"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
