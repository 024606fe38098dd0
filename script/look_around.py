"""What `script/run` does after set-up: the sample site, three agents as real processes, and the desktop.

With a display the desktop opens, and the agents run until it is closed. Without one the same happens
headless: a license is registered and apportioned, License.xml is distributed and arrives, the table of
servers is printed, and pictures of the views are left in build/screenshots.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from licensedesk.core.distribution.enrolment import invite
from licensedesk.core.errors import SurroundingsError
from licensedesk.core.local_agents import LocalAgent
from licensedesk.core.sample import FILES, PASSPHRASE, PRODUCT, build_sample, host
from licensedesk.core.site import SITE_FILE, Site, open_site
from licensedesk.core.site_key import unlock
from licensedesk.core.store.facts import read_tree
from licensedesk.core.types import Actor

SERVERS = ("app-1", "app-2", "app-3")
SETTINGS = "[agent]\ncheck_seconds = 5\npoll_seconds = 0.5\n"
TO_REGISTER = "DM-1003.lic"
TO_D = 20


def main() -> int:
    sample = Path(sys.argv[1])
    site = open_sample(sample)
    try:
        agents = [enrolled(site, name, sample.with_name(f"{sample.name}-agents")) for name in SERVERS]
    finally:
        site.close()
    os.environ["LICENSEDESK_SITE"] = str(sample)
    os.environ["LICENSEDESK_PASSPHRASE_FILE"] = str(sample / FILES / "passphrase")
    with running(agents):
        if has_display():
            return subprocess.run(command(), check=False).returncode
        return headless(sample)


def open_sample(sample: Path) -> Site:
    if (sample / SITE_FILE).exists():
        return open_site(sample)
    print(f"run: making the sample site in {sample}", flush=True)
    return build_sample(sample, by=Actor(name="sample"), at=datetime.now(UTC))


def enrolled(site: Site, name: str, installs: Path) -> LocalAgent:
    """The agent of one server, enrolled anew where its install directory is gone."""
    agent = LocalAgent(installs / name)
    if not agent.install.exists():
        server = read_tree(site.store).named(host(name)).id
        content = invite(
            site,
            server=server,
            signer=unlock(site, PASSPHRASE),
            by=Actor(name="sample"),
            at=datetime.now(UTC),
            confirmed=True,
        )
        agent.enrol(content, settings=SETTINGS)
    return agent


@contextlib.contextmanager
def running(agents: list[LocalAgent]) -> Iterator[None]:
    """The agents' processes end with the window, however it ends."""
    try:
        for agent in agents:
            agent.start()
        yield
    finally:
        for agent in agents:
            agent.stop()


def has_display() -> bool:
    return sys.platform != "linux" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def headless(sample: Path) -> int:
    """Register, apportion, distribute, and show what each server now holds. Can be repeated."""
    print("run: no display; doing the same without a window.\n", flush=True)
    registered = subprocess.run(
        command("license", "register", str(sample / FILES / TO_REGISTER)), check=False
    ).returncode
    steps = (
        command("license", "allocate", f"{host('d')}={TO_D}", "--product", PRODUCT, "--yes"),
        command("distribute", "--wait", "20"),
        command("ranges"),
        command("server", "list"),
    )
    # The sample's key is registered once; a second run finds it there, which is no failure.
    codes = [subprocess.run(step, check=False).returncode for step in steps]
    pictures = Path("build/screenshots")
    codes.append(
        subprocess.run(
            [sys.executable, "script/screenshots.py", "--site", str(sample), str(pictures)],
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
            check=False,
        ).returncode
    )
    print(f"\nrun: pictures of the desktop are in {pictures}", flush=True)
    return next((code for code in codes if code), 0 if registered in {0, 1} else registered)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "licensedesk", *arguments]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SurroundingsError as error:
        sys.exit(f"run: {error.message} {error.advice}")
