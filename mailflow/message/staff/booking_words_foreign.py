"""The words of `booking_words` in Polish, which stand between blanks, and in Chinese, which stand anywhere (RM5)."""

from __future__ import annotations

import re

NUMBER_WORDS_FOREIGN = {
    "jeden": 1, "jedna": 1, "jedno": 1, "jedną": 1, "dwa": 2, "dwie": 2, "trzy": 3, "cztery": 4, "pięć": 5, "sześć": 6, "siedem": 7,
    "osiem": 8, "dziewięć": 9, "dziesięć": 10,
    "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
}  # fmt: skip

MEASURES = "块个台件张只套片根条颗箱"
"""Chinese words between a number and what is counted."""
PIECES_FOREIGN = rf"szt(?:uki|uk|uka|ukę)?\.?|[{MEASURES}]"
BETWEEN_FOREIGN = (
    rf"szt(?:uki|uk|uka|ukę)?\.?|część|części|numer|nr\.?|kart[ay]?|płyt[ay]?|moduł[y]?|urządzeni[ae]|uszkodzon[aey]\w*|wadliw[aey]\w*|"
    rf"[{MEASURES}]|部件|备件|单板|板卡|模块|故障件|故障|坏件|的"
)

# Kind of word -> (Polish, Chinese), each as alternatives of a regular expression.
WORDS: dict[str, tuple[str, str]] = {
    "extra_things": (
        r"kab(?:el|le|li|lem|lami)|przew[oó]d\w*|zasilacz\w*|pamię[ćc]\w*|dysk\w*|wkładk\w*|śrub\w*|uchwyt\w*|szyn[ay]?|"
        r"wentylator\w*|bateri\w*|"
        r"adapter\w*|instrukcj\w*|dokument\w*|list przewozowy|etykiet\w*|klucz\w*|filtr\w*|toreb\w*|torb\w*|akcesori\w*|"
        r"ładowark\w*|anten[ay]?",
        "电源线|电缆|线缆|网线|光纤|内存条?|硬盘|光模块|螺丝|挡板|支架|导轨|风扇|电源模块|电池|适配器|"
        "说明书|文件|资料|标签|钥匙|滤网|配件|附件盒|天线",
    ),
    "describes": (
        r"sprawn\w*|dobr\w*|zł\w*|uszkodzon\w*|pogię\w*|wygię\w*|złaman\w*|połaman\w*|pęknię\w*|zarysowan\w*|"
        r"porysowan\w*|rys[ay]?|wgniecen\w*|wgniecion\w*|"
        r"spalon\w*|nadpalon\w*|mokr\w*|brudn\w*|zakurzon\w*|kurz|rdz\w*|zardzewiał\w*|rozdart\w*|podart\w*|otwart\w*|"
        r"zamknię\w*|nieotwart\w*|fabrycznie\w*|"
        r"(?:za)?pakowan\w*|opakowani\w*|folii|foli[ąa]|karton\w*|pudełk\w*|antystatyczn\w*|stan\w*|wadliw\w*|działa\w*|"
        r"używan\w*|now[aey]\w*|zużyt\w*|"
        r"czyst\w*|kompletn\w*|niekompletn\w*|luźn\w*|pin\w*|styk\w*|utlenion\w*|stopion\w*|bez \w+",
        "完好|良好|正常|损坏|破损|弯曲|弯针|断裂|断|划痕|划伤|裂|烧|潮湿|受潮|进水|脏|灰尘|生锈|锈|腐蚀|撕|"
        "已拆封|拆封|未拆封|密封|包装|纸箱|外箱|防静电|状态|"
        "故障|坏|可用|旧|全新|磨损|干净|完整|不完整|松动|针脚|引脚|变形|凹|氧化|无标签|缺螺丝",
    ),
    "spoiled": (r"bez|brak\w*|złaman\w*|pogię\w*|wygię\w*|uszkodzon\w*|luźn\w*|rozdart\w*", "缺|没有|无|坏|断|弯|松"),
    "doubtful": (
        r"nie|nigdy|nic|żad\w+|ani|oczekiw\w+|spodziew\w+|powinn\w+|będ\w+|może|możliwe|chyba|prawdopodobnie|raczej|"
        r"jeśli|jeżeli|chyba|zamiast|oprócz|"
        r"nie wiem|niejasn\w*|około|ok\. ?\d|kilka|parę|kilkanaście|jutro|zapowiedzian\w*|czekam\w*|jeszcze|wciąż|nadal|albo|lub",
        "没有?|未|尚未|不|应该|应当|可能|也许|大概|大约|左右|如果|除了|除外|不清楚|几[块个台件张只]|"
        "若干|明天|预计|等待|还没|或者?|吗|将要|会到",
    ),
    "not_an_arrival": (
        r"prosz\w*|prosimy|wyślij\w*|wysłać|wysł\w+|wysyłam\w*|potrzeb\w+|zamów\w*|zamaw\w*|brakuj\w*|brak|zgubi\w*|zaginę\w*|planow\w*",
        "请|发送|发往|寄往|寄出|发出|已发货|需要|订购|要求|缺少|缺|丢失|短缺|计划|其中",
    ),
    "received": (
        r"przyję\w+|odebra\w+|odbior\w*|otrzyma\w+|dosta\w+|dotar\w+|przysz\w+|nadesz\w+|wpłynę\w+|wróci\w+|zwróco\w+|"
        r"zaksięg\w+|dostarczo\w+|rozpakowa\w+|"
        r"zawiera\w*|w środku",
        "收到|到货|已到|到了|签收|收货|入库|退回|返回|送达|拆箱|登记",
    ),
    "absent": (
        r"brak(?:uje|owało)?|zgubion\w+|nie (?:dotar\w+|przysz\w+|nadesz\w+|było|ma|znale\w+|"
        r"zwróco\w+|otrzyma\w+|wróci\w+)|w drodze|dośl\w+|doślemy|później",
        "没有?收到|未收到|未到|没到|没有?到|缺失|缺少|不在|没有?找到|未退回|少了|没来|没有来|没寄|未寄|缺货|在路上|在途|稍后|后续",
    ),
    "counted": (r"część|części|kart\w*|płyt\w*|moduł\w*|urządze\w*|sztuk\w*|router\w*|przełącznik\w*", "部件|备件|单板|板卡|模块|设备"),
}

