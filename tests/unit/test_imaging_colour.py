"""The picture that Pinterest gets, in the right colours."""

from __future__ import annotations

import pytest
from PIL import Image

from pins import imaging
from tests.support import image_corpus as corpus
from tests.unit.photographed import is_near


class TestColour:
    def test_wide_gamut_photos_keep_their_colours(self) -> None:
        plain = Image.new("RGB", (300, 450), (200, 100, 50))
        made = imaging.render(corpus.encoded(plain, icc_profile=corpus.display_p3()))
        assert is_near(made, (215, 93, 31))

    def test_press_colours_go_through_their_profile(self) -> None:
        cyan = Image.new("CMYK", (300, 450), (255, 0, 0, 0))
        made = imaging.render(corpus.encoded(cyan, icc_profile=corpus.press()))
        assert is_near(made, (0, 149, 217))  # without the profile: 0, 255, 255

    def test_press_colours_without_a_profile_still_make_a_picture(self) -> None:
        cyan = Image.new("CMYK", (300, 450), (255, 0, 0, 0))
        assert is_near(imaging.render(corpus.encoded(cyan)), (0, 255, 255))

    @pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "HEIF"])
    def test_profiles_of_other_formats_count_too(self, kind: str) -> None:
        plain = Image.new("RGB", (300, 450), (200, 100, 50))
        lossless = {"lossless": True} if kind == "WEBP" else {}
        made = imaging.render(corpus.encoded(plain, kind, icc_profile=corpus.display_p3(), **lossless))
        assert is_near(made, (215, 93, 31), by=5)

    @pytest.mark.parametrize("kind", ["AVIF", "HEIF", "WEBP", "GIF"])
    def test_transparency_of_other_formats_becomes_white(self, kind: str) -> None:
        picture = Image.new("RGBA", (400, 600), (0, 0, 0, 0))
        picture.paste((20, 20, 20, 255), (0, 0, 400, 300))
        made = imaging.render(corpus.encoded(picture, kind))
        assert is_near(made, (255, 255, 255), at=(500, 1200), by=6)
        assert is_near(made, (20, 20, 20), at=(500, 200), by=8)

    @pytest.mark.parametrize("profile", [b"nonsense", corpus.press(), corpus.display_p3()[:300]])
    def test_a_broken_or_foreign_profile_is_left_aside(self, profile: bytes) -> None:
        plain = Image.new("RGB", (300, 450), (200, 100, 50))
        assert is_near(imaging.render(corpus.encoded(plain, icc_profile=profile)), (200, 100, 50))

    @pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "PA"])
    def test_transparent_parts_become_white(self, mode: str) -> None:
        picture = Image.new("RGBA", (400, 600), (0, 0, 0, 0))
        picture.paste((20, 20, 20, 255), (0, 0, 400, 300))
        if mode == "PA":
            data = corpus.encoded(picture.quantize(8), "PNG")
        else:
            data = corpus.encoded(picture.convert(mode), "PNG")
        made = imaging.render(data)
        assert made.getpixel((500, 1200)) == (255, 255, 255)
        assert is_near(made, (20, 20, 20), at=(500, 200))

    @pytest.mark.parametrize("mode", ["L", "RGB"])
    def test_a_colour_named_transparent_becomes_white(self, mode: str) -> None:
        picture = Image.new(mode, (400, 600), "black")
        picture.paste("white" if mode == "L" else "red", (0, 0, 400, 300))
        data = corpus.encoded(picture, "PNG", transparency=0 if mode == "L" else (0, 0, 0))
        assert imaging.render(data).getpixel((500, 1200)) == (255, 255, 255)

    def test_edges_of_transparent_parts_have_no_dark_fringe(self) -> None:
        picture = Image.new("RGBA", (2000, 3000), (0, 0, 0, 0))
        picture.paste((255, 255, 255, 255), (0, 0, 2000, 1501))
        assert imaging.render(corpus.encoded(picture, "PNG")).getextrema() == ((255, 255),) * 3

    def test_sixteen_bits_of_grey_keep_their_range(self) -> None:
        ramp = Image.linear_gradient("L").resize((400, 600)).convert("I").point(lambda value: value * 257)
        made = imaging.render(corpus.encoded(ramp.convert("I;16"), "PNG"))
        eight = imaging.render(corpus.encoded(Image.linear_gradient("L").resize((400, 600)), "PNG"))
        assert made.mode == "RGB"
        assert corpus.psnr(made, eight) > 48

    def test_a_transparent_grey_of_sixteen_bits_becomes_white(self) -> None:
        picture = Image.new("I;16", (400, 600), 0)
        picture.paste(0x9C9C, (0, 0, 400, 300))
        made = imaging.render(corpus.encoded(picture, "PNG", transparency=0))
        assert made.getpixel((500, 1200)) == (255, 255, 255)
        assert made.getpixel((500, 200)) == (156, 156, 156)

    @pytest.mark.parametrize("mode", ["1", "L", "P"])
    def test_few_colours_are_fine(self, mode: str) -> None:
        picture = Image.new(mode, (400, 600), 0)
        assert is_near(imaging.render(corpus.encoded(picture, "PNG")), (0, 0, 0))

    def test_grey_photos_are_fine(self) -> None:
        assert is_near(imaging.render(corpus.encoded(Image.new("L", (400, 600), 90))), (90, 90, 90))

    def test_an_animation_shows_its_first_picture(self) -> None:
        frames = [Image.new("RGB", (300, 450), colour) for colour in ("red", "blue")]
        data = corpus.encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
        assert is_near(imaging.render(data), (255, 0, 0))

    @pytest.mark.parametrize("kind", ["GIF", "AVIF"])
    def test_other_animations_show_their_first_picture(self, kind: str) -> None:
        frames = [Image.new("RGB", (300, 450), colour) for colour in ("red", "blue")]
        data = corpus.encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        assert is_near(imaging.render(data), (255, 0, 0), by=6)

    def test_a_gif_larger_than_its_canvas_is_seen_whole(self) -> None:
        data = bytearray(corpus.encoded(Image.new("RGB", (300, 450), "red"), "GIF"))
        data[6:10] = b"\x0a\x00\x0a\x00"
        assert imaging.probe(bytes(data)).width == 300
        assert is_near(imaging.render(bytes(data)), (255, 0, 0))

    def test_an_animated_png_shows_its_first_picture(self) -> None:
        frames = [Image.new("RGB", (300, 450), colour) for colour in ("red", "blue")]
        data = corpus.encoded(frames[0], "PNG", save_all=True, append_images=frames[1:])
        assert is_near(imaging.render(data), (255, 0, 0))
