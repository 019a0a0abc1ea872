"""A coverage-guided fuzz target: raw bytes to all that is read from a mail. By hand: `python tests/fuzz/read_mail.py CORPUS_DIR`.

It stops at the first exception, and at text that could not be stored or encoded as JSON.
"""

from __future__ import annotations

import json
import sys

import atheris

with atheris.instrument_imports(include=["mailflow"]):
    from mailflow.message.as_json import describe_mail
    from mailflow.message.documents.text_form import read_text_form
    from mailflow.message.reply import split_reply


def read_one(raw: bytes) -> None:
    described = describe_mail(
        raw, own_addresses=frozenset({"tac@tac.example"}), mailboxes=("tac@tac.example",), authserv_id="mx.tac.example"
    )
    if described is None:
        return
    json.dumps(described, ensure_ascii=False, default=str).encode("utf-8")
    text = described["body"]
    if "\x00" in text or "\x00" in described["subject"]:
        raise AssertionError("NUL in a text that is to be stored")
    reply = split_reply(text, [described["reply_text"]])
    if len(reply.new_text) > len(text):
        raise AssertionError("the new text is longer than the text")
    read_text_form(text)


if __name__ == "__main__":
    atheris.Setup(sys.argv, read_one)
    atheris.Fuzz()
