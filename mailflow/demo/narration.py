"""One sentence for each notice, and for a verdict that speaks for itself, in the words of somebody who shows the house to a guest."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, str] = {
    "service_request/acknowledgement": "A number at once; whether a contract covers it, a human decides.",
    "service_request/information_request": "Asks in one mail for just what is missing, and can be answered in the text.",
    "service_request/accepted": "Complete and under contract: accepted without a human, and it says by when an engineer writes.",
    "service_request/customer_message": "The customer's words for staff, with a summary on top. Answering is all there is to do.",
    "service_request/staff_message": "The engineer's words in the customer's own thread, without the engineer's private address.",
    "service_request/response_warning": "Half of the promised time is gone: a nudge inside the house, before anybody has to apologise.",
    "service_request/response_breached": "The promised time has passed: the escalation manager hears of it.",
    "service_request/resolved": "Tells the customer what was done.",
    "service_request/closed": "The request is closed; an answer within two weeks would open it again.",
    "service_request/survey": "One question, five links, no account.",
    "service_request/survey_thanks": "The score is in the books, and it says thank you.",
    "service_request/status": "Where everything stands, at once and without waking anybody.",
    "rma/customer_request_verification": "The permission to send parts back, with a form to fill, a label and a calendar entry.",
    "rma/replacement_shipped": "The replacement is on its way; from its arrival the clock for the faulty part runs.",
    "rma/extended": "The date that holds now, and how it was reckoned: business days and holidays of the customer's country.",
    "rma/return_notification_received": "The form was read, field by field; what is announced stands here.",
    "rma/receipt_notification": "What was allowed, announced, received and is still missing, each time a parcel comes in.",
    "rma/closed": "Everything came back. No reminder for this one was ever sent.",
    "rma/reminder": "A friendly reminder that names only what is still missing.",
    "rma/final_notice": "The day has passed: the amount at stake, and the last day to avoid it.",
    "rma/invoice_request": "All that finance needs to know: the part, the price of that day, and why.",
    "rma/invoice_notice": "The customer learns at the same moment what finance was asked for.",
    "staff/command_result": "What was done, in plain words, for the one who asked.",
    "staff/command_refused": "Nothing was done, and here is why.",
    "staff/confirmation_request": "A costly step wants a second yes.",
    "staff/digest": "Every morning, to whom it concerns, what still waits. On days without anything there is no mail.",
    "staff/bounce_alert": "A letter came back; a human should know.",
    "bounce": "The curious address does not even exist. What comes back finds its case by the number of the mail it speaks of.",
    "staff/quarantine_alert": "Something strange was set aside, whole, for a human to look at.",
}


def sentence_for(name: str) -> str:
    """The sentence of a notice or verdict, '' where there is none."""
    return SENTENCES.get(name, "")
