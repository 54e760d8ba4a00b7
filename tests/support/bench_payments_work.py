"""One process of those that are measured, told by lines of JSON what to do.

    python -m tests.support.bench_payments_work <souk or floor> <buyers or relay> <database> <redis>

First it says `ready`. Then buyers pay, in as many threads as they are, until the instant that a
line says; the relay delivers what they have published, until that instant and until nothing is
left. Each answers with what came of it.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tests.support.bench_payments_floor import Floor, connect, deliver
from tests.support.bench_payments_souk import Souk

Buy = Callable[[str, str], None]
_PAUSE_SECONDS = 0.05


def pay(buy: Buy, buyer: str, listings: Sequence[str], until: float) -> list[float]:
    """Buy one thing after the other; how long each took."""
    took = []
    while (begun := time.time()) < until:
        buy(buyer, listings[len(took) * 7 % len(listings)])
        took.append(time.time() - begun)
    return took


def buyers(rail: str, url: str, names: Sequence[str]) -> list[Buy]:
    """What each of these buyers calls to buy."""
    if rail == "floor":
        return [Floor(url).buy for _ in names]
    return [Souk(url, connections=len(names)).buy] * len(names)


def relay(rail: str, url: str, redis_url: str) -> Callable[[float], None]:
    """What delivers until an instant, and until nothing is left."""
    if rail == "souk":
        return partial(Souk(url, connections=2).deliver, redis_url=redis_url)
    connection = connect(url)

    def run(until: float) -> None:
        while deliver(connection) or time.time() < until:
            time.sleep(_PAUSE_SECONDS)

    return run


def _told() -> Iterator[dict]:
    for line in sys.stdin:
        yield json.loads(line)


def _say(**answer: object) -> None:
    print(json.dumps(answer), flush=True)


def main(rail: str, role: str, url: str, redis_url: str) -> None:
    """Serve lines until there are no more."""
    told = _told()
    if role == "relay":
        run = relay(rail, url, redis_url)
        _say(ready=True)
        for line in told:
            used = time.process_time()
            run(line["until"])
            _say(core=time.process_time() - used)
        return
    first = next(told)
    names, listings = first["buyers"], first["listings"]
    buys = buyers(rail, url, names)
    with ThreadPoolExecutor(len(names)) as pool:
        _say(ready=True)
        for line in told:
            used, until = time.process_time(), line["until"]
            done = pool.map(pay, buys, names, [listings] * len(names), [until] * len(names))
            took = [each for one in done for each in one]
            _say(core=time.process_time() - used, took=took)


if __name__ == "__main__":
    main(*sys.argv[1:])
