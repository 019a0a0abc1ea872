"""The names under which people state facts in a mail, in English, Polish, Chinese (and what German and French customers write)."""

from __future__ import annotations

import re
import unicodedata

_WORDS: dict[str, str] = {
    "name": "name|your name|full name"
    "|caller|caller name|reported by|requester|zgłaszający|osoba zgłaszająca|nombre|contacto"
    "|contact name|contact person|contact|customer name|imię i nazwisko|nazwisko|imię"
    "|osoba kontaktowa|osoba do kontaktu|kontakt|姓名|您的姓名|联系人|联系人姓名|ansprechpartner|nom",
    "company": "company|company name|organisation|organization|customer|client|firma|nazwa firmy|przedsiębiorstwo|klient"
    "|公司|公司名称|单位|单位名称|客户|客户名称|unternehmen|société|entreprise|empresa",
    "telephone": "tel|telephone|telephone number|phone|phone number|mobile|mobile phone|mobile number|cell|contact number"
    "|contact phone|t|m|telefon|numer telefonu|nr telefonu|nr tel|tel. kom|tel kom|kom|komórka"
    "|telefon kontaktowy|电话|电话号码|手机|手机号|联系电话|telefonnummer|téléphone|numéro de téléphone|teléfono",
    "fax": "fax|fax number|faks|numer faksu|传真|传真号|传真号码|telefax",
    "email": "email|e-mail|mail|email address|e-mail address|adres e-mail|adres email|adres mailowy"
    "|邮箱|电子邮箱|电子邮件|邮件|邮件地址|courriel",
    "purchase_order": "purchase order|purchase order number|purchase order no|po|po number|po no|p.o|order number|order no"
    "|zamówienie|numer zamówienia|nr zamówienia|采购订单|采购订单号|订单号|采购单号|bestellnummer|bon de commande",
    "contract": "contract|contract number|contract no|contract id|service contract|service contract number"
    "|service contract no|agreement|agreement number|support contract|maintenance contract|umowa|numer umowy"
    "|nr umowy|umowa serwisowa|numer umowy serwisowej|nr umowy serwisowej|kontrakt|numer kontraktu"
    "|nr kontraktu|合同|合同号|合同编号|服务合同|服务合同号|维保合同号|vertrag|vertragsnummer|vertragsnr"
    "|vertrags-nr|servicevertrag|wartungsvertrag|numéro de contrat|n° de contrat|no de contrat"
    "|contrat|número de contrato|nº de contrato|n° de contrato|contrato",
    "model": "model|product model|device model|product|product name|device|device type|equipment|equipment model"
    "|hardware|product type|type|model produktu|model urządzenia|produkt|urządzenie|typ|typ urządzenia|sprzęt"
    "|型号|产品型号|设备型号|产品|设备|设备名称|产品名称|gerät|gerätetyp|modell|modèle|modelo|equipo",
    "serial": "serial|serials|serial number|serial numbers|serial no|serial nos|serial nr|s/n|sn|s.n"
    "|esn|device esn|product serial number|device serial number|equipment serial number|faulty serial number|serial number(s)"
    "|numer seryjny|numery seryjne|nr seryjny|nr ser|nr seryjne|numer seryjny urządzenia|seryjny|序列号|设备序列号"
    "|产品序列号|序列号码|条码|sn号|seriennummer|seriennr|serien-nr|n° de série|no de série|número de serie|nº de serie|n° de serie"
    "|numéro de série|número de serie",
    "software_version": "software|software version|version|ver|sw|fw|sw ver|vrp"
    "|sw version|firmware|firmware version|vrp version|os version|wersja"
    "|wersja oprogramowania|oprogramowanie|wersja firmware|软件版本|版本|版本号|软件版本号|softwareversion|softwarestand"
    "|version logicielle|versión de software",
    "site_address": "site|site address|address|location|installation site|installation address|site location|delivery address"
    "|ship to|ship-to|ship to address|ship-to address|shipping address|shipment address|shipping to|deliver to|delivery to"
    "|delivery location|send to|adres wysyłki|adres do wysyłki|adres dostawy|adres do dostawy|adres doręczenia"
    "|miejsce dostawy|wysłać na adres"
    "|dostawa na adres|收货地址|送货地址|收件地址|寄送地址|配送地址|寄往地址|邮寄地址|lieferadresse|lieferanschrift|versandadresse"
    "|adresse de livraison|adresse d'expédition|dirección de entrega|dirección de envío"
    "|adres|adres instalacji|adres lokalizacji|lokalizacja|adres obiektu|miejsce instalacji|站点|站点地址|地址|现场地址"
    "|安装地址|standort|adresse|ubicación|dirección",
    "symptoms": "symptoms|symptom|failure symptoms|failure symptom|fault symptoms|fault symptom|detailed failure symptoms"
    "|problem|problem description|description of problem|description of the problem|fault|fault description"
    "|failure|failure description|issue|issue description|description|error|details"
    "|objawy|objaw|objawy awarii|objawy usterki|opis|opis usterki|opis problemu|opis awarii|opis objawów"
    "|usterka|awaria|opis błędu|故障现象|故障描述|问题描述|问题现象|现象|故障|问题|故障说明|fehlerbeschreibung|fehler"
    "|problembeschreibung|symptome|symptômes|description du problème|problème|panne"
    "|fehlerbild|störung|descripción del problema|descripción del fallo|síntomas|problema|fallo",
    "impact": "impact|business impact|impact of the problem|wpływ|wpływ na działalność|skutki|影响|业务影响|影响范围|auswirkung",
    "priority": "priority|priority level|severity|severity level|priorytet|poziom priorytetu|ważność|优先级|优先级别|严重程度|严重级别"
    "|紧急程度|priorität|priorité|prioridad",
    "part": "part|part number|part no|part nr|p/n|pn|bom|bom code|bom number|item|item code|item number|part code"
    "|numer części|nr części|kod części|część|numer katalogowy|部件|部件号|部件编码|部件编号|编码|bom编码|料号|备件编码|物料编码"
    "|teilenummer|référence",
    "carrier": "carrier|courier|shipped by|shipped with|shipping company|forwarder|przewoźnik|kurier|firma kurierska"
    "|spedytor|承运商|承运人|快递公司|物流公司|快递|spediteur|transporteur",
    "tracking": "tracking|tracking number|tracking no|tracking id|tracking code|waybill|waybill number|waybill no|awb"
    "|awb number|air waybill|airway bill|consignment number|numer przesyłki|nr przesyłki|list przewozowy"
    "|numer listu przewozowego|nr listu przewozowego|numer śledzenia|运单号|运单号码|快递单号|跟踪号|追踪号|物流单号|单号"
    "|sendungsnummer|numéro de suivi",
    "ship_date": "ship date|shipping date|shipment date|date shipped|date of shipment|shipped on|dispatch date|data wysyłki"
    "|data nadania|dzień wysyłki|wysłano dnia|发货日期|寄出日期|发货时间|寄件日期|versanddatum|date d'envoi",
    "cartons": "cartons|carton|number of cartons|boxes|number of boxes|packages|parcels|kartony|liczba kartonów"
    "|ilość kartonów|liczba paczek|paczki|箱数|件数|纸箱数|kartons|colis",
    "quantity": "quantity|qty|quantities|pcs|ilość|liczba|liczba sztuk|sztuk|szt|数量|件|menge|quantité",
    "category": "fault category|category|failure category|return category|kategoria|kategoria usterki|故障类别|类别|退货类别|故障分类",
    "data_removed": "data removed|data erased|data deleted|customer data removed|dane usunięte|usunięto dane|dane skasowane"
    "|usunięcie danych|数据已清除|数据是否已清除|数据已删除|数据清除|是否清除数据",
    "rma": "rma|rma number|rma no|rma nr|rma id|numer rma|nr rma|rma号|rma编号|rma号码|rma 号|rma 编号",
}
_FIELD_OF = {word: name for name, words in _WORDS.items() for word in words.split("|")}
_LONGEST_LABEL = 60
_DECORATION = re.compile(r"^[\s>*_•·\-–—#|+]*(?:\(?\d{1,2}[.)]\s+|\(?[a-l][.)]\s+|l\s{1,3}(?=[A-Z]))?[\s*_]*")
_MARK = re.compile(r"[:：=|\t]|\s[-–—]\s")
_CHINESE_LABEL = re.compile(r"[\s>*•·-]{0,10}([\u4e00-\u9fff]{2,8})[ \u3000]+(?=\S)")
_SEPARATOR = re.compile(r"\s*(?:[:：=|\t]|\s[-–—]\s)\s*")


