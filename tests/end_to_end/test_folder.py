"""The installed commands as real processes, over the folder transport."""

from __future__ import annotations

import shutil
import signal
import time
from pathlib import Path

from tests.cli.runner import PRODUCT
from tests.end_to_end.installed import Agent, Console, until


def messages(console: Console) -> dict[str, int]:
    """When the last message to each server was written, in nanoseconds."""
    ids = {row["id"]: row["host_name"] for row in console.done("server", "list")}
    return {
        ids[path.parent.name]: path.stat().st_mtime_ns
        for path in (console.site / "exchange").glob("*/license.message")
        if path.parent.name in ids
    }


def test_license_xml_reaches_every_server(console: Console) -> None:
    value = console.distributed()
    assert value["servers"]["current"] == len(value["ledger"]) == 5
    assert (value["due"], value["reason"]) == (False, "nothing-new")
    held = console.held()
    assert held["north"] == held["north1"] != held["hq1"] == held["south"] == held["south1"]
    assert b"40" in console.agents["north1"].license.read_bytes()
    rows = {row["host_name"]: row for row in console.done("server", "list")}
    assert {rows[name]["enrolled"] for name in console.agents} == {"yes"}
    # Nothing is new: nobody is sent anything.
    before = messages(console)
    assert console.distributed()["servers"]["current"] == 5
    assert messages(console) == before


def test_a_change_is_sent_to_the_ranges_it_touches(console: Console) -> None:
    console.distributed()
    before = messages(console)
    console.done("server", "option", "south", "distribution", "--quantity", f"{PRODUCT}=10")
    console.distributed()
    between = messages(console)
    # hq gave ten to south: both ranges are new, north's is not.
    assert {name for name in before if between[name] != before[name]} == {"hq1", "south", "south1"}
    console.done("server", "add", "north2", "--under", "north", "--role", "managed")
    console.enrol("north2")
    console.agents["north2"].on()
    console.distributed()
    after = messages(console)
    assert {name for name in after if after[name] != between.get(name)} == {"north2"}
    console.done("server", "move", "hq1", "--under", "north", "--yes")
    console.distributed()
    assert {name for name, at in messages(console).items() if at != after[name]} == {"hq1"}
    assert console.held()["hq1"] == console.held()["north"]


def test_a_server_that_is_off_is_named_and_catches_up(console: Console) -> None:
    console.distributed()
    assert console.agents["south1"].off() == 0
    console.register("DM-2", 50)
    ended = console.run("distribute", "--wait", "2")
    assert ended.code == 4
    states = {row["server"]: row["state"] for row in ended.value["ledger"]}
    assert states == {"north": "current", "south": "current", "hq1": "current", "north1": "current"} | {
        "south1": "sent"
    }
    console.check_explained()
    assert (ended.value["due"], console.ledger()["south1"]["code"]) == (True, "waiting-for-report")
    console.agents["south1"].on()
    assert console.distributed()["due"] is False
    assert console.held()["south1"] == console.held()["south"]


def test_enrolling_by_hand(console: Console) -> None:
    console.done("server", "add", "late", "--under", "south", "--role", "managed")
    file = console.folder / "late.enrol"
    made = console.run("server", "enrol", "late", "--out", file)
    assert (made.code, made.value) == (0, {"server": "late", "file": str(file)})
    agent = Agent("late", console.folder / "servers" / "late")
    joined = agent.command("--json", "enrol", file)
    assert (joined.code, joined.value["server"]) == (0, "late"), joined
    console.agents["late"] = agent
    agent.on()
    value = console.distributed("late")
    assert {row["server"]: row["held_version"] for row in value["ledger"]}["late"]
    shown = agent.command("--json", "status").value
    assert (shown["state"], shown["sha256"], shown["matches_envelope"]) == ("applied", agent.digest, True)
    assert agent.off() == 0


