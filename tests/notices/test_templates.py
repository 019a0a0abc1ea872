"""Finding, overriding and failing of templates (OUT3, case 61)."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailflow.notices.render import TemplateFailed, Templates
from tests.notices.samples import sample_values

ROOT = Path(__file__).parents[2] / "templates" / "email"
NOTICE = "service_request/staff_message"


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def override(folder: Path, body: str, subject: str = "s", language: str = "en") -> Templates:
    write(folder, f"{language}/{NOTICE}.md", f"---\nsubject: {subject}\n---\n{body}")
    return Templates(ROOT, folder)


def body_of(templates: Templates, **values: object) -> str:
    text = templates.render(NOTICE, "en", {**sample_values(NOTICE), "number": "", **values}).text
    return text.split("\n\n", 1)[1].split("\n\nYour Technical")[0]


def test_override_folder_goes_first(tmp_path: Path) -> None:
    assert body_of(override(tmp_path, "Ours: {{ text }}"), text="yes") == "Ours: yes"


def test_an_override_of_one_notice_leaves_the_others_and_other_languages_alone(tmp_path: Path) -> None:
    """OUT3."""
    ours, shipped = override(tmp_path, "Ours"), Templates(ROOT)
    for notice, language in ((NOTICE, "pl"), ("rma/reminder", "en")):
        values = sample_values(notice)
        assert ours.render(notice, language, values) == shipped.render(notice, language, values)
    assert ours.notices("en") == shipped.notices("en")


@pytest.mark.parametrize("file", ["pl/words.toml", "pl/rma/words.toml"])
def test_an_override_of_one_word_leaves_the_others_alone(tmp_path: Path, file: str) -> None:
    """OUT3: words are overridden key by key, wherever their file stands."""
    write(tmp_path, file, '[labels]\nserial = "Nr fabryczny"\n')
    ours, shipped = Templates(ROOT, tmp_path).wording("pl"), Templates(ROOT).wording("pl")
    assert ours.section("labels") == {**shipped.section("labels"), "serial": "Nr fabryczny"}
    assert "Nr fabryczny" in Templates(ROOT, tmp_path).render("rma/reminder", "pl", sample_values("rma/reminder")).text


def test_of_several_folders_the_first_one_wins(tmp_path: Path) -> None:
    """DK3: a desk's own folder, then the installation's, then the product's; a folder that is not there changes nothing."""
    for name in ("desk", "admin"):
        write(tmp_path / name, "en/words.toml", f'[labels]\nserial = "{name}"\n')
    write(tmp_path / "admin", f"en/{NOTICE}.md", "---\nsubject: admin\n---\n{{ text }}")
    templates = Templates(ROOT, tmp_path / "desk", None, tmp_path / "admin", tmp_path / "none")
    assert templates.wording("en").find("labels", "serial") == "desk"
    assert templates.render(NOTICE, "en", sample_values(NOTICE)).subject == "admin"
    assert templates.notices("en") == Templates(ROOT).notices("en")


def test_an_english_override_does_not_show_in_another_language(tmp_path: Path) -> None:
    """OUT3: English only stands in for what a language does not say itself."""
    write(tmp_path, "en/words.toml", '[labels]\nserial = "S/N"\n')
    templates = Templates(ROOT, tmp_path)
    assert [templates.wording(language).find("labels", "serial") for language in ("en", "pl", "zh")] == ["S/N", "Numer seryjny", "序列号"]


def test_an_override_of_the_frame_holds_for_every_notice(tmp_path: Path) -> None:
    """OUT3: layout, style and macros are files like the others."""
    write(tmp_path, "layout.txt", "Our own head\n{{ content }}\n")
    text = Templates(ROOT, tmp_path).render("rma/closed", "zh", sample_values("rma/closed")).text
    assert text.splitlines()[0] == "Our own head"


