"""The codes on a phone photo of our own carton label (BX11), however it was held; hostile files cost little."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]  # ships no types
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance, ImageFilter

from mailflow.message.documents.label_photo import read_labels
from mailflow.notices.attachments.return_pdf import build_carton_label_pdf

RMA = "RMA-100007"
LABEL = (
    pypdfium2.PdfDocument(build_carton_label_pdf(RMA, ("Example Networks", "ul. Prosta 1"), "Customer"))[0]
    .render(scale=200 / 72)
    .to_pil()
    .convert("RGBA")
)
WIDTH, HEIGHT = LABEL.size
BARS = LABEL.crop((0, int(HEIGHT * 0.16), WIDTH, int(HEIGHT * 0.34)))
HEIC = Path(__file__).parents[2] / "fixtures" / "label.heic"
SLANTED = (1.15, 0.18, -0.14 * WIDTH, 0.09, 1.1, -0.05 * HEIGHT, 0.00012, 0.00008)
"""Coefficients of a perspective: the camera stood to the left of the label and above it."""


def photo(label: Image.Image, *, size: tuple[int, int] = (3000, 2250), form: str = "JPEG", paper: int = 150) -> bytes:
    """A photo of 7 megapixels with the label on a noisy background."""
    scene = Image.effect_noise(size, 40).point(lambda value: value * paper // 255).convert("RGB")
    scene.paste(label.convert("RGB"), ((size[0] - label.width) // 2, (size[1] - label.height) // 2), label.getchannel("A"))
    target = BytesIO()
    scene.save(target, form, quality=70)
    return target.getvalue()


def turned(label: Image.Image, degrees: float) -> Image.Image:
    return label.rotate(degrees, expand=True, resample=Image.Resampling.BICUBIC)


VIEWS: dict[str, Callable[[], bytes]] = {
    "straight": lambda: photo(LABEL),
    **{f"turned by {degrees}": (lambda degrees=degrees: photo(turned(LABEL, degrees))) for degrees in (17, 45, 90, 123, 180, 271)},
    "blurred": lambda: photo(LABEL.filter(ImageFilter.GaussianBlur(2))),
    "dark": lambda: photo(ImageEnhance.Brightness(LABEL).enhance(0.12), paper=12),
    "in perspective": lambda: photo(LABEL.transform(LABEL.size, Image.Transform.PERSPECTIVE, SLANTED, Image.Resampling.BICUBIC)),
    "near": lambda: photo(LABEL.resize((WIDTH * 2, HEIGHT * 2))),
    "small": lambda: photo(LABEL, size=(1200, 1600)),
    "as PNG": lambda: photo(LABEL, size=(1600, 1200), form="PNG"),
    "as a phone's HEIC, turned by 17": lambda: HEIC.read_bytes(),
    "all at once": lambda: photo(
        ImageEnhance.Brightness(
            turned(LABEL.transform(LABEL.size, Image.Transform.PERSPECTIVE, SLANTED), 33).filter(ImageFilter.GaussianBlur(1))
        ).enhance(0.4),
        paper=50,
    ),
    **{
        f"only its bars, turned by {degrees}": (lambda degrees=degrees: photo(turned(BARS, degrees)))
        for degrees in (0, 1, 20, 45, 60, 90, 180)
    },
}


@pytest.mark.parametrize("name", VIEWS)
def test_the_number_is_read_from_a_photo(name: str) -> None:
    assert read_labels(VIEWS[name]()) == (RMA,)


def test_a_photo_that_the_phone_marks_as_turned_is_read() -> None:
    picture, target = Image.open(BytesIO(photo(BARS))), BytesIO()
    exif = picture.getexif()
    exif[274] = 6
    picture.save(target, "JPEG", exif=exif)
    assert read_labels(target.getvalue()) == (RMA,)


def test_a_data_matrix_on_paper_that_is_see_through_is_read() -> None:
    code = zxingcpp.create_barcode("RMA-100042", zxingcpp.BarcodeFormat.DataMatrix)
    drawn = memoryview(zxingcpp.write_barcode_to_image(code, scale=8))
    dark = Image.frombytes("L", drawn.shape[::-1], drawn.tobytes()).point(lambda value: 255 - value)
    picture, target = Image.new("RGBA", dark.size, (0, 0, 0, 0)), BytesIO()
    picture.putalpha(dark)
    picture.save(target, "PNG")
    assert read_labels(target.getvalue()) == ("RMA-100042",)


def test_every_code_of_several_labels_is_read_once() -> None:
    other = pypdfium2.PdfDocument(build_carton_label_pdf("RMA-100008", ("E",), "C"))[0].render(scale=200 / 72).to_pil().convert("RGBA")
    both = Image.new("RGBA", (2 * WIDTH, HEIGHT))
    both.paste(LABEL, (0, 0))
    both.paste(other, (WIDTH, 0))
    assert sorted(read_labels(photo(both))) == [RMA, "RMA-100008"]


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\xff\xd8\xff\xe0broken", b"\x89PNG\r\n\x1a\nbroken", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"]
)
def test_what_is_no_photo_has_no_codes(content: bytes) -> None:
    assert read_labels(content) == ()


def test_a_cut_photo_never_raises() -> None:
    whole = photo(LABEL, size=(1200, 1600))
    assert all(read_labels(whole[: len(whole) * tenth // 10]) in ((), (RMA,)) for tenth in range(10))


def test_a_bomb_is_not_decoded() -> None:
    target = BytesIO()
    Image.new("1", (16_000, 16_000)).save(target, "PNG")
    started = time.process_time()
    assert read_labels(target.getvalue()) == ()
    assert time.process_time() - started < 0.5


def test_the_largest_photo_without_a_code_costs_at_most_9_s_and_300_mb() -> None:
    script = (
        "import re, sys, time\n"
        "from io import BytesIO\n"
        "from PIL import Image\n"
        "from mailflow.message.documents.label_photo import read_labels\n"
        "content = sys.stdin.buffer.read()\n"
        "started = time.process_time()\n"
        "assert read_labels(content) == ()\n"
        "spent = time.process_time() - started\n"
        "print(spent, int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]) // 1024)\n"
    )
    target = BytesIO()
    Image.effect_noise((7000, 7000), 80).save(target, "JPEG", progressive=True, quality=30)
    answer = subprocess.run([sys.executable, "-c", script], input=target.getvalue(), capture_output=True, check=True, timeout=60)
    seconds, megabytes = map(float, answer.stdout.split())
    assert seconds < 9 and megabytes < 300


@given(st.binary(max_size=200), st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x10\x00\x00\x00WEBP", b""]))
def test_any_bytes_have_codes_or_none(content: bytes, magic: bytes) -> None:
    assert read_labels(magic + content) == ()
