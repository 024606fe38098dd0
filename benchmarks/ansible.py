"""Distributing to 100 servers, against Ansible copying the same file to 100 targets on this machine.

    python -m benchmarks.ansible [--targets N] [--rounds R]

Ours goes through a real Mosquitto to agents that verify and report (benchmarks/mosquitto.py), from the press
to the last report in the ledger. Ansible's targets are local, so that no SSH is paid for: its copy module
puts License.xml into a folder each. ansible-core is installed from PyPI into a virtual environment of its
own, build/ansible, which nothing else uses.

Reach (5-quality.md): >= 100 x.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.mosquitto import bench, one_run

ANSIBLE = "ansible-core>=2.19,<2.20"
FOLDER = Path("build/ansible")
REACH = 100


def installed() -> Path:
    """The program `ansible`, installed on first use."""
    program = FOLDER / "bin" / "ansible"
    if not program.exists():
        print("installing ansible-core", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(FOLDER)], check=True)
        pip = [str(FOLDER / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", ANSIBLE], check=True)
    return program.absolute()


def ansible_seconds(program: Path, folder: Path, content: bytes, targets: int) -> float:
    """One run of the copy module over all targets, each with a folder of its own."""
    source = folder / "License.xml"
    source.write_bytes(content)
    names = [f"target{number}" for number in range(targets)]
    for name in names:
        (folder / name).mkdir(exist_ok=True)
    inventory = folder / "inventory"
    python = FOLDER.absolute() / "bin" / "python"
    inventory.write_text(
        "".join(f"{name} ansible_connection=local ansible_python_interpreter={python}\n" for name in names)
    )
    copy = f"src={source} dest={folder}/{{{{ inventory_hostname }}}}/License.xml mode=0644"
    environment = {**os.environ, "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"), "ANSIBLE_HOME": str(folder)}
    began = time.perf_counter()
    subprocess.run(
        [str(program), "all", "-i", str(inventory), "-m", "copy", "-a", copy],
        check=True,
        stdout=subprocess.DEVNULL,
        env=environment,
    )
    seconds = time.perf_counter() - began
    assert all((folder / name / "License.xml").read_bytes() == content for name in names)
    return seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--targets", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    program = installed()
    ours, theirs = [], []
    with (
        tempfile.TemporaryDirectory(prefix="licensedesk-ansible-") as name,
        bench(given.targets, connections=10) as found,
    ):
        for _ in range(given.rounds):
            # Other content each time, else Ansible would find it there and copy nothing.
            found.change()
            content = bytes(
                found.site.store.value("SELECT content FROM document ORDER BY version DESC LIMIT 1")
            )
            theirs.append(ansible_seconds(program, Path(name), content, given.targets))
            ours.append(one_run(found, None).seconds)
            print(f"  ansible {theirs[-1]:.1f} s, ours {ours[-1]:.3f} s", file=sys.stderr, flush=True)
    slow, fast = statistics.median(theirs), statistics.median(ours)
    ratio = slow / fast
    print(
        f"{given.targets} targets: ansible {given.targets / slow:.1f}/s, ours {given.targets / fast:,.0f}/s:"
        f" {ratio:,.0f} x (reach: >= {REACH} x, {'reached' if ratio >= REACH else 'NOT reached'})"
    )
    return 0 if ratio >= REACH else 1


if __name__ == "__main__":
    sys.exit(main())
