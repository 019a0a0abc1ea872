"""An application is opened, answered once, shown to the reviewer, and decided within three working days (DK2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from mailflow.message.customer.one_line import CustomerLine
from mailflow.message.documents.certification import Application
from mailflow.policy.derivation import Step
from mailflow.policy.event import SenderRole
from tests.cases.certification.scene import (
    AT,
    LI,
    MANAGER,
    NUMBER,
    REVIEWER,
    ZHANG,
    after,
    certification,
    cleared,
    command,
    deadlines,
    falls,
    happens,
    letter,
    letters,
    mail_of,
    moved,
    notes,
    reply_of,
)

HELLO = "Hello, the hotline is +86 571 5550 0100."


def test_an_application_gets_one_answer_and_goes_to_the_reviewer() -> None:
    decision = happens(None, mail_of(files=("form.pdf",)))
    case = after(decision)
    assert (case.number, case.kind, case.state, case.company) == ("CERT-100002", "certification", "applied", "Bright Networks")
    assert letters(decision) == [("received", (ZHANG,)), ("application", (REVIEWER,))]
    application = letter(decision, "application")
    assert application.forward_attachments
    assert application.values["attachment_names"] == ("form.pdf",)
    assert application.values["commands"] == ("/approve 2", "/reject REASON")
    assert letter(decision, "received").immediate_answer


@pytest.mark.parametrize(
    ("at", "due", "reminders", "missed"),
    [
        # Friday, 20 November: Monday, Tuesday, Wednesday.
        (datetime(2026, 11, 20, 7, tzinfo=UTC), date(2026, 11, 25), ["2026-11-24", "2026-11-25"], "2026-11-26"),
        # Friday, 9 October, after the National Day week: Saturday the 10th is worked, then Monday and Tuesday.
        (datetime(2026, 10, 9, 7, tzinfo=UTC), date(2026, 10, 13), ["2026-10-12", "2026-10-13"], "2026-10-14"),
        # Wednesday, 30 September: 1 to 7 October are off; the 8th, 9th and the worked Saturday, the 10th.
        (datetime(2026, 9, 30, 7, tzinfo=UTC), date(2026, 10, 10), ["2026-10-09", "2026-10-10"], "2026-10-12"),
        # Friday, 13 February, before the Spring Festival: Saturday the 14th is worked, 15 to 23 are off, then the 24th and 25th.
        (datetime(2026, 2, 13, 7, tzinfo=UTC), date(2026, 2, 25), ["2026-02-24", "2026-02-25"], "2026-02-26"),
        # 23:30 in Shanghai on Sunday, 27 December: the 28th, 29th, 30th. 1 January does not come into it.
        (datetime(2026, 12, 27, 15, 30, tzinfo=UTC), date(2026, 12, 30), ["2026-12-29", "2026-12-30"], "2026-12-31"),
        # 00:30 on Thursday, 31 December: 1 January is off, then a weekend; the 4th, 5th and 6th.
        (datetime(2026, 12, 30, 16, 30, tzinfo=UTC), date(2027, 1, 6), ["2027-01-05", "2027-01-06"], "2027-01-07"),
    ],
)
def test_the_decision_is_due_on_the_third_working_day_of_china(at: datetime, due: date, reminders: list[str], missed: str) -> None:
    """DK2, T1: the reviewer is told at 09:00 (01:00 UTC) of the working day before the last, of the last day, and of the one after it."""
    decision = happens(None, mail_of(at=at))
    assert after(decision).details.decision_due == due
    moments = [*(("decision_due", day) for day in reminders), ("decision_overdue", missed)]
    assert [(kind, when) for kind, _, when in deadlines(decision)] == [(kind, f"{day}T01:00:00+00:00") for kind, day in moments]


def test_copied_colleagues_take_part_and_others_do_not() -> None:
    """SR11"""
    decision = happens(None, mail_of(cc=(LI, "eve@evil.example")))
    assert after(decision).participants == (ZHANG, LI)
    assert letter(decision, "received").cc == (LI,)


def test_a_sender_that_nobody_vouches_for_reads_no_word_of_its_own() -> None:
    """SR1, IN3"""
    for event in (mail_of(cc=(LI,), authenticated=False), mail_of(sender_role=SenderRole.STRANGER)):
        received = letter(happens(None, event), "received")
        assert (received.values["understood"], received.cc, received.values["recertifies"]) == ((), (), "")
    assert letter(happens(None, mail_of(authenticated=False)), "application").values["is_genuine"] is False


def test_a_machine_gets_no_answer_but_the_reviewer_hears_of_it() -> None:
    """IN7"""
    assert letters(happens(None, mail_of(unanswered_because="sent by a machine"))) == [("application", (REVIEWER,))]


def test_an_applicant_outside_the_register_takes_part_alone() -> None:
    decision = happens(None, mail_of(sender_role=SenderRole.STRANGER, sender="new@company.example"), partner=None)
    assert (after(decision).details.domain, after(decision).participants) == ("", ("new@company.example",))


def test_later_papers_fill_the_blanks_and_reach_the_reviewer() -> None:
    decision = happens(certification(), reply_of("Hotline: +86 571 5550 0100\nMa Jun, H3CNE, 2028-01-01", LI, files=("more.pdf",)))
    application = after(decision).details.application
    assert (application.hotline, [one.name for one in application.engineers]) == ("+86 571 5550 0100", ["Li Wei", "Chen Hao", "Ma Jun"])
    assert letters(decision) == [("application", (REVIEWER,))]
    assert letter(decision, "application").values["is_new"] is False
    assert after(decision).participants == (ZHANG, LI)


def test_the_reviewer_is_pressed_until_the_decision() -> None:
    due = replace(certification().details, decision_due=date(2026, 11, 25))
    pressed = falls(moved(certification(), details=due), "decision_due", "1", datetime(2026, 11, 24, 1, tzinfo=UTC))
    assert letters(pressed) == [("decision_due", (REVIEWER,))]
    assert letter(pressed, "decision_due").values["days_left"] == 1
    assert letters(falls(certification("certified"), "decision_due", "0", AT)) == []


def test_an_approval_certifies_for_a_year() -> None:
    """From the day after the issue, T1: issued on 24 November 2026, valid through 24 November 2027, expired on the 25th."""
    decision = command(certification(), "/approve 2", at=datetime(2026, 11, 24, 3, tzinfo=UTC))
    details = after(decision).details
    assert (after(decision).state, details.stars) == ("certified", 2)
    assert (details.issued_on, details.valid_through) == (date(2026, 11, 24), date(2027, 11, 24))
    assert letters(decision) == [("approved", (ZHANG,))]
    assert letter(decision, "approved").attach == ("certificate",)
    assert cleared(decision) == ["decision_due", "decision_overdue"]
    assert deadlines(decision) == [
        # 90 days before: 24 days of November, 31 of October, 30 of September, 5 of August: 26 August.
        ("recertification_reminder", "90", "2027-08-26T01:00:00+00:00"),
        # 30 days before: 24 of November and 6 of October: 25 October.
        ("recertification_reminder", "30", "2027-10-25T01:00:00+00:00"),
        ("recertification_reminder", "7", "2027-11-17T01:00:00+00:00"),
        ("expired", "", "2027-11-25T01:00:00+00:00"),
    ]


@pytest.mark.parametrize(
    ("issued", "last"),
    [
        # Noon of 29 February: the year after has no such day.
        (datetime(2028, 2, 29, 4, tzinfo=UTC), date(2029, 2, 28)),
        (datetime(2027, 2, 28, 4, tzinfo=UTC), date(2028, 2, 28)),
        # 00:30 in Shanghai is the day that counts.
        (datetime(2026, 12, 31, 16, 30, tzinfo=UTC), date(2028, 1, 1)),
    ],
)
def test_the_last_day_of_a_year(issued: datetime, last: date) -> None:
    assert after(command(certification(), "/approve 2", at=issued)).details.valid_through == last


def test_what_an_approval_overlooks_is_noted() -> None:
    (certified, overlooked) = notes(command(certification(), "/approve 3"))
    assert certified == "certified with 3 stars through 2027-11-20"
    assert overlooked.startswith("approved although the application does not show: engineers, certificates, hotline")


def test_a_rejection_tells_its_reason() -> None:
    decision = command(certification(), "/reject The certificates are not genuine.", by=MANAGER)
    assert (after(decision).state, after(decision).closed_at) == ("rejected", AT)
    assert letter(decision, "rejected").values["reason"] == "The certificates are not genuine."
    assert cleared(decision) == ["decision_due", "decision_overdue"]


@pytest.mark.parametrize(
    ("state", "line", "why"),
    [
        ("certified", "/approve 3", "certification_decided"),
        ("rejected", "/reject again", "certification_decided"),
        ("applied", "/cancel false information", "no_certificate"),
        ("applied", "/close", "certification_needs_decision"),
        ("applied", "/confirm K7QX", "code_unknown"),
        ("applied", "/waive CERT-100001 lost", "command_not_here"),
        ("applied", "/assign eve@evil.example", "command_not_staff"),
    ],
)
def test_a_command_that_makes_no_sense_is_refused(state: str, line: str, why: str) -> None:
    """OUT4"""
    refused = command(certification(state), line).refused
    assert not isinstance(refused, str)
    assert refused.name == why


def test_only_reviewer_and_manager_decide() -> None:
    refused = command(certification(), "/approve 2", by="admin@partner.example")
    assert not isinstance(refused.refused, str)
    assert (refused.refused.name, refused.effects) == ("reviewer_only", ())


def test_withdrawing_a_certificate_needs_a_confirmation() -> None:
    """BX8"""
    asked = command(certification("certified"), "/cancel One certificate was not genuine.")
    assert letters(asked) == [("confirmation_request", (REVIEWER,))]
    assert after(asked).state == "certified"
    decision = command(after(asked), "/confirm K7QX")
    assert (after(decision).state, letters(decision)) == ("cancelled", [("cancelled", (ZHANG,))])
    assert letter(decision, "cancelled").values["reason"] == "One certificate was not genuine."
    assert cleared(decision) == ["recertification_reminder", "expired", "vacancy_reminder"]


def test_spam_is_closed_without_a_word() -> None:
    decision = command(certification(), "/close spam")
    assert (after(decision).state, letters(decision)) == ("rejected", [])


def test_staff_write_to_the_partner_only_by_answering_a_relayed_mail() -> None:
    """SR5"""
    note = happens(
        certification(), mail_of("Looks fine.", REVIEWER, sender_role=SenderRole.STAFF, answers_notice="certification/application")
    )
    assert (letters(note), notes(note)) == ([("customer_message", (REVIEWER,))], ["Looks fine."])
    assert [flag.name for flag in letter(note, "customer_message").values["flags"]] == ["certification_note_reached_nobody"]
    silent = happens(certification(), mail_of("Checked.", REVIEWER, sender_role=SenderRole.STAFF))
    assert (letters(silent), notes(silent)) == ([], ["Checked."])
    told = happens(
        certification("certified"),
        mail_of("Thank you.", REVIEWER, sender_role=SenderRole.STAFF, answers_notice="service_request/customer_message"),
    )
    assert letters(told) == [("staff_message", (ZHANG,))]


def test_other_mail_of_a_certified_partner_is_relayed() -> None:
    decision = happens(certification("certified"), reply_of(HELLO))
    assert letters(decision) == [("customer_message", (REVIEWER,))]
    assert after(decision).number == NUMBER


@pytest.mark.parametrize("state", ["applied", "certified", "rejected"])
def test_status_is_answered_at_once_to_whoever_asked(state: str) -> None:
    """SR9: nobody else is written to."""
    line = CustomerLine(kind="status")
    decision = happens(certification(state), reply_of("STATUS", LI, customer_line=line))
    assert letters(decision) == [("status", (LI,))]
    assert letter(decision, "status").cc == ()


def test_a_missed_decision_is_told_to_reviewer_and_manager() -> None:
    """DK2: on the working day after the last one; then the digest tells it."""
    decision = falls(certification(decision_due=date(2026, 11, 25)), "decision_overdue", "", datetime(2026, 11, 26, 1, tzinfo=UTC))
    assert letters(decision) == [("decision_due", (REVIEWER, MANAGER))]
    assert letter(decision, "decision_due").values["is_overdue"]


def test_what_was_decided_is_not_overdue() -> None:
    assert letters(falls(certification("certified"), "decision_overdue", "", datetime(2026, 11, 26, 1, tzinfo=UTC))) == []


def corrected_by(text: str) -> Application:
    said = Application(stars=3, hotline="+86 571 5550 0100", laboratory="1 router", service_manager="Zhang Min")
    return after(happens(certification(application=said), reply_of(text))).details.application


def test_a_correction_replaces_what_was_said() -> None:
    corrected = corrected_by("Correction: our hotline is +86 571 9999 0000.\nWe apply for two stars only.")
    assert (corrected.stars, corrected.hotline) == (2, "Correction: our hotline is +86 571 9999 0000.")
    assert corrected_by("Hotline: +86 571 9999 0000\nLaboratory: 2 routers").laboratory == "2 routers"
    assert corrected_by("更正：服务经理：王芳").service_manager == "王芳"


def test_a_mere_mention_replaces_nothing() -> None:
    kept = corrected_by("The photos of the lab are attached; you reach me at the hotline +86 571 1111 0000 too.")
    assert (kept.laboratory, kept.hotline) == ("1 router", "+86 571 5550 0100")


@pytest.mark.parametrize(("state", "steps"), [("certified", 1), ("cancelled", 0), ("expired", 0), ("rejected", 0)])
def test_only_a_certificate_in_force_is_told_with_its_last_day(state: str, steps: int) -> None:
    """SR9: of a withdrawn certificate no day is derived any more."""
    asked = reply_of("STATUS", customer_line=CustomerLine(kind="status"))
    case = certification(state, validity_steps=(Step("term_ends", {"day": date(2027, 11, 24)}),))
    assert len(letter(happens(case, asked), "status").values["steps"]) == steps
