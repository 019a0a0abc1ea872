"""The words of every language: none is missing, none is left in English, no blank is misspelt, and each step the code names can be said."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailflow.message.staff.command import FORMS, parse_commands
from mailflow.notices.render import Templates
from mailflow.notices.wording import merge_words, read_words
from mailflow.policy.calendar import holiday_name_in
from mailflow.policy.derivation import Step
from mailflow.policy.triage import TABLE, Verdict

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "templates" / "email"
TEMPLATES = Templates(FOLDER)
LANGUAGES = ("en", "de", "pl", "zh")
FAMILIES = ("rma_", "request_", "command_", "undo_", "flag_", "certification_")
"""With what the names of refusals and results begin, so that they are told from other texts."""
BLANK = re.compile(r"\{(\w+)(?::[\w ]+)?\}")


def own_words(language: str) -> dict[str, Any]:
    """What a language says itself, without the English that stands in for what is missing."""
    words: dict[str, Any] = {}
    for path in (FOLDER / language / "words.toml", *sorted((FOLDER / language).glob("*/words.toml"))):
        words = merge_words(words, read_words(path))
    return words


def flat(words: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """(`section|name`, text) of every entry except the plural forms of [units], which differ by language."""
    for name, value in words.items():
        key = f"{above}|{name}" if above else name
        if isinstance(value, Mapping):
            yield from flat(value, key)
        elif not key.startswith("units|"):
            yield key, str(value)


WORDS = {language: dict(flat(own_words(language))) for language in LANGUAGES}


@pytest.mark.parametrize("language", ("de", "pl", "zh"))
def test_every_language_says_what_english_says_and_nothing_else(language: str) -> None:
    """The return form's own labels are English: the other languages have [form] in addition, and the same of it."""
    form = {key for key in WORDS["pl"] if key.startswith("form|")}
    assert sorted((WORDS["en"].keys() | form) ^ WORDS[language].keys()) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_unit_that_a_language_counts_has_the_plurals_that_its_grammar_needs(language: str) -> None:
    """OUT1: `1 dzień`, `2 dni`, `5 dni`."""
    units, english = own_words(language)["units"], own_words("en")["units"]
    forms = {"en": {"one", "other"}, "de": {"one", "other"}, "pl": {"one", "few", "many", "other"}, "zh": {"other"}}[language]
    assert sorted(english.keys() - units.keys()) == []
    assert {unit: set(words) for unit, words in units.items() if set(words) != forms} == {}


@pytest.mark.parametrize("language", ("de", "pl", "zh"))
def test_no_blank_is_one_that_the_english_sentence_does_not_have(language: str) -> None:
    blanks = {key: (set(BLANK.findall(text)), set(BLANK.findall(WORDS["en"].get(key, "")))) for key, text in WORDS[language].items()}
    assert {key: sorted(found - known) for key, (found, known) in blanks.items() if found - known} == {}


