"""The words in which a customer describes what is wrong: under its name, else the paragraphs that speak of a fault, else all there is."""

from __future__ import annotations

import re

from mailflow.message.customer.labels import split_label
from mailflow.message.customer.stated import Stated
from mailflow.message.reply_words import CLOSING, MOBILE

_LONGEST = 4000
_GREETING = re.compile(
    r"^\W*(?:(?:dear|hello|hi|hey|good (?:morning|afternoon|evening|day)|greetings|to whom)\b[^.!?]{0,60}"
    r"|(?:dzień dobry|witam|witajcie|cześć|szanowni państwo|szanowna pani|szanowny panie)\b[^.!?]{0,60}|(?:您好"
    r"|你好|尊敬的|各位)[^。！？]{0,30}|(?:sehr geehrte\w*|guten (?:tag|morgen)|hallo"
    r"|bonjour)\b[^.!?]{0,60})[,.!:：，。！]*\s*$",
    re.I,
)
_EMPTY_TALK = re.compile(
    r"^\W*(?:(?:please|kindly)\s+(?:help|assist|advise|support|see|find|check|open|create|note"
    r"|let)\b[^.!?]{0,80}|thank(?:s| you)\b[^.!?]{0,60}|many thanks[^.!?]{0,40}|(?:proszę|prosimy) o (?:pomoc"
    r"|wsparcie|kontakt|zgłoszenie)[^.!?]{0,60}|dziękuj\w+[^.!?]{0,40}|z góry dziękuję[^.!?]{0,40}|(?:请"
    r"|麻烦)(?:协助|帮忙|处理|支持|尽快)[^。！？]{0,20}|谢谢[^。！？]{0,10}|(?:here is|below is|this is"
    r"|as requested)[^.!?]{0,80}(?:serial|number|contract|info)[^.!?]{0,60}"
    r"|(?:i|we)(?:['’]ll| will| shall| have to| must| need to)\s+(?:send|provide|check|ask|get|find|look|forward|tell|let|come|call|write"
    r"|reply|answer|give|share)\b[^.!?]{0,80}|(?:will follow|to follow|tomorrow|later)\b[^.!?]{0,40}"
    r"|(?:see|please see|answers?)\b[^.!?]{0,40}\b(?:below|above|inline|between)\b[^.!?]{0,30}"
    r"|(?:ich|wir)\s+(?:werde|werden|schicke|schicken|sende|senden|reiche|reichen|melde|melden|prüfe|prüfen|frage|fragen)\b[^.!?]{0,80}"
    r"|(?:wird|werden)\s+nachgereicht|siehe (?:unten|oben)|(?:prześl|wyśl|podam|dośl|sprawdz|uzupełni|zapytam)\w*[^.!?]{0,60}|patrz poniżej"
    r"|je (?:vous )?(?:envoie|enverrai|transmets|vérifie)\b[^.!?]{0,80}|demain|(?:我|我们)?(?:稍后|明天|晚点|回头|随后)[^。！？]{0,30}"
    r"|(?:您好|你好)?[,，]?(?:请)?见(?:下文|下方|下面|以下))[.!。！]*\s*$",
    re.I,
)
_TROUBLE = re.compile(
    r"fail|fault|broken|defect|dead|down\b|error|alarm|crash|reboot|restart|not? (?:work|boot|start|respond"
    r"|power|come|turn|link|detect|recogni|respon|connect)|n['’]?t (?:work|boot|start|respond|power|come|turn"
    r"|link|connect)|cannot|can['’]t|unable|unreachable|lost|loss|drop|flap|degrad|slow|overheat|temperature"
    r"|noise|smoke|burn|red (?:led|light)|stuck|freez|hang|packet|offline|outage|malfunction|problem|issue"
    r"|no (?:power|link|signal|output)|damage|stopp|\blos\b"
    r"|awari|uster|uszkodz|błąd|błęd|nie (?:działa|dziala|uruchamia|włącza|odpowiada|wstaje|startuje|świeci"
    r"|łączy|widać|można)|zepsut|restartuj|zawiesz|alarm|brak (?:zasilania|łącz|link|sygnał|komunikacji)"
    r"|przesta[łl]|problem|spad|utrat|wyłącz|przegrz"
    r"|(?:startet|bootet|funktioniert|geht|läuft|reagiert|antwortet|leuchtet|lädt) nicht|nicht (?:mehr|erreichbar)|kein(?:e"
    r"|en)? (?:led|strom|verbindung"
    r"|reaktion|link|signal)|ausgefallen|ausfall|störung|fehler|kaputt|neustart|startet .{0,40}\bneu\b|absturz|abgestürzt"
    r"|blinkt|verlust|überhitz"
    r"|panne|défaillan|défaut|hors service|interrompu|redémarr|coupure|surchauff|ne (?:répond|démarre|fonctionne|marche"
    r"|s['’]allume)|aucun (?:lien|signal)"
    r"|avería|averiad|caíd|fallo|falla|pierde|reinici|se apaga|no (?:arranca|funciona|responde|enciende)"
    r"|故障|不能|无法|坏|告警|报错|错误|异常|失败|重启|掉线|断|不亮|不通|死机|丢包|宕机|不启动|没有反应|损坏|问题"
)
"""For lower-case text: without a flag for it, the search skips to the letters with which one of the words begins."""

