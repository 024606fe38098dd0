"""Where the files lie that the window needs: inside the installed package, or in a checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import licensedesk


@cache
def resource_dir() -> Path:
    """The folder with icons, styles and translations; a wheel carries it inside the package."""
    package = Path(licensedesk.__file__).parent
    inside = package / "resources"
    return inside if inside.is_dir() else package.parent / "resources"


def resource_path(*parts: str) -> Path:
    return resource_dir().joinpath(*parts)
