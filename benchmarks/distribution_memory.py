"""Distribute to many servers through a transport in memory, against a bare loop in the same run.

The agents live in a process of their own and sign every report for real, each with its own key. The bare loop
only signs, publishes, receives and verifies the same bytes: no documents, no ledger, no database. Prints the
servers per second of both, their ratio, and what a server costs at each size.

    python benchmarks/distribution_memory.py [SIZE...]
"""

from __future__ import annotations

import base64
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from securesystemslib.dsse import Envelope
from securesystemslib.signer import CryptoSigner, SSlibKey

from licensedesk.core.distribution.distributor import BATCH, Distributor
from licensedesk.core.distribution.ledger_store import read_lines
from licensedesk.core.distribution.uploads import read_stamps
from licensedesk.core.documents.messages import CONFIGURATION_TYPE, REPORT_TYPE, Holding, Report
from licensedesk.core.site import NewSite, Site, create_site
from licensedesk.core.site_key import unlock
from licensedesk.core.transports.base import Arrivals
from licensedesk.core.trust import Signer
from licensedesk.core.types import Actor, stamp

SIZES = (1_000, 10_000, 50_000)
BY = Actor(name="benchmark")
Batch = list[tuple[str, bytes]]


def now() -> datetime:
    return datetime.now(UTC)


# -- the agents, in a process of their own ----------------------------------------------------------


def agents(pipe: Connection, keys: dict[str, bytes]) -> None:
    """Answer batches of (server, message) by batches of (server, signed report), until None comes."""
    signers = {
        server: CryptoSigner(Ed25519PrivateKey.from_private_bytes(raw)) for server, raw in keys.items()
    }
    pipe.send("ready")
    counter = 0
    while (batch := pipe.recv()) is not None:
        counter += 1
        pipe.send([(server, _report(message, signers[server], counter)) for server, message in batch])


def _report(message: bytes, signer: CryptoSigner, counter: int) -> bytes:
    told = json.loads(base64.b64decode(json.loads(message)["payload"]))
    report = Report(
        deployment=told["deployment"],
        server_id=told["server_id"],
        message_id=told["message_id"],
        version=told["version"],
        sha256=told["license"]["sha256"],
        state=Holding.APPLIED,
        code="",
        detail="",
        counter=counter,
        agent_version="1",
        reported_at=told["issued_at"],
    )
    envelope = Envelope(report.to_payload(), REPORT_TYPE, {})
    envelope.sign(signer)
    return json.dumps(envelope.to_dict(), separators=(",", ":")).encode()


