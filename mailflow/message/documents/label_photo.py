"""The codes on the photo of a carton label (BX11): Code 128, QR and DataMatrix, in any rotation."""

from __future__ import annotations

import re
import time
import warnings
from collections import Counter
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_LARGEST_FILE = 30 * 1024 * 1024
_MOST_PIXELS = {"JPEG": 50_500_000, "MPO": 50_500_000, "PNG": 25_000_000, "WEBP": 25_000_000, "HEIF": 25_000_000}
"""By form of file. A JPEG is decoded small at once; of the others all pixels stand in memory."""
_SMALLEST_SIDE, _LONGEST_SIDE = 24, 20_000
_SIDE = 4000
"""Pixels of the longer side at which a photo is looked at. Bars need three pixels each, and a label may be small within its photo."""
_LOOKS = ((1.0, 0), (0.9, 0), (0.65, 0))
_MORE_LOOKS = ((0.45, 0), (0.3, 0), (0.8, 45), (0.7, 45), (0.8, 23), (0.7, 23), (0.8, 67), (0.7, 67))
"""(share of that side, degrees). Bars are found only where they run nearly straight; the second series is for photos in which the
first shows nothing."""
_SECONDS = 6.0
"""Of the processor, so that a busy machine reads what an idle one does."""
_MOST_CODES, _LONGEST_CODE = 50, 200
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def read_labels(image: bytes) -> tuple[str, ...]:
    """The texts of the codes, each once; none where there is no code, no photo, or a file that is too large to be one.

    Files beyond 30 MB or 50 million pixels are not decoded; the search ends after 6 s of the processor.
    """
    if len(image) > _LARGEST_FILE:
        return ()
    try:
        photo = _open(image)
        return tuple(_search(photo)) if photo else ()
    except Exception:  # decoders meet broken files with errors of every kind; for us all mean: no label
        return ()


def _open(image: bytes) -> Image | None:
    """The photo upright, in grey, with its shadows lit, no larger than it is looked at."""
    import PIL.Image  # slow to import, and most mails carry no photo
    from pi_heif import register_heif_opener  # type: ignore[import-untyped]  # ships no types
    from PIL.ImageOps import autocontrast, exif_transpose

    register_heif_opener()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        PIL.Image.init()
        photo = PIL.Image.open(BytesIO(image), formats=[form for form in _MOST_PIXELS if form in PIL.Image.OPEN])
    width, height = photo.size
    if width * height > _MOST_PIXELS[photo.format or ""] or max(width, height) > _LONGEST_SIDE or min(width, height) < _SMALLEST_SIDE:
        return None
    photo.draft("L", (_SIDE, _SIDE))
    photo.thumbnail((_SIDE, _SIDE))
    return autocontrast(exif_transpose(_opaque(photo)), cutoff=1)


def _opaque(photo: Image) -> Image:
    """In grey; what is see-through is paper."""
    if "A" not in photo.getbands() and "transparency" not in photo.info:
        return photo.convert("L")
    coloured = photo.convert("RGBA")
    paper = coloured.copy()
    paper.paste((255, 255, 255, 255), (0, 0, *coloured.size))
    paper.alpha_composite(coloured)
    return paper.convert("L")


def _search(photo: Image) -> list[str]:
    """Texts that are certain: a misread code of bars passes its one check digit too easily, so these are read twice."""
    ends = time.thread_time() + _SECONDS
    read: Counter[str] = Counter()
    certain: list[str] = []
    for number, (share, degrees) in enumerate((*_LOOKS, *_MORE_LOOKS)):
        if time.thread_time() > ends or (certain and number >= len(_LOOKS)):
            break
        for text, is_bars in _codes(photo, share, degrees):
            read[text] += 1 if is_bars else 2
        certain = [text for text, times in read.items() if times > 1]
    return certain


def _codes(photo: Image, share: float, degrees: int) -> set[tuple[str, bool]]:
    """(text, is a code of bars) of the codes seen at one look."""
    import zxingcpp
    from PIL.Image import Resampling

    seen = photo.resize((max(1, round(photo.width * share)), max(1, round(photo.height * share)))) if share < 1 else photo
    if degrees:
        seen = seen.rotate(degrees, expand=True, fillcolor=255, resample=Resampling.BILINEAR)
    bars = zxingcpp.BarcodeFormat.Code128
    wanted = zxingcpp.BarcodeFormats((bars, zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.DataMatrix))
    codes = zxingcpp.read_barcodes(seen, formats=wanted)
    found = ((" ".join(_CONTROL.sub(" ", code.text[:_LONGEST_CODE]).split()), code.format == bars) for code in codes[:_MOST_CODES])
    return {(text, is_bars) for text, is_bars in found if text}
