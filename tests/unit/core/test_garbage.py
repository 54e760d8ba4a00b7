"""Looking for garbage in a process that goes on for long."""

import gc
import subprocess
import sys

_ASKED = """
import gc
from souk.core.garbage import keep_what_is_loaded

keep_what_is_loaded()
assert gc.get_freeze_count() > 1_000
assert gc.isenabled()
looks = gc.get_stats()[0]["collections"]
kept = [[] for _ in range(40_000)]
assert gc.get_stats()[0]["collections"] == looks
kept += [[] for _ in range(40_000)]
assert gc.get_stats()[0]["collections"] > looks
"""


def test_looks_seldom_and_only_at_what_came_later() -> None:
    assert gc.get_threshold()[0] < 40_000

    subprocess.run([sys.executable, "-c", _ASKED], check=True)
