"""The language of a mail (OUT5): what a person wrote decides, and only where it is certain."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflow.message.language import detect_language

EXAMPLES = [
    ("en", "Our core switch does not start since this morning, please help."),
    (
        "en",
        "Hello,\n"
        "\n"
        "the router reboots every two hours. We changed the power supply, no change.\n"
        "\n"
        "Best regards\n"
        "Anna Nowak\n"
        "ul. Prosta 1, Warszawa",
    ),
    ("en", "Hi team,\nplease find attached the logs from the failed board. The alarm LED is red.\nThanks"),
    (
        "en",
        "Serial number: 2102352KLM10L5000456\n"
        "Contract: HC-2026-0001\n"
        "Symptoms: The device does not power on after the maintenance window\n",
    ),
    ("en", "Dear Sir or Madam,\nwe lost two ports on the line card in slot 3 after an upgrade."),
    ("pl", "Przełącznik nie uruchamia się od rana, prosimy o pomoc."),
    ("pl", "Nasz switch nie dziala od rana, prosze o pomoc"),
    (
        "pl",
        "Dzień dobry,\n"
        "router AR651 restartuje się co dwie godziny.\n"
        "\n"
        "Pozdrawiam\n"
        "Jan Kowalski\n"
        "Senior Network Engineer\n"
        "Example Sp. z o.o.",
    ),
    ("pl", "Serial number: 2102352KLM10L5000456\nContract number: HC-1\nSymptoms: urządzenie nie włącza się po zaniku zasilania"),
    (
        "pl",
        "Witam, w załączeniu logi.\n"
        "<HUAWEI>display version\n"
        "Huawei Versatile Routing Platform Software\n"
        "VRP (R) software, Version 5.170\n"
        "Copyright (C) 2011-2020 HUAWEI TECH CO., LTD\n"
        "Proszę o szybką reakcję, stoi cała serwerownia.",
    ),
    ("pl", "Szanowni Państwo, zgłaszam awarię zasilacza w przełączniku S5735 w lokalizacji Kraków."),
    ("zh", "设备无法启动"),
    ("zh", "您好，我们的交换机S5735-L24T4S-A今天早上突然重启，请协助处理。SN: 2102352KLM10L5000456"),
    ("zh", "您好，\n核心路由器 NE40E 的 slot 3 板卡 offline，display device 显示 Abnormal，请尽快处理。"),
    ("zh", "設備無法啟動，電源燈不亮，請協助處理"),
    ("zh", "序列号：2102352KLM10L5000456\n合同号：HC-2026-1\n故障现象：端口不亮，业务中断"),
    ("de", "Unser Switch startet seit heute Morgen nicht mehr, bitte um Hilfe."),
    ("de", "Guten Tag,\nder Router in unserer Filiale ist seit gestern Abend nicht erreichbar.\nMit freundlichen Grüßen\nHans Müller"),
    ("de", "Guten Tag, seit dem Update auf V200R021C00SPC100 faellt der Uplink alle paar Minuten aus. Ticket war 12345."),
    (
        "de",
        "Hallo zusammen,\n"
        "\n"
        "der Switch meldet seit heute folgenden Fehler:\n"
        "\n"
        "Nov 20 2026 09:00:01 HUAWEI %%01PHY/1/PHY(l)[0]:GigabitEthernet0/0/1: change status to down\n"
        "\n"
        "Könnt ihr bitte helfen?",
    ),
    ("fr", "Bonjour,\nle routeur ne démarre plus depuis la coupure de courant de ce matin.\nCordialement\nMarie"),
    ("fr", "Notre commutateur redémarre toutes les deux heures, merci de votre aide."),
    ("es", "Buenos días,\nel router no arranca desde ayer por la tarde y no tenemos servicio.\nSaludos"),
    ("ro", "Bună ziua,\nrouterul nu mai pornește de ieri, vă rugăm să ne ajutați."),
    ("ro", "Buna ziua, switch-ul din sediul central nu mai porneste dupa pana de curent de aseara."),
    ("it", "Buongiorno, lo switch non si accende più da stamattina, potete aiutarci?"),
    ("cs", "Dobrý den, přepínač se od rána nespouští, prosím o pomoc."),
    ("sk", "Dobrý deň, prepínač sa od rána nespúšťa, prosím o pomoc."),
    ("nl", "Goedemorgen, de switch start niet meer op sinds vanmorgen vroeg."),
    ("pt", "Bom dia, o roteador não liga desde ontem e estamos sem serviço."),
    ("hu", "Jó napot, a kapcsoló reggel óta nem indul el, kérjük segítségüket."),
    ("ru", "Добрый день, коммутатор не включается с утра, просим помочь."),
    ("uk", "Добрий день, комутатор не вмикається зранку, просимо допомогти."),
    ("ja", "電源が入りません。確認をお願いします"),
    ("ko", "장비가 켜지지 않습니다. 확인 부탁드립니다."),
    ("tr", "Merhaba, anahtar bu sabahtan beri açılmıyor, lütfen yardım edin."),
    ("sv", "Hej, vår switch startar inte sedan i morse, vänligen hjälp oss."),
    ("", ""),
    ("", "ok"),
    ("", "Thanks!"),
    ("", "OK thanks"),
    ("", "STATUS"),
    ("", "2102352KLM10L5000456"),
    ("", "Switch down"),
    ("", "SCORE 5"),
    (
        "",
        "<HUAWEI>display device\n"
        "Slot Sub Type Online Power Register Status Role\n"
        "0 - S5735-L24 Present PowerOn Registered Normal Master\n"
        "<HUAWEI>display alarm active\n"
        "1 Critical 2026-11-20 09:00:01 The power module is faulty",
    ),
    (
        "",
        "Nov 20 2026 09:00:01 HUAWEI %%01PHY/1/PHY(l)[0]:GigabitEthernet0/0/1: change status to down\n"
        "Nov 20 2026 09:00:05 HUAWEI %%01IFNET/4/LINK_STATE(l)[1]:The line protocol IP on the interface has "
        "entered the DOWN state.",
    ),
    ("", "Serial number: 2102352KLM10L5000456\nContract number: HC-2026-0001\nModel: S5735-L24T4S-A"),
    ("", "Anna Nowak\nExample Networks Ltd\n+48 22 123 45 67"),
    ("", "https://portal.customer.example/tickets/1234567"),
    (
        "pl",
        "Tak, zgadza się. Numer umowy to HC-2026-0001.\n"
        "\n"
        "W dniu 20.11.2026 o 09:00, TAC <tac@tac.example> napisał:\n"
        "> Dear customer, we have received your request and need the following information from you.\n"
        "> Please answer inline.",
    ),
    (
        "de",
        "Die Seriennummer lautet wie unten angegeben.\n\n> We need the following from you.\n> Please answer below each line of this mail.",
    ),
    ("en", "The customer in Warsaw reported that the device at ul. Marszałkowska 10 is unreachable since last night."),
    (
        "pl",
        "Dzień dobry, wysyłam wynik komendy:\n"
        "\n"
        "The interface is down because of an administrative action. The line protocol is down and the remote "
        "end does not answer to the keepalive messages at all.\n"
        "\n"
        "Proszę o pomoc.",
    ),
    (
        "en",
        "Hello, our switch at the Warsaw office has lost power twice since yesterday evening and the fans "
        "run at full speed.\n"
        "\n"
        "Treść tej wiadomości jest poufna i przeznaczona wyłącznie dla adresata.",
    ),
    ("en", "Device rebooted unexpectedly twice yesterday"),
    ("pl", "Urządzenie restartuje się samoczynnie"),
    ("de", "Gerät startet nicht mehr nach Stromausfall"),
    ("en", "fan tray faulty, please replace it as soon as possible"),
    ("es", "El equipo presenta una alarma de temperatura muy alta desde ayer y se reinicia solo cada pocas horas."),
]


@pytest.mark.parametrize(
    ("language", "text"), EXAMPLES, ids=[f"{language or 'none'}-{number}" for number, (language, _) in enumerate(EXAMPLES)]
)
def test_a_text_is_in_the_language_of_its_writer_or_in_none_for_certain(language: str, text: str) -> None:
    assert detect_language(text) == language


def test_threads_that_ask_first_at_the_same_time_get_the_same_answers() -> None:
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(detect_language, [text for _, text in EXAMPLES])) == [language for language, _ in EXAMPLES]


def test_the_model_is_loaded_at_first_use_and_costs_less_than_100_mb() -> None:
    script = (
        "import sys\n"
        "from mailflow.message.language import detect_language\n"
        "def resident(): return int(open('/proc/self/statm').read().split()[1]) * 4096\n"
        "assert 'lingua' not in sys.modules\n"
        "assert detect_language('设备无法启动') == 'zh' and 'lingua' not in sys.modules\n"
        "before = resident()\n"
        f"for text in {[text for _, text in EXAMPLES]!r}: detect_language(text)\n"
        "assert 'lingua' in sys.modules\n"
        "print((resident() - before) // 1_000_000)\n"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert int(answer.stdout) < 100


@given(st.text(max_size=400))
def test_any_text_has_a_language_of_two_letters_or_none(text: str) -> None:
    assert len(detect_language(text)) in (0, 2)
