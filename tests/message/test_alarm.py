"""What a device's alarm mail says (IN8)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflow.message.alarm import Alarm, read_alarm
from mailflow.message.model import Address, Attachment, Mail

SERIAL = "2102352KLM10L5000456"


def mail(text: str, subject: str = "", *attachments: Attachment) -> Mail:
    return Mail(senders=(Address("device@customer.example"),), text=text, subject=subject, attachments=attachments)


@pytest.mark.parametrize(
    ("raised", "cleared"),
    [
        ("Fan module 1 failed", "Alarm cleared: Fan module 1 failed"),
        ("[RAISED] Fan module 1 failed", "[CLEARED] Fan module 1 failed"),
        ("Fan module 1 failed", "Fan module 1 failed has been cleared."),
        ("Problem: Link down on slot 3", "Resolved: Link down on slot 3"),
        ("告警产生：风扇故障", "告警恢复：风扇故障"),
        ("风扇故障", "风扇故障已清除"),
        ("Brak zasilania", "Usunięty: Brak zasilania"),
    ],
)
def test_an_alarm_that_is_cleared_is_the_alarm_that_was_raised(raised: str, cleared: str) -> None:
    """IN8: the mail that says so joins the request of its alarm."""
    assert read_alarm(mail("", cleared)).name == read_alarm(mail("", raised)).name
    assert read_alarm(mail(f"Alarm name: {cleared}")).name == read_alarm(mail(f"Alarm name: {raised}")).name


def test_trouble_with_clearing_is_an_alarm_of_its_own() -> None:
    assert read_alarm(mail("", "Clear command failed")).name == "Clear command failed"


@pytest.mark.parametrize(
    ("text", "subject", "expected"),
    [
        (
            f"Alarm name: Fan module 1 failed\nAlarm ID: 0x40020001\nSeverity: Major\nESN: {SERIAL}\nOccurred at: 2026-11-20 09:00:00",
            "Alarm",
            Alarm("Fan module 1 failed", SERIAL, "major"),
        ),
        (
            f"Event Type: Fault\nEvent ID: 0xF00D20001\nSequence: 1\nSeverity: Critical\nDevice SN: {SERIAL}\nDescription: Disk 5 faulty",
            "",
            Alarm("Fault 0xF00D20001", SERIAL, "critical"),
        ),
        (
            f"告警名称：风扇故障\n告警级别：重要\n设备序列号：{SERIAL}\n发生时间：2026-11-20 09:00:00",
            "告警",
            Alarm("风扇故障", SERIAL, "major"),
        ),
        (f"Nazwa alarmu: Brak zasilania\nPoziom: krytyczny\nNumer seryjny: {SERIAL}", "", Alarm("Brak zasilania", SERIAL, "critical")),
        (
            json.dumps({"alarm": {"alarmName": "Link down", "perceivedSeverity": "CRITICAL", "count": 3}, "device": {"esn": SERIAL}}),
            "",
            Alarm("Link down", SERIAL, "critical"),
        ),
        (
            f'[{{"name": "Power lost", "event_name": "PSU 2 lost", "level": 4, "sn": "{SERIAL}"}}]',
            "",
            Alarm("PSU 2 lost", SERIAL, "warning"),
        ),
        (
            f'<?xml version="1.0"?><alarm name="Power lost" severity="2"><esn>{SERIAL}</esn></alarm>',
            "",
            Alarm("Power lost", SERIAL, "major"),
        ),
        (
            f"<n:Alarm><n:AlarmName>Fan &gt; limit</n:AlarmName><AlarmLevel>minor</AlarmLevel><SN>{SERIAL}</SN></n:Alarm>",
            "",
            Alarm("Fan > limit", SERIAL, "minor"),
        ),
        (
            f"device {SERIAL} reports",
            "[CRITICAL] PSU 2 failed on core-sw-1",
            Alarm("[CRITICAL] PSU 2 failed on core-sw-1", SERIAL, "critical"),
        ),
        ("", "temperature too high", Alarm("temperature too high")),
        ("Serial: unknown\nAlarm: fan", "", Alarm("fan", "", "")),
        ("", "", Alarm("alarm")),
    ],
)
def test_name_serial_and_severity_are_read(text: str, subject: str, expected: Alarm) -> None:
    assert read_alarm(mail(text, subject)) == expected


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("PSU 2 failed at 2026-11-20 09:00:01 (occurrence 17)", "PSU 2 failed at 2026-11-21 10:01:59 (occurrence 18)"),
        ("Re: Alarm 55501: fan stopped", "Alarm 55502: fan stopped"),
        ("CPU usage 97% on slot 3", "CPU usage 98.5 % on slot 3"),
        ("temperature 85C, limit 80C", "temperature 91 °C, limit 80C"),
        ("Link down 20.11.2026 09:00", "Link down 21.11.2026 23:59:59"),
        ("Link down Fri, 20 Nov 2026 09:00:00 +0100", "Link down Sat, 21 Nov 2026 10:00:00 +0100"),
        ("Link down [count: 3]", "Link down [count: 144]"),
        ("fan stopped #1001", "fan stopped #1002"),
        ("fan stopped 3 times", "fan stopped 4 times"),
        ("风扇故障 2026年11月20日 09:00 第3次", "风扇故障 2026年11月21日 10:00 第4次"),
        ("rx power -31.2 dBm on XGE0/0/1", "rx power -33.0 dBm on XGE0/0/1"),
        ("ticket 6f9619ff-8b86-d011-b42d-00cf4fc964ff opened", "ticket 7f9619ff-8b86-d011-b42d-00cf4fc964ff opened"),
    ],
)
def test_two_reports_of_the_same_trouble_have_the_same_name(first: str, second: str) -> None:
    assert read_alarm(mail("", first)).name == read_alarm(mail("", second)).name
    assert read_alarm(mail(f"Alarm name: {first}")).name == read_alarm(mail(f"Alarm name: {second}")).name


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Fan 1 failed", "Fan 2 failed"),
        ("Link down on XGE0/0/1", "Link down on XGE0/0/2"),
        ("Disk 0x40020001 faulty", "Disk 0x40020002 faulty"),
        ("Power lost", "Power restored"),
    ],
)
def test_two_troubles_have_two_names(first: str, second: str) -> None:
    assert read_alarm(mail("", first)).name != read_alarm(mail("", second)).name


def test_a_file_is_read_where_the_text_says_nothing() -> None:
    file = Attachment("alarm.json", "application/json", b'{"alarmName": "Link down", "esn": "%s", "severity": "minor"}' % SERIAL.encode())
    assert read_alarm(mail("see attachment", "notification", file)) == Alarm("Link down", SERIAL, "minor")


def test_a_file_of_entities_expands_to_nothing() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><alarm><AlarmName>&c;</AlarmName></alarm>'
    assert read_alarm(mail(bomb)).name == "&c"


@given(st.text(max_size=400), st.text(max_size=100))
def test_any_mail_has_a_name(text: str, subject: str) -> None:
    alarm = read_alarm(mail(text, subject))
    assert alarm.name.strip() and alarm.severity in ("", "critical", "major", "minor", "warning")


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=9), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_json_has_a_name(value: object) -> None:
    assert read_alarm(mail(json.dumps(value))).name
