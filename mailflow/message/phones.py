"""What a signature tells of the writer: name, company, telephone, fax."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailflow.message.reply_words import CLOSING

_NUMBER = r"(\+?\(?\d[\d\s()./-]{5,22}\d)"
_PHONE = re.compile(
    rf"(?:(?:^|[\s,;|（(])(?:tel(?:ephone|efon)?|phone|mobile|mob|cell|kom|komórka|telefon|direct|[TMP]"
    rf"|call ?back(?: number)?|(?:numer|nr) kontaktowy)\b"
    rf"|电话|手机|手机号)\s*(?:\.|no\.?|nr|number|号码?)?\s*(?:is|to|是|为)?\s*[:：.]?\s*{_NUMBER}",
    re.I,
)
_FAX = re.compile(rf"(?:^|[\s,;|])(?:fax|faks|传真|F)\b\s*[:：.]?\s*{_NUMBER}", re.I)
_BARE_PHONE = re.compile(r"(?:^|\s)(\+\d{1,3}[\s()./-]*\d[\d\s()./-]{5,18}\d)(?:\s|$)")
_COMPANY = re.compile(
    r"(?:^|[,|]\s*)([^,|\n]{0,80}?\b(?:GmbH(?: & Co\. KG)?|AG|Ltd\.?|Limited|LLC|Inc\.?|Corp\.?|plc|S\.?A\.?"
    r"|S\.?R\.?L\.?|Sp\.\s?z\s?o\.\s?o\.|sp\. ?j\.|B\.?V\.?|N\.V\.|Oy|A/S|AB|SAS|SARL|S\.p\.A\."
    r"|s\.r\.o\.)(?![A-Za-z]))|([\u4e00-\u9fff（）()]{2,40}(?:有限公司|集团|股份公司))"
)
_NAME = re.compile(r"^[^\W\d_][\w.'’-]{0,29}(?:\s+[^\W\d_][\w.'’-]{0,29}){1,3}$")
_CONTACT = re.compile(r"联系人\s?[:：是为]?\s?([\u4e00-\u9fff·]{2,4}?)(?=[\s，,。；;（(]|电话|手机|$)")
_CJK_NAME = re.compile(r"^[\u4e00-\u9fff·]{2,5}$")


@dataclass(frozen=True, slots=True)
class SignatureFacts:
    name: str = ""
    company: str = ""
    telephone: str = ""
    fax: str = ""


def find_signature_facts(text: str) -> SignatureFacts:
    """Facts of the last lines after a closing formula or `--`; telephone and fax wherever they stand under their name."""
    lines = [line.strip()[:300] for line in text.split("\n")[-2000:]]
    block = _block(lines)
    telephone = _first(_PHONE, block) or _first(_PHONE, lines[-200:]) or _first(_BARE_PHONE, block)
    name = _name(block) or next((found[1] for line in lines[-200:] if (found := _CONTACT.search(line))), "")
    return SignatureFacts(name, _company(block), telephone, _first(_FAX, block) or _first(_FAX, lines[-200:]))


def _block(lines: list[str]) -> list[str]:
    last = max((number for number, line in enumerate(lines) if CLOSING.match(line) or line in ("--", "—", "-- ")), default=None)
    return [line for line in lines[last + 1 : last + 13] if line] if last is not None else []


def _name(block: list[str]) -> str:
    for line in block[:2]:
        plain = re.split(r"\s*[,|/]\s*|\s+[-–]\s+", line)[0].strip("*_ ")
        if not _COMPANY.search(plain) and (
            (_NAME.match(plain) and plain[0].isupper() and plain.split()[-1][0].isupper()) or _CJK_NAME.match(plain)
        ):
            return plain
    return ""


def find_company(line: str) -> str:
    """The company that a line names with its legal form, '' where it names none."""
    return _company([line])


def _company(block: list[str]) -> str:
    for line in block:
        if found := _COMPANY.search(line):
            return (found[1] or found[2]).strip(" *_")
    return ""


def _first(pattern: re.Pattern[str], lines: list[str]) -> str:
    for line in lines:
        if any(map(str.isdigit, line)) and (found := pattern.search(line)) and 6 <= sum(char.isdigit() for char in found[1]) <= 15:
            return re.sub(r"\s+", " ", found[1]).strip(" .-/")
    return ""