def test_a_new_language_is_a_folder_and_needs_no_python(tmp_path: Path) -> None:
    write(tmp_path, "cs/words.toml", '[patterns]\nand = " a "\nmoment = "{date}, {time} ({city})"\n[fields]\nserial = "sériové číslo"\n')
    template = "{{ now | date }}; {{ now | moment }}; {{ ('serial', 'symptoms') | field }}; {{ text }}"
    templates = override(tmp_path, template, "Věc {{ number }}", "cs")
    rendered = templates.render(NOTICE, ("cs", "en"), {**sample_values(NOTICE), "text": "žluťoučký"})
    assert rendered.language == "cs"
    assert rendered.subject == "Věc SR-100001"
    assert "23. listopadu 2026; 23. listopadu 2026, 09:40 (Bukurešť); sériové číslo a symptoms; žluťoučký\n" in rendered.text
    assert '<html lang="cs">' in rendered.html


def test_chinese_dates_follow_the_folder_zh(tmp_path: Path) -> None:
    write(tmp_path, "zh/words.toml", '[patterns]\nmoment = "{date} {time}（{city}）"\n')
    templates = override(tmp_path, "{{ now | date }} {{ now | moment }}", "主题", "zh")
    assert "2026年11月23日 2026年11月23日 09:40（布加勒斯特）\n" in templates.render(NOTICE, "zh", sample_values(NOTICE)).text


def test_a_language_without_the_notice_falls_back_to_the_next_and_then_to_english(tmp_path: Path) -> None:
    templates = override(tmp_path, "Dobrý den", language="cs")
    values = sample_values("rma/closed")
    assert templates.render("rma/closed", ("cs", "nl"), values).language == "en"
    assert templates.render(NOTICE, ("nl", "cs"), sample_values(NOTICE)).language == "cs"
    assert templates.missing("rma/closed", ("en", "cs")) == ("cs",)
    assert templates.notices("cs") == (NOTICE,)


@pytest.mark.parametrize(
    ("body", "line", "reason"),
    [
        ("fine\n{{ wrong }}", 5, "UndefinedError: 'wrong' is undefined"),
        ("fine\n\n{% if %}", 6, "TemplateSyntaxError: Expected an expression, got 'end of statement block'"),
        ("{{ case.nothing }}", 4, "UndefinedError: 'mailflow.policy.case.Case object' has no attribute 'nothing'"),
        ("{{ case.__class__ }}", 4, "SecurityError: access to attribute '__class__' of 'Case' object is unsafe."),
        ("{{ 'a' * 10**9 }}", 4, "SecurityError: the operator ** is not for notices"),
        ("{{ 'a' * 1000000000 }}", 4, "SecurityError: the operator * is for numbers"),
        ("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}", 4, "TooMuchOutput: the notice is too long"),
        ("{{ text | safe }}", 4, "TemplateAssertionError: No filter named 'safe'."),
        ("{{ '%s' | format(text) }}", 4, "TemplateAssertionError: No filter named 'format'."),
        ("{{ '{0.__class__}'.format(case) }}", 4, "SecurityError: access to attribute 'format' of 'str' object is unsafe."),
        ("{{ 1 // 0 }}", 4, "ZeroDivisionError: integer division or modulo by zero"),
    ],
)
def test_a_failing_template_is_named_with_its_line(tmp_path: Path, body: str, line: int, reason: str) -> None:
    with pytest.raises(TemplateFailed) as failed:
        override(tmp_path, body).render(NOTICE, "en", sample_values(NOTICE))
    failure = failed.value
    assert (failure.notice, failure.language, failure.line, failure.reason) == (NOTICE, "en", line, reason)
    assert failure.file == str(tmp_path / "en" / f"{NOTICE}.md")


def test_a_macro_that_fails_is_named(tmp_path: Path) -> None:
    write(tmp_path, "macros.md", "{% macro broken() %}\n{{ wrong }}\n{% endmacro %}")
    with pytest.raises(TemplateFailed) as failed:
        override(tmp_path, "{{ broken() }}").render(NOTICE, "en", sample_values(NOTICE))
    assert (failed.value.file, failed.value.line) == (str(tmp_path / "macros.md"), 2)


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("no head", 1, "a notice begins with a head between two lines of ---"),
        ("---\nsubjekt: x\n---\n", 2, "the head knows subject and preheader and audience only"),
        ("---\npreheader: x\n---\n", 1, "the head has no subject"),
    ],
)
def test_a_wrong_head_is_named(tmp_path: Path, text: str, line: int, reason: str) -> None:
    write(tmp_path, f"en/{NOTICE}.md", text)
    with pytest.raises(TemplateFailed) as failed:
        Templates(ROOT, tmp_path).render(NOTICE, "en", sample_values(NOTICE))
    assert (failed.value.line, failed.value.reason) == (line, f"TemplateSyntaxError: {reason}")


