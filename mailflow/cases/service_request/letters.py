"""What a request says to whom (SR5): letters to the customer, the customer's mail with flags for staff."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mailflow.cases.service_request.facts import RequestFacts
from mailflow.policy.case import Request, ServiceRequestDetails
from mailflow.policy.customer_message import Summary, forward_to_staff, pass_to_assignee
from mailflow.policy.decision import SendNotice
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.desk import Desk, Role
from mailflow.policy.event import MailReceived


def tell_customer(case: Request, notice: str, *, type: str = "service_request", **values: object) -> SendNotice:
    """A letter to the customer, with a copy to all who take part and to nobody who is only proposed (SR11)."""
    return SendNotice(notice=f"{type}/{notice}", to=(case.customer,), cc=case.other_participants, values=values)


def responsible_staff(case: Request, desk: Desk) -> tuple[str, ...]:
    """The assignee, and until somebody is assigned all CCR and CSE staff of the desk."""
    return (case.assignee,) if case.assignee else desk.staff_of(Role.CCR, Role.CSE)


def understood(details: ServiceRequestDetails) -> tuple[tuple[str, str], ...]:
    """(field name, text) of what was read, as written; only what is there."""
    rows = (
        ("serial", ", ".join(details.serials)),
        ("serial_from", details.serials_from),
        ("serial_unknown", ", ".join(details.unknown_serials)),
        ("contract", details.contract),
        ("model", details.model),
        ("symptoms", details.symptoms),
        ("priority", details.priority_words),
        ("impact", details.impact),
        ("software_version", details.software_version),
        ("site_address", details.site_address),
        ("name", details.name),
        ("telephone", details.telephone),
        ("purchase_order", details.purchase_order),
    )
    return tuple((name, text) for name, text in rows if text)


def tell_understood(case: Request, name: str, values: Mapping[str, object], *, trusted: bool) -> SendNotice:
    """A letter with what was read of the request. Strangers, and senders that nobody vouches for, read no word of their own mail (SR1)."""
    return SendNotice(
        notice=f"service_request/{name}",
        to=(case.customer,),
        cc=case.other_participants if trusted else (),
        values={**values, "trusted": trusted, "understood": understood(case.details) if trusted else ()},
    )


def greeted(case: Request, event: MailReceived) -> dict[str, str]:
    """Whom a letter to the sender of a mail greets: by its own name, not by the customer's (OUT1)."""
    return {} if event.sender == case.customer else {"recipient_name": event.customer.name}


def summary(case: Request) -> Summary:
    """What staff need to know of the request; only what there is."""
    details = case.details
    rows: tuple[tuple[str, Step | str], ...] = (
        ("customer", f"{case.customer_name} <{case.customer}>" if case.customer_name and case.customer else case.customer),
        ("company", case.company),
        ("contract", case.contract or Step("shown_no_contract", {})),
        ("state", Step("shown_state", {"state": case.state})),
        ("priority", case.priority or ""),
        ("assignee", case.assignee or Step("shown_nobody", {})),
        ("serials", ", ".join(details.serials)),
        ("model", details.model),
        ("site_address", details.site_address),
        ("entitlement", Step("shown_entitlement", {"entitlement": details.entitlement or "undecided"})),
        ("missing", Step("shown_fields", {"fields": details.missing}) if details.missing else ""),
        ("linked", ", ".join(dict.fromkeys((*((case.parent,) if case.parent else ()), *case.linked)))),
        ("vendor", " ".join(filter(None, (details.handed_to, details.vendor_number)))),
        ("alarm", Step("shown_alarm", {"alarm": details.alarm, "count": details.alarm_count}) if details.alarm else ""),
    )
    return tuple((label, text) for label, text in rows if text)


def suggested_commands(case: Request) -> tuple[str, ...]:
    """Command lines worth copying in the state at hand."""
    details = case.details
    if case.state in ("new", "awaiting information"):
        return (f"/accept {case.priority or 'P3'}", "/entitled CONTRACT")
    serial = f" serial {details.serials[0]}" if details.serials else ""
    if case.state in ("resolved", "closed"):
        return ("/reopen", "/close") if case.state == "resolved" else ("/reopen",)
    return (*(() if case.assignee else ("/assign me",)), f"/rma advance 1 x PART{serial}", "/resolve")


