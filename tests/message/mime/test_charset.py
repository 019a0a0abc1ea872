"""Every label that browsers know is known here."""

from __future__ import annotations

import codecs

import pytest
from webencodings import LABELS

from mailflow.message.mime.charset import codec_of, decode_text

NO_TEXT = {"iso-2022-cn", "iso-2022-cn-ext", "replacement", "x-user-defined"}
"""Labels for which there is no codec to read text with."""


@pytest.mark.parametrize("label", sorted(set(LABELS) - NO_TEXT))
def test_a_label_of_the_encoding_standard_is_known(label: str) -> None:
    codec = codec_of(f' "{label.upper()}"')
    assert codec is not None
    codecs.lookup(codec)


@pytest.mark.parametrize("label", sorted(NO_TEXT))
def test_a_label_without_a_text_codec_is_unknown(label: str) -> None:
    assert codec_of(label) is None


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("iso8859-2", "Zażółć gęślą jaźń"),
        ("csISOLatin2", "Zażółć gęślą jaźń"),
        ("l9", "Œuvre à 5 €"),
        ("cp950", "退貨單"),
        ("x-cp1251", "Привет"),
    ],
)
def test_an_uncommon_label_is_read_as_it_says(label: str, text: str) -> None:
    assert decode_text(text.encode(codec_of(label) or ""), label) == (text, "")


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("gb2312", "gb18030"),
        ("big5", "cp950"),
        ("iso-2022-jp", "iso2022_jp_2"),
        ("ks_c_5601-1987", "cp949"),
        ("us-ascii", "cp1252"),
        ("hz", "hz"),
    ],
)
def test_what_is_sent_under_a_label_is_often_more_than_it_says(label: str, codec: str) -> None:
    assert codec_of(label) == codec
