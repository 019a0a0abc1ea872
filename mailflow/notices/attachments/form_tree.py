"""Finishes a drawn form: field names with dots become a tree, as ISO 32000-1 12.7.3.2 wants them, and values of any script go in."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import cast

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, BooleanObject, DictionaryObject, IndirectObject, NameObject, TextStringObject


def finish_form(drawn: bytes, values: Mapping[str, str]) -> bytes:
    """The drawn form with `values` set, for those that the drawing could not show. Viewers draw these themselves (NeedAppearances)."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(drawn)))
    form = cast(DictionaryObject, writer.root_object["/AcroForm"])
    form[NameObject("/NeedAppearances")] = BooleanObject(True)
    roots = ArrayObject()
    parents: dict[str, DictionaryObject] = {}
    for reference in cast(ArrayObject, form["/Fields"]):
        field = cast(DictionaryObject, reference.get_object())
        name = str(field["/T"])
        if name in values:
            field[NameObject("/V")] = TextStringObject(values[name])
            field.pop("/AP", None)
        above, _, own = name.rpartition(".")
        field[NameObject("/T")] = TextStringObject(own)
        if not above:
            roots.append(reference)
            continue
        parent = _parent(writer, above, parents, roots)
        field[NameObject("/Parent")] = cast(IndirectObject, parent.indirect_reference)
        cast(ArrayObject, parent["/Kids"]).append(reference)
    form[NameObject("/Fields")] = roots
    target = BytesIO()
    writer.write(target)
    return target.getvalue()


def _parent(writer: PdfWriter, name: str, parents: dict[str, DictionaryObject], roots: ArrayObject) -> DictionaryObject:
    """The node of a name such as `line.1`, made with all above it where it is new."""
    if name in parents:
        return parents[name]
    above, _, own = name.rpartition(".")
    node = DictionaryObject({NameObject("/T"): TextStringObject(own), NameObject("/Kids"): ArrayObject()})
    reference = writer._add_object(node)
    if above:
        parent = _parent(writer, above, parents, roots)
        node[NameObject("/Parent")] = cast(IndirectObject, parent.indirect_reference)
        cast(ArrayObject, parent["/Kids"]).append(reference)
    else:
        roots.append(reference)
    parents[name] = node
    return node
