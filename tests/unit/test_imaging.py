"""The picture that Pinterest gets: the right part, the right way up, in the right colours, and no more."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from pins import imaging
from tests.support import image_corpus as corpus
from tests.unit.photographed import SHAPES, drawn, is_near, opened, photographed, shown, soft

ORIENTATIONS = range(1, 9)
FOCAL_POINTS = [(0.5, 0.5), (0.1, 0.85), (0.72, 0.3)]


def reference(data: bytes, focal: tuple[float, float]) -> Image.Image:
    """The slow and obvious way: decode all, turn all, cut the window, shrink."""
    with Image.open(io.BytesIO(data)) as opened:
        whole = ImageOps.exif_transpose(opened).convert("RGB")
    scale = min(whole.width / 1000, whole.height / 1500)
    width, height = 1000 * scale, 1500 * scale
    left = max(0, min(focal[0] * whole.width - width / 2, whole.width - width))
    top = max(0, min(focal[1] * whole.height - height / 2, whole.height - height))
    box = (left, top, left + width, top + height)
    return whole.resize((1000, 1500), Image.Resampling.LANCZOS, box)


class TestCrop:
    @pytest.mark.parametrize("shape", SHAPES)
    @pytest.mark.parametrize("focal", FOCAL_POINTS)
    @pytest.mark.parametrize("orientation", ORIENTATIONS)
    def test_agrees_with_turning_first_and_cutting_then(
        self, orientation: int, focal: tuple[float, float], shape: str
    ) -> None:
        data = photographed(shape, orientation)
        assert corpus.psnr(imaging.render(data, focal=focal), reference(data, focal)) >= 42

    def test_centre_crop_is_what_pillows_fit_makes(self) -> None:
        data = photographed("wide", 6)
        with Image.open(io.BytesIO(data)) as original:
            fit = ImageOps.fit(ImageOps.exif_transpose(original), (1000, 1500), Image.Resampling.LANCZOS)
        assert corpus.psnr(imaging.render(data), fit) >= 42

    @pytest.mark.parametrize("orientation", [1, 6])
    def test_a_photo_of_exactly_twice_the_size_is_only_cut(self, orientation: int) -> None:
        data = corpus.encoded(corpus.as_stored(soft(2600, 3000), orientation), exif=corpus.exif(orientation))
        assert corpus.psnr(imaging.render(data), reference(data, (0.5, 0.5))) >= 42

    def test_a_picture_of_the_right_size_keeps_every_pixel(self) -> None:
        picture = corpus.photo(1000, 1500)
        assert imaging.render(corpus.encoded(picture, "PNG")).tobytes() == picture.tobytes()

    @pytest.mark.parametrize("mode", ["RGBA", "P"])
    @pytest.mark.parametrize("focal", FOCAL_POINTS)
    def test_the_window_is_the_same_in_every_mode(self, focal: tuple[float, float], mode: str) -> None:
        for shape in SHAPES:
            data = drawn(shape, mode)
            assert corpus.psnr(imaging.render(data, focal=focal), reference(data, focal)) >= 42

    @given(
        size=st.tuples(st.integers(200, 2300), st.integers(300, 2300)),
        focal=st.tuples(st.floats(0, 1), st.floats(0, 1)),
        orientation=st.integers(1, 8),
    )
    @example(size=(2011, 3017), focal=(0.5, 0.5), orientation=1)  # left edge just below 0 in floats
    @example(size=(2499, 2043), focal=(1.0, 1.0), orientation=1)  # right edge just beyond the picture
    @settings(max_examples=40)
    def test_every_size_and_focal_point_makes_a_picture(
        self, size: tuple[int, int], focal: tuple[float, float], orientation: int
    ) -> None:
        grey = corpus.as_stored(Image.new("L", size, 99), orientation)
        for data in (
            corpus.encoded(grey, exif=corpus.exif(orientation)),
            corpus.encoded(grey, "PNG", exif=corpus.exif(orientation)),
        ):
            assert imaging.render(data, focal=focal).getextrema() == ((99, 99),) * 3

    def test_odd_sizes_lose_no_edge(self) -> None:
        data = corpus.encoded(soft(2011, 3017))
        assert corpus.psnr(imaging.render(data), reference(data, (0.5, 0.5))) >= 42

    @pytest.mark.parametrize(
        ("focal", "colour"), [((0, 0.5), "red"), ((0.5, 0.5), "lime"), ((1, 0.5), "blue")]
    )
    def test_the_window_follows_the_focal_point(self, focal: tuple[float, float], colour: str) -> None:
        thirds = Image.new("RGB", (900, 450), "lime")
        thirds.paste("red", (0, 0, 300, 450))
        thirds.paste("blue", (600, 0, 900, 450))
        made = imaging.render(corpus.encoded(thirds, "PNG"), focal=focal)
        assert (
            made.getpixel((30, 700))
            == made.getpixel((970, 700))
            == Image.new("RGB", (1, 1), colour).getpixel((0, 0))
        )

    @pytest.mark.parametrize("focal", [(-0.1, 0.5), (0.5, 1.1), (float("nan"), 0.5)])
    def test_a_focal_point_outside_the_picture_is_a_mistake_of_the_caller(
        self, focal: tuple[float, float]
    ) -> None:
        with pytest.raises(ValueError, match="focal point"):
            imaging.render(photographed("tall", 1), focal=focal)

    def test_a_nonsense_orientation_is_upright(self) -> None:
        data = corpus.encoded(shown("tall"), exif=corpus.exif(77))
        assert corpus.psnr(imaging.render(data), imaging.render(photographed("tall", 1))) > 60

    @pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
    @pytest.mark.parametrize("orientation", ORIENTATIONS)
    def test_avif_and_heic_turn_too(self, kind: str, orientation: int) -> None:
        picture = soft(300, 420)
        data = corpus.encoded(
            corpus.as_stored(picture, orientation), kind, quality=95, exif=corpus.exif(orientation)
        )
        assert imaging.probe(data).width == 300
        upright = corpus.encoded(picture, "PNG")
        assert corpus.psnr(imaging.render(data, focal=(0.1, 0.9)), reference(upright, (0.1, 0.9))) >= 36

    def test_a_heic_of_many_tiles_is_put_together(self) -> None:
        picture = soft(500, 750)
        data = corpus.encoded(picture, "HEIF", quality=95, tile_size=256)
        assert data.count(b"hvc1") == 6  # two by three
        assert corpus.psnr(imaging.render(data), reference(corpus.encoded(picture, "PNG"), (0.5, 0.5))) >= 36

    @pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
    def test_only_the_clean_aperture_is_seen(self, kind: str) -> None:
        """A cut that the file asks for: its size and the distance of its middle from the picture's."""
        picture = Image.new("RGB", (400, 600), "lime")
        picture.paste("red", (0, 0, 100, 600))
        data = with_property(corpus.encoded(picture, kind), clap(300, 600, across=50))
        assert (imaging.probe(data).width, imaging.probe(data).height) == (300, 600)
        made = imaging.render(data, focal=(0, 0.5))
        assert is_near(made, (0, 255, 0), at=(20, 700), by=12)

    @pytest.mark.parametrize("kind", ["PNG", "WEBP"])
    @pytest.mark.parametrize("orientation", ORIENTATIONS)
    def test_png_and_webp_turn_too(self, kind: str, orientation: int) -> None:
        data = corpus.encoded(
            corpus.as_stored(shown("tall"), orientation),
            kind,
            exif=corpus.exif(orientation),
            **({"lossless": True, "method": 0} if kind == "WEBP" else {"compress_level": 1}),
        )
        assert imaging.probe(data).width == 700
        assert corpus.psnr(imaging.render(data), reference(data, (0.5, 0.5))) >= 42