_SIGNED = re.compile(r"^[^\W\d_][\w'’-]{1,24}(?: [^\W\d_][\w'’-]{1,24}){0,2}$")
# Words of the names under which numbers are given, and what stands between name and number.
_NUMBER_WORDS = frozenset(
    re.findall(
        r"\S+",
        "serial serials number numbers no nos nr sn s/n esn ser seryjny seryjne numer contract agreement umowy umowa kontrakt po order"
        " zamówienia tel telephone telefon phone mobile kom fax faks p/n pn part is are the our my this its jest to id",
    )
)


def find_symptoms(subject: str, stated: Stated, serials: tuple[str, ...]) -> str:
    """The symptoms as written, at most 4,000 characters, '' where the mail says nothing of the kind."""
    if named := "\n".join(dict.fromkeys((*stated.all("symptoms"), *_of_devices(stated)))):
        return named[:_LONGEST].strip()
    paragraphs = _without_numbers(_prose(stated.rest))
    telling = [paragraph for paragraph in paragraphs if _TROUBLE.search("\n".join(paragraph).lower())]
    if telling:
        return "\n\n".join("\n".join(paragraph) for paragraph in telling)[:_LONGEST].strip()
    if paragraphs and len(paragraphs[-1]) == 1 and _SIGNED.match(paragraphs[-1][0]):
        del paragraphs[-1]
    prose = [line for paragraph in paragraphs for line in paragraph]
    if _says_something(prose, serials):
        return "\n".join(prose)[:_LONGEST].strip()
    plain = re.sub(r"^(?:\s*(?:re|fw|fwd|aw|wg|odp|pd|回复|转发|答复)\s*[:：]\s*)+", "", subject, flags=re.I)
    return plain[:_LONGEST].strip() if _TROUBLE.search(plain.lower()) and not re.match(r"\s*\[?[A-Z]{2,4}-\d", plain) else ""


def _of_devices(stated: Stated) -> list[str]:
    """The symptoms in a table; where they differ, each behind the serial number of its device."""
    rows = [(row.get("serial", ""), row["symptoms"]) for row in stated.rows if row.get("symptoms")]
    differ = len({symptoms for _, symptoms in rows}) > 1
    return [f"{serial}: {symptoms}" if differ and serial else symptoms for serial, symptoms in rows]


def is_greeting(line: str) -> bool:
    """A line that greets and says nothing else."""
    return bool(_GREETING.match(line))


def _prose(rest: tuple[str, ...]) -> list[list[str]]:
    """The paragraphs without greeting, politeness, closing and signature."""
    paragraphs: list[list[str]] = [[]]
    for line in rest:
        if CLOSING.match(line) or MOBILE.match(line) or line in ("--", "—"):
            break
        if not line:
            paragraphs.append([])
        elif not (is_greeting(line) or _EMPTY_TALK.match(line) or split_label(line)) or _TROUBLE.search(line.lower()):
            paragraphs[-1].append(line)
    return [paragraph for paragraph in paragraphs if paragraph]


def _without_numbers(paragraphs: list[list[str]]) -> list[list[str]]:
    """Without the lines that only give a number, `nr ser 2102352KLM10L5000456`, `serial is …`, `tel 600 700 800`."""
    kept = [[line for line in paragraph if not _only_a_number(line)] for paragraph in paragraphs]
    return [paragraph for paragraph in kept if paragraph]


def _only_a_number(line: str) -> bool:
    words = re.findall(r"[^\s,;:：.()]+", line[:200].lower())
    named = [word for word in words if not any(map(str.isdigit, word))]
    return 0 < len(named) < len(words) and all(word in _NUMBER_WORDS for word in named)


def _says_something(prose: list[str], serials: tuple[str, ...]) -> bool:
    """More than numbers and a word or two: at least four words besides serials, or eight Chinese characters."""
    text = " ".join(prose)
    for serial in serials:
        text = re.sub(re.escape(serial), " ", text, flags=re.I)
    words = [word for word in re.findall(r"[^\W\d_]{2,}", text) if word.isalpha()]
    return len(words) >= 4 or len(re.findall(r"[\u4e00-\u9fff]", text)) >= 8
