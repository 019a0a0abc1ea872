"""Finishes a drawn form: field names with dots become a tree, as ISO 32000-1 12.7.3.2 wants them, and values of any script go in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import cast

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    StreamObject,
    TextStringObject,
)

DrawLooks = Callable[[Sequence[tuple[str, float]]], bytes]
"""Draws fields with (value, width in points): a PDF with a page for each."""


def finish_form(drawn: bytes, values: Mapping[str, str], draw_looks: DrawLooks) -> bytes:
    """The drawn form with `values` set by field names.

    How a field looks with its value travels with the file, letters included, so that every viewer shows it; a viewer draws a field
    anew only where somebody types into it.
    """
    writer = PdfWriter(clone_from=PdfReader(BytesIO(drawn)))
    form = cast(DictionaryObject, writer.root_object["/AcroForm"])
    form[NameObject("/NeedAppearances")] = BooleanObject(False)
    fields = {str(reference.get_object()["/T"]): reference for reference in cast(ArrayObject, form["/Fields"])}
    _set_values(writer, {name: cast(DictionaryObject, fields[name].get_object()) for name in values}, values, draw_looks)
    roots = ArrayObject()
    parents: dict[str, DictionaryObject] = {}
    for name, reference in fields.items():
        field = cast(DictionaryObject, reference.get_object())
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


def _set_values(writer: PdfWriter, fields: Mapping[str, DictionaryObject], values: Mapping[str, str], draw_looks: DrawLooks) -> None:
    if not fields:
        return
    looks = PdfReader(BytesIO(draw_looks([(values[name], _width_of(field)) for name, field in fields.items()]))).pages
    for (name, field), page in zip(fields.items(), looks, strict=True):
        field[NameObject("/V")] = TextStringObject(values[name])
        field[NameObject("/AP")] = DictionaryObject({NameObject("/N"): _appearance(writer, page)})


def _width_of(field: DictionaryObject) -> float:
    left, _, right, _ = (float(side) for side in cast(ArrayObject, field["/Rect"]))
    return right - left


def _appearance(writer: PdfWriter, page: PageObject) -> IndirectObject:
    """The page as a form XObject; between BMC and EMC a viewer puts what is typed later (ISO 32000-1 12.7.3.3)."""
    content = page.get_contents()
    look = StreamObject()
    look.set_data(b"/Tx BMC\nq\n%b\nQ\nEMC\n" % (content.get_data() if content is not None else b""))
    look[NameObject("/Type")] = NameObject("/XObject")
    look[NameObject("/Subtype")] = NameObject("/Form")
    look[NameObject("/BBox")] = ArrayObject(FloatObject(side) for side in page.mediabox)
    look[NameObject("/Resources")] = cast(DictionaryObject, page["/Resources"]).clone(writer)
    return writer._add_object(look)


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