def clap(width: int, height: int, *, across: int = 0, down: int = 0) -> bytes:
    return b"clap" + struct.pack(">4IiIiI", width, 1, height, 1, across, 1, down, 1)


def with_property(data: bytes, prop: bytes) -> bytes:
    """A HEIC or AVIF whose first picture has one property more. Sizes and places move by what is added."""
    prop = struct.pack(">I", len(prop) + 4) + prop
    added = len(prop) + 1
    whole = bytearray(data)
    ipco, ipma = data.index(b"ipco"), data.index(b"ipma")
    count = properties_in(data, ipco)
    for name in (b"meta", b"iprp", b"ipco"):
        at = data.index(name) - 4
        more = len(prop) if name == b"ipco" else added
        struct.pack_into(">I", whole, at, int.from_bytes(data[at : at + 4], "big") + more)
    struct.pack_into(">I", whole, ipma - 4, int.from_bytes(data[ipma - 4 : ipma], "big") + 1)
    uses = ipma + 14  # version and flags, how many items, the first one's number, how many it has
    at = ipma + 15 + data[uses]
    whole[uses] += 1
    start = data.index(b"mdat") + 4
    whole = bytearray(bytes(whole).replace(struct.pack(">I", start), struct.pack(">I", start + added)))
    whole[at:at] = bytes((count + 1,))
    end = ipco - 4 + int.from_bytes(data[ipco - 4 : ipco], "big")
    whole[end:end] = prop
    return bytes(whole)


