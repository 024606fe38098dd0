"""Overview: the figures of the site and what needs attention; each line leads to its view."""

from __future__ import annotations

from licensedesk.ui.pages.base import View
from licensedesk.ui.session import Session


class OverviewView(View):
    """The first view."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, "")
        self.set_title(self.tr("Overview"))

    def reload(self) -> None:
        """Nothing is read yet."""
