"""A service partner and its manufacturer, each with a mailflow of its own (DK1, IN7): they understand each other, and they stop."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailflow.bootstrap import build_database
from mailflow.policy.case import Case
from mailflow.store import case as case_rows
from tests.journeys.oracle import Oracle
from tests.journeys.two_desks import Instance, World, install, text_of
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import run_smtp_sink

TUESDAY = datetime(2024, 11, 26, 9, 0, tzinfo=UTC)
"""Long past: no mail server's clock is behind it."""
SUPPORT, TAC, JAN = "support@cocare.example", "tac@tac.example", "jan@browar.example"
HEZO_CSE, HEZO_CCR, TAC_CSE, TAC_CCR = "cse@cocare.example", "ccr@cocare.example", "cse@tac.example", "ccr@tac.example"
SERIAL = "2102352KLM10L5000456"
REQUEST = (
    f"Dzień dobry,\n\nNumer seryjny: {SERIAL}\nNumer umowy: HZ-2024-7\nPriorytet: P2\nObjawy: Płyta restartuje się co dziesięć minut.\n"
)

CONTRACTS = "number,company,domains,service_level,programme,start,end,language,country,timezone,site_address\n"
DEVICES = "serial,part_number,model,contract,ship_date,installation_service,installation_report_date,pac_date\n"
CONTACTS = "email,name,company,contract,role,language\n"
OF_HEZO = {
    "contracts": CONTRACTS
    + 'HZ-2024-7,Browar Zamkowy,browar.example,9x5xNBD,cocare,2024-01-01,2025-12-31,pl,PL,Europe/Warsaw,"ul. Zamkowa 3, Cieszyn"\n',
    "devices": DEVICES + f"{SERIAL},02352KLM,NE40E-X8,HZ-2024-7,2024-02-03,no,,\n",
    "contacts": CONTACTS + "jan@browar.example,Jan Kowalski,Browar Zamkowy,HZ-2024-7,customer,pl\n",
}
OF_TAC = {
    "contracts": CONTRACTS + "CC-4711,HEZO,,9x5xNBD,cocare,2024-01-01,2025-12-31,en,PL,Europe/Warsaw,\n",
    "devices": DEVICES + f"{SERIAL},02352KLM,NE40E-X8,CC-4711,2024-02-03,no,,\n",
    "contacts": CONTACTS + "support@cocare.example,HEZO CoCare,HEZO,CC-4711,reseller,en\n",
}


@pytest.fixture
def world(tmp_path: Path, dovecot: Dovecot) -> Iterator[World]:
    with run_smtp_sink() as of_hezo, run_smtp_sink() as of_tac:
        hezo = install(tmp_path / "hezo", "hezo-cocare", data=OF_HEZO, dovecot=dovecot, sink=of_hezo)
        tac = install(tmp_path / "tac", "huawei-tac", data=OF_TAC, dovecot=dovecot, sink=of_tac)
        made = World(TUESDAY, dovecot, (hezo, tac))
        yield made
    print("\n".join(map(str, made.carried)))


def the_case(instance: Instance) -> Case:
    """The only one that there is."""
    database = build_database(instance.settings)
    with database.read() as c:
        (case,) = case_rows.list_cases(c)
    database.close()
    return case


def verdicts(instance: Instance) -> list[tuple[str, str]]:
    """(sender, verdict) of every mail, in order."""
    rows = Oracle(instance.settings.database_url, instance.sink).rows("SELECT sender, state FROM inbound ORDER BY id")
    return [(str(sender), str(state)) for sender, state in rows]


def hand_over(world: World) -> None:
    world.write(JAN, SUPPORT, "Płyta restartuje się", REQUEST)
    world.settle()
    world.answer(HEZO_CSE, world.newest(HEZO_CSE, "Nowe"), "/handover")
    world.settle()


