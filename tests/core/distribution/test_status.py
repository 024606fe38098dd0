"""Status explains every server that is not current in one sentence, and shows only what one may see."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from licensedesk.core.allocations import allocate
from licensedesk.core.distribution.connection import (
    CA_FILE,
    CONSOLE_PASSWORD_FILE,
    agent_settings,
    console_settings,
    new_broker_password,
)
from licensedesk.core.distribution.distributor import Distributor
from licensedesk.core.distribution.ledger import State
from licensedesk.core.distribution.status import read_status, server_status
from licensedesk.core.errors import SurroundingsError
from licensedesk.core.servers import suspend_server
from licensedesk.core.settings import set_setting
from licensedesk.core.site import Site
from licensedesk.core.transports.broker_config import password_hash
from licensedesk.core.types import Actor, stamp
from tests.core.distribution.desk import MINUTE, Desk
from tests.core.distribution.test_ledger import HELD, OLD, SENT, line
from tests.core.example import AT, BY, PRODUCT


def test_every_server_that_is_not_current_is_explained(desk: Desk) -> None:
    desk.invite("b", "c", "d")
    distributor: Distributor = desk.open()
    distributor.distribute(reason="start")
    distributor.step(timeout=0)
    desk.answer("b")
    desk.answer("c", code="SCHEMA", detail="line 3", sha256="", state="empty")
    desk.broker.report(desk.id("d"), b"{}")
    distributor.step(timeout=0)
    found = read_status(desk.store, by=BY, at=desk.now).as_json()
    assert {row["server"]: (row["state"], row["code"]) for row in found["ledger"]} == {
        "b": ("current", ""),
        "c": ("rejected", "SCHEMA"),
        "d": ("invited", "report-refused"),
        "e": ("not enrolled", "agent-not-enrolled"),
    }
    for row in found["ledger"]:
        if row["state"] != "current":
            assert row["server"] in row["detail"]
            assert "{" not in row["detail"]
            assert "?" not in row["detail"]
    assert found["servers"]["current"] == 1
    assert sum(found["servers"].values()) == 4
    assert set(found["servers"]) == {state.value for state in State}
    distributor.close()


SAID: dict[str, Any] = {"reported_code": "DRIFT", "reported_at": AT}


@pytest.mark.parametrize(
    ("changed", "stopped", "code"),
    [
        pytest.param({**SENT, **HELD, **SAID}, False, "DRIFT", id="current, and said something since"),
        pytest.param({**SENT, **SAID}, False, "DRIFT", id="sent, and said something since"),
        pytest.param(
            {**SENT, **SAID, "reported_at": AT - MINUTE}, False, "waiting-for-report", id="said it before"
        ),
        pytest.param({**HELD, **SAID}, False, "DRIFT", id="was never sent anything"),
        pytest.param({**SENT, **SAID, "suspended": True}, False, "server-suspended", id="suspended"),
        pytest.param({**SENT, **SAID, "sent_digest": OLD}, False, "newer-document", id="pending"),
        pytest.param({**SENT, **HELD, "refused_code": "malformed"}, False, "report-refused", id="refused"),
        pytest.param(
            {**SENT, **HELD, "refused_code": "token-expired"}, False, "token-expired", id="said of a server"
        ),
        pytest.param({"refused_code": "malformed"}, False, "never-sent", id="pending, refused"),
        pytest.param({"refused_code": "malformed"}, True, "range-stopped", id="pending, stopped"),
        pytest.param(SENT, True, "waiting-for-report", id="sent before the range was stopped"),
    ],
)
def test_which_of_several_reasons_is_told(changed: dict[str, Any], stopped: bool, code: str) -> None:
    assert server_status(line(**changed), at=AT, stopped=stopped).code == code


def test_a_line_in_full_with_the_figures_of_its_sentence(current: Desk, distributor: Distributor) -> None:
    allocate(current.store, product=PRODUCT, quantities={current.id("d"): 11}, by=BY, at=AT)
    line = current.line("d")
    assert line.desired_version
    found = server_status(line, at=current.now)
    assert dict(found.figures) == {
        "server": "d",
        "source": "d",
        "reason": "",
        "held_version": line.held_version,
        "desired_version": line.desired_version,
        "sent_at": stamp(current.now),
        "online_at": None,
        "detail": "",
        "attempts": 1,
    }
    rows = {row["server"]: row for row in read_status(current.store, by=BY, at=AT).as_json()["ledger"]}
    assert {name: value for name, value in rows["d"].items() if name != "detail"} == {
        "server": "d",
        "range": "d",
        "desired_version": line.desired_version,
        "held_version": line.held_version,
        "state": "pending",
        "code": "newer-document",
        "attempts": 1,
        "sent_at": stamp(current.now),
        "reported_at": stamp(current.now),
    }
    assert (rows["e"]["code"], rows["e"]["detail"]) == ("", "")


def test_a_long_silence_is_unreachable(current: Desk, distributor: Distributor) -> None:
    suspend_server(current.store, server=current.id("e"), suspended=True, by=BY, at=AT)
    distributor.distribute(reason="verify", force=True)
    distributor.step(timeout=0)
    status = read_status(current.store, by=BY, at=current.now + timedelta(days=1))
    assert status.counts[State.CURRENT] == 3, "what was reported stays true"
    assert status.counts[State.SUSPENDED] == 1


def test_the_console_of_a_range_sees_its_servers_only(current: Desk) -> None:
    by = Actor(name="x", server=current.id("c"))
    status = read_status(current.store, by=by, at=current.now)
    assert [server.line.host_name for server in status.servers] == ["c", "e"]


# -- what console and agents need to open the transport ----------------------------------------------


def test_a_folder_is_one_of_the_site_or_any_other(site: Site, tmp_path: Path) -> None:
    server = site.store.value("SELECT id FROM server")
    inner = f"folder:{site.folder.resolve() / 'exchange'}"
    assert console_settings(site).url == inner
    assert agent_settings(site, server=server, password="p").url == inner
    set_setting(site.store, key="transport", value=f"folder:{tmp_path}/share", by=BY, at=AT)
    assert console_settings(site).url == f"folder:{tmp_path.resolve()}/share"


PEM = "-----BEGIN CERTIFICATE-----\nMIIB+/=\n-----END CERTIFICATE-----"


def test_a_broker_is_opened_with_a_password_of_ones_own(site: Site) -> None:
    set_setting(site.store, key="transport", value="mqtt:broker.example.com:8883", by=BY, at=AT)
    server = site.store.value("SELECT id FROM server")
    assert console_settings(site).password == ""
    (site.folder / CONSOLE_PASSWORD_FILE).write_text("secret\n", encoding="ascii")
    (site.folder / CA_FILE).write_text(
        f"# F\u0151tan\u00fas\u00edtv\u00e1ny\n{PEM}\n# and\n{PEM}", encoding="utf-8"
    )
    console, agent = console_settings(site), agent_settings(site, server=server, password="p")
    assert (console.username, console.password, console.ca_pem) == ("console", "secret", f"{PEM}\n{PEM}\n")
    assert (agent.username, agent.password, agent.ca_pem) == (server, "p", f"{PEM}\n{PEM}\n")
    assert "secret" not in repr(console)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        (CA_FILE, b"no certificate", "damaged-broker-ca"),
        (CA_FILE, b"\xff\xfe\x00", "damaged-broker-ca"),
        (CA_FILE, b"x" * 200_000, "unwritable"),
        (CONSOLE_PASSWORD_FILE, None, "unwritable"),
    ],
)
def test_a_damaged_file_of_the_broker_is_a_sentence(
    site: Site, name: str, content: bytes | None, code: str
) -> None:
    set_setting(site.store, key="transport", value="mqtt:broker.example.com:8883", by=BY, at=AT)
    if content is None:
        (site.folder / name).mkdir()
    else:
        (site.folder / name).write_bytes(content)
    with pytest.raises(SurroundingsError) as raised:
        console_settings(site)
    assert (raised.value.code, raised.value.figures["path"]) == (code, str(site.folder / name))
    assert "?" not in raised.value.message


def test_a_password_is_stored_as_a_salted_hash() -> None:
    password, stored = new_broker_password()
    assert len(password) >= 32
    assert password not in stored
    assert stored.startswith("$7$101$")
    assert password_hash(password) != password_hash(password)