@pytest.mark.parametrize("language", ("de", "pl", "zh"))
def test_nothing_is_left_in_english(language: str) -> None:
    """OUT1: an entry of several English words that reads the same in another language was not translated."""
    same = [key for key, text in WORDS[language].items() if text == WORDS["en"].get(key) and len(english_words(text)) > 1]
    assert same == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_to_staff_has_no_final_stop(language: str) -> None:
    """The notice sets it, with what stands around the sentence."""
    assert [key for key, text in WORDS[language].items() if key.startswith("sentence|") and text.endswith((".", "。"))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_that_the_code_names_can_be_said(language: str) -> None:
    """BX2 and the commands' answers: a step without words would be told by its bare name."""
    known = {key.partition("|")[2] for key in WORDS[language] if key.startswith(("derivation|", "sentence|"))}
    assert sorted(name for name, _ in steps_of_the_code() if name not in known) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_has_a_blank_that_the_code_does_not_fill(language: str) -> None:
    """A step's values are read from the code where it writes them out; `{blank}` would be left in a mail."""
    wrong = []
    for name, values in steps_of_the_code():
        for section in ("derivation", "sentence"):
            text = WORDS[language].get(f"{section}|{name}", "")
            left = set(BLANK.findall(text)) - values if values is not None else set()
            wrong += [(section, name, blank) for blank in sorted(left)]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_name_that_the_code_hands_on_can_be_said(language: str) -> None:
    """Refusals and results are often named by the arguments of a function of the case type."""
    known = {key.partition("|")[2] for key in WORDS[language] if key.startswith(("derivation|", "sentence|"))}
    assert sorted({name for name in handed_on_names() if name.startswith(FAMILIES)} - known) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_outcome_of_an_announcement_and_a_receipt_can_be_said_to_staff(language: str) -> None:
    """RM4, BX5: what the customer is told of a line, staff who book by command are told too.

    Four problems are of the whole announcement, which a command has not; what is short and in which condition stands in the result itself.
    """
    words = WORDS[language]
    of_the_whole = {"unknown_rma", "expired", "finished"}
    unsaid = {"short", "condition"}
    problems = {key[9:] for key in words if key.startswith("problems|")} - of_the_whole
    outcomes = {key[12:] for key in words if key.startswith("differences|")} - unsaid
    wanted = {f"sentence|rma_announced_{name}" for name in problems} | {f"sentence|rma_receipt_{name}" for name in outcomes}
    assert sorted(wanted - words.keys()) == []


def test_no_words_lie_idle() -> None:
    """A sentence that no code and no template names any more would be translated for nothing."""
    keys = {key.partition("|")[2] for key in WORDS["en"] if key.startswith(("derivation|", "sentence|"))}
    literals, starts, ends = texts_of_the_code()
    templates = " ".join(path.read_text("utf-8") for path in FOLDER.rglob("*.md"))
    idle = {key for key in keys - literals if not key.startswith(starts) and not key.endswith(ends) and f'"{key}"' not in templates}
    assert sorted(idle) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("country", ["RO", "PL", "CN"])
def test_every_holiday_of_the_shipped_desks_has_a_name_in_the_readers_language(country: str, language: str) -> None:
    """BX2, contract: no English name in a Polish or Chinese mail, and no American or ISO date within a name."""
    wording = TEMPLATES.wording(language)
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(3 * 365)]
    named = [(day, name) for day in days if (name := holiday_name_in(country, day, "en"))]
    steps = [Step("holiday", {"day": day, "holiday": name, "country": country}) for day, name in named]
    english = {str(step.values["holiday"]) for step in steps} if language != "en" else set()
    told = [wording.sentences((step,))[0] for step in steps]
    assert [one for one in told if re.search(r"\d+[/-]\d+", one) or any(name in one for name in english)] == []
    assert language != "zh" or [one for one in told if re.search(r"[A-Za-z]{2}", one)] == []


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Friday 2 January 2026 is a public holiday (day off for working on 4 January 2026)."),
        ("de", "Freitag, 2. Januar 2026, ist ein Feiertag (freier Tag für die Arbeit am 4. Januar 2026)."),
        ("pl", "2 stycznia 2026 (piątek) to dzień wolny od pracy: dzień wolny za pracę 4 stycznia 2026."),
        ("zh", "2026年1月2日（星期五）是公共假日（2026年1月4日上班的调休日）。"),
    ],
)
def test_a_day_off_for_a_worked_weekend_is_told_with_a_written_date(language: str, told: str) -> None:
    """T1: China's make-up working days; the tables write 01/04/2026 or 2026-01-04."""
    day = date(2026, 1, 2)
    step = Step("holiday", {"day": day, "holiday": holiday_name_in("CN", day, "en"), "country": "CN"})
    assert TEMPLATES.wording(language).sentences((step,)) == (told,)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_that_sets_a_mail_aside_can_be_said(language: str) -> None:
    """IN2: quarantined with a reason, and the admin is told."""
    rules = {rule for rule, _, verdict in TABLE if verdict is Verdict.QUARANTINED} | rules_of_the_shell()
    assert sorted(rules - {key.partition("|")[2] for key in WORDS[language] if key.startswith("rule|")}) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_notice_has_a_name_for_staff(language: str) -> None:
    """IN7: the CCR is told which notice came back."""
    assert sorted(set(TEMPLATES.notices("en")) - {key.partition("|")[2] for key in WORDS[language] if key.startswith("notice|")}) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_deadline_has_a_name_for_staff(language: str) -> None:
    """The admin is told which deadline failed."""
    kinds = deadline_kinds()
    assert len(kinds) > 8
    assert sorted(kinds - {key.partition("|")[2] for key in WORDS[language] if key.startswith("deadline|")}) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_stands_beside_a_valid_form_belongs_to_one(language: str) -> None:
    """OUT4: a form that was renamed would lose its note silently."""
    noted = {key.partition("|")[2] for key in WORDS[language] if key.startswith("form_note|")}
    assert noted - {form.shown for form in FORMS.values()} == set()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            ["there is no command /asign", "02350ABC: 2 serial numbers for a quantity of 1", "“soon” is no date; write it like 2026-12-28"],
        ),
        (
            "de",
            [
                "einen Befehl /asign gibt es nicht",
                "02350ABC: 2 Seriennummern bei einer Menge von 1",
                "„soon“ ist kein Datum; bitte so schreiben: 2026-12-28",
            ],
        ),
        (
            "pl",
            [
                "nie ma polecenia /asign",
                "02350ABC: 2 numery seryjne przy ilości 1",
                "„soon” to nie data; prosimy zapisać ją tak: 2026-12-28",
            ],
        ),
        ("zh", ["没有 /asign 这个命令", "02350ABC：数量为 1，却列出了 2 个序列号", "“soon”不是有效日期；请按 2026-12-28 的格式书写"]),
    ],
)
def test_staff_read_in_their_language_why_a_line_was_not_understood(language: str, said: list[str]) -> None:
    """OUT4."""
    mail = parse_commands("/asign me\n/received 1 x 02350ABC serial AAAA1, AAAA2\n/delivered soon")
    assert [TEMPLATES.wording(language).sentence(error.reason) for error in mail.errors] == said


