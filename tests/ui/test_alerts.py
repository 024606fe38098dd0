"""The window's look at the audit chain: the whole of it, and in nobody's way."""

from __future__ import annotations

from typing import Any

import pytest

from licensedesk.core import audit, events
from licensedesk.core.settings import set_setting
from licensedesk.core.types import Actor
from tests.ui.office import OfficeMaker


def test_a_broken_audit_chain_is_an_event_after_the_start(
    office_maker: OfficeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "_PART", 3)
    office = office_maker()
    store = office.site.store
    last = store.value("SELECT audit_seq FROM site")
    store.run("UPDATE audit SET subject = 'forged' WHERE seq = ?", (last,))
    office.open()
    office.until(lambda: events.open_subjects(store, events.EventCode.AUDIT_BROKEN))
    (figures,) = (store.value("SELECT figures FROM event WHERE code = 'audit-broken'"),)
    assert figures == f'{{"entry": {last}}}'


def test_reads_and_writes_go_on_while_a_long_chain_is_walked(
    office_maker: OfficeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "_PART", 1)
    office = office_maker()
    store = office.site.store
    with store.writing():
        for number in range(2_000):
            audit.append(
                store,
                by=Actor(name="x"),
                at=office.session.now(),
                action="x",
                subject=str(number),
                before={},
                after={},
            )
    verdicts: list[audit.Verdict] = []
    judged = audit._judge_end

    def judge_end(*given: Any) -> audit.Verdict:
        verdicts.append(judged(*given))
        return verdicts[-1]

    monkeypatch.setattr(audit, "_judge_end", judge_end)
    office.open()
    done: list[object] = []
    office.session.act(
        lambda _task: set_setting(
            store, key="name", value="Meanwhile", by=Actor(name="x"), at=office.session.now()
        ),
        owner=office.session,
        done=done.append,
    )
    office.session.read(
        lambda read: read.value("SELECT name FROM site"), owner=office.session, done=done.append
    )
    office.until(lambda: len(done) == 2)
    assert not verdicts
    office.until(lambda: verdicts)
    # What was written meanwhile is walked too.
    assert verdicts == [audit.Verdict(store.value("SELECT audit_seq FROM site"), intact=True, first_bad=None)]
