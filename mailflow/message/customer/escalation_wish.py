"""A customer's wish for the manager, in a sentence of its own words (SR6). What is only possibly one is none: ESCALATE always works.

A row is one way to say it. Before it in the sentence no word may deny it, and no other meaning of the word may follow.
"""

from __future__ import annotations

import re

from mailflow.message.reply_words import BEGIN_FORWARDED, HEADER_FROM, ORIGINAL

_MOST_LINES, _LONGEST_TEXT, _LONGEST_SENTENCE = 60, 6000, 400

_BOSS = r"(?:managers?|management|supervisors?|superiors?|boss|team lead(?:er)?|director|head of \w+)"
_POLISH_BOSS = r"(?:kierownik\w*|kierownictw\w*|mened[zż]er\w*|mana[gd]\w*|prze[lł]o[zż]on\w*|dyrektor\w*|szef\w*)"
_GERMAN_BOSS = r"(?:vorgesetzt\w*|manager\w*|management|teamleit\w*|abteilungsleit\w*|leitung|chef\w*)"
_FRENCH_BOSS = r"(?:responsable\w*|sup[ée]rieur\w*|manager\w*|direction|directeur|directrice|hi[ée]rarchie|encadrement)"
_CHINESE_BOSS = r"(?:经理|主管|领导|上级|管理层|负责人)"