def english_words(text: str) -> list[str]:
    return re.findall(r"[A-Za-z]{2,}", BLANK.sub("", text))


def steps_of_the_code() -> list[tuple[str, set[str] | None]]:
    """(name, names of its values) of every `Step(...)` and `Misread(...)`; None where the values are not written out there."""
    sources = [path for room in ("message/staff", "policy", "cases", "handling") for path in (ROOT / "mailflow" / room).rglob("*.py")]
    return [found for path in sources for node in ast.walk(ast.parse(path.read_text("utf-8"))) for found in named_step(node)]


def named_step(node: ast.AST) -> Iterator[tuple[str, set[str] | None]]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Step", "Misread") and node.args:
        first = node.args[0]
        for choice in (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,):
            if isinstance(choice, ast.Constant):
                yield str(choice.value), value_names(node)


def value_names(call: ast.Call) -> set[str] | None:
    given = call.args[1] if len(call.args) > 1 else next((one.value for one in call.keywords if one.arg == "values"), None)
    if given is None:
        names = {one.arg for one in call.keywords if one.arg}
        return None if any(one.arg is None for one in call.keywords) else names
    if not isinstance(given, ast.Dict) or not all(isinstance(key, ast.Constant) for key in given.keys):
        return None
    return {str(key.value) for key in given.keys if isinstance(key, ast.Constant)}


def trees() -> Iterator[ast.AST]:
    for room in ("message/staff", "policy", "cases", "handling"):
        for path in (ROOT / "mailflow" / room).rglob("*.py"):
            yield ast.parse(path.read_text("utf-8"))


def deadline_kinds() -> set[str]:
    """What `SetDeadline(kind=NAME)` may name: the values of every constant of that name."""
    nodes = [node for tree in trees() for node in ast.walk(tree)]
    calls = [node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func) == "SetDeadline"]
    used = {ast.unparse(word.value) for call in calls for word in call.keywords if word.arg == "kind"}
    constants = [node for node in nodes if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)]
    return {str(ast.literal_eval(node.value)) for node in constants if ast.unparse(node.targets[0]) in used}


def handed_on_names() -> set[str]:
    """Texts that stand as arguments of a call and look like a key."""
    calls = [node for tree in trees() for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    texts = {one.value for call in calls for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return {text for text in texts if re.fullmatch(r"[a-z]+(?:_[a-z0-9]+)+", text)}


def texts_of_the_code() -> tuple[set[str], tuple[str, ...], tuple[str, ...]]:
    """All literals, and with what the keys that are put together begin or end."""
    literals: set[str] = set()
    starts: set[str] = set()
    ends: set[str] = set()
    for node in (node for tree in trees() for node in ast.walk(tree)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            literals.add(node.value)
        elif isinstance(node, ast.JoinedStr) and len(node.values) == 2:
            first, last = node.values
            starts |= {first.value} if isinstance(first, ast.Constant) and re.fullmatch(r"(?:[a-z]+_)+", str(first.value)) else set()
            ends |= {last.value} if isinstance(last, ast.Constant) and re.fullmatch(r"(?:_[a-z]+)+", str(last.value)) else set()
    return literals, tuple(starts), tuple(ends)


def rules_of_the_shell() -> set[str]:
    """The rules with which handling sets mails aside: literals of `quarantine(...)` and `Outcome(Verdict.QUARANTINED, ...)`."""
    found = {"attempts"}
    for path in (ROOT / "mailflow" / "handling").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                wanted = {"quarantine": 3, "Outcome": 1 if node.args and ast.unparse(node.args[0]) == "Verdict.QUARANTINED" else -1}
                place = wanted.get(node.func.id, -1)
                rule = node.args[place] if 0 <= place < len(node.args) else None
                if isinstance(rule, ast.Constant):
                    found.add(str(rule.value))
    return found
