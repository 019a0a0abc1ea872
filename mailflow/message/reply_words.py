"""The words of mail clients around quoted text, by language; a new client or language is a new word here and a fixture."""

from __future__ import annotations

import re

_FROM = (
    "From|Von|De|Da|Van|Od|Od kogo|Nadawca|Fra|Från|Lähettäjä|Feladó|Expeditor|От|Від|发件人|寄件人|寄件者|發件人|差出人|送信者"
    "|보낸\\s?사람|보낸사람|Remitente|Expéditeur|Mittente|Afzender|Odesílatel"
)
_OTHERS = (
    "Sent|Date|To|Cc|CC|Copy|Subject|Reply-To|Gesendet|Datum|An|Kopie|Betreff|Envoyé|À|A|Objet|Sujet|Pour|Copie à|Enviado(?: el)?"
    "|Fecha|Para|Asunto|Assunto|Data|Enviada(?: em)?|Inviato|Oggetto"
    "|Verzonden|Aan|Onderwerp|Wysłano|Wysłane|Do|DW|UDW|Adresat|Kopia do|Temat|Odesláno|Komu|Kopie|Předmět|Sendt|Til|Emne"
    "|Skickat|Till|Ämne|Kopia|Lähetetty|Aihe|Отправлено|Дата|Кому|Тема|Копия"
    "|发送时间|发送日期|日期|时间|收件人|抄送|主题|寄件日期|收件者|主旨"
    "|送信日時|日時|宛先|件名|보낸\\s?날짜|날짜|받는\\s?사람|받는사람|제목|참조|Importance|Priority"
)
HEADER_FROM = re.compile(rf"^[>\s*|_]*(?:{_FROM})\s*\*?\s*[:：]\s*\*?\s*\S", re.I)
HEADER_OTHER = re.compile(rf"^[>\s*|_]*(?:{_OTHERS})\s*\*?\s*[:：]", re.I)
HEADER_ANY_BOLD = re.compile(rf"^\s*\*(?:{_FROM}|{_OTHERS})\s*[:：]?\s*\*", re.I)
HEADER_SUBJECT = re.compile(
    r"^[>\s*|_]*(?:Subject|Betreff|Objet|Sujet|Asunto|Assunto|Oggetto|Onderwerp|Temat|Tytuł|Předmět|Emne|Ämne|Aihe|Тема"
    r"|主题|主旨|件名|제목|Subiect)\s*\*?\s*[:：]",
    re.I,
)
FORWARDED = re.compile(r"^\s*\[?(?:fw|fwd|wg|pd|tr|rv|enc|i|vs|doorst|转发|轉寄|転送|전달)\s*\]?\s*[:：]", re.I)
ANSWERED = re.compile(r"^\s*(?:re|aw|odp|sv|antw|回复|回覆|答复|rép|ref|res|返信|답장)\s*(?:\[\d{1,3}\])?\s*[:：]", re.I)
BEGIN_FORWARDED = re.compile(
    r"^[\s>*_=—–-]*(?:begin forwarded message|forwarded (?:message|mail|by)|start of forwarded message|anfang der weitergeleiteten"
    r" (?:nachricht|e-mail)|weitergeleitete (?:nachricht|e-mail|mail)|początek przekazanej wiadomości"
    r"|przekazana wiadomość|wiadomość przekazana"
    r"|treść przekazanej wiadomości|początek przekazywanej wiadomości|début du message (?:réexpédié|transféré)"
    r"|message (?:transféré|réexpédié)"
    r"|inicio del mensaje reenviado|mensaje reenviado|mensagem encaminhada|messaggio inoltrato|inizio messaggio inoltrato"
    r"|doorgestuurd bericht|mesaj redirecționat"
    r"|转发(?:的)?(?:邮件|信件)(?:信息)?|開始轉寄郵件|轉寄(?:的)?郵件"
    r"|被转发邮件|开始转发(?:的)?邮件|以下是转发(?:的)?邮件"
    r"|转发邮件信息|пересылаемое сообщение)",
    re.I,
)