def properties_in(data: bytes, ipco: int) -> int:
    at, end, count = ipco + 4, ipco - 4 + int.from_bytes(data[ipco - 4 : ipco], "big"), 0
    while at < end:
        at += int.from_bytes(data[at : at + 4], "big")
        count += 1
    return count


class TestFit:
    """The whole picture on a blurred one or on a colour."""

    @pytest.mark.parametrize("orientation", ORIENTATIONS)
    @pytest.mark.parametrize(
        ("size", "box"), [((900, 600), (0, 416, 1000, 1083)), ((300, 900), (250, 0, 750, 1500))]
    )
    def test_nothing_of_the_picture_is_lost(
        self, size: tuple[int, int], box: tuple[int, int, int, int], orientation: int
    ) -> None:
        picture = soft(*size)
        data = corpus.encoded(
            corpus.as_stored(picture, orientation), "PNG", exif=corpus.exif(orientation), compress_level=1
        )
        made = imaging.render(data, fit="color", pad="#204060")
        whole = picture.resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.LANCZOS)
        assert made.size == (1000, 1500)
        assert corpus.psnr(made.crop(box), whole) >= 38
        for corner in ((2, 2), (997, 1497)):
            assert made.getpixel(corner) == (0x20, 0x40, 0x60)

    @pytest.mark.parametrize("kind", ["JPEG", "PNG"])
    def test_the_blurred_ground_is_the_picture_itself(self, kind: str) -> None:
        picture = Image.new("RGB", (1200, 600), "#20a040")
        picture.paste("#a02040", (600, 0, 1200, 600))
        made = imaging.render(corpus.encoded(picture, kind), fit="blur")
        assert is_near(made, (0x20, 0xA0, 0x40), at=(150, 60), by=12)  # left of the middle, above the picture
        assert is_near(made, (0xA0, 0x20, 0x40), at=(850, 1440), by=12)
        edge = made.crop((400, 100, 600, 101)).tobytes()  # where the two meet: a slope, not a step
        steps = [abs(edge[at] - edge[at + 3]) for at in range(0, len(edge) - 3, 3)]
        assert max(steps) < 12
        sharp = made.crop((400, 750, 600, 751)).tobytes()
        assert max(abs(sharp[at] - sharp[at + 3]) for at in range(0, len(sharp) - 3, 3)) > 40

    @pytest.mark.parametrize("fit", ["blur", "color"])
    def test_a_picture_of_the_right_shape_is_the_same_in_every_fit(self, fit: imaging.Fit) -> None:
        data = corpus.encoded(soft(1400, 2100))
        assert imaging.render(data, fit=fit).tobytes() == imaging.render(data).tobytes()

    def test_transparent_parts_show_the_chosen_colour(self) -> None:
        picture = Image.new("RGBA", (600, 600), (0, 0, 0, 0))
        picture.paste((250, 200, 20, 255), (0, 0, 600, 300))
        made = imaging.render(corpus.encoded(picture, "PNG"), fit="color", pad="#123456")
        assert made.getpixel((500, 100)) == made.getpixel((500, 1100)) == (0x12, 0x34, 0x56)
        assert made.getpixel((500, 500)) == (250, 200, 20)

    @pytest.mark.parametrize("fit", ["crop", "blur", "color"])
    def test_wide_gamut_keeps_its_colours_in_every_fit(self, fit: imaging.Fit) -> None:
        plain = Image.new("RGB", (900, 600), (200, 100, 50))
        made = imaging.render(corpus.encoded(plain, icc_profile=corpus.display_p3()), fit=fit)
        assert is_near(made, (215, 93, 31))

    @pytest.mark.parametrize("size", [(200, 6000), (6000, 300)])
    @pytest.mark.parametrize("fit", ["crop", "blur", "color"])
    def test_extreme_shapes_make_a_picture(self, fit: imaging.Fit, size: tuple[int, int]) -> None:
        made = imaging.prepare(corpus.encoded(Image.new("RGB", size, "navy")), fit=fit)
        assert opened(made.jpeg).size == (1000, 1500)


