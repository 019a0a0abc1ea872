"""The answer to the satisfaction survey (SR8): kept, thanked for once, and never a reason to open a closed request again."""

from __future__ import annotations

from dataclasses import replace

from mailflow.cases.service_request.relay import greeted, tell_staff
from mailflow.message.survey import SurveyAnswer
from mailflow.policy.case import Case
from mailflow.policy.decision import Decision, Effect, Note, SendNotice
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk
from mailflow.policy.event import MailReceived


def keep_answer(case: Case, event: MailReceived, answer: SurveyAnswer, desk: Desk) -> Decision:
    """The last answer counts; only the first is thanked for. A comment is for people to read, so staff get it."""
    is_first = not case.details.survey_score
    comment = answer.comment.strip()
    details = replace(case.details, survey_score=answer.score, survey_comment=comment or case.details.survey_comment)
    kept = case.changed(details=details)
    effects: tuple[Effect, ...] = (Note(text=f"survey: {answer.score} of 5" + (f": {comment}" if comment else ""), who=event.sender),)
    if is_first:
        effects = (*effects, *_thanks(case, event))
    if comment:
        effects = (*effects, tell_staff(kept, event, desk, flags=(Step("flag_survey", {"score": answer.score}),)))
    return Decision(case=kept, effects=effects, reason=f"{event.sender} answered the survey with {answer.score}")


def _thanks(case: Case, event: MailReceived) -> tuple[Effect, ...]:
    if event.unanswered_because:
        return (Note(text=f"survey_thanks not sent: {event.unanswered_because}"),)
    return (SendNotice(notice="service_request/survey_thanks", to=(event.sender,), values=greeted(case, event), immediate_answer=True),)