ORIGINAL = re.compile(
    r"^[\s>*]*[-_=—–]{2,}\s*(?:original(?: |-)?(?:message|mail|nachricht|appointment)?"
    r"|ursprüngliche (?:nachricht|mail)|originalnachricht|message d'origine|message original|mensaje original"
    r"|mensagem original|messaggio originale"
    r"|oorspronkelijk bericht|wiadomość oryginalna|oryginalna wiadomość|wiadomo[sś][cć] (?:oryginalna"
    r"|pierwotna)|oprindelig meddelelse|ursprungligt meddelande|originalmeddelande|opprinnelig melding"
    r"|alkuperäinen viesti|původní (?:zpráva|e-mail)|eredeti üzenet"
    r"|исходное сообщение|пересылаемое сообщение|原始邮件|原始郵件|回复的原邮件|原邮件|转发邮件信息|元のメッセージ|オリジナルメッセージ"
    r"|original message follows|원본\s?메시지|원본\s?메일|forwarded (?:message|by)|weitergeleitete nachricht"
    r"|message transféré|reply message|reply-to message|original mail).{0,60}?[-_=—–]{2,}\s*$",
    re.I,
)
REPLY_LINE = re.compile(
    r"^[\s>#*=_—–-]*(?:(?:please |pls )?(?:reply|respond|answer|type|write)\b.{0,40}\babove\b.{0,30}\bline\b"
    r"|(?:bitte )?(?:antwort\w*|schreiben).{0,40}(?:oberhalb|über).{0,30}(?:linie|zeile)|répondez?.{0,40}au-dessus.{0,30}ligne"
    r"|(?:prosimy |proszę )?(?:o )?odpowied\w*.{0,40}powyżej.{0,30}lini\w*|请在此行(?:之)?上方回复)",
    re.I,
)

WROTE = (
    "wrote|writes|write|said|schrieb|hat geschrieben|a écrit|escribió|escribio|escreveu|ha scritto|scrisse"
    "|schreef|heeft geschreven|geschreven|napisał\\(a\\)|napisał|napisała|pisze|napsal\\(a\\)|napsal|napsala"
    "|skrev|kirjoitti|írta|a scris"
    "|написал\\(а\\)|написал|написала|пишет|писал|写道|寫道|写到|发送|のメッセージ|さんは書きました"
    "|は書きました|書きました|님이 작성|님이 쓴|작성"
)
WROTE_END = re.compile(rf"(?:{WROTE})(?:\s+(?:on|the following|le|am|:).{{0,60}})?\s*[:：]\s*(?:\*|_)?\s*$", re.I)
WROTE_BY = re.compile(rf"\b(?:{WROTE})\s+[^\s:：][^:：]{{0,80}}[:：]\s*$", re.I)
"""`Am 20.11.2026 um 09:00 schrieb Anna:`, where the verb comes before the name."""
WROTE_START = re.compile(
    r"^[\s>*_]*(?:On|Am|Le|El|Il|Op|Den|Dnia|W dniu|Em|No dia|Dne|På|Pe|At|In data|Em|Il giorno|Vào|2\d{3}"
    r"|\d{1,2}[./ -]|\d{4}[-/年]|在|于|於|Mon|Tue|Wed|Thu|Fri|Sat|Sun|ma|di|wo|do|vr|za|zo|pon|wt|śr|czw|pt|sob"
    r"|niedz)",
    re.I,
)
DATE_LIKE = re.compile(
    r"\b\d{1,2}[:.h]\d{2}\b|\b\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\b\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{4}\s?[年년]|\b(?:19|20)\d{2}\b"
)
ADDRESS_LIKE = re.compile(r"[<\[(]?[^\s<>@]{1,80}@[^\s<>@]{2,80}[>\])]?")

