"""The loop of `licensedesk-agent run`: receive, judge, store, report; look after License.xml."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from licensedesk.agent.applying import apply_license
from licensedesk.agent.rules import unreadable
from licensedesk.agent.updater import Updater
from licensedesk.core.errors import LicenseFileError, SurroundingsError
from licensedesk.core.files import HeldElsewhereError, exclusive_lock

if TYPE_CHECKING:
    from licensedesk.agent.places import Places
    from licensedesk.agent.settings import AgentSettings
    from licensedesk.agent.state import Identity
    from licensedesk.core.transports.base import AgentTransport

_log = logging.getLogger(__name__)


def now() -> datetime:
    return datetime.now(UTC)


@contextlib.contextmanager
def sole_agent(places: Places) -> Iterator[None]:
    """One agent per install directory. Raises SurroundingsError `agent-running`, or for the disk."""
    places.prepare(places.lock)
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(exclusive_lock(places.lock, holder=f"process {os.getpid()}"))
        except HeldElsewhereError as error:
            raise SurroundingsError("agent-running", path=str(places.install), holder=error.holder) from error
        yield


def new_updater(
    places: Places,
    *,
    identity: Identity,
    settings: AgentSettings,
    stopped: Callable[[], bool] = lambda: False,
) -> Updater:
    """An updater with the apply command of the settings."""

    def apply() -> str | None:
        return apply_license(
            settings.apply_command,
            license_file=places.license,
            folder=places.install,
            seconds=settings.apply_seconds,
            stopped=stopped,
        )

    return Updater(places, identity=identity, apply=apply if settings.apply_command else None)


class Service:
    """Runs in the foreground until `stop`, which is safe to call from a signal handler."""

    def __init__(
        self,
        updater: Updater,
        transport: AgentTransport,
        *,
        check_seconds: float,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._updater = updater
        self._transport = transport
        self._check_seconds = check_seconds
        self._clock = clock
        self._stopping = False

    def stop(self) -> None:
        self._stopping = True
        self._transport.wake()

    @property
    def stopping(self) -> bool:
        return self._stopping

    def run(self) -> None:
        """Report first: a console that does not know this agent yet learns its key from it."""
        self._transport.start()
        try:
            self._transport.report(self._updater.say(now=self._clock()))
            next_check = time.monotonic() + self._check_seconds
            while not self._stopping:
                self._receive(timeout=max(0.0, next_check - time.monotonic()))
                if time.monotonic() >= next_check:
                    next_check = time.monotonic() + self._check_seconds
                    self._send(self._updater.check(now=self._clock()))
        finally:
            self._transport.close()

    def _receive(self, *, timeout: float) -> None:
        try:
            raw = self._transport.receive(timeout=timeout)
        except LicenseFileError as error:
            self._send(self._updater.reject(unreadable(error), now=self._clock()))
            return
        if raw is not None and not self._stopping:
            self._send(self._updater.take(raw, now=self._clock()))

    def _send(self, report: bytes | None) -> None:
        if report is not None:
            self._transport.report(report)