def tell_staff(
    case: Request,
    event: MailReceived,
    desk: Desk,
    *,
    is_new: bool = False,
    steps: Derivation = (),
    flags: Derivation = (),
    commands: tuple[str, ...] = (),
) -> SendNotice:
    """The customer's mail for the staff in charge; `flags` are what they should notice, `commands` the lines that go with them."""
    # Of the first mail all is new to staff, what it forwards included (SR5).
    whole = event.mail.text or event.mail.alternative_text
    return forward_to_staff(
        event,
        responsible_staff(case, desk),
        summary=summary(case),
        text=whole if is_new and event.caller is None else "",
        is_new=is_new,
        commands=(*commands, *suggested_commands(case)),
        steps=steps,
        flags=flags,
    )


def pass_on(case: Request, assignee: str, facts: RequestFacts, by: str) -> tuple[SendNotice, ...]:
    """What the customer wrote, for who is in charge from now on and can answer it (SR5)."""
    words = facts.customer_words
    if words is None:
        return ()
    return (pass_to_assignee(words, assignee, summary=summary(case), commands=suggested_commands(case), by=by),)


def serial_flags(case: Request, serials: Iterable[str], facts: RequestFacts) -> Derivation:
    """Of each of the serials: an open request or return that names it, an earlier return, another customer's contract."""
    asked = tuple(serials)
    own = {case.number, *(rma.number for rma in facts.rmas)}
    open_elsewhere = tuple(row for row in facts.open_cases_of_serials if row[0] in asked and row[1] not in own)
    in_cases = tuple(
        Step("flag_open_request" if kind == "service_request" else "flag_open_return", {"serial": serial, "number": number})
        for serial, number, kind in open_elsewhere
    )
    open_numbers = {number for _, number, _ in open_elsewhere}
    returned = tuple(
        Step("flag_returned", {"serial": serial, "number": number})
        for serial, number in facts.received_before.items()
        if serial in asked and number not in own | open_numbers
    )
    devices = [device for serial in asked if (device := facts.devices.get(serial))]
    own_contract = facts.contract.number if facts.contract else ""
    foreign = tuple(
        Step("flag_other_contract", {"serial": device.serial, "contract": device.contract, "own": own_contract})
        if own_contract
        else Step("flag_not_of_contract", {"serial": device.serial, "contract": device.contract})
        for device in devices
        if device.contract != own_contract
    )
    # Of a single serial that the register lacks the verdict says so itself.
    unknown = tuple(
        Step("flag_serial_unknown", {"serial": serial}) for serial in asked if serial not in facts.devices and len(case.details.serials) > 1
    )
    return (*in_cases, *returned, *foreign, *unknown)


def trust_flags(case: Request, event: MailReceived, facts: RequestFacts) -> Derivation:
    """Why staff must decide what the register alone would grant (SR1, SR3, OUT6)."""
    unproven = () if event.authenticated or event.caller is not None or event.alarm is not None else (Step("flag_unproven", {}),)
    stated = case.details.contract
    if not stated or not case.contract or stated.upper() == case.contract.upper():
        return unproven
    # The contract that the customer named, beside the device's own one, or the sender's where the register lacks the device.
    device = next((device for serial in case.details.serials if (device := facts.devices.get(serial))), None)
    if device is None:
        return (*unproven, Step("flag_contract_of_sender", {"stated": stated, "contract": case.contract}))
    if device.contract.upper() == stated.upper():
        return (*unproven, Step("flag_contract_of_device", {"stated": stated, "contract": case.contract}))
    return (*unproven, Step("flag_contract_differs", {"stated": stated, "contract": device.contract}))


def proposed_merges(case: Request, flags: Derivation) -> tuple[str, ...]:
    """`/merge` lines for the requests that the flags name (IN10)."""
    numbers = dict.fromkeys(str(flag.values["number"]) for flag in flags if flag.name == "flag_open_request")
    return tuple(f"/merge {number}" for number in numbers if number != case.number)


def first_stated_priority(case: Request, event: MailReceived, desk: Desk) -> str:
    """What the customer states for the first time in answer to our questions counts like a statement in the first mail (SR2)."""
    is_unstated = not case.details.priority_words and case.priority == desk.requests.default_priority
    is_open_question = case.state == "awaiting information" and is_unstated
    return event.extracted.priority if is_open_question else ""


def priority_wish(case: Request, event: MailReceived) -> tuple[Derivation, tuple[str, ...]]:
    """A later wish for another priority changes nothing: staff decide (SR2)."""
    wanted = event.extracted.priority
    if not wanted or wanted == case.priority:
        return (), ()
    return (Step("flag_priority_wish", {"wanted": wanted, "present": case.priority or ""}),), (f"/priority {wanted}",)