COURTESY_FOREIGN = (
    r"cześć|dzień dobry|dobry wieczór|witam|witaj\w*|szanowni|dziękuj\w*|pozdr\w*|z poważaniem|w załącz\w*|załączam|"
    r"zdjęci\w*|miłego|nic więcej|"
    r"您好|你好|大家好|谢谢|多谢|感谢|此致|敬礼|祝|请见附件|请查收|见附件|见照片|附件|照片"
)
SHARE_FOREIGN = (
    r"(?:jeden|jedna|jedno|dwa|dwie|obie|oba|oboje|wszystkie|wszystko|każd[aey]|drug[ai]|pierwsz[aey]|reszta|ona|on|ono|one)(?: z nich)?"
    r"\s+(?:z|ze|bez|ma|mają|miał\w*|jest|są|był\w*|wygląda\w*|w|uszkodzon\w*|sprawn\w*|pogię\w*|wygię\w*|złaman\w*|"
    r"pęknię\w*|porysowan\w*)\b|"
    r"w (?:antystatyczn\w+|oryginaln\w+|dobr\w+|zł\w+|foli\w*|kartoni\w*|pudełk\w*|worku|torb\w+)|"
    rf"其中 ?(?:\d+|[一二两三四五六七八九十]) ?[{MEASURES}]?|都|均|全部|两[{MEASURES}]都|外观|包装|状态"
)
ALL_FOREIGN = r"wszystk\w+\b|obie\b|oba\b|one\b|全部|都|均"
HARMLESS_FOREIGN = (
    r"i|w|we|na|do|od|z|ze|po|dla|przez|o|to|tego|ten|ta|dziś|dzisiaj|wczoraj|rano|rana|południe|wieczorem|kurier\w*|"
    r"paczk\w*|przesyłk\w*|dostaw\w*|"
    r"magazyn\w*|część|części|numer\w*|nr|szt|sztuk\w*|zwrot\w*|klient\w*|półk\w*|bezpiecznie|tylko|już|od klienta|"
    r"przyję\w+|odebra\w+|otrzyma\w+|dotar\w+|"
    r"przysz\w+|nadesz\w+|wpłynę\w+|wróci\w+|zwróco\w+|dziękuj\w*"
)
HARMLESS_CHINESE = (
    r"今天|今日|昨天|上午|下午|早上|刚刚|已经?|收到|到货|入库|签收|仓库|快递|包裹|"
    r"从|由|在|的|了|和|客户|退回|部件|单板|我们|本次|顺丰|谢谢|放在|货架"
)
JOINS = r"oraz|a także|także|również|wraz z|razem z|dodatkowo|ponadto|plus|w tym|ale"
"""Polish words at which a sentence is cut; in Chinese a comma stands there."""
JOINS_CHINESE = "另外|以及|还有|另有|外加|附带|但是?|连同"
OPENING_FOREIGN = r"(?:i|oraz|a także|także|dodatkowo|z|wraz z|jest|był[ayo]?|są)\s+|(?:另外|另|还|以及|附带|多了?|有|和|与|外加)+ ?"

_PLAIN = str.maketrans("ąćęłńóśźż", "acelnoszz")
_STOPS = str.maketrans({"。": ". ", "！": "! ", "？": "? ", "；": "; "})
_ASIAN = r"\u2e80-\u9fff\uf900-\ufaff"
_BORDER = re.compile(rf"(?<=[{_ASIAN}])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[{_ASIAN}])")
_COUNT = re.compile(
    rf"(?<![{_ASIAN}])([一二两三四五六七八九十]|\d+) ?([{MEASURES}])(?=[\s{_ASIAN}])|"
    rf"(?<=收到)([一二两三四五六七八九十])([{MEASURES}])"
)
_BLANK = re.compile(rf"(?<=[{_ASIAN}]) +| +(?=[{_ASIAN}])")


def words_of(kind: str, english: str) -> re.Pattern[str]:
    """A pattern that finds the words of a kind in all three languages."""
    return re.compile(rf"\b(?:{english}|{polish(kind)})\b|(?:{chinese(kind)})", re.IGNORECASE)


def polish(kind: str) -> str:
    """The Polish words of a kind, also as people type them without Polish letters."""
    words = WORDS[kind][0]
    return f"{words}|{words.translate(_PLAIN)}"


def chinese(kind: str) -> str:
    return WORDS[kind][1]


def spaced(line: str) -> str:
    """Chinese written without blanks gets them beside numbers, part numbers and measures, as the reader of sentences wants them."""
    if not re.search(rf"[{_ASIAN}]", line):
        return line
    apart = _BORDER.sub(" ", line.translate(_STOPS))
    return _COUNT.sub(lambda found: " ".join(("", *filter(None, found.groups()), "")), apart)


def unspaced(text: str) -> str:
    """The words again as they were written: Chinese without the blanks of `spaced`."""
    return _BLANK.sub("", text)