class PipeTransport:
    """The console's side: hands batches to the agents' process, takes what has come back."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._batch: Batch = []
        self._taken: list[str] = []

    def start(self) -> None:
        self._taken = []

    def publish(self, server_id: str, message: bytes) -> None:
        self._batch.append((server_id, message))
        self._taken.append(server_id)
        if len(self._batch) == BATCH:
            self.flush()

    def flush(self) -> None:
        if self._batch:
            self._pipe.send(self._batch)
            self._batch = []

    def clear(self, server_id: str) -> None:
        """Nothing is kept."""

    def receive(self, *, timeout: float) -> Batch:
        self.flush()
        reports: Batch = []
        if self._pipe.poll(timeout):
            reports += self._pipe.recv()
            while self._pipe.poll(0):
                reports += self._pipe.recv()
        return reports

    def poll(self, *, timeout: float) -> Arrivals:
        reports = self.receive(timeout=timeout)
        taken, self._taken = self._taken, []
        return Arrivals(sent=tuple(taken), reports=tuple(reports))

    def wake(self) -> None:
        """One thread does all."""

    def close(self) -> None:
        """There is nothing to let go of."""


# -- a site with many enrolled servers ---------------------------------------------------------------


def make_site(folder: Path, size: int) -> tuple[Site, dict[str, bytes], dict[str, SSlibKey]]:
    """The site, and the private and public keys of its agents."""
    site = create_site(folder, NewSite("Benchmark", "hq"), passphrase=b"x", by=BY, at=now())
    store, at = site.store, stamp(now())
    primary = store.value("SELECT id FROM server")
    private, public, servers, enrolments = {}, {}, [], []
    for number in range(size):
        server, key = f"{number:016x}", Ed25519PrivateKey.generate()
        signer = CryptoSigner(key)
        private[server], public[server] = key.private_bytes_raw(), signer.public_key
        pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        servers.append((server, f"m{number}", primary, at))
        enrolments.append((server, at, signer.public_key.keyid, pem, at))
    with store.writing():
        store.run_many(
            'INSERT INTO server (id, host_name, role, parent_id, "option", suspended, added_at)'
            " VALUES (?, ?, 'managed', ?, 'none', 0, ?)",
            servers,
        )
        store.run_many(
            "INSERT INTO enrolment (server_id, broker_password_hash, invited_at, key_id, public_key,"
            " enrolled_at, counter) VALUES (?, '', ?, ?, ?, ?, 0)",
            enrolments,
        )
    return site, private, public


# -- the two that are compared -----------------------------------------------------------------------


def distribute(site: Site, pipe: Connection, signer: Signer) -> float:
    """Seconds from the press to the last report verified and in the ledger."""
    jitter = random.Random(1)  # noqa: S311 - spreads retries
    distributor = Distributor(
        site, transport=PipeTransport(pipe), signer=signer, by=BY, clock=now, jitter=jitter
    )
    distributor.open()
    began = time.perf_counter()
    distributor.distribute(reason="demand", force=True)
    while not distributor.settled:
        distributor.step(timeout=1)
    seconds = time.perf_counter() - began
    distributor.close()
    assert all(line.acknowledged for line in read_lines(site.store))
    assert not read_stamps(site.store).due
    return seconds


def bare_loop(
    payloads: Iterable[tuple[str, bytes]], pipe: Connection, signer: CryptoSigner, public: dict[str, SSlibKey]
) -> float:
    """Seconds to sign, publish, receive and verify the same bytes."""
    transport, waiting = PipeTransport(pipe), 0
    began = time.perf_counter()
    for server, payload in payloads:
        envelope = Envelope(payload, CONFIGURATION_TYPE, {})
        envelope.sign(signer)
        transport.publish(server, json.dumps(envelope.to_dict(), separators=(",", ":")).encode())
        waiting += 1
        if waiting % BATCH == 0:
            waiting -= verify(transport.receive(timeout=0), public)
    while waiting:
        waiting -= verify(transport.receive(timeout=1), public)
    return time.perf_counter() - began


def verify(reports: Batch, public: dict[str, SSlibKey]) -> int:
    for server, raw in reports:
        Envelope.from_dict(json.loads(raw)).verify([public[server]], 1)
    return len(reports)


def payloads_of(site: Site, private: dict[str, bytes]) -> Batch:
    """What the distributor signs for each server."""
    from licensedesk.core.documents.messages import new_configuration

    content = site.store.value("SELECT content FROM document")
    return [
        (
            server,
            new_configuration(
                content,
                deployment=site.deployment,
                server_id=server,
                version=1,
                message_id="0" * 16,
                issued_at=stamp(now()),
                expires_at=stamp(now()),
                enrolled_key="0" * 64,
            ).to_payload(),
        )
        for server in private
    ]


def measure(folder: Path, size: int) -> float:
    """Prints the figures of one size; seconds per server."""
    site, private, public = make_site(folder / f"site-{size}", size)
    signer = unlock(site, b"x")
    bare_signer = CryptoSigner(Ed25519PrivateKey.generate())
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=agents, args=(theirs, private), daemon=True)
    process.start()
    assert ours.recv() == "ready"
    payloads = payloads_of(site, private)
    rounds = 3 if size <= 10_000 else 1
    times = [
        (bare_loop(payloads, ours, bare_signer, public), distribute(site, ours, signer))
        for _ in range(rounds)
    ]
    ours.send(None)
    process.join()
    site.close()
    bare, mine = min(one for one, _ in times), min(one for _, one in times)
    print(
        f"{size:>7,} servers: {size / mine:>7,.0f}/s, bare loop {size / bare:>7,.0f}/s,"
        f" ratio {bare / mine:.2f}, {mine / size * 1e6:,.0f} us a server",
        flush=True,
    )
    return mine / size


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    with tempfile.TemporaryDirectory() as folder:
        costs = [measure(Path(folder), size) for size in sizes]
    print(f"cost per server, dearest to cheapest: {max(costs) / min(costs):.2f} x")


if __name__ == "__main__":
    main()