def test_an_unknown_notice_is_said_to_be_missing() -> None:
    with pytest.raises(TemplateFailed) as failed:
        Templates(ROOT).render("../secret", "en", {})
    assert failed.value.reason == "there is no such template"


def test_broken_words_are_named(tmp_path: Path) -> None:
    write(tmp_path, "en/words.toml", "[patterns\n")
    with pytest.raises(TemplateFailed) as failed:
        Templates(ROOT, tmp_path).render(NOTICE, "en", sample_values(NOTICE))
    assert failed.value.reason.startswith(f"{tmp_path / 'en' / 'words.toml'}: ")


def test_a_template_that_prints_more_than_a_megabyte_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateFailed) as failed:
        override(tmp_path, "{% for a in text %}" + "x" * 2000 + "{% endfor %}").render(
            NOTICE, "en", {**sample_values(NOTICE), "text": "x" * 1000}
        )
    assert failed.value.reason == "TooMuchOutput: the notice is too long"


def test_a_customer_text_of_megabytes_is_shown_in_part(tmp_path: Path) -> None:
    shown = body_of(override(tmp_path, "{{ text }}\n\n{{ more }}"), text="<" * 3_000_000, more="y" * 1000).split("\n\n")
    assert [(part[:1], part[-4:]) for part in shown] == [("<", " […]"), ("y", " […]")]
    assert [len(part) < 101_000 for part in shown] == [True, True]


def test_joining_printed_text_keeps_values_data(tmp_path: Path) -> None:
    write(tmp_path, "macros.md", "{% macro bold() %}**own**{% endmacro %}")
    assert body_of(override(tmp_path, "{{ bold() ~ text }}"), text=" **theirs** <b>") == "own **theirs** <b>"


def test_tables_stand_in_columns_and_wide_characters_count_twice(tmp_path: Path) -> None:
    rows = (("板卡", 2), ("card", 10))
    templates = override(tmp_path, "| Part | Pieces |\n| --- | --: |\n{% for a, b in rows %}\n| {{ a }} | {{ b }} |\n{% endfor %}\n")
    assert body_of(templates, rows=rows).splitlines() == ["Part  Pieces", "----  ------", "板卡       2", "card      10"]


def test_a_table_that_is_too_wide_becomes_one_fact_a_line(tmp_path: Path) -> None:
    templates = override(tmp_path, "| Part | Text |\n| --- | --- |\n| {{ a }} | {{ b }} |\n")
    assert body_of(templates, a="x", b="y" * 90).splitlines() == ["Part: x", f"Text: {'y' * 90}"]


def test_facts_stand_one_a_line(tmp_path: Path) -> None:
    templates = override(tmp_path, "{{ facts(rows) }}")
    assert body_of(templates, rows=(("A", "1"), ("B | C", "2\n3"))).splitlines() == ["A: 1", "B | C:", "    2", "    3"]


def test_a_prepared_reply_is_a_button_and_in_text_an_instruction(tmp_path: Path) -> None:
    templates = override(tmp_path, '{{ prepared_reply("Ask & see", "STATUS") }}')
    rendered = templates.render(NOTICE, "en", {**sample_values(NOTICE), "reply_address": "tac+sr-1.x@tac.example"})
    assert "\nAsk & see: answer this mail with the line STATUS\n" in rendered.text
    assert 'href="mailto:tac+sr-1.x@tac.example?subject=Re%3A%20%5BSR-100001%5D&amp;body=STATUS"' in rendered.html
    assert ">Ask &amp; see</a></td>" in rendered.html


def test_a_prepared_reply_carries_hostile_text_as_text(tmp_path: Path) -> None:
    templates = override(tmp_path, '{{ prepared_reply("x", text) }}')
    html = templates.render(NOTICE, "en", {**sample_values(NOTICE), "text": '"><script>&bcc=a@b\r\n'}).html
    assert "body=%22%3E%3Cscript%3E%26bcc%3Da%40b" in html
