"""What phones and cameras write beside the picture itself: it stays the right one, the right way up."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from pins import imaging
from tests.support import image_corpus as corpus


def halves(width: int = 600, height: int = 900) -> Image.Image:
    """Red above, blue below: which way up it is shows at a look."""
    picture = Image.new("RGB", (width, height), (200, 40, 40))
    picture.paste((40, 40, 200), (0, height // 2, width, height))
    return picture


def is_upright(data: bytes) -> bool:
    made = imaging.render(data)
    (red, _, low), (dim, _, blue) = made.getpixel((500, 300)), made.getpixel((500, 1200))  # type: ignore[misc]
    return made.size == (1000, 1500) and red - low > 100 and blue - dim > 100


@pytest.mark.parametrize("orientation", range(1, 9))
def test_of_several_pictures_the_first_is_turned_as_its_camera_was_held(orientation: int) -> None:
    """MPO: another view, a depth map or a preview behind the picture, each with an orientation of its own."""
    stored = corpus.as_stored(halves(), orientation)
    behind = Image.new("RGB", (300, 200), "green")
    turned = corpus.exif(orientation)
    data = corpus.encoded(stored, "MPO", save_all=True, append_images=[behind], exif=turned)
    with Image.open(io.BytesIO(data)) as opened:
        assert (opened.format, getattr(opened, "n_frames", 1)) == ("MPO", 2)
    found = imaging.probe(data)
    assert (found.content_type, found.width, found.height) == ("image/jpeg", 600, 900)
    assert is_upright(data)


def ultra_hdr(picture: Image.Image, *, turned: int) -> bytes:
    """A JPEG with a gain map behind it, which XMP and the index of the parts (MPF) tell of."""
    gain = corpus.encoded(Image.linear_gradient("L").resize((150, 225)))
    xmp = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0" '
        b'xmlns:Container="http://ns.google.com/photos/1.0/container/" '
        b'xmlns:Item="http://ns.google.com/photos/1.0/container/item/">'
        b'<Container:Directory><rdf:Seq><rdf:li rdf:parseType="Resource">'
        b'<Container:Item Item:Semantic="Primary" Item:Mime="image/jpeg"/></rdf:li>'
        b'<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="GainMap" Item:Mime="image/jpeg" '
        b'Item:Length="%d"/></rdf:li></rdf:Seq></Container:Directory></rdf:Description></rdf:RDF></x:xmpmeta>'
    ) % len(gain)
    primary = corpus.encoded(picture, exif=corpus.exif(turned))
    described = corpus.segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + xmp)
    # Offsets count from behind "MPF\0", which stands behind the XMP.
    start = 2 + len(described) + 8
    length = len(corpus.segment(0xE2, _index(0, 0, 0)))
    whole = len(primary) + len(described) + length
    index = corpus.segment(0xE2, _index(whole, len(gain), whole - start))
    return corpus.jpeg_with(primary, described, index) + gain


def _index(first: int, second: int, offset: int) -> bytes:
    entries = struct.pack("<IIIHH", 0x030000, first, 0, 0, 0) + struct.pack("<IIIHH", 0, second, offset, 0, 0)
    tags = (
        struct.pack("<HHI4s", 0xB000, 7, 4, b"0100"),
        struct.pack("<HHII", 0xB001, 4, 1, 2),
        struct.pack("<HHII", 0xB002, 7, len(entries), 8 + 2 + 3 * 12 + 4),
    )
    return b"MPF\x00II*\x00" + struct.pack("<IH", 8, 3) + b"".join(tags) + bytes(4) + entries


@pytest.mark.parametrize("turned", [1, 6])
def test_of_an_ultra_hdr_picture_its_ordinary_one_is_shown(turned: int) -> None:
    data = ultra_hdr(corpus.as_stored(halves(), turned), turned=turned)
    # Pillow goes by the index to the second picture, but where it knows that for a gain map.
    with Image.open(io.BytesIO(data.replace(b"hdrgm", b"other"))) as opened:
        assert (opened.format, getattr(opened, "n_frames", 1)) == ("MPO", 2)
    found = imaging.probe(data)
    assert (found.content_type, found.width, found.height) == ("image/jpeg", 600, 900)
    assert is_upright(data)


def sixteen_bits(*, alpha: bool) -> bytes:
    """A PNG of 48 or 64 bits a pixel, as scanners and raw developers write: Pillow only reads those."""
    clear = (0xFFFF,) if alpha else ()
    above = struct.pack(f">{3 + alpha}H", 0xC8C8, 0x2828, 0x2828, *clear)
    below = struct.pack(f">{3 + alpha}H", 0x2828, 0x2828, 0xC8C8, *clear)
    gone = struct.pack(">4H", 0, 0, 0, 0) if alpha else below
    rows = [above * 600] * 450 + [below * 600] * 400 + [gone * 600] * 50
    pixels = zlib.compress(b"".join(b"\x00" + row for row in rows))
    head = struct.pack(">IIBBBBB", 600, 900, 16, 6 if alpha else 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(corpus.chunk(name, body) for name, body in parts)


@pytest.mark.parametrize("alpha", [False, True])
def test_sixteen_bits_of_each_colour_are_brought_down_to_eight(alpha: bool) -> None:
    data = sixteen_bits(alpha=alpha)
    assert imaging.probe(data).content_type == "image/png"
    assert is_upright(data)
    made = imaging.render(data)
    assert made.getpixel((500, 300)) == (0xC8, 0x28, 0x28)
    assert made.getpixel((500, 1490)) == ((255, 255, 255) if alpha else (0x28, 0x28, 0xC8))
