"""What a picture's headers say, before anything is decoded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from pins import imagefile, imaging
from tests.support import image_corpus as corpus
from tests.unit.photographed import photographed


class TestProbe:
    @pytest.mark.parametrize(
        ("kind", "name", "content_type"),
        [
            ("JPEG", "JPEG", "image/jpeg"),
            ("PNG", "PNG", "image/png"),
            ("WEBP", "WEBP", "image/webp"),
            ("AVIF", "AVIF", "image/avif"),
            ("HEIF", "HEIC", "image/heic"),
        ],
    )
    def test_names_format_and_size_as_shown(self, kind: str, name: str, content_type: str) -> None:
        data = corpus.encoded(Image.new("RGB", (640, 480)), kind, exif=corpus.exif(6))
        assert imaging.probe(data) == imaging.Probe(name, content_type, 480, 640)

    def test_knows_a_gif(self) -> None:
        data = corpus.encoded(Image.new("P", (640, 480)), "GIF")
        assert imaging.probe(data) == imaging.Probe("GIF", "image/gif", 640, 480)

    def test_says_what_is_accepted_in_one_place(self) -> None:
        assert imagefile.ACCEPTED == "JPEG, PNG, WebP, GIF, AVIF or HEIC"
        assert {"image/jpeg", "image/heic", "image/avif", "image/gif"} < set(imagefile.CONTENT_TYPES)
        with pytest.raises(imaging.ImageRejected, match=imagefile.ACCEPTED):
            imaging.probe(b"Dear diary")

    def test_pillow_itself_opens_no_more_formats_for_it(self) -> None:
        """What we decode by ourselves is not registered for whoever calls Image.open."""
        code = "import pins.imaging; from PIL import Image; Image.init(); print('HEIF' in Image.OPEN)"
        told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert told.stdout == "False\n"

    @pytest.mark.parametrize(
        "options", [{"lossless": True}, {"quality": 50}, {"quality": 50, "exif": b"II*\x00"}]
    )
    def test_reads_every_kind_of_webp(self, options: dict[str, object]) -> None:
        data = corpus.encoded(Image.new("RGB", (640, 480)), "WEBP", **options)
        assert (imaging.probe(data).width, imaging.probe(data).height) == (640, 480)

    @pytest.mark.parametrize("kind", ["bytes", "path", "text", "file"])
    def test_takes_bytes_paths_and_open_files(self, kind: str, tmp_path: Path) -> None:
        data = photographed("tall", 1)
        path = tmp_path / "photo.jpg"
        path.write_bytes(data)
        with path.open("rb") as file:
            file.seek(99)  # where it stands does not matter
            sources: dict[str, imaging.Source] = {
                "bytes": data,
                "path": path,
                "text": str(path),
                "file": file,
            }
            source = sources[kind]
            assert imaging.probe(source).height == 1500
            assert imaging.prepare(source).height == 1500
            assert not file.closed

    def test_a_missing_file_is_not_a_rejected_picture(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            imaging.prepare(tmp_path / "gone.jpg")
