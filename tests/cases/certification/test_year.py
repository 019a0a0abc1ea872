"""The year of a certificate: reminders, expiry, the next application, and changes among the engineers (DK2)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from mailflow.policy.case import Case
from mailflow.policy.certification import Vacancy
from mailflow.policy.decision import Decision
from mailflow.policy.register import Partner
from tests.cases.certification.scene import (
    AT,
    LI,
    MANAGER,
    NUMBER,
    PARTNER,
    REVIEWER,
    TEXT,
    ZHANG,
    after,
    certification,
    cleared,
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

LATER = AT + timedelta(days=300)


def next_one(state: str) -> Case:
    return moved(certification(state), number="CERT-100009", opened_at=LATER)


def test_a_reminder_names_the_last_day() -> None:
    decision = falls(certification("certified"), "recertification_reminder", "30", LATER)
    assert letters(decision) == [("recertification_reminder", (ZHANG,))]
    values = letter(decision, "recertification_reminder").values
    assert (values["valid_through"], values["days_left"]) == (date(2027, 11, 24), 30)


@pytest.mark.parametrize("state", ["applied", "certified"])
def test_whoever_has_applied_again_needs_no_reminder(state: str) -> None:
    assert letters(falls(certification("certified"), "recertification_reminder", "7", LATER, certifications=(next_one(state),))) == []


def test_a_rejected_application_silences_nothing() -> None:
    decision = falls(certification("certified"), "recertification_reminder", "7", LATER, certifications=(next_one("rejected"),))
    assert letters(decision) == [("recertification_reminder", (ZHANG,))]


def test_a_certificate_expires_once() -> None:
    decision = falls(certification("certified"), "expired", "", LATER)
    assert (after(decision).state, after(decision).closed_at, letters(decision)) == ("expired", LATER, [("expired", (ZHANG,))])


def test_a_certificate_that_was_renewed_expires_without_a_word() -> None:
    decision = falls(certification("certified"), "expired", "", LATER, certifications=(next_one("certified"),))
    assert (after(decision).state, letters(decision)) == ("expired", [])


def test_the_next_application_of_the_domain_is_a_recertification() -> None:
    """The reviewer sees what was noted in the year before."""
    history = ((AT, MANAGER, "The hotline was silent for nine hours."),)
    decision = happens(None, mail_of(), certifications=(certification("certified"),), partner_notes=history)
    case = after(decision)
    assert (case.details.recertifies, case.linked) == (NUMBER, (NUMBER,))
    assert letter(decision, "application").values["history"] == history
    assert letter(decision, "received").values["recertifies"] == NUMBER


def test_an_application_in_the_thread_of_the_reminder_opens_the_next_case() -> None:
    decision = happens(certification("certified"), reply_of(TEXT, files=("form.pdf",), at=LATER))
    assert (after(decision).number, after(decision).details.recertifies) == ("CERT-100002", NUMBER)
    assert letters(decision) == [("received", (ZHANG,)), ("application", (REVIEWER,))]


def test_after_a_rejection_thanks_are_relayed_and_papers_apply_anew() -> None:
    thanks = happens(certification("rejected"), reply_of("Thank you, we will look into it."))
    assert (after(thanks).number, letters(thanks)) == (NUMBER, [("customer_message", (REVIEWER,))])
    anew = happens(certification("rejected"), reply_of(TEXT, files=("form.pdf",)))
    assert (after(anew).number, after(anew).details.recertifies) == ("CERT-100002", "")


# Personnel

MARCH_5 = datetime(2027, 3, 5, 1, 30, tzinfo=UTC)
"""Friday, 5 March 2027, 09:30 in Shanghai."""
LEFT = "Our engineer Chen Hao (H3CNE) left the company on 1 March 2027."


def reported(text: str = LEFT, sender: str = ZHANG, case: Case | None = None, at: datetime = MARCH_5, **known: Any) -> Decision:
    return happens(case or certification("certified"), reply_of(text, sender, at=at), **known)


def test_an_exit_leaves_a_vacancy_of_three_months() -> None:
    """Monday, 1 March 2027: to be reported by Thursday, the 4th; three months end on 1 June. The report came on Friday: late."""
    decision = reported()
    (vacancy,) = after(decision).details.vacancies
    assert vacancy == Vacancy(
        engineer="Chen Hao",
        level="H3CNE",
        left_on=date(2027, 3, 1),
        reported_on=date(2027, 3, 5),
        report_due=date(2027, 3, 4),
        fill_by=date(2027, 6, 1),
    )
    # 30 days before 1 June: 31 days of May and 1 June make 2 May.
    assert deadlines(decision) == [
        ("vacancy_reminder", "30 chen hao 2027-03-01", "2027-05-02T01:00:00+00:00"),
        ("vacancy_reminder", "0 chen hao 2027-03-01", "2027-06-01T01:00:00+00:00"),
    ]
    assert letters(decision) == [("personnel_report", (ZHANG,)), ("customer_message", (REVIEWER, MANAGER))]
    assert vacancy.is_late
    assert "reported late, due 2027-03-04" in notes(decision)[0]


def test_two_exits_in_one_report_leave_two_vacancies_each_with_its_own_clock() -> None:
    """DK2: 1 March 2027 and Wednesday, 3 March; three months end on 1 and on 3 June. Only the first was reported late."""
    decision = reported("Chen Hao (H3CNE) left on 1 March 2027 and Li Wei (H3CSE) left on 3 March 2027.")
    vacancies = after(decision).details.vacancies
    assert [(one.engineer, one.level, one.fill_by, one.is_late) for one in vacancies] == [
        ("Chen Hao", "H3CNE", date(2027, 6, 1), True),
        ("Li Wei", "H3CSE", date(2027, 6, 3), False),
    ]
    assert [key for _, key, _ in deadlines(decision)] == [
        "30 chen hao 2027-03-01",
        "0 chen hao 2027-03-01",
        "30 li wei 2027-03-03",
        "0 li wei 2027-03-03",
    ]
    assert letter(decision, "personnel_report").values["vacancies"] == vacancies
    filled = reported("They were replaced by Ma Jun (H3CSE) and Sun Yan (H3CNE).", case=after(decision))
    assert [one.filled_by for one in after(filled).details.vacancies] == ["Sun Yan", "Ma Jun"]


def test_three_working_days_count_make_up_days() -> None:
    """Left on Wednesday, 30 September 2026: 8, 9 and the worked Saturday, 10 October. On that day the report is in time."""
    text = "Chen Hao (H3CNE) left on 30 September 2026."
    in_time = reported(text, at=datetime(2026, 10, 10, 2, tzinfo=UTC))
    assert after(in_time).details.vacancies[0].report_due == date(2026, 10, 10)
    assert not after(in_time).details.vacancies[0].is_late


def test_three_months_end_with_the_last_month() -> None:
    """Left on 30 November 2026: February 2027 has 28 days."""
    decision = reported("Chen Hao (H3CNE) left on 30 November 2026.", at=datetime(2026, 12, 1, 2, tzinfo=UTC))
    assert after(decision).details.vacancies[0].fill_by == date(2027, 2, 28)


def test_the_level_is_known_from_the_application() -> None:
    assert after(reported("Li Wei has left the company on 1 March 2027.")).details.vacancies[0].level == "H3CSE"


def test_the_same_exit_told_twice_is_one_vacancy() -> None:
    again = reported(case=after(reported()))
    assert (len(after(again).details.vacancies), deadlines(again)) == (1, [])


@pytest.mark.parametrize(
    ("joined", "fills"),
    [("H3CNE", True), ("H3CSE", True), ("PMP", False), ("", False)],
)
def test_a_place_is_filled_by_the_same_level_or_a_higher_one(joined: str, fills: bool) -> None:
    decision = reported(f"New engineer: Ma Jun{', ' + joined if joined else ''}", case=after(reported()))
    (vacancy,) = after(decision).details.vacancies
    assert vacancy.filled_by == ("Ma Jun" if fills else "")
    assert cleared(decision) == (["vacancy_reminder", "vacancy_reminder"] if fills else [])
    assert letters(decision)[0] == ("personnel_report", (ZHANG,))


def test_a_vacant_place_is_called_to_mind_of_partner_and_manager() -> None:
    vacant = after(reported())
    decision = falls(vacant, "vacancy_reminder", "30 chen hao 2027-03-01", datetime(2027, 5, 2, 1, tzinfo=UTC))
    assert letters(decision) == [("vacancy_reminder", (ZHANG,)), ("vacancy_reminder", (MANAGER,))]
    filled = after(reported("New engineer: Ma Jun, H3CNE", case=vacant))
    assert letters(falls(filled, "vacancy_reminder", "0 chen hao 2027-03-01", MARCH_5)) == []


def test_only_the_service_manager_reports() -> None:
    decision = reported(sender=LI)
    assert after(decision).details.vacancies == ()
    assert letters(decision) == [("customer_message", (REVIEWER,))]
    assert [step.name for step in letter(decision, "customer_message").values["steps"]] == ["not_service_manager"]


def test_the_register_may_name_the_service_manager() -> None:
    named = Partner(
        name=PARTNER.name, domain=PARTNER.domain, service_manager="Zhang Min", spare_parts_contact="", stars=0, certified_from=None
    )
    assert len(after(reported(partner=named)).details.vacancies) == 1