def test_a_request_goes_to_the_manufacturer_and_its_answer_comes_back(world: World) -> None:
    hezo, tac = world.instances
    hand_over(world)
    ours, theirs = the_case(hezo), the_case(tac)
    assert (ours.number, ours.state, ours.details.handed_to, ours.details.vendor_number) == ("HZS-100001", "in progress", TAC, "SR-100001")
    assert (theirs.number, theirs.customer, theirs.contract, theirs.priority) == ("SR-100001", SUPPORT, "CC-4711", "P2")
    assert (theirs.state, theirs.language, theirs.details.serials) == ("accepted", "en", (SERIAL,))
    assert theirs.details.symptoms == "Płyta restartuje się co dziesięć minut."

    # The manufacturer's engineer asks, our engineer answers, and the manufacturer's case hears of it.
    world.answer(TAC_CSE, world.newest(TAC_CSE, "New"), "Please send us the output of display diagnostic-information.")
    world.settle()
    asked = world.newest(HEZO_CSE, "display diagnostic-information")
    assert "Pisze producent" in str(asked.mail["Subject"])
    world.answer(HEZO_CSE, asked, "Slot 3 reports a parity error in the output.")
    world.settle()
    assert "parity error" in text_of(world.newest(TAC_CSE, "parity error").mail)
    assert the_case(tac).state == "in progress"

    # What the customer gets is what our engineer writes in answer to the customer.
    world.answer(HEZO_CSE, world.newest(HEZO_CSE, "Nowe"), "Prosimy przełożyć płytę do slotu 4.")
    world.settle()
    assert [str(one.mail["Subject"]) for one in world.to(JAN)] == [
        "Re: [HZS-100001] Płyta restartuje się",
        "Re: [HZS-100001] Płyta restartuje się",
    ]
    assert "slotu 4" in text_of(world.to(JAN)[-1].mail)
    of_vendor = ("tac.example", "SR-100001", "diagnostic-information", "parity")
    assert [words for words in of_vendor for one in world.to(JAN) if words in text_of(one.mail) or words in str(one.mail)] == []
    assert [one for one in world.to(TAC) if "browar" in text_of(one.mail).lower() or JAN in str(one.mail)] == []
    assert verdicts(hezo) == [
        (JAN, "opened"),
        (HEZO_CSE, "added"),  # /handover
        (TAC, "added"),  # accepted, by a machine
        (TAC, "added"),  # the question
        (HEZO_CSE, "added"),  # the answer to it
        (HEZO_CSE, "added"),  # the letter to the customer
    ]
    assert verdicts(tac) == [(SUPPORT, "opened"), (TAC_CSE, "added"), (SUPPORT, "added")]
    assert world.to(SUPPORT)[2].mail["Auto-Submitted"] == "auto-replied"
    assert [one.mail["Auto-Submitted"] for one in world.to(TAC) if one.sender == SUPPORT] == ["no", "no"]


def test_a_later_mail_in_a_thread_of_its_own_comes_back_by_the_manufacturers_number(world: World) -> None:
    """The manufacturer closes: two more mails of its machine, the survey among them, for staff and nobody else."""
    hezo, tac = world.instances
    hand_over(world)
    world.answer(TAC_CSE, world.newest(TAC_CSE, "New"), "/resolve A new release is out.\n/close")
    world.settle()
    assert the_case(tac).state == "closed"
    relayed = [one for one in world.to(HEZO_CSE) if "Pisze producent" in str(one.mail["Subject"])]
    assert len(relayed) == 4  # accepted, resolved, closed, survey
    assert (the_case(hezo).state, len(world.to(JAN))) == ("in progress", 1)
    world.write(TAC, SUPPORT, "Field notice about SR-100001", "Please upgrade.")
    world.settle()
    assert verdicts(hezo)[-1] == (TAC, "added")
    assert world.newest(HEZO_CSE, "Please upgrade").sender == SUPPORT
    assert len(world.to(JAN)) == 1


def test_they_stop_whatever_machines_answer_for_people(world: World) -> None:
    """IN7: everybody is away and has every mail answered by a machine, for thirty rounds. Each letter is answered once, and that is all."""
    hezo, tac = world.instances
    hand_over(world)
    people = (JAN, HEZO_CSE, HEZO_CCR, TAC_CSE, TAC_CCR)
    letters, answered = len(world.carried), 0
    for _ in range(30):
        for one in world.carried[answered:]:
            if one.recipient in people:
                world.out_of_office(one.recipient, one)
            answered += 1
        world.run()
    to_people = [one for one in world.carried if one.recipient in people]
    assert len(world.carried) == letters + len(to_people)
    assert len(to_people) == 8  # accepted; new, twice; done; the manufacturer's new, twice; its acceptance to our staff, twice
    automatic = [sender for sender, state in (*verdicts(hezo), *verdicts(tac)) if state == "automatic"]
    assert sorted(automatic) == sorted(one.recipient for one in to_people)
    assert (the_case(hezo).number, the_case(tac).number) == ("HZS-100001", "SR-100001")


def test_a_manufacturers_mailbox_that_is_away_stands_in_the_journal_and_is_answered_by_nobody(world: World) -> None:
    """IN7: an out-of-office is no word of the manufacturer's, nor does it bring a number."""
    hezo, _ = world.instances
    hand_over(world)
    world.out_of_office(TAC, world.newest(TAC, "HZS-100001"))
    world.settle()
    assert verdicts(hezo)[-1] == (TAC, "automatic")
    assert [one for one in world.to(HEZO_CSE) if "I am away" in text_of(one.mail)] == []
    assert len(world.to(JAN)) == 1
