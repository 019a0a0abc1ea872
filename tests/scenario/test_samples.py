"""Sample values: the shipped scenarios together play every notice (OUT3)."""

from __future__ import annotations

from pathlib import Path

from mailflow.bootstrap import shipped_templates
from mailflow.notices.render import Templates
from mailflow.scenario.samples import FRAME, play_samples, samples_of, shipped_scenarios


def test_every_shipped_notice_is_played_by_a_scenario() -> None:
    played = {notice for path in shipped_scenarios() for notice in play_samples(path)}
    assert [notice for notice in Templates(shipped_templates()).notices("en") if notice not in played] == []


def test_a_notice_of_nobody_gets_what_every_template_has() -> None:
    (values,) = samples_of("rma/of_an_admin")
    assert (tuple(values), values["number"]) == (FRAME, "RMA-100001")


def test_a_case_type_of_its_own_may_bring_a_scenario(tmp_path: Path) -> None:
    path = tmp_path / "loan.toml"
    path.write_text('desk = "huawei-tac"\nstart = 2026-11-23T08:00:00+02:00\nuntil = 2026-11-23T09:00:00+02:00\n', "utf-8")
    path.write_text(
        path.read_text("utf-8") + '[[mail]]\nat = 2026-11-23T08:30:00+02:00\nfrom = "eve@x.example"\nto = "tac"\nbody = "help"\n', "utf-8"
    )
    *_, last = samples_of("service_request/information_request", path)
    assert last["reply_address"] != ""
    assert "eve@x.example" in str(last["case"])
