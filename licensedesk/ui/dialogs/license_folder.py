"""The folder in which files of licenses and issuers are looked for."""

from __future__ import annotations

from pathlib import Path

from licensedesk.ui.session import Session

_PLACE = "folders/licenses"


def license_folder(session: Session) -> str:
    """That of the last choice; at first the sample's, where no newcomer would look, else the home folder."""
    from licensedesk.core.sample import FILES

    sample = session.folder / FILES
    return str(session.settings.value(_PLACE, sample if sample.is_dir() else Path.home()))


def keep_license_folder(session: Session, chosen: str) -> None:
    session.settings.setValue(_PLACE, str(Path(chosen).parent))