def field_of(label: str) -> str | None:
    """The fact that a label names, None where it is none of ours."""
    plain = label[: _LONGEST_LABEL + 20].lower()
    plain = plain if plain.isascii() else unicodedata.normalize("NFKC", plain).lower()
    plain = re.sub(r"\([^()]{0,40}\)", " ", plain) if "(" in plain and plain not in _FIELD_OF else plain
    plain = " ".join(plain.split()).strip(" *_\"'.#:：")
    return _FIELD_OF.get(plain) or _FIELD_OF.get(plain.removeprefix("the ").removeprefix("our ").removeprefix("your "))


def split_label(line: str) -> tuple[str, str] | None:
    """(field, value) of a line like `Serial number: X`, `- **S/N** = X`, `序列号：X`, `Model | X`; value may be ''."""
    if not _MARK.search(line[: 3 * _LONGEST_LABEL]):
        return _split_at_blank(line)
    start = _DECORATION.match(line)
    text = line[start.end() if start else 0 :]
    found = _SEPARATOR.search(text[: _LONGEST_LABEL + 5])
    if found is None:
        return None
    field = field_of(text[: found.start()])
    return (field, text[found.end() :].strip(" *_|\t")) if field else None


def _split_at_blank(line: str) -> tuple[str, str] | None:
    """`序列号 X`: Chinese writes no blanks between words, so one after a name stands for its colon."""
    found = _CHINESE_LABEL.match(line)
    field = _FIELD_OF.get(found[1].lower()) if found else None
    return (field, line[found.end() :].strip(" *_|\t")) if found and field else None


def bare_label(line: str) -> str | None:
    """The field where a whole line is a label and nothing else: its value stands on the next line."""
    if len(line) > 3 * _LONGEST_LABEL:
        return None
    start = _DECORATION.match(line)
    text = line[start.end() if start else 0 :].strip()
    return field_of(text) if 0 < len(text) <= _LONGEST_LABEL else None
