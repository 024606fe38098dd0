"""Where the agent keeps things under its install directory. Fixed names, never one from a message."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from licensedesk.core.documents.messages import LICENSE_NAME
from licensedesk.core.files import raise_disk_fault, refuse_linked_folders, sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Places:
    install: Path

    @property
    def settings(self) -> Path:
        return self.install / "agent.toml"

    @property
    def license(self) -> Path:
        """For the software that reads it: 0644, in folders of 0755."""
        return self.install / "Software" / "Conf" / "Cache" / LICENSE_NAME

    @property
    def private(self) -> Path:
        """The agent's own: 0600, in a folder of 0700."""
        return self.install / "agent"

    @property
    def identity(self) -> Path:
        return self.private / "identity.json"

    @property
    def message(self) -> Path:
        """The last accepted envelope: the truth that License.xml is held to."""
        return self.private / "license.message"

    @property
    def state(self) -> Path:
        return self.private / "state.json"

    @property
    def lock(self) -> Path:
        return self.private / "lock"

    def written(self) -> Iterator[Path]:
        """Every file that the agent replaces."""
        yield from (self.settings, self.license, self.identity, self.message, self.state)

    def prepare(self, path: Path) -> None:
        """Make the folders of `path`, none of them through a symbolic link.

        Raises SurroundingsError: `disk-full`, `unwritable`.
        """
        refuse_linked_folders(path, below=self.install)
        mode = 0o700 if path.parent == self.private else 0o755
        try:
            for folder in reversed(path.relative_to(self.install).parents):
                place = self.install / folder
                if not os.path.isdir(place):
                    place.mkdir(parents=place == self.install)
                    place.chmod(mode if folder.parts else 0o755)
                    # What is synced in a folder is lost with it where a power cut takes the folder.
                    sync_folder(place.parent)
        except OSError as error:
            raise_disk_fault(error, path)
