"""The names under which partners state what the checklist asks for, in the languages of the desks."""

from __future__ import annotations

import re
import unicodedata

_WORDS: dict[str, tuple[str, ...]] = {
    "stars": (
        "stars|star level|star rating|stars applied for|level applied for|applied level|certification level",
        "liczba gwiazdek|gwiazdki|poziom|星级|申请星级|认证星级",
    ),
    "company": ("company|company name|partner|partner name|applicant|firma|nazwa firmy|公司|公司名称|合作伙伴|申请公司|申请单位",),
    "hotline": (
        "hotline|service hotline|after-sales hotline|after-sales service hotline|after sales hotline",
        "after sales service hotline|support hotline|hotline number|infolinia|infolinia serwisowa|热线|服务热线",
        "售后热线|售后服务热线|热线电话|客服热线",
    ),
    "service_manager": (
        "service manager|service manager name|name of service manager|menedżer serwisu|kierownik serwisu|服务经理",
        "服务经理姓名|售后服务经理",
    ),
    "service_manager_phone": (
        "service manager phone|service manager telephone|service manager mobile|service manager tel",
        "phone of service manager|telefon menedżera serwisu|telefon kierownika serwisu|服务经理电话|服务经理手机|服务经理联系电话",
    ),
    "service_manager_email": (
        "service manager email|service manager e-mail|service manager mail|email of service manager",
        "e-mail menedżera serwisu|e-mail kierownika serwisu|服务经理邮箱|服务经理邮件|服务经理电子邮箱",
    ),
    "tracking_system": (
        "tracking system|issue tracking system|customer issue tracking|tracking system and process",
        "issue tracking|ticket system|ticketing system|handling process|issue handling process",
        "tracking system and handling process|tracking system and handling process of customer issues",
        "system zgłoszeń|system śledzenia zgłoszeń|proces obsługi zgłoszeń|跟踪系统|问题跟踪系统|客户问题跟踪系统|工单系统|处理流程",
        "问题处理流程|跟踪系统和流程|跟踪系统及处理流程|问题跟踪系统及处理流程|客户问题跟踪系统及处理流程|客户问题跟踪系统和处理流程|客户问题的跟踪系统和处理流程",
    ),
    "laboratory": (
        "laboratory|lab|lab equipment|laboratory equipment|laboratorium|wyposażenie laboratorium|实验室|实验室设备",
        "实验室配置",
    ),
    "projects": (
        "project|projects|project experience|reference projects|project references",
        "engineering project management experience|basic engineering project management experience",
        "major engineering project management experience|projekty|projekt|doświadczenie projektowe|项目|项目经验",
        "工程项目|项目管理经验|参考项目",
    ),
}
"""Field to its names, several a line for reading."""

_FIELD_OF = {word: name for name, lines in _WORDS.items() for line in lines for word in line.split("|")}

_LABEL = re.compile(
    r"^[\s>*_•·|–-]*(?:\(?\d{1,2}[.)]\s+)?(?:(?:correction|korekta|更正)\s*[:：]\s*)?(?P<label>[^:：=|\t]{2,80}?)\s*[:：=|\t]\s*(?P<value>.*)$",
    re.IGNORECASE,
)
_BARE = re.compile(r"^[\s>*_•·#-]*(?:\(?\d{1,2}[.)]\s+)?(?P<label>[^:：=|\t]{2,80}?)[\s:：*_]*$")


def split_fact(line: str) -> tuple[str, str] | None:
    """(field, value) of `Hotline: +86 ...`, `| 服务经理 | 王芳 |`; the value may be ''."""
    found = _LABEL.match(line)
    field = field_of(found["label"]) if found else None
    return (field, found["value"].strip(" |*_\t")) if found and field else None


def heading_of(line: str) -> str | None:
    """The field where a line is its name and nothing else."""
    found = _BARE.match(line)
    return field_of(found["label"]) if found else None


def field_of(label: str) -> str | None:
    plain = re.sub(r"\([^()]{0,80}\)|（[^（）]{0,80}）", " ", unicodedata.normalize("NFKC", label)).lower()
    plain = " ".join(plain.split()).strip(" *_.\"'#:")
    return _FIELD_OF.get(plain) or _FIELD_OF.get(plain.removeprefix("our ").removeprefix("the "))