MOBILE = re.compile(
    r"^\W{0,4}(?:sent (?:from|via|with|using) (?:my |the )?(?:i(?:phone|pad|pod)|mobile|android|blackberry"
    r"|samsung|galaxy|windows|nokia|htc|outlook|mail|yahoo|proton|smart|tablet|cell|phone|verizon"
    r"|[\w+ ]{1,24}(?:wireless|device|handheld|phone|smartphone|network|mobile|app))"
    r"|get outlook for|gesendet (?:von|mit) (?:meinem?|der|outlook|mail)|von meinem? (?:i(?:phone|pad)|handy"
    r"|android|smartphone|samsung|mobil)\w* gesendet|envoyé (?:de|depuis) mon|obtenez outlook|enviado desde mi"
    r"|enviado do meu|obtener outlook|inviato da(?:l mio)? i?"
    r"|verzonden vanaf mijn|verstuurd vanaf mijn|wysłan[eoa] ze? (?:mo(?:jego|jej)|iphone|ipada|telefonu|smartfon|programu|aplikacji"
    r"|systemu|androida|urz|outlook)|(?:pobierz|uzyskaj) (?:program |aplikację )?outlook|trimis (?:de pe|din)"
    r"|odesláno z|skickat från min|sendt fra min"
    r"|отправлено (?:с|из)|发(?:送)?自(?:我的| ?outlook| ?foxmail| ?网易| ?qq)|从我的|来自我的|發自我的|從我的|获取 outlook"
    r"|iphoneから送信|ipadから送信|androidから送信|나의 iphone|내 iphone|sent from (?:my )?\w+ mail)",
    re.I,
)
OWN_DEVICE = re.compile(r"^(?:Sent|sent) (?:from|via) my [A-Z0-9][\w .+-]{1,40}$")
CLOSING = re.compile(
    r"^\W{0,3}(?:(?:kind|best|warm|with (?:kind|best)|many)?\s*regards|best(?: wishes)?|yours(?: (?:sincerely"
    r"|faithfully|truly))?|sincerely(?: yours)?|cheers|many thanks and regards|thanks (?:and|&) (?:best "
    r"|kind )?regards|br|rgds|kr"
    r"|mit freundlichen gr(?:ü|ue|u)(?:ß|ss)en|(?:viele|beste|schöne|freundliche|liebe|herzliche) gr(?:ü"
    r"|ue)(?:ß|ss)e|mfg|lg|vg|hochachtungsvoll|gru(?:ß|ss)"
    r"|cordialement|bien cordialement|bien à vous|salutations(?: distinguées)?|sincères salutations"
    r"|saludos(?: cordiales)?|un saludo|atentamente|atenciosamente|cordiali saluti|distinti saluti|saluti"
    r"|met vriendelijke groet(?:en)?|vriendelijke groet(?:en)?|groeten|mvg"
    r"|z powa[zż]aniem|pozdrawiam(?: serdecznie)?|pozdrowienia|z pozdrowieniami|serdecznie pozdrawiam"
    r"|łączę pozdrowienia|s pozdravem|hezký den|med venlig hilsen|venlig hilsen|mvh|vh|kh|de bedste hilsner"
    r"|hilsen|med vänlig(?:a)? hälsning(?:ar)?|vänlig(?:a)? hälsning(?:ar)?|hälsningar|bästa hälsningar"
    r"|ystävällisin terveisin|terveisin"
    r"|с уважением|с наилучшими пожеланиями|此致|祝好|顺祝商祺|谢谢[！!]?祝好|致礼|敬礼"
    r"|以上、?よろしくお願い(?:いた|致)します|감사합니다)\s*[,.!，。！]?\s*$",
    re.I,
)
BARE_GREETING = re.compile(
    r"^\W*(?:(?:hello|hi|hey|dear|hallo|guten (?:tag|morgen)|bonjour|salut|hola|buen(?:os|as) (?:d[ií]as|tardes)|ciao|buongiorno|salve"
    r"|ol[aá]|dzień dobry|witam|cześć|dobrý den|ahoj|hej|hejsan|goddag|beste|geachte|здравствуйте|привет|добрый день|您好|你好|大家好"
    r"|こんにちは|お世話になって(?:おり|い)ます|안녕하세요)(?:\s+(?:all|team|everyone|everybody|there|zusammen|alle|tous|państwu))?)?\W*$",
    re.I,
)
LIST_FOOTER = re.compile(r"^_{20,}\s*$|^-{40,}\s*$")
# No slash before the name: `/reopen` on the last line is an order of staff, not a signature.
NAME_ONLY = re.compile(r"^[-–—~]\s?[^\W\d_][\w.'’-]{1,24}(?:\s[^\W\d_][\w.'’-]{0,24}){0,2}\s*$")
RULE_ONLY = re.compile(r"^[\s*_=~—–-]{3,}$")
