"""CPU, memory and likeness of the picture pipeline beside pyvips, plain Pillow and a floor.

`python -m tests.bench.imaging [--rounds N] [--all]`. Every pipeline works in a process of its own; within a
round all of them take the same file in random order, ratios are taken within the round, and the median of
the rounds is printed. CPU, not wall time: neighbours on the machine matter less. Bars stand beside figures.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterable
from math import prod
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from tests.support import image_corpus as corpus
from tests.support.hostile_corpus import HOSTILE

FOLDER = Path(tempfile.gettempdir()) / "pinsched-bench-3"
PHOTOS = {
    "12 MP o6": (4000, 3000, 6),
    "12 MP o1": (4000, 3000, 1),
    "24 MP o1": (6000, 4000, 1),
    "48 MP o6": (8000, 6000, 6),
}
SLOWER = ("PNG", "PNG with alpha", "WebP", "GIF")  # than libvips: it has SIMD for what Pillow has not
SLOW = (*SLOWER, "HEIC", "AVIF")  # nothing decodes these at a fraction of their size


class Worker:
    def __init__(self, pipeline: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.imaging_worker", pipeline],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def run(self, path: Path, keep: Path | None = None) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([str(path), str(keep) if keep else None]) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


# Files


def made(name: str, build: Callable[[], bytes]) -> Path:
    path = FOLDER / name
    if not path.exists():
        FOLDER.mkdir(exist_ok=True)
        half = path.with_suffix(".half")
        half.write_bytes(build())
        half.rename(path)
    return path


def photo(width: int, height: int, orientation: int, **options: Any) -> bytes:
    picture = corpus.photo(width, height, seed=width)
    return corpus.encoded(picture, subsampling=2, exif=corpus.exif(orientation), **options)


def photos() -> dict[str, Path]:
    return {
        name: made(f"{name.replace(' ', '-')}.jpg", lambda size=size: photo(*size))  # type: ignore[misc]  # bound
        for name, size in PHOTOS.items()
    }


def other_files() -> dict[str, Path]:
    picture = corpus.photo(4000, 3000, seed=4000)
    return {
        "PNG": made("12.png", lambda: corpus.encoded(picture, "PNG", compress_level=6)),
        "PNG with alpha": made("12-alpha.png", lambda: corpus.encoded(faded(picture), "PNG")),
        "WebP": made("12.webp", lambda: corpus.encoded(picture, "WEBP", quality=90)),
        "HEIC": made("12.heic", lambda: corpus.encoded(picture, "HEIF", quality=80)),
        "AVIF": made("12.avif", lambda: corpus.encoded(picture, "AVIF", quality=80, speed=8)),
        "GIF": made("12.gif", lambda: corpus.encoded(picture.quantize(256), "GIF")),
        "progressive": made("12-progressive.jpg", lambda: photo(4000, 3000, 6, progressive=True)),
        "P3": made("12-icc-p3.jpg", lambda: photo(4000, 3000, 6, icc_profile=corpus.display_p3())),
        "CMYK": made(
            "12-icc-cmyk.jpg",
            lambda: corpus.encoded(picture.convert("CMYK"), subsampling=0, icc_profile=corpus.press()),
        ),
    }


def faded(picture: Image.Image) -> Image.Image:
    picture = picture.convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    return picture


# CPU


def ratios(
    files: dict[str, Path], pipelines: Iterable[str], rounds: int
) -> dict[str, dict[str, list[float]]]:
    """CPU seconds by file and pipeline, one a round, the first round thrown away."""
    found: dict[str, dict[str, list[float]]] = {name: {} for name in files}
    workers = {pipeline: Worker(pipeline) for pipeline in pipelines}
    dice = random.Random(1)
    for turn in range(rounds + 1):
        for name, path in files.items():
            for pipeline in dice.sample(sorted(workers), len(workers)):
                spent = workers[pipeline].run(path)["cpu"]
                if turn:
                    found[name].setdefault(pipeline, []).append(spent)
    for worker in workers.values():
        worker.__exit__()
    return found


def ratio(spent: dict[str, list[float]], one: str, other: str) -> float:
    return median(a / b for a, b in zip(spent[one], spent[other], strict=True))


def line(
    what: str, figure: float, bar: float, *, digits: int = 2, unit: str = "", least: bool = False
) -> None:
    held = figure >= bar if least else figure <= bar
    sign = ">=" if least else "<="
    print(f"  {what:44} {figure:9.{digits}f}{unit:3} {sign} {bar:g}{unit:3} {'ok' if held else 'MISSED'}")


def cpu(rounds: int) -> None:
    spent = ratios(photos(), ("ours", "whole", "vips", "naive", "floor"), rounds)
    print(
        f"CPU, median of {rounds} rounds (ms: the picture alone / all of an upload / pyvips / naive / floor)"
    )
    for name, figures in spent.items():
        print(f"  {name:10}", *(f"{1000 * median(figures[kind]):8.0f}" for kind in figures_order(figures)))
    beside = {name: ratio(figures, "ours", "vips") for name, figures in spent.items()}
    everything = {name: ratio(figures, "whole", "vips") for name, figures in spent.items()}
    print("CPU, as a part of pyvips'")
    for name, figure in beside.items():
        line(name, figure, 1.25)
    line("geometric mean", prod(beside.values()) ** (1 / len(beside)), 0.90)
    # No bar: pyvips makes none of these here.
    share = prod(everything.values()) ** (1 / len(everything))
    print(f"  ... with thumbnail, overview, focus, hash and colour: geometric mean {share:.2f}")
    print("CPU, as a part of naive Pillow's and of the floor's")
    line("12 MP o6 / naive", ratio(spent["12 MP o6"], "ours", "naive"), 0.45)
    line("48 MP o6 / naive", ratio(spent["48 MP o6"], "ours", "naive"), 0.22)
    line("12 MP o6 / floor", ratio(spent["12 MP o6"], "ours", "floor"), 3.0)
    line("12 MP o1 (exact half) / floor", ratio(spent["12 MP o1"], "ours", "floor"), 1.3)
    line("48 MP o6 / floor", ratio(spent["48 MP o6"], "ours", "floor"), 1.8)


def fits(rounds: int) -> None:
    """pyvips and the floor only crop: the bars are those of the crop."""
    kinds = ("ours", "color", "blur", "focus", "vips", "floor")
    files = {name: path for name, path in photos().items() if name.startswith("12")}
    spent = ratios(files, kinds, rounds)
    print("The ways to fit: CPU in ms (crop / on a colour / on a blurred ground / finding the focus alone)")
    for name, figures in spent.items():
        print(f"  {name:10}", *(f"{1000 * median(figures[kind]):8.0f}" for kind in kinds[:4]))
    for name, figures in spent.items():
        for kind in ("color", "blur"):
            line(f"{name}, {kind} / pyvips' crop", ratio(figures, kind, "vips"), 1.25)
            line(f"{name}, {kind} / floor", ratio(figures, kind, "floor"), 3.0)


def figures_order(figures: dict[str, list[float]]) -> list[str]:
    return [kind for kind in ("ours", "whole", "vips", "naive", "floor") if kind in figures]


def others(rounds: int) -> None:
    files = other_files()
    spent = ratios({name: files[name] for name in files if name != "HEIC"}, ("ours", "vips"), rounds)
    print("Other formats of 12 MP, CPU as a part of pyvips'")
    for name, figures in spent.items():
        line(name, ratio(figures, "ours", "vips"), 1.75 if name in SLOWER else 1.1)
    heic = ratios({"HEIC": files["HEIC"]}, ("ours",), rounds)["HEIC"]["ours"]  # pyvips' wheel has no HEVC
    print(f"  HEIC alone: {1000 * median(heic):.0f} ms")
    print("Other formats of 12 MP, peak memory of a fresh worker")
    for name in SLOW:
        line(name, fresh_peak(files[name]), 220, digits=0, unit=" MB")


# Memory


def fresh_peak(path: Path) -> float:
    with Worker("whole") as worker:
        return float(worker.run(path)["peak"]) / 1024


def memory() -> None:
    print("Peak memory of a fresh worker")
    for name, path in photos().items():
        line(name, fresh_peak(path), 96, digits=0, unit=" MB")


# Likeness


def likeness() -> None:
    """SSIM of the brightness against the slow and obvious way, and how much less it is than that way's own
    JPEG has. Pipelines round their crop: the reference may lie up to half a pixel aside."""
    print("Likeness to full decoding, LANCZOS and one JPEG of quality 90")
    for name, path in photos().items():
        references = _references(path)
        ceiling = ssim(_bright(_quality_90(references[0])), _bright(references[0]))
        figures = {}
        for pipeline in ("ours", "vips"):
            with Worker(pipeline) as worker, tempfile.NamedTemporaryFile(suffix=".jpg") as out:
                worker.run(path, Path(out.name))
                with Image.open(out.name) as result:
                    seen = _bright(result)
            figures[pipeline] = max(ssim(seen, _bright(reference)) for reference in references)
        line(
            f"{name} loss (pyvips {ceiling - figures['vips']:.4f})",
            ceiling - figures["ours"],
            0.006,
            digits=4,
        )
        line(f"{name} SSIM", figures["ours"], 0.96, digits=4, least=True)


def _references(path: Path) -> list[Image.Image]:
    with Image.open(path) as opened:
        whole = ImageOps.exif_transpose(opened).convert("RGB")
    scale = min(whole.width / 1000, whole.height / 1500)
    width, height = 1000 * scale, 1500 * scale
    left, top = (whole.width - width) / 2, (whole.height - height) / 2
    made = []
    for dx, dy in ((0, 0), *((x, y) for x in (-0.5, 0, 0.5) for y in (-0.5, 0, 0.5) if x or y)):
        x = min(max(left + dx * scale, 0), whole.width - width)
        y = min(max(top + dy * scale, 0), whole.height - height)
        box = (x, y, min(x + width, whole.width), min(y + height, whole.height))
        made.append(whole.resize((1000, 1500), Image.Resampling.LANCZOS, box))
    return made


def _quality_90(picture: Image.Image) -> Image.Image:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90, subsampling=2)
    return Image.open(out)


def _bright(picture: Image.Image) -> npt.NDArray[np.float64]:
    return np.asarray(picture.convert("L"), dtype=np.float64)


def ssim(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """Structural similarity with the usual Gaussian window of 11 pixels."""
    mean_one, mean_other = _smooth(one), _smooth(other)
    spread_one = _smooth(one * one) - mean_one**2
    spread_other = _smooth(other * other) - mean_other**2
    together = _smooth(one * other) - mean_one * mean_other
    low, high = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    above = (2 * mean_one * mean_other + low) * (2 * together + high)
    below = (mean_one**2 + mean_other**2 + low) * (spread_one + spread_other + high)
    return float((above / below).mean())


def _smooth(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    window = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    window /= window.sum()
    tall = sum(weight * values[at : values.shape[0] - 10 + at] for at, weight in enumerate(window))
    wide = sum(weight * tall[:, at : values.shape[1] - 10 + at] for at, weight in enumerate(window))
    return np.asarray(wide)


# Harm


def harm() -> None:
    """What the request refuses. That a file is cut off is mostly found by the worker, which decodes."""
    print("Refusing what was made to harm: CPU, and memory on top of the process")
    small = corpus.encoded(corpus.photo(400, 600))
    FOLDER.mkdir(exist_ok=True)
    sparse = FOLDER / "200-mb.jpg"
    with sparse.open("wb") as file:
        file.write(corpus.jpeg_with(small, corpus.segment(0xFE, bytes(60_000)))[:2000])
        file.truncate(200 * 1024 * 1024)
    files = {"JPEG of 200 MB": sparse}
    for name, (build, code) in HOSTILE.items():
        if code != "truncated":
            files[name] = made(f"hostile-{zlib.crc32(name.encode()):08x}", build)
    with Worker("refusal") as worker:
        worker.run(files["empty file"])
        for name, path in files.items():
            answers = [worker.run(path) for _ in range(3)]
            assert answers[0]["said"] != "accepted", name
            line(name[:44], 1000 * min(answer["cpu"] for answer in answers), 20, digits=1, unit=" ms")
            line("  memory", answers[0]["grown"] / 1024, 1, digits=1, unit=" MB")
    sparse.unlink()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--all", action="store_true", help="other formats, too")
    options = asked.parse_args()
    cpu(options.rounds)
    fits(options.rounds)
    memory()
    likeness()
    harm()
    if options.all:
        others(options.rounds)


if __name__ == "__main__":
    main()
