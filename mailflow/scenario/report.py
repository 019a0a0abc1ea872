"""What a rehearsal showed, as files: report.json and each notice as .eml (contract: Scenario)."""

from __future__ import annotations

import json
from datetime import tzinfo
from pathlib import Path
from typing import TypedDict

from mailflow.cases.rma.details import RmaDetails
from mailflow.policy.case import Case, holds
from mailflow.scenario.play import Rehearsal
from mailflow.store import case as case_rows
from mailflow.store import deadline, inbound, notice

EVERYTHING = 100_000


class NoticeEntry(TypedDict):
    """One notice of the report; `at` is ISO 8601, `file` the letter's name in the folder."""

    at: str
    case: str | None
    notice: str
    to: list[str]
    cc: list[str]
    language: str
    subject: str
    file: str


class Report(TypedDict):
    """report.json; see the contract for the keys of each row."""

    cases: list[dict[str, object]]
    mails: list[dict[str, object]]
    notices: list[NoticeEntry]
    deadlines: list[dict[str, object]]


def write_report(played: Rehearsal, out: Path, zone: tzinfo | None) -> Report:
    """Write report.json and the notices into the folder; the report. Times have the offset that the scenario's start has."""
    out.mkdir(parents=True, exist_ok=True)
    for stale in out.glob("[0-9][0-9][0-9][0-9]-*.eml"):
        stale.unlink()
    with played.database.read() as c:
        cases = case_rows.list_cases(c)
        notices = notice.all_since(c, 0, limit=EVERYTHING)
        mails = [(mail, inbound.load(c, row)) for mail, row in played.mails]
        deadlines = deadline.waiting(c, limit=EVERYTHING)
    report: Report = {
        "cases": [_describe_case(case) for case in cases],
        "mails": [
            {
                "at": mail.at.astimezone(zone).isoformat(),
                **({"file": mail.file} if mail.file else {"subject": row.subject}),
                "from": row.sender,
                "verdict": row.state,
                "case": row.case_number,
                "reason": ": ".join(filter(None, (row.rule, row.reason))),
            }
            for mail, row in mails
        ],
        "notices": [],
        "deadlines": [{"case": row.case_number, "kind": row.kind, "due": row.due_at.astimezone(zone).isoformat()} for row in deadlines],
    }
    for number, row in enumerate(notices, 1):
        entry: NoticeEntry = {
            "at": row.created_at.astimezone(zone).isoformat(),
            "case": row.case_number,
            "notice": row.name,
            "to": list(row.to),
            "cc": list(row.cc),
            "language": row.language,
            "subject": row.subject,
            "file": f"{number:04d}-{row.name.rpartition('/')[2]}.eml",
        }
        report["notices"].append(entry)
        (out / entry["file"]).write_bytes(row.raw)
    (out / "report.json").write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return report


def _describe_case(case: Case[object]) -> dict[str, object]:
    return {
        "number": case.number,
        "type": case.kind,
        "state": case.state,
        "priority": case.priority,
        "language": case.language,
        "parent": case.parent,
        "lines": [
            {
                "part_number": line.part_number,
                "serials": list(line.serials),
                "authorised": line.authorised,
                "announced": line.announced_quantity,
                "received": line.received,
                "waived": line.waived,
                "outstanding": line.outstanding,
            }
            for line in (case.details.lines if holds(case, RmaDetails) else ())
        ],
    }
