"""What `scripts/bench media` runs: pictures a second from a JPEG of 4 000 x 3 000 to all variants,
beside bare Pillow doing the same in the same run; and what a process for each picture would cost.

    python -m tests.support.bench_media [--rounds N]

Machines are noisy, so that both take turns on the same pictures and only ratios count. Beside the
time on the clock stands that of the processor, which is told apart from whatever else runs here.
"""

import argparse
import io
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from PIL import Image

from souk.adapters.images.cleaner import WALL_SECONDS, judged
from souk.adapters.images.confinement import Limits
from souk.adapters.images.process import Sandbox
from souk.modules.media.domain import CleanedImage
from tests.support.image_parts import noise, saved, scene

WANTED = 0.70
EDGES = (2048, 1080, 480, 160)
QUALITY = 82
SMALL_PIXELS = 300_000


@dataclass
class Measured:
    """What one way took, in seconds for each picture."""

    name: str
    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def line(self, floor: "Measured") -> str:
        """Pictures a second by either, and the share of what the floor manages."""
        shares = (ratio(floor.clock, self.clock), ratio(floor.processor, self.processor))
        rates = (1 / median(self.clock), 1 / median(self.processor))
        numbers = (f"{rate:>10.2f}{share:>8.0%}" for rate, share in zip(rates, shares, strict=True))
        return f"{self.name:<34}{''.join(numbers)}"


def ratio(floor: Sequence[float], ours: Sequence[float]) -> float:
    """The middle one of the ratios of turns that followed each other."""
    return median(one / other for one, other in zip(floor, ours, strict=True))


def photographs(count: int) -> list[bytes]:
    """With enough detail that they are as large as a camera's."""
    grain = noise(4_000, 3_000)
    scenes = (scene(4_000, 3_000, seed=number) for number in range(count))
    return [saved(Image.blend(one, grain, 0.08), "JPEG", quality=88) for one in scenes]


def bare(content: bytes) -> float:
    """The same variants by Pillow alone, in this process; seconds of the processor."""
    began = time.process_time()
    image = Image.open(io.BytesIO(content))
    image.draft(None, (2_048, 1_536))
    image = image.convert("RGB")
    for edge in EDGES:
        size = edge, edge * 3 // 4
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
        method = 4 if size[0] * size[1] <= SMALL_PIXELS else 1
        image.save(io.BytesIO(), "WEBP", quality=QUALITY, method=method)
        image.save(io.BytesIO(), "JPEG", quality=QUALITY, optimize=True)
    return time.process_time() - began


def confined(sandbox: Sandbox, content: bytes) -> float:
    """All that the cleaner does; seconds of the processor, ours and the sandbox's."""
    began = time.process_time()
    ran = sandbox.run(content)
    assert isinstance(judged(ran), CleanedImage)
    return time.process_time() - began + ran.ended.cpu_seconds


def alone(content: bytes) -> float:
    """The same with a sandbox that is started for this picture. What its start takes of the
    processor is not seen from here."""
    sandbox = Sandbox(Limits(), WALL_SECONDS)
    try:
        return confined(sandbox, content)
    finally:
        sandbox.kill()


def take_turns(ways: dict[str, Callable[[bytes], float]], rounds: int) -> list[Measured]:
    """Every way with every picture, one after the other."""
    pictures = photographs(3)
    found = [Measured(name) for name in ways]
    for number in range(-1, rounds):
        for measured, way in zip(found, ways.values(), strict=True):
            began = time.perf_counter()
            processor = way(pictures[number % len(pictures)])
            # The first round warms up.
            if number >= 0:
                measured.clock.append(time.perf_counter() - began)
                measured.processor.append(processor)
    return found


def main(words: list[str]) -> int:
    """Measure; 1 when less than what is wanted of bare Pillow's rate is left."""
    parser = argparse.ArgumentParser(prog="scripts/bench media")
    parser.add_argument("--rounds", type=int, default=15, help="pictures for each way (15)")
    wish = parser.parse_args(words)
    sandbox = Sandbox(Limits(), WALL_SECONDS)
    ways = {
        "bare Pillow": bare,
        "cleaner": lambda content: confined(sandbox, content),
        "cleaner, a process for each": alone,
    }
    try:
        floor, ours, each = take_turns(ways, wish.rounds)
    finally:
        sandbox.kill()
    print(f"{'4 000 x 3 000 JPEG':<34}{'a second':>10}{'share':>8}{'a core s':>10}{'share':>8}")
    print("\n".join(one.line(floor) for one in (floor, ours, each)))
    reached = ratio(floor.clock, ours.clock) >= WANTED
    print(f"at least {WANTED:.0%} of bare Pillow: {'reached' if reached else 'MISSED'}")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