class TestFocus:
    @pytest.mark.parametrize(("left", "expected"), [(60, 0.22), (1100, 0.5), (2000, 0.78)])
    def test_lands_where_the_subject_is(self, left: int, expected: float) -> None:
        picture = Image.new("RGB", (2400, 1200), "#88aacc")
        picture.paste(corpus.photo(300, 500, grain=20), (left, 400))
        x, y = imaging.prepare(corpus.encoded(picture)).focal
        # The window reaches the subject, and stays as near the middle as it may.
        window = (x - 1 / 6, x + 1 / 6)
        assert window[0] <= left / 2400 + 0.01
        assert window[1] >= (left + 300) / 2400 - 0.01
        assert abs(x - expected) < 0.08
        assert y == 0.5  # all of its height is seen anyway

    def test_finds_it_in_height_too(self) -> None:
        picture = Image.new("RGB", (600, 1800), "#88aacc")
        picture.paste(corpus.photo(400, 300, grain=20), (100, 1450))
        _, y = imaging.prepare(corpus.encoded(picture)).focal
        assert y > 0.6

    def test_a_picture_of_nothing_keeps_its_middle(self) -> None:
        assert imaging.prepare(corpus.encoded(Image.new("RGB", (900, 600), "teal"))).focal == (0.5, 0.5)

    def test_is_the_same_each_time_and_in_each_way_a_camera_was_held(self) -> None:
        found = {imaging.prepare(photographed("wide", orientation)).focal for orientation in (1, 1, 3, 6, 8)}
        xs, ys = [x for x, _ in found], [y for _, y in found]
        assert max(xs) - min(xs) <= 0.03
        assert max(ys) - min(ys) <= 0.03
        assert (
            imaging.prepare(photographed("wide", 1)).focal == imaging.prepare(photographed("wide", 1)).focal
        )

    def test_the_crop_is_the_one_around_it(self) -> None:
        data = photographed("wide", 6)
        made = imaging.prepare(data)
        assert corpus.psnr(opened(made.jpeg), imaging.render(data, focal=made.focal)) > 32
        chosen = imaging.prepare(data, focal=(0.1, 0.2))
        assert chosen.focal == (0.1, 0.2)


