"""The electronic certificate (DK2): what it says, in every language, with fonts that it carries itself."""

from __future__ import annotations

import io
import tomllib

import pytest
from pypdf import PdfReader

from mailflow.bootstrap import shipped_templates
from mailflow.notices.attachments.certificate import Certificate, build_certificate_pdf

PARTNERS = {
    "en": "Bright Networks Ltd",
    "de": "Müller & Söhne Netztechnik GmbH",
    "pl": "Świetlista Łączność Sp. z o.o.",
    "zh": "杭州光明网络技术有限公司",
}
STAR_WORDS = {
    "en": "Four-Star Service Partner",
    "de": "Vier-Sterne-Servicepartner",
    "pl": "Partner serwisowy z czterema gwiazdkami",
    "zh": "四星级服务合作伙伴",
}


def certificate(language: str, stars: int = 4, partner: str = "") -> Certificate:
    words = tomllib.loads((shipped_templates() / language / "certification" / "words.toml").read_text("utf-8"))
    return Certificate(
        number="CERT-100003",
        partner=partner or PARTNERS[language],
        stars=stars,
        issued="2026-11-20",
        valid_through="2027-11-20",
        issuer="H3C Partner Certification",
        verify_at="certification@partner.example",
        words=words["certificate"],
    )


@pytest.mark.parametrize("language", PARTNERS)
def test_it_says_who_and_what_and_until_when(language: str) -> None:
    (page,) = PdfReader(io.BytesIO(build_certificate_pdf(certificate(language)))).pages
    text = page.extract_text()
    for words in (PARTNERS[language], STAR_WORDS[language], "CERT-100003", "2026-11-20", "2027-11-20", "certification@partner.example"):
        assert words in text
    assert page.mediabox.width > page.mediabox.height


@pytest.mark.parametrize("language", PARTNERS)
def test_every_font_in_it_is_embedded(language: str) -> None:
    """What a reader's machine lacks must not be missing on the certificate."""
    (page,) = PdfReader(io.BytesIO(build_certificate_pdf(certificate(language)))).pages
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    used = [font for font in fonts if font["/Subtype"] != "/Type1"]
    assert used
    assert all("/FontFile2" in font["/FontDescriptor"] for font in used)


def test_the_same_values_give_the_same_bytes() -> None:
    assert build_certificate_pdf(certificate("zh")) == build_certificate_pdf(certificate("zh"))


@pytest.mark.parametrize("stars", [2, 3, 4])
def test_each_number_of_stars_has_its_words(stars: int) -> None:
    for language in PARTNERS:
        assert certificate(language).say(f"star_{stars}") != f"star {stars}"
        assert len(build_certificate_pdf(certificate(language, stars))) > 1000


def test_an_endless_name_is_cut_and_stays_on_the_page() -> None:
    (page,) = PdfReader(io.BytesIO(build_certificate_pdf(certificate("en", partner="Very Long Name " * 200)))).pages
    assert "…" in page.extract_text()