_WISHES = re.compile(
    "|".join(
        (
            # English
            rf"(?:^\W*|\b(?:please|kindly|must|should|and|to|(?:can|could|would|will) you)\s+(?:\w+\s+){{0,2}})escalate\b.{{0,40}}"
            rf"\bto\s+(?:(?:your|the|a|senior|upper|higher|next)\s+){{0,3}}(?:{_BOSS}|level of (?:support|management))\b",
            r"\b(?:please|kindly)\s+(?:\w+\s+){0,2}escalate\b(?!d)",
            r"\b(?:want|need|wish|ask|demand|request|insist|like)\b.{0,40}\b(?:escalat(?:e|ed)|escalation of (?:this|the|our|my))\b",
            rf"\b(?:want|need|wish|demand|insist|like|let me)\b.{{0,30}}\b(?:speak|talk)\s+(?:to|with)\s+(?:your|the|a)\s+{_BOSS}\b",
            r"\b(?:i|we)(?:\s+(?:hereby|now|would like to))?\s+escalate\s+(?:this|the|our|my)\b",
            # Polish
            r"\b(?:prosz[eę]|prosimy|[zż][aą]dam\w*|chc[eę]|chcemy|chcia[lł]\w*|domagam\w*|wnosz[eę])\b.{0,40}\beskal(?:acj\w*|owa\w*)",
            rf"\beskalowa\w*\b.{{0,60}}\bdo\s+(?:\w+\s+)?{_POLISH_BOSS}",
            rf"\b(?:prosz[eę]|prosimy|chc[eę]|chcemy|chcia[lł]\w*|[zż][aą]dam\w*)\b.{{0,40}}"
            rf"\b(?:rozmow\w*|rozmawia\w*|kontakt\w*)\s+ze?\s+(?:\w+\s+)?{_POLISH_BOSS}",
            # German
            rf"\beskalier\w*\b.{{0,60}}\b(?:an|zu|bei|zum|zur)\s+(?:\w+\s+){{0,2}}{_GERMAN_BOSS}",
            r"\b(?:bitte|möchte\w*|moechte\w*|will|wollen|verlange\w*|fordere?\w*)\b.{0,60}\beskalier\w*",
            rf"\b(?:möchte\w*|moechte\w*|will|wollen|verlange\w*)\b.{{0,40}}\bmit\s+(?:\w+\s+){{0,2}}{_GERMAN_BOSS}.{{0,20}}\b(?:sprechen|reden)\b",
            # French
            rf"\b(?:escalade\w*|escalader|remonte[rz]?|transmet\w*)\b.{{0,60}}\b(?:à|a|au|aux)\s+(?:\w+\s+){{0,2}}{_FRENCH_BOSS}",
            r"\b(?:veuillez|merci de|merci d'|souhait\w*|demand\w*|voudr\w*|veux|voulons|exig\w*)\b.{0,40}\bescalad(?:e|er)\b",
            rf"\b(?:souhait\w*|demand\w*|voudr\w*|veux|voulons|exig\w*)\b.{{0,30}}\bparler\s+(?:à|a|au|avec)\s+(?:\w+\s+){{0,2}}{_FRENCH_BOSS}",
            # Chinese
            rf"(?:升级|上报|反映|反馈|转交|转给|移交)[^，。；！？]{{0,12}}{_CHINESE_BOSS}",
            rf"(?:请|要求|希望|需要|想)[^，。；！？]{{0,12}}(?:让|(?:找|与|和|跟|联系)(?:你们|贵司|贵公司|您)的?){_CHINESE_BOSS}",
            rf"(?:请|要求|希望|需要)[^，。；！？]{{0,8}}(?:你们|贵司|您)?的?{_CHINESE_BOSS}[^，。；！？]{{0,6}}(?:介入|处理|跟进|联系我)",
            r"(?:请|要求|希望|需要|申请)(?:您|你们|贵司|尽快|立即|马上|将|把|对|此|该|这个|本|案|问题|工单|请求|服务|进行|给予|予以){0,8}升级处理",
        )
    ),
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:not|n['’]t|never|no need|without|instead of|before|already|(?:was|were|been|being)\s+escalated)\b"
    r"|\b(?:nie|bez|zamiast|zanim|ju[zż]|inaczej)\b"
    r"|\b(?:nicht|kein\w*|ohne|statt|bevor|schon|bereits|wurde\w*)\b"
    r"|\b(?:ne|pas|sans|au lieu|avant|d[ée]j[àa])\b|(?:\bn['’])"
    r"|avoid\w*|prevent\w*|不要|不用|无需|不必|请勿|别|不需要|没有必要|否则|已经|已|之前|以免|避免",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:if|unless|in case|otherwise|je[sś]li|je[zż]eli|gdyby|wenn|falls|sonst|si|sinon)\b|如果|若|否则|要是", re.IGNORECASE
)
_OTHER_MEANING = re.compile(
    r"privilege|permission|escalation (?:matrix|path|procedure|process|contact|list|level)|auto[- ]?escalat|alarm\w* escalat"
    r"|eskalacj\w+ uprawnie|rechteausweitung|privileg|élévation"
    r"|软件升级|版本升级|固件升级|升级(?:软件|版本|固件|补丁|包|系统|失败|后)|升级完成",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^.!?。！？\n]+(?:[.!?](?=\S)[^.!?。！？\n]*)*[.!?。！？]*")


def find_escalation_wish(text: str) -> str:
    """The sentence that asks for the manager, '' where none clearly does. `text` is the new text of a mail, without quotations."""
    for line in _own_lines(text):
        for found in _SENTENCE.finditer(line):
            sentence = found[0].strip()
            if len(sentence) <= _LONGEST_SENTENCE and _is_wish(sentence):
                return sentence
    return ""


def _own_lines(text: str) -> list[str]:
    """Without what is passed on or quoted."""
    lines: list[str] = []
    for line in text[:_LONGEST_TEXT].split("\n", _MOST_LINES)[:_MOST_LINES]:
        head = line[:500]
        if BEGIN_FORWARDED.match(head) or ORIGINAL.match(head) or HEADER_FROM.match(head):
            break
        if not line.lstrip().startswith((">", "|", '"', "“", "„", "«", "「", "『")):
            lines.append(line)
    return lines


def _is_wish(sentence: str) -> bool:
    found = _WISHES.search(sentence)
    if found is None or _OTHER_MEANING.search(sentence) or _CONDITION.search(sentence[: found.start()]):
        return False
    clause = re.split(r"[,;:，；：]", sentence[: found.start()])[-1] + found[0]
    return not _DENIED.search(clause)
