"""The mail by which staff hear of a customer: its words with a summary on top, or a matter that waits for them (SR5, RM5)."""

from __future__ import annotations

from dataclasses import replace

from mailflow.message.set_aside import divide
from mailflow.policy.case import Case
from mailflow.policy.decision import Decision, Effect, Note, SendNotice
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.event import MailReceived
from mailflow.policy.facts import CustomerWords

NOTICE, STAFF_MESSAGE = "service_request/customer_message", "service_request/staff_message"

Summary = tuple[tuple[str, str | Step], ...]
"""Rows on top of a mail to staff: a key of [summary], and a text or what says it in the reader's language."""


def forward_to_staff(
    event: MailReceived,
    to: tuple[str, ...],
    *,
    summary: Summary,
    text: str = "",
    is_new: bool = False,
    books: bool = False,
    commands: tuple[str, ...] = (),
    steps: Derivation = (),
    flags: Derivation = (),
) -> SendNotice:
    """Forward the customer's mail with its attachments to staff.

    `text` is there where it is more than the new text, `books` where an answer books an arrival. `commands` are lines worth copying,
    `flags` what staff should notice, `steps` the background.
    """
    return SendNotice(
        notice=NOTICE,
        to=to,
        to_staff=True,
        forward_attachments=True,
        values={
            "text": text or event.new_text,
            "opening": "",
            "sender": event.sender,
            "summary": summary,
            "is_new": is_new,
            "books": books,
            "attachment_names": tuple(attachment.name or "" for attachment in event.mail.attachments),
            "commands": commands,
            "steps": steps,
            "flags": (*flags, *_of_the_mail(event)),
        },
    )


def ask_staff(
    customer: str, to: tuple[str, ...], *, summary: Summary, commands: tuple[str, ...], steps: Derivation = (), flags: Derivation = ()
) -> SendNotice:
    """Ask staff about a matter of the customer's that only a human can decide, without a mail of theirs at hand."""
    values = {"text": "", "opening": "", "sender": customer, "summary": summary, "is_new": False, "books": False, "attachment_names": ()}
    return SendNotice(notice=NOTICE, to=to, to_staff=True, values={**values, "commands": commands, "steps": steps, "flags": flags})


def pass_to_assignee(words: CustomerWords, assignee: str, *, summary: Summary, commands: tuple[str, ...], by: str) -> SendNotice:
    """Send the customer's last mail and the first one below it, with all files of the case, for a new assignee."""
    flag = Step("flag_taken", {}) if by == assignee else Step("flag_assigned", {"by": by})
    values = {"text": words.last or words.opening, "opening": words.opening if words.last else "", "sender": words.sender}
    return SendNotice(
        notice=NOTICE,
        to=(assignee,),
        to_staff=True,
        attach=("case_files",),
        values={**values, "summary": summary, "is_new": False, "books": False, "attachment_names": (), "commands": commands}
        | {"steps": (), "flags": (flag,)},
    )


def answer_at_once(event: MailReceived, letter: SendNotice) -> tuple[Effect, ...]:
    """Send the immediate answer to a mail; a line in the journal where the mail gets none (IN7)."""
    if event.unanswered_because:
        return (Note(text=f"{letter.notice.partition('/')[2]} not sent: {event.unanswered_because}"),)
    return (replace(letter, immediate_answer=True),)


def write_to_customer(case: Case, event: MailReceived) -> SendNotice:
    """Send what a member of staff wrote to the customer and all who take part, with its files (SR5)."""
    values = {"text": event.new_text.strip()}
    return SendNotice(notice=STAFF_MESSAGE, to=(case.customer,), cc=case.other_participants, values=values, forward_attachments=True)


def keep_as_note(case: Case, event: MailReceived, *effects: Effect) -> Decision:
    """Keep a mail of staff as an internal note: it answers nothing that goes out (SR5)."""
    note = Note(text=event.new_text.strip() or "(no text)", who=event.sender)
    return Decision(case=case, effects=(note, *effects), reason=f"internal note of {event.sender}")


def _of_the_mail(event: MailReceived) -> Derivation:
    """What the mail itself asks staff to notice: attachments that were set aside (IN9), and that its sender got no answer (IN7)."""
    _, aside = divide(event.mail.attachments)
    names = tuple(attachment.name or attachment.content_type for attachment in aside)
    kept = (Step("flag_set_aside", {"names": names}),) if aside else ()
    silent = event.unanswered_because and event.alarm is None
    return (*kept, *((Step("flag_unanswered", {"reason": event.unanswered_because.partition(": ")[0]}),) if silent else ()))
