"""Share cards beside satori with resvg, and takumi: the same card, warm, CPU per picture, in the same run.

``python -m bench.cards [--rounds 5] [--pictures 15] [--peers DIR]``

The peers are installed by npm into a temporary folder (``--peers`` keeps and reuses one). The rounds are
interleaved and the medians shown, because the machine is shared: trust the ratios, not the milliseconds.
"""

from __future__ import annotations

import argparse
import gc
import io
import itertools
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from bench.studio import live

PACKAGES = ("satori", "@resvg/resvg-js", "@takumi-rs/core", "@fontsource/inter")
OG = (1200, 630)
Row = dict[str, float]


def photo(size: tuple[int, int] = (1536, 1818)) -> bytes:
    """A JPEG of a camera's size and detail, drawn: smooth parts, edges and grain."""
    from PIL import Image, ImageChops, ImageFilter

    shape = Image.effect_mandelbrot((size[0] // 2, size[1] // 2), (-2.2, -1.4, 1.0, 1.4), 60).resize(size, 1)
    grain = Image.effect_noise(size, 22).filter(ImageFilter.GaussianBlur(0.8))
    bands = [ImageChops.overlay(shape.rotate(turn), grain) for turn in (0, 90, 180)]
    out = io.BytesIO()
    Image.merge("RGB", bands).save(out, "JPEG", quality=85)
    return out.getvalue()


def measured(draw: Callable[[int], bytes], pictures: int) -> Row:
    """Median CPU and wall milliseconds of ``draw``, after two to warm up."""
    data = b""
    for number in range(2):
        data = draw(number)
    cpu, wall = [], []
    for number in range(pictures):
        before, start = time.process_time(), time.perf_counter()
        data = draw(1000 + number)
        cpu.append((time.process_time() - before) * 1000)
        wall.append((time.perf_counter() - start) * 1000)
    return {"cpu": statistics.median(cpu), "wall": statistics.median(wall), "kb": len(data) / 1024}


def ours(folder: Path, pictures: int) -> dict[str, Row]:
    """Every way in which we draw it, and the encoder alone."""
    from PIL import Image

    from commsched.images.cards import card, jpeg_splice
    from commsched.images.tools.sheet import LIGHT

    data = (folder / "photo.jpg").read_bytes()
    same = card.Photo(data)
    fresh = itertools.count()

    def draw(number: int, form: str = "jpeg", new: bool = False) -> bytes:
        shown = card.Photo(data, (0.5, 0.3 + next(fresh) / 5000)) if new else same
        headline = f"Vi säger ja till fler turer på landsbygden och lägre priser för unga från {number}"
        values: dict[str, card.Value] = {"headline": headline, "kicker": "Trafik", "photo": shown}
        return card.draw("headline", OG, values, LIGHT, format=form).data  # type: ignore[arg-type]

    (folder / "ours.png").write_bytes(draw(2027, "png"))
    with Image.open(folder / "ours.png") as opened:
        finished = opened.convert("RGB")
    return {
        "ours JPEG, cached base": measured(draw, pictures),
        "ours PNG, cached base": measured(lambda number: draw(number, "png"), pictures),
        "ours JPEG, new photo": measured(lambda number: draw(number, new=True), pictures),
        "ours PNG, new photo": measured(lambda number: draw(number, "png", new=True), pictures),
        "the JPEG encoder alone": measured(lambda _: jpeg_splice.jpeg(finished, full_colour=False), pictures),
    }


def theirs(which: str, folder: Path, pictures: int) -> dict[str, Row]:
    script = Path(__file__).with_suffix(".js")
    done = subprocess.run(
        ["node", str(script), which, str(pictures)], cwd=folder, capture_output=True, text=True, timeout=300, check=True
    )
    found: dict[str, Row] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def installed(folder: Path) -> bool:
    """Whether the peers are in ``folder``, fetching them if need be."""
    if not shutil.which("npm"):
        return False
    if (folder / "node_modules" / "satori").is_dir():
        return True
    (folder / "package.json").write_text('{"private": true}')
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", *PACKAGES]
    return subprocess.run(command, cwd=folder, timeout=300, check=False).returncode == 0


def all_sizes() -> Row:
    """Milliseconds for all five sizes of one design, whole, after a change of its text."""
    from commsched.images.cards import card
    from commsched.images.tools.sheet import LIGHT, portrait

    shown = portrait()

    def five(number: int) -> bytes:
        given: dict[str, card.Value] = {"headline": f"Fler turer på landsbygden {number}", "photo": shown}
        return b"".join(card.draw("headline", size, given, LIGHT).data for size in card.SIZES)

    return measured(five, 15)


_COLD = """
from commsched.images import card, brand
card.draw("headline", (1200, 630), {"headline": "Fler turer på landsbygden"}, brand.Brand(name="Inlandspartiet"))
"""


def cold(rounds: int = 15) -> Row:
    """Milliseconds from the start of an interpreter to a first picture: by the wall's clock, and of CPU.

    The median of processes of their own, the end of the interpreter included; ``python -c pass`` is in both.
    """
    wall, cpu = [], []
    for _ in range(rounds):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run([sys.executable, "-c", _COLD], check=True)
        wall.append((time.perf_counter() - start) * 1000)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu.append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000)
    return {"wall": statistics.median(wall), "cpu": statistics.median(cpu)}


def growth(pictures: int = 1000) -> float:
    """Megabytes by which memory grows over ``pictures`` once the caches, which are bounded, are full."""
    from commsched.images.cards import card
    from commsched.images.tools.sheet import LIGHT

    def some(first: int, count: int) -> int:
        for number in range(first, first + count):
            values: dict[str, card.Value] = {"headline": f"Nummer {number} av många, {number * 7919}"}
            card.draw("headline", card.SIZES[number % 5], values, LIGHT)
        gc.collect()
        # what is resident now: a peak would hide behind what was measured before
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

    before = some(20_000, 1000)
    return (some(40_000, pictures) - before) / 2**20


def table(rows: dict[str, Row]) -> None:
    print(f"\n{'1200×630, a photo and a new headline each time':50} {'CPU ms':>8} {'wall ms':>8} {'KB':>6}")
    for name, row in rows.items():
        print(f"{name:50} {row['cpu']:8.1f} {row['wall']:8.1f} {row['kb']:6.0f}")


def promises(rows: dict[str, Row]) -> list[tuple[str, float, str, float]]:
    """(what, measured, at least or at most, promised) for every goal that could be measured."""
    cpu = {name: row["cpu"] for name, row in rows.items()}
    found = [
        ("cached JPEG / the encoder alone", cpu["ours JPEG, cached base"] / cpu["the JPEG encoder alone"], "≤", 1.6)
    ]
    pairs = (
        ("satori+resvg / our cached JPEG", "satori+resvg PNG, small photo", "ours JPEG, cached base", 20),
        ("satori+resvg / our JPEG, new photo", "satori+resvg PNG, new photo", "ours JPEG, new photo", 5),
        ("takumi PNG / our JPEG, new photo", "takumi PNG, new photo", "ours JPEG, new photo", 1),
        ("takumi JPEG / our JPEG, new photo", "takumi JPEG, new photo", "ours JPEG, new photo", 1),
        ("takumi / our PNG, cached", "takumi PNG, small photo, cached", "ours PNG, cached base", 1),
        ("takumi / our PNG, new photo", "takumi PNG, new photo", "ours PNG, new photo", 1),
    )
    found += [(what, cpu[peer] / cpu[own], "≥", goal) for what, peer, own, goal in pairs if peer in cpu]
    return found


def alone() -> list[tuple[str, float, str, float]]:
    """The goals that no peer has a part in, with the same columns as :func:`promises`."""
    five, first, change = all_sizes(), cold(), live()
    return [
        ("all five sizes, ms", five["wall"], "≤", 100),
        ("… of CPU", five["cpu"], "≤", 100),
        ("studio: a letter more to five previews, ms", change["wall"], "≤", 100),
        ("… of CPU", change["cpu"], "≤", 100),
        ("cold first picture, ms", first["wall"], "≤", 300),
        ("… of CPU", first["cpu"], "≤", 300),
        ("growth over 1,000 pictures, MB", growth(), "≤", 8),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pictures", type=int, default=15)
    parser.add_argument("--peers", type=Path, help="a folder to install the peers in and to keep")
    chosen = parser.parse_args()
    folder = chosen.peers or Path(tempfile.mkdtemp(prefix="commsched-cards-"))
    try:
        return run(folder.resolve(), chosen.rounds, chosen.pictures)
    finally:
        if not chosen.peers:
            shutil.rmtree(folder, ignore_errors=True)


def run(folder: Path, rounds: int, pictures: int) -> int:
    """Measure and print; returns 1 if a promise was not kept."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "photo.jpg").write_bytes(photo())
    with Image.open(folder / "photo.jpg") as full:
        full.resize((532, 630)).save(folder / "small.jpg", "JPEG", quality=88)
    peers = ("satori", "takumi") if installed(folder) else ()
    if not peers:
        print("npm is not here, so only our side is measured.")
    seen: dict[str, list[Row]] = defaultdict(list)
    for _ in range(rounds):
        for name, row in ours(folder, pictures).items():
            seen[name].append(row)
        for which in peers:
            for name, row in theirs(which, folder, pictures).items():
                seen[name].append(row)
    rows = {
        name: {key: statistics.median(row[key] for row in all_rows) for key in all_rows[0]}
        for name, all_rows in seen.items()
    }
    table(rows)
    print()
    broken = 0
    for what, value, sign, goal in [*promises(rows), *alone()]:
        kept = value <= goal if sign == "≤" else value >= goal
        broken += not kept
        print(f"{what:50} {value:8.2f}  {sign} {goal:<5} {'kept' if kept else 'NOT KEPT'}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