def test_named_servers_alone(console: Console) -> None:
    value = console.distributed("hq1", "north")
    states = {row["server"]: row["state"] for row in value["ledger"]}
    assert states == {"hq1": "current", "north": "current"} | dict.fromkeys(
        ("south", "north1", "south1"), "pending"
    )


def test_verify_heals_and_force_sends_again(console: Console) -> None:
    console.distributed()
    before, sent = console.ledger(), messages(console)
    good = console.held()
    console.distributed("--verify", "hq1")
    after = console.ledger()
    assert after["hq1"]["reported_at"] > before["hq1"]["reported_at"]
    assert {name for name, at in messages(console).items() if at != sent[name]} == {"hq1"}
    console.distributed("--force")
    assert all(at > sent[name] for name, at in messages(console).items())
    assert console.held() == good
    reasons = [run["reason"] for run in console.done("distribute", "--history")]
    assert reasons == ["forced", "verify", "demand"]


def test_a_hand_edited_file_is_healed_and_reported(console: Console) -> None:
    console.distributed()
    service = console.watch()
    agent = console.agents["hq1"]
    good = agent.license.read_bytes()
    agent.license.write_bytes(good.replace(b"100", b"999"))
    until(lambda: service.said("alert", code="drift", subject="hq1"), "the drift is reported")
    assert agent.license.read_bytes() == good
    assert service.stop() == 0


def test_a_drift_is_reported_although_nobody_listens(console: Console) -> None:
    console.distributed()
    agent = console.agents["hq1"]
    agent.off()
    good = agent.license.read_bytes()
    agent.license.write_bytes(b"edited while it was off")
    agent.on()
    until(lambda: agent.license.read_bytes() == good, "it heals")
    time.sleep(1)
    service = console.watch()
    until(lambda: service.said("alert", code="drift", subject="hq1"), "the drift is found")


def test_an_old_message_is_refused_and_explained(console: Console) -> None:
    console.distributed()
    ids = {row["host_name"]: row["id"] for row in console.done("server", "list")}
    place = console.site / "exchange" / ids["hq1"] / "license.message"
    old = place.read_bytes()
    console.register("DM-2", 50)
    console.distributed()
    place.write_bytes(old)
    report = place.with_name("report.message")
    before = report.stat().st_mtime_ns
    until(lambda: report.stat().st_mtime_ns != before, "the agent reports")
    shown = console.agents["hq1"].command("--json", "status").value
    assert (shown["last_report"]["code"], shown["state"]) == ("ROLLBACK", "applied")
    assert console.held()["hq1"] == console.held()["south"]
    value = console.distributed("--force")
    assert value["servers"]["current"] == 5


def test_a_server_that_cannot_store_is_waited_for_no_longer(console: Console) -> None:
    console.distributed()
    agent = console.agents["hq1"]
    agent.off()
    agent.license.unlink()
    # A folder where License.xml belongs: it cannot be replaced.
    (agent.license / "in the way").mkdir(parents=True)
    console.register("DM-2", 50)
    agent.on()
    began = time.monotonic()
    ended = console.run("distribute", "--wait", "60")
    assert (ended.code, time.monotonic() - began < 50) == (4, True)
    rows = {row["server"]: (row["state"], row["code"]) for row in ended.value["ledger"]}
    assert rows.pop("hq1") == ("rejected", "STORE-FAILED")
    assert set(rows.values()) == {("current", "")}
    console.check_explained()
    (agent.license / "in the way").rmdir()
    agent.license.rmdir()
    assert console.distributed("hq1")["due"] is False


def test_foreign_reports_change_nothing(console: Console) -> None:
    console.distributed()
    ids = {row["host_name"]: row["id"] for row in console.done("server", "list")}
    exchange = console.site / "exchange"
    console.agents["hq1"].off()
    shutil.copy(exchange / ids["south"] / "report.message", exchange / ids["hq1"] / "report.message")
    (exchange / ids["north1"] / "report.message").write_bytes(b"x" * 100_000)
    console.register("DM-2", 50)
    ended = console.run("distribute", "--wait", "3")
    assert ended.code == 4
    states = {row["server"]: row["state"] for row in ended.value["ledger"]}
    assert [name for name, state in states.items() if state != "current"] == ["hq1"]
    console.check_explained()
    assert console.ledger()["north1"]["code"] == "report-refused"


