"""One pipeline in one process: reads paths from stdin, answers each with CPU seconds and peak memory.

`python -m tests.bench.imaging_worker PIPELINE`. A process of its own keeps imports, caches and memory apart.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageOps

if TYPE_CHECKING:
    from pins import imaging


def ours() -> Callable[[str], bytes]:
    """The picture alone: what the others make too."""
    from pins import imaging

    def work(path: str) -> bytes:
        out = io.BytesIO()
        imaging.render(path).save(out, "JPEG", quality=90, subsampling=2)
        return out.getvalue()

    return work


def fitted(fit: imaging.Fit) -> Callable[[str], bytes]:
    from pins import imaging

    return lambda path: _jpeg(imaging.render(path, fit=fit, pad="#204060"))


def found() -> Callable[[str], bytes]:
    """Where the crop should be, on a picture that is decoded and small already."""
    from pins.imaging import focus

    seen: dict[str, Image.Image] = {}

    def work(path: str) -> bytes:
        if path not in seen:
            with Image.open(path) as opened:
                opened.draft("RGB", (1000, 1000))
                seen[path] = opened.resize((1000, 750))
        return repr(focus.find(seen[path], (1000, 1500))).encode()

    return work


def whole() -> Callable[[str], bytes]:
    """All that an upload costs: the picture, its thumbnail, the whole of it, focus, hash and colour."""
    from pins import imaging

    return lambda path: imaging.prepare(path).jpeg


def refusal() -> Callable[[str], bytes]:
    from pins import imaging

    def work(path: str) -> bytes:
        try:
            imaging.probe(path)
        except imaging.ImageRejected as refused:
            return refused.code.encode()
        return b"accepted"

    return work


def vips() -> Callable[[str], bytes]:
    import pyvips

    pyvips.cache_set_max(0)

    def work(path: str) -> bytes:
        # An output profile without a profile in the file would cost it several times its CPU for nothing.
        profile: dict[str, Any] = {"output_profile": "srgb"} if "-icc" in path else {}
        made = pyvips.Image.thumbnail(path, 1000, height=1500, crop="centre", **profile)
        if made.hasalpha():
            made = made.flatten(background=255)
        encoded: bytes = made.jpegsave_buffer(Q=90, subsample_mode="on", keep="none")
        return encoded

    return work


def naive() -> Callable[[str], bytes]:
    """What one writes first."""

    def work(path: str) -> bytes:
        with Image.open(path) as opened:
            fitted = ImageOps.fit(ImageOps.exif_transpose(opened), (1000, 1500), Image.Resampling.LANCZOS)
        return _jpeg(fitted.convert("RGB"))

    return work


def floor() -> Callable[[str], bytes]:
    """Decode small, cut, encode: no resampling at all."""

    def work(path: str) -> bytes:
        with Image.open(path) as opened:
            turned = opened.getexif().get(0x0112, 1) >= 5
            width, height = (1500, 1000) if turned else (1000, 1500)
            opened.draft(None, (width, height))
            opened.load()
            left, top = (opened.width - width) // 2, (opened.height - height) // 2
            return _jpeg(opened.crop((left, top, left + width, top + height)))

    return work


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90, subsampling=2)
    return out.getvalue()


PIPELINES = {
    "ours": ours,
    "blur": lambda: fitted("blur"),
    "color": lambda: fitted("color"),
    "focus": found,
    "whole": whole,
    "refusal": refusal,
    "vips": vips,
    "naive": naive,
    "floor": floor,
}


def peak() -> int:
    """The most memory this process ever held, in KB. Not ru_maxrss: that one counts the parent's, too."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


def main() -> None:
    work = PIPELINES[sys.argv[1]]()
    for line in sys.stdin:
        path, keep = json.loads(line)
        before, started = peak(), time.process_time()
        made = work(path)
        spent = time.process_time() - started
        if keep:
            Path(keep).write_bytes(made)
        answer = {"cpu": spent, "peak": peak(), "grown": peak() - before, "said": made[:40].decode("latin-1")}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
