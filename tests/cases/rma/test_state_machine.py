"""Returns in random orders of what customers, staff, servers and the calendar do to them (RM3, RM5, RM9, RM10, BX3, BX4).

The real `decide` is driven by an applier in memory: it keeps the case, its deadlines, and every letter with its fate. A second, simpler
reckoning stands beside each invariant, so that a mistake in the rules does not check itself.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mailflow.cases import CASE_TYPES, decide
from mailflow.cases.rma.facts import RmaFacts
from mailflow.cases.rma.units import Line
from mailflow.message.customer.one_line import CustomerLine
from mailflow.message.model import Address, Extracted, Mail, ReturnLine, ReturnNotification
from mailflow.message.staff.command import Command, parse_commands
from mailflow.policy.case import Case
from mailflow.policy.decision import ClearDeadline, SendNotice, SetDeadline
from mailflow.policy.desk import MailboxRole
from mailflow.policy.event import CommandGiven, DeadlineFell, Event, MailReceived, NoticeBounced, SenderRole
from mailflow.policy.facts import SentNotice
from tests.cases.rma.returns import CONTACTS, DESK, ISSUED, PRICE, facts
from tests.cases.rma.test_opening import CONTRACT, REQUEST

PARTS = ("03057BGH", "02352KLM")
SERIALS = ("SER000000001", "SER000000002", "SER000000009")
PRICES = {part: replace(PRICE, part_number=part) for part in PARTS}
CLOSED = {"invoiced", "waived", "cancelled", "closed"}
GRACE_DAYS = 14
"""Ten business days are at least fourteen days: what is under way for less is within its grace whatever the holidays."""


def invoiced_parts(case: Case) -> list[tuple[str, int]]:
    """(part number, quantity) of all that finance holds."""
    return [(unit.part_number, 1) for unit in getattr(case.details, "units", ()) if unit.invoice]


def delivered_units(line: Line) -> int:
    return sum(unit.obligation is not None for unit in line.units)


def units_due_by(line: Line, day: date) -> int:
    return sum(unit.due is not None and unit.due <= day for unit in line.units)


class Return(RuleBasedStateMachine):
    """One return in the Polish calendar, from its birth on."""

    def __init__(self) -> None:
        super().__init__()
        self.now = ISSUED
        self.waiting: dict[tuple[str, str], datetime] = {}
        self.sent: list[SentNotice] = []
        self.named: list[tuple[SentNotice, frozenset[str], date]] = []
        self.reminded: Counter[tuple[object, str]] = Counter()
        self.undeliverable: set[str] = set()
        self.confirmed_by_human = False
        self.case = REQUEST
        self.letters = 0

    # What happens

    @initialize(kind=st.sampled_from(["advance", "advance", "advance", "repair"]), delivered=st.booleans())
    def issue(self, kind: str, delivered: bool) -> None:
        line = f"/rma {kind} 2 x {PARTS[0]} serial {SERIALS[0]}, {SERIALS[1]}; 3 x {PARTS[1]}"
        self.happen(None, self.given(line, "ccr@tac.example"))
        if delivered:
            self.deliver(0)

    @rule(back=st.integers(0, 3))
    def delivered(self, back: int) -> None:
        self.deliver(back)

    def deliver(self, back: int) -> None:
        self.staff(f"/delivered {(self.now - timedelta(days=back)).date().isoformat()}")

    @rule(part=st.sampled_from(PARTS), quantity=st.integers(1, 3), back=st.integers(0, 3))
    def part_delivered(self, part: str, quantity: int, back: int) -> None:
        day = (self.now - timedelta(days=back)).date().isoformat()
        self.staff(f"/delivered {day} {quantity} x {part}")

    @rule(part=st.sampled_from(("", *PARTS)), quantity=st.integers(1, 3))
    def ship(self, part: str, quantity: int) -> None:
        self.staff(f"/shipped DHL JD{self.letters}" + (f" {quantity} x {part}" if part else ""))

    @rule()
    @precondition(lambda self: any(parcel.arrived_on is None for parcel in getattr(self.case.details, "replacements", ())))
    def carrier_delivers(self) -> None:
        parcel = next(parcel for parcel in self.case.details.replacements if parcel.arrived_on is None)
        self.now += timedelta(minutes=7)
        command = Command(name="delivered", line="delivered", day=self.now.date(), tracking=parcel.tracking)
        self.happen(self.case, CommandGiven(command=command, by="noreply@dhl.example", roles=(), at=self.now))

    @rule(back=st.integers(0, 3))
    def customer_says_delivered(self, back: int) -> None:
        self.customer(line=CustomerLine("delivered", day=(self.now - timedelta(days=back)).date()))

    @rule(
        part=st.sampled_from(PARTS),
        quantity=st.integers(1, 4),
        serial=st.sampled_from(("", *SERIALS)),
        tracking=st.sampled_from(["T1", ""]),
    )
    def announce(self, part: str, quantity: int, serial: str, tracking: str) -> None:
        lines = (ReturnLine(part_number=part, quantity=1 if serial else quantity, serial=serial),)
        self.customer(form=ReturnNotification(carrier="DHL", tracking=tracking, lines=lines))

    @rule()
    def announce_all(self) -> None:
        self.customer(line=CustomerLine("shipped", carrier="DHL", tracking="T2"))

    @rule(part=st.sampled_from((*PARTS, "99999XYZ")), quantity=st.sampled_from((1, 1, 1, 2, 4)))
    def receive(self, part: str, quantity: int) -> None:
        self.staff(f"/received {quantity} x {part}", "warehouse@tac.example")

    @rule(serial=st.sampled_from(SERIALS))
    def receive_serial(self, serial: str) -> None:
        self.staff(f"/received 1 x {PARTS[0]} serial {serial}", "warehouse@tac.example")

    @rule(part=st.sampled_from(PARTS), quantity=st.integers(0, 4), by=st.sampled_from(["ccr", "warehouse"]))
    def correct(self, part: str, quantity: int, by: str) -> None:
        self.staff(f"/correct {quantity} x {part}", f"{by}@tac.example")

    @rule(days=st.integers(1, 10))
    def extend(self, days: int) -> None:
        self.staff(f"/extend {days} because")

    @rule(days=st.sampled_from([0, 5, 10]))
    def customer_extends(self, days: int) -> None:
        self.customer(line=CustomerLine("extend", days=days))

    @rule(claims=st.integers(0, 3))
    def customer_claims(self, claims: int) -> None:
        if claims:
            return
        self.customer(line=CustomerLine("already_returned"))

    @rule(act=st.sampled_from(["/waive lost", "/cancel mistake"]), confirmed=st.booleans())
    @precondition(lambda self: self.letters > 20)
    def give_up(self, act: str, confirmed: bool) -> None:
        self.staff(act)
        if confirmed:
            self.confirm()

    @rule()
    def revalidate(self) -> None:
        self.staff("/revalidate")

    @rule()
    @precondition(lambda self: bool(getattr(self.case.details, "confirmations", ())))
    def confirm(self) -> None:
        for pending in self.case.details.confirmations[-1:]:
            self.confirmed_by_human = pending.line.startswith("/invoice")
            self.staff(f"/confirm {pending.code}")
            self.confirmed_by_human = False

    @rule()
    def invoiced(self) -> None:
        self.staff("/invoiced INV-1", "finance@tac.example")

    @rule(back=st.integers(1, 12), bounces=st.integers(0, 4))
    def bounce(self, back: int, bounces: int) -> None:
        """One of the newest letters to the customer comes back."""
        ours = [one for one in self.sent if one.bounced_at is None]
        if not ours or bounces:
            return
        lost = ours[-min(back, len(ours))]
        self.sent = [replace(one, bounced_at=self.now) if one is lost else one for one in self.sent]
        self.undeliverable.add(lost.recipient)
        if self.case.state not in CLOSED:
            self.happen(self.case, NoticeBounced(notice=lost.name, address=lost.recipient, at=self.now))

    @rule(name=st.sampled_from(["new", "other"]))
    def add(self, name: str) -> None:
        address = f"{name}{self.letters}@customer.example"
        self.staff(f"/add {address}")

    # Time

    @rule(days=st.integers(1, 12), twice=st.booleans())
    def days_pass(self, days: int, twice: bool) -> None:
        self.time_passes(days, twice)

    def time_passes(self, days: int, twice: bool) -> None:
        """Deadlines fall in the order of time, now and then twice."""
        until = self.now + timedelta(days=days)
        while (due := self.next_due(until)) is not None:
            self.now = max(self.now, due[1])
            self.fall(*due, twice=twice)
        self.now = until

    @rule()
    def nobody_does_anything(self) -> None:
        """Six weeks, so that the last word is often spoken."""
        self.time_passes(42, False)

    @rule(days=st.integers(1, 40), out=st.integers(0, 3))
    def clock_jumps(self, days: int, out: int) -> None:
        """We were out: all that fell due meanwhile falls at once, in its order."""
        if out:
            return
        self.now += timedelta(days=days)
        while (due := self.next_due(self.now)) is not None:
            self.fall(*due, twice=False)

    def next_due(self, until: datetime) -> tuple[tuple[str, str], datetime] | None:
        due = sorted((at, key) for key, at in self.waiting.items() if at <= until)
        return (due[0][1], due[0][0]) if due else None

    def fall(self, key: tuple[str, str], at: datetime, *, twice: bool) -> None:
        del self.waiting[key]
        for _ in range(2 if twice else 1):
            self.happen(self.case, DeadlineFell(kind=key[0], key=key[1], due_at=at))

    # The applier

    def staff(self, line: str, by: str = "ccr@tac.example") -> None:
        self.now += timedelta(minutes=7)
        self.happen(self.case, self.given(line, by))

    def given(self, line: str, by: str) -> CommandGiven:
        return CommandGiven(command=parse_commands(line).commands[0], by=by, roles=DESK.roles_of(by), at=self.now)

    def customer(self, *, line: CustomerLine | None = None, form: ReturnNotification | None = None) -> None:
        self.now += timedelta(minutes=7)
        event = MailReceived(
            mail=Mail(senders=(Address(self.case.customer),)),
            at=self.now,
            new_text="a line",
            sender_role=SenderRole.PARTICIPANT,
            authenticated=True,
            mailbox_role=MailboxRole.TAC,
            extracted=Extracted(),
            customer_line=line,
            return_notifications=(form,) if form else (),
        )
        self.happen(self.case, event)

    def known(self) -> RmaFacts:
        return facts(
            prices=PRICES,
            sent_notices=tuple(self.sent),
            contacts=CONTACTS,
            undeliverable=frozenset(self.undeliverable),
            parent=REQUEST,
            contract=CONTRACT,
            new_numbers={"rma": "RMA-100001"},
            confirmation_code=f"C{self.letters}",
        )

    def happen(self, before: Case | None, event: Event) -> None:
        """Decide and apply; an impossible transition raises, and is found."""
        decision = decide("rma", before, event, self.known(), DESK, self.now)
        if decision.refused or decision.case is None:
            return
        self.case = decision.case
        for effect in decision.effects:
            match effect:
                case SetDeadline():
                    self.waiting[effect.kind, effect.key] = effect.at
                case ClearDeadline():
                    self.waiting = {
                        key: at for key, at in self.waiting.items() if key[0] != effect.kind or effect.key not in (None, key[1])
                    }
                case SendNotice():
                    self.post(effect, event, before)
        if CASE_TYPES["rma"].lifecycle.is_closed(self.case.state):
            self.waiting.clear()

    def post(self, letter: SendNotice, event: Event, before: Case | None) -> None:
        self.letters += 1
        self.check_letter(letter, event, before)
        if not letter.to_staff:
            written = [
                SentNotice(
                    name=letter.notice,
                    recipient=recipient,
                    written_at=self.now,
                    message_id=f"{self.letters}@tac.example",
                    accepted_at=None if recipient in self.undeliverable else self.now,
                )
                for recipient in (*letter.to, *letter.cc)
            ]
            self.sent += written
            if letter.notice in ("rma/reminder", "rma/final_notice"):
                parts = frozenset(row.part_number for row in letter.values["outstanding"])
                self.named += [(one, parts, letter.values["return_due"]) for one in written]

    # What must never be

    def check_letter(self, letter: SendNotice, event: Event, before: Case | None) -> None:
        if letter.notice in ("rma/reminder", "rma/final_notice"):
            assert before is not None
            assert before.state not in CLOSED
            assert letter.values["outstanding"], "nobody is reminded of nothing"
            self.check_what_is_due(letter, self.case)
        if letter.notice == "rma/reminder" and isinstance(event, DeadlineFell):
            self.reminded[letter.values["return_due"], event.key] += 1
        if letter.notice == "rma/delivery_question" and isinstance(event, DeadlineFell):
            assert any(delivered_units(line) < line.authorised for line in self.case.details.lines), "what arrived is not asked for"
        if letter.notice == "rma/invoice_request":
            self.check_invoice(letter, before)

    def check_what_is_due(self, letter: SendNotice, case: Case) -> None:
        """BX3: of each line no more than what was delivered for that day or earlier, less all that is settled."""
        day = letter.values["return_due"]
        today = facts().calendar.local_day(self.now)
        assert today <= day if letter.notice == "rma/reminder" else today > day
        for part in PARTS:
            named = [row for row in letter.values["outstanding"] if row.part_number == part]
            assert all(row.due == day and row.outstanding > 0 for row in named)
            lines = [line for line in case.details.lines if line.part_number == part]
            due = sum(max(0, units_due_by(line, day) - line.received - line.waived) for line in lines)
            assert sum(row.outstanding for row in named) <= due
            back = {serial for line in lines for serial in line.received_serials}
            assert not back & {serial for row in named for serial in row.outstanding_serials}

    def check_invoice(self, letter: SendNotice, before: Case | None) -> None:
        assert before is not None
        assert not before.details.disputed, "what the customer says was returned is not invoiced"
        assert before.details.held_since is None, "nobody is invoiced who cannot be reached"
        asked = Counter(dict.fromkeys(PARTS, 0))
        for part, quantity, *_ in letter.values["amounts"]:
            asked[part] += quantity
        asked_before = Counter(dict.fromkeys(PARTS, 0))
        for part, quantity in invoiced_parts(before):
            asked_before[part] += quantity
        for part in PARTS:
            owed = sum(line.outstanding - self.on_its_way(line) for line in before.details.lines if line.part_number == part)
            assert asked[part] + asked_before[part] <= owed
        for part, _quantity, _unit, _total, _currency, due in letter.values["amounts"]:
            self.check_proof(part, due)

    def on_its_way(self, line: Line) -> int:
        """How many are surely within their grace: announced lately with a tracking number, and not here yet whichever came first."""
        announced = line.announced_quantity
        recent = [parcel for parcel in line.announced if parcel.tracking and self.now < parcel.on + timedelta(days=GRACE_DAYS)]
        if announced != sum(len(line.announced[parcel]) for parcel in recent) or line.received_serials:
            return 0
        return max(0, min(line.outstanding, announced - line.received))

    def check_proof(self, part: str, due: date) -> None:
        """BX4: of the letters that named the part, and the final notice of its day, five business days (a week at least) ago."""
        read = {one.message_id for one in self.sent if self.somebody_read(one)}
        named = [(one, day) for one, parts, day in self.named if part in parts]
        assert any(one.name == "rma/customer_request_verification" and one.message_id in read for one in self.sent)
        final_notices = [one for one, day in named if one.name == "rma/final_notice" and day == due and one.message_id in read]
        assert any((self.now.date() - one.written_at.date()).days >= 7 for one in final_notices)
        reminders = {one.message_id for one, _ in named if one.name == "rma/reminder"}
        if len(reminders & read) < 2:
            assert self.confirmed_by_human, "a human decides where the term was too short for two reminders"

    def somebody_read(self, letter: SentNotice) -> bool:
        return any(one.message_id == letter.message_id and one.accepted_at and not one.bounced_at for one in self.sent)

    @invariant()
    def each_line_adds_up(self) -> None:
        """RM5: authorised = received + outstanding + waived."""
        for line in getattr(self.case.details, "lines", ()):
            assert line.authorised == line.received + line.outstanding + line.waived
            assert min(line.received, line.outstanding, line.waived) >= 0
            assert len(set(line.received_serials)) == len(line.received_serials) <= line.received

    @invariant()
    def each_reminder_is_sent_once(self) -> None:
        """RM9"""
        assert all(count == 1 for count in self.reminded.values())

    @invariant()
    def finance_is_asked_for_no_more_than_is_missing(self) -> None:
        """RM9: a late return, a waiver, an extension or a cancellation takes the request back."""
        requested = Counter(dict.fromkeys(PARTS, 0))
        for part, quantity in invoiced_parts(self.case):
            requested[part] += quantity
        for part in PARTS:
            assert requested[part] <= sum(line.outstanding for line in getattr(self.case.details, "lines", ()) if line.part_number == part)
        if self.case.state in ("waived", "cancelled", "closed"):
            assert not +requested

    @invariant()
    def clocks_are_silent_once_all_is_back(self) -> None:
        """BX3, RM8: but for the question after a replacement that is still owed."""
        if self.case.kind == "rma" and self.case.details.outstanding == 0:
            awaited = self.case.closed_at is None and self.case.details.is_awaited
            assert {kind for kind, _ in self.waiting} <= ({"delivery_question"} if awaited else set())

    @invariant()
    def an_advance_replacement_is_never_called_expired(self) -> None:
        """RM3"""
        if self.case.kind == "rma" and self.case.details.type == "advance":
            assert not any(one.name in ("rma/expired", "rma/validity_warning") for one in self.sent)

    @invariant()
    def what_is_owed_keeps_a_clock(self) -> None:
        """RM9: a return whose day is known, with parts missing and somebody to write to, always has a next step waiting."""
        details = self.case.details
        if self.case.kind != "rma" or self.case.state not in ("replacement delivered", "announced", "received", "overdue"):
            return
        if details.type == "advance" and details.outstanding and not details.held_since and not details.confirmations:
            for day in details.due_days:
                asked = sum(unit.invoice is not None and unit.due == day for unit in details.units)
                owed = sum(row.outstanding for row in details.by_day if row.due == day)
                keys = {key[:10] for _, key in self.waiting}
                assert asked >= owed or keys & {day.isoformat(), "", "search"}, f"nothing more happens about {day}"

    @invariant()
    def a_request_that_finance_holds_shows_in_the_state(self) -> None:
        """RM11"""
        if self.case.kind == "rma" and self.case.state not in CLOSED:
            pending = any(unit.invoice and not unit.invoice.number for unit in self.case.details.units)
            assert pending == (self.case.state == "to be invoiced")

    @invariant()
    def what_came_back_counts_against_the_earliest_day(self) -> None:
        """BX3: reckoned line by line, day by day."""
        for line in getattr(self.case.details, "lines", ()):
            by_day = [row for row in self.case.details.by_day if row.part_number == line.part_number]
            assert sum(row.outstanding for row in by_day) == line.outstanding
            for day in {unit.due for unit in line.units if unit.due}:
                later = sum(row.outstanding for row in by_day if row.due is None or row.due > day)
                earlier = sum(row.outstanding for row in by_day if row.due and row.due <= day)
                all_later = max(line.authorised, delivered_units(line)) - units_due_by(line, day)
                assert not earlier or later == all_later


Return.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
TestReturnInAnyOrder = Return.TestCase