class TestPrepared:
    def test_is_what_pinterest_recommends(self) -> None:
        made = imaging.prepare(photographed("tall", 6))
        picture = opened(made.jpeg)
        assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (1000, 1500))
        assert (made.width, made.height) == (1000, 1500)
        assert "progressive" not in picture.info
        assert [part[1:3] for part in picture.layer] == [(2, 2), (1, 1), (1, 1)]  # type: ignore[attr-defined]  # 4:2:0
        assert corpus.psnr(picture, imaging.render(photographed("tall", 6), focal=made.focal)) > 32

    def test_has_a_thumbnail_of_itself(self) -> None:
        made = imaging.prepare(photographed("tall", 1))
        thumbnail = opened(made.thumbnail)
        assert thumbnail.size == (made.thumbnail_width, made.thumbnail_height) == (400, 600)
        assert corpus.psnr(thumbnail, opened(made.jpeg).resize((400, 600), Image.Resampling.LANCZOS)) > 30

    def test_tells_nothing_about_camera_place_or_author(self) -> None:
        picture = shown("tall")
        data = corpus.encoded(
            picture,
            exif=corpus.exif(3, gps=True),
            comment=b"shot at home",
            xmp=b"<x:xmpmeta>home address</x:xmpmeta>",
            icc_profile=corpus.display_p3(),
            dpi=(300, 300),
        )
        made = imaging.prepare(data)
        for jpeg in (made.jpeg, made.thumbnail, imaging.prepare(data).overview.jpeg):
            info = opened(jpeg).info
            assert not {"exif", "comment", "xmp", "icc_profile", "photoshop"} & set(info)
            assert not any(
                secret in jpeg for secret in (b"PinCam", b"shot at home", b"home address", b"Exif")
            )

    def test_whatever_hangs_behind_the_picture_is_gone(self) -> None:
        tail = b"<script>alert(1)</script>" * 50
        for data in (photographed("tall", 1) + tail, corpus.png(400, 600) + tail):
            assert b"script" not in imaging.prepare(data).jpeg

    def test_small_pictures_are_enlarged(self) -> None:
        assert imaging.prepare(corpus.encoded(corpus.photo(200, 300))).width == 1000

    def test_the_same_picture_has_the_same_hash_and_another_one_has_not(self) -> None:
        picture = shown("tall")
        one = imaging.prepare(corpus.encoded(picture, quality=95)).dhash
        smaller = imaging.prepare(corpus.encoded(picture.resize((420, 900)), quality=60)).dhash
        other = imaging.prepare(corpus.encoded(corpus.photo(700, 1500, seed=2))).dhash
        assert len(one) == 16
        assert _bits_apart(one, smaller) <= 4
        assert _bits_apart(one, other) >= 16

    def test_names_the_colour_one_remembers(self) -> None:
        picture = Image.new("RGB", (400, 600), "#207a44")
        picture.paste("#f0e0d0", (0, 0, 400, 200))
        red, green, blue = bytes.fromhex(imaging.prepare(corpus.encoded(picture)).dominant_color[1:])
        assert abs(red - 0x20) + abs(green - 0x7A) + abs(blue - 0x44) <= 9

    def test_two_pictures_in_one_file_show_the_first(self) -> None:
        first, second = Image.new("RGB", (300, 450), "red"), Image.new("RGB", (300, 450), "blue")
        data = corpus.encoded(first, "MPO", save_all=True, append_images=[second])
        assert imaging.probe(data).content_type == "image/jpeg"
        assert is_near(imaging.render(data), (254, 0, 0))


def _bits_apart(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


class TestOverview:
    @pytest.mark.parametrize("orientation", ORIENTATIONS)
    def test_is_the_whole_picture_the_right_way_up(self, orientation: int) -> None:
        made = imaging.prepare(photographed("wide", orientation)).overview
        assert (made.width, made.height) == opened(made.jpeg).size == (838, 1000)
        small = shown("wide").resize((838, 1000), Image.Resampling.LANCZOS)
        assert corpus.psnr(opened(made.jpeg), small) > 28

    def test_small_pictures_stay_small(self) -> None:
        assert imaging.prepare(corpus.encoded(corpus.photo(240, 360))).overview.width == 240
