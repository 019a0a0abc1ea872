from __future__ import annotations

import pytest

from mailflow.message.customer.one_line import is_yes


@pytest.mark.parametrize(
    "text",
    [
        *("YES", "yes", "Yes.", "Yes, please!", "Hello,\n\nyes\n\nAnna", "I confirm", "Confirmed, thanks", "OK, confirmed", "agreed"),
        *("TAK", "Tak.", "Tak, potwierdzam", "Tak, zgadza się", "potwierdzam", "Dzień dobry,\nzgoda\nJan", "TAK, dziękuję"),
        *("是", "是的", "是的。", "同意", "是的，同意", "我同意", "您好\n确认\n谢谢", "*YES*", "> asked\nYES"),
    ],
)
def test_a_plain_yes_alone_on_a_line_is_a_yes(text: str) -> None:
    assert is_yes(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "no", "NO!", "not yes", "No, thanks", "nie", "不是", "不同意", "否", "yes or no?", "yes but only tomorrow", "no\nyes"),
        *("The answer of our manager is yes", "yesterday", "tak samo jak wczoraj", "是不是", "ok", "I do not confirm", "nie potwierdzam"),
        *("We agree with all of it except for the address that you have sent us in your last mail of yesterday", "???"),
    ],
)
def test_anything_else_is_no_yes(text: str) -> None:
    assert not is_yes(text)
