"""The words by which machines announce themselves, one data row each; a new auto-reply is a new row and a new fixture."""

from __future__ import annotations

import re

OUT_OF_OFFICE = re.compile(
    r"^\W*(?:(?:re|aw|fwd?)\s*:\s*)?(?:\[?\s*(?:"
    r"auto(?:matic|mated|matisch[es]*|matick[aáey]+|matique|mática|matica|maattinen)?[\s:_-]*(?:re(?:ply|sponse"
    r"|sponder|ply:)|answer|antwort|svar|vastaus|odpov\w*|odpowied\w*)"
    r"|autoreply|autoresponder|autosvar|out[\s-]of[\s-](?:the[\s-])?office|ooo\b|away from (?:the |my )?office"
    r"|on (?:vacation|holiday|leave)\b|vacation (?:reply|message|response|notice)"
    r"|abwesenheit\w*|abwesend|automatische (?:antwort|beantwoording|antwoord)|automatisch antwoord|niet aanwezig|afwezig\w*"
    r"|odpowied[zź] automatyczna|autoodpowied[zź]|automatyczna odpowied[zź]|poza biurem|nieobecno[sś][cć]|jestem na urlopie"
    r"|r[ée]ponse automatique|absence du bureau|absent du bureau|message d'absence"
    r"|respuesta autom[aá]tica|fuera de (?:la )?oficina|ausente de la oficina|resposta autom[aá]tica|fora do escrit[oó]rio"
    r"|risposta automatica|fuori sede|fuori ufficio|assente dall'ufficio"
    r"|automatick[aá] odpov[eě][dď]|mimo kancel[aá][rř]|nep[rř][ií]tomnost|autosvar|fr[aå]nvaro\w*"
    r"|automatisk svar|automatiskt svar|ude af kontoret|frav[æe]rende"
    r"|automaattinen vastaus|poissa toimistosta|automatikus v[aá]lasz|r[aă]spuns automat|автоматическ\w+ ответ"
    r"|автоответ\w*|нет на месте|в отпуске"
    r"|自动(?:回复|答复|回覆)|自動(?:回覆|回复|返信|応答)|不在办公室|外出(?:办公)?自动|休假|不在(?:通知|のお知らせ)|부재\s?중|자동\s?(?:회신|응답)"
    r"))",
    re.I,
)
CHALLENGE = re.compile(
    r"confirm (?:your|that you) (?:e-?mail|message|are)|please confirm (?:your|delivery)|challenge.response"
    r"|sender verification|verify your (?:message|e-?mail to)"
    r"|your (?:e-?mail|message) (?:is|has been) (?:being )?held|requires (?:your )?confirmation",
    re.I,
)
BOUNCE_SUBJECT = re.compile(
    r"undeliver|delivery[\s-]*(?:status|fail|problem|report|error|has failed|delay|notification|incomplete)"
    r"|(?:mail|message|e-?mail)[\s-]*(?:delivery|system)?[\s-]*(?:error|fail|could not|not delivered|delayed"
    r"|status)"
    r"|fail(?:ed|ure)[\s:-]*(?:notice|mail|delivery|message|to deliver)|return(?:ed|ing)[\s-]+(?:mail|message"
    r"|e-?mail|to sender)|rejected|bounce|non.?delivery|could not (?:be )?(?:deliver|send)"
    r"|couldn.t be delivered"
    r"|cannot (?:be )?(?:deliver|send)|unable to deliver|not delivered|undelivered|user unknown|unknown (?:user"
    r"|address|recipient)|no such user|(?:warning|notice).*(?:delay|could not be (?:sent|delivered))"
    r"|mail failure|nondeliverable|unzustellbar|unzustellbarkeit"
    r"|zustell(?:ung|fehler)|mail(?:box)? (?:is )?(?:full|unavailable|over quota)|quota|non[\s-](?:distribu"
    r"|remis)|[ée]chec|no se ha podido|mensaje no entregado|devuelto|niedostarcz|nie dor[eę]czon|zwrot"
    r"|onbestelbaar|nedoručiteln|退信|无法投递|無法投遞|配信|エラー|メール.*(?:送信|配送)|недоставлен|spam(?:med)? mail"
    r"|message status|processing error|邮件.{0,4}失败|系统退信|deferred|postmaster notify|delivery$",
    re.I,
)
DAEMON = re.compile(
    r"^(?:mailer[-_.]?daemon|mailerdaemon|postmaster|post_?master|mail[-_.]?daemon|mdaemon"
    r"|mail[-_.]?delivery[-_.]?(?:subsystem|system)?|maildelivery|delivery|bounces?|bounce[-_.]?(?:handler"
    r"|notice)?|daemon|mta|mailsystem|mail[-_]?system"
    r"|mail[-_]?admin|email[-_]?admin|smtp[-_]?daemon|smtp|nobody|uucp|courier|mmdf|ims|system|sysadmin"
    r"|double-bounce|mail)(?:[+_-][^@]*)?(?:@|$)",
    re.I,
)
STRICT_DAEMON = re.compile(
    r"^(?:mailer[-_.]?daemon|mailerdaemon|post_?master|mail[-_.]?daemon|mdaemon|double-bounce)(?:[+_.\\-][^@]*)?(?:@|$)", re.I
)
DAEMON_NAME = re.compile(
    r"mail(?:er)?[\s-]*(?:delivery|daemon)|delivery (?:sub)?system|post\s*master|mail(?:er)? system"
    r"|system administrator|internet mail|mail administrator",
    re.I,
)
FAILURE = re.compile(
    r"\b[45]\d\d[ -#]+\(?#?[45]\.\d{1,3}\.\d{1,3}|(?:^|\s)#?[45]\.\d{1,2}\.\d{1,2}(?:\s|$)|user (?:is )?unknown"
    r"|unknown user|unknown (?:local[\s-]*part|address|recipient|mailbox)|no such (?:user|mailbox|address"
    r"|recipient|account)|does ?n[o']t exist|does not exist|not (?:a )?(?:valid|known)"
    r"|undeliverable|could ?n[o']t (?:be )?deliver|could not (?:be )?(?:deliver|send|process)"
    r"|cannot (?:be )?deliver|unable to (?:deliver|relay|send)|was not (?:delivered|sent)|not been delivered"
    r"|can(?:not|'t) be delivered|permanent(?:ly)? (?:fatal )?(?:error|fail)|delivery (?:has )?(?:failed|status"
    r"|to the following|error|problem|attempts)|failed (?:to deliver|permanently|recipient|address|after)"
    r"|mailbox (?:is )?(?:full|unavailable|not found|disabled|inactive|does)|over (?:the )?(?:disk )?quota"
    r"|quota exceeded|exceeded .{0,30}quota|disk quota|account (?:is )?(?:disabled|inactive|has been|suspended)"
    r"|recipient (?:address )?(?:rejected|unknown|not)|rejected (?:by|your|for|because)|host (?:unknown"
    r"|not found|or domain name not found)|relay(?:ing)? (?:access )?denied"
    r"|message (?:delayed|expired|returned|has not been|you sent)|not yet been delivered|transcript of session"
    r"|addresses had|errors? occurred|returned (?:mail|message|to sender|below)|this is (?:a |an )?(?:permanent"
    r"|automat)|gave up|giving up|original (?:message|mail) (?:follows|header|was)|included below"
    r"|user .{1,80} not (?:listed|found|known)|not listed in|is not (?:known|a member|accepting)"
    r"|connection (?:timed out|refused)|retry time|unzustellbar|nicht zugestellt|konnte nicht|n'a pas pu"
    r"|no pudo|nie mo[żz]e|nie istnieje|could not be found|no mailbox|invalid (?:recipient|address|mailbox)"
    r"|bad (?:destination|address)|no longer|has been returned|not delivered|送信できません|エラー|失败",
    re.I,
)
MACHINE = re.compile(
    r"smtp|anti-?virus|gateway|no-?reply|(?:^|[._-])(?:ndr|mail|mailer|imss|admin|administrator|system|service"
    r"|daemon|bounces?|delivery|security)(?:[._-]|@|$)",
    re.I,
)
RETURNED = re.compile(r"^(?:> ?)?(?:received: |return-path: |message-id: )|(?:returned|original|failed|old) (?:mail|message)", re.I | re.M)
STATUS_CODE = re.compile(r"\b5\d\d[ -]#?5\.\d\.\d|\b5\.\d\.\d\b|\b55\d[ -]{1,3}[A-Za-z<]")
REJECTED = re.compile(r"^Disposition:.{0,80}automatic-action.{0,80};\s*(?:deleted|failed|denied|refused)", re.I | re.M)