def test_a_console_that_is_killed_goes_on(console: Console) -> None:
    for agent in console.agents.values():
        agent.off()
    process = console.begin("distribute", "--wait", "60")
    until(lambda: len(messages(console)) == 5, "all are sent to")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert set(console.states().values()) <= {"invited", "pending", "sent"}
    assert console.done("status")["distributed_at"] is None
    console.all_on()
    assert console.distributed()["servers"]["current"] == 5
    assert console.done("status")["due"] is False


def test_ctrl_c_cancels_and_is_in_the_history(console: Console) -> None:
    console.agents["hq1"].off()
    process = console.begin("distribute", "--wait", "60")
    until(lambda: len(messages(console)) == 5, "all are sent to")
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    (run,) = console.done("distribute", "--history")
    assert (run["outcome"], run["servers"]) == ("cancelled", 5)
    console.agents["hq1"].on()
    assert console.distributed()["servers"]["current"] == 5


def test_watch_distributes_by_itself(console: Console) -> None:
    service = console.watch()
    until(lambda: service.said("complete"), "the first distribution")
    busy = console.run("distribute")
    assert (busy.code, busy.value["error"]["code"]) == (3, "console-busy")
    console.register("DM-2", 50)
    until(console.all_current, "the change arrives")
    console.done("server", "add", "late", "--under", "south", "--role", "managed")
    console.enrol("late")
    console.agents["late"].on()
    until(console.all_current, "the new server is sent its License.xml")
    exchange, away = console.site / "exchange", console.folder / "away"
    exchange.rename(away)
    until(lambda: service.said("away", code="transport-unavailable"), "the folder is missed")
    time.sleep(3)
    away.rename(exchange)
    until(lambda: service.said("back"), "the folder is back")
    assert sum(line["event"] == "away" for line in service.lines) == 1
    console.register("DM-3", 50)
    until(console.all_current, "the next change arrives")
    assert service.stop() == 0
    assert service.lines[-1]["event"] == "stopped"


def test_a_removed_server_leaves_nothing_and_a_suspended_one_gets_nothing(console: Console) -> None:
    console.distributed()
    ids = {row["host_name"]: row["id"] for row in console.done("server", "list")}
    console.done("server", "suspend", "south1")
    console.agents["hq1"].off()
    console.done("server", "remove", "hq1")
    console.register("DM-2", 50)
    before = messages(console)
    value = console.distributed()
    assert value["due"] is False
    assert {row["server"]: row["state"] for row in value["ledger"]}["south1"] == "suspended"
    assert messages(console)["south1"] == before["south1"]
    assert not (console.site / "exchange" / ids["hq1"]).exists()
    console.done("server", "resume", "south1")
    assert console.distributed()["servers"]["current"] == 4


def test_enrolling_again_voids_the_old_agent(console: Console) -> None:
    console.distributed()
    file = console.folder / "again.enrol"
    refused = console.run("server", "enrol", "hq1", "--out", file)
    assert (refused.code, refused.value["error"]["code"]) == (1, "needs-yes")
    assert not file.exists()
    console.agents["hq1"].off()
    console.enrol("hq1", again=True)
    assert console.states()["hq1"] == "invited"
    console.agents["hq1"].on()
    assert console.distributed()["servers"]["current"] == 5


def test_a_restored_site_numbers_above_its_fleet(console: Console, tmp_path: Path) -> None:
    console.distributed()
    console.done("backup", "--out", tmp_path / "site.backup")
    for number in range(2, 5):
        console.register(f"DM-{number}", 50)
    console.distributed()
    console.done("restore", tmp_path / "site.backup")
    value = console.distributed()
    assert (value["servers"]["current"], value["due"]) == (5, False)
    assert console.held()["hq1"] == console.held()["south"]
