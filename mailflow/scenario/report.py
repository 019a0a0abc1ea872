"""What a rehearsal showed, as files: report.json and each notice as .eml (contract: Scenario)."""

from __future__ import annotations

import json
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from mailflow.policy.case import Case
from mailflow.scenario.play import Played
from mailflow.store import case as case_rows
from mailflow.store import deadline, inbound, notice


def build_report(played: Played, zone: tzinfo | None) -> dict[str, Any]:
    """The report as JSON-ready values; times with the offset that the scenario's start has."""
    with played.database.read() as c:
        cases = case_rows.list_cases(c)
        notices = notice.all_since(c, 0, limit=100_000)
        rows = [(mail, inbound.load(c, row)) for mail, row in played.mails]
        deadlines = deadline.waiting(c, limit=100_000)
    return {
        "cases": [_describe_case(case) for case in cases],
        "mails": [
            {
                "at": _shown(mail.at, zone),
                **({"file": mail.file} if mail.file else {"subject": row.subject}),
                "from": row.sender,
                "verdict": row.state,
                "case": row.case_number,
                "reason": ": ".join(filter(None, (row.rule, row.reason))),
            }
            for mail, row in rows
        ],
        "notices": [
            {
                "at": _shown(row.created_at, zone),
                "case": row.case_number,
                "notice": row.name,
                "to": list(row.to),
                "cc": list(row.cc),
                "language": row.language,
                "subject": row.subject,
                "file": _file_name(number, row.name),
            }
            for number, row in enumerate(notices, 1)
        ],
        "deadlines": [{"case": row.case_number, "kind": row.kind, "due": _shown(row.due_at, zone)} for row in deadlines],
    }


def write_report(played: Played, out: Path, zone: tzinfo | None) -> dict[str, Any]:
    """Write report.json and the notices into the folder; the report."""
    out.mkdir(parents=True, exist_ok=True)
    for stale in out.glob("[0-9][0-9][0-9][0-9]-*.eml"):
        stale.unlink()
    report = build_report(played, zone)
    with played.database.read() as c:
        notices = notice.all_since(c, 0, limit=100_000)
    for entry, row in zip(report["notices"], notices, strict=True):
        (out / entry["file"]).write_bytes(row.raw)
    (out / "report.json").write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return report


def _file_name(number: int, name: str) -> str:
    return f"{number:04d}-{name.rpartition('/')[2]}.eml"


def _shown(at: datetime, zone: tzinfo | None) -> str:
    return at.astimezone(zone).isoformat()


def _describe_case(case: Case) -> dict[str, Any]:
    lines = getattr(case.details, "lines", ())
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
            for line in lines
        ],
    }
