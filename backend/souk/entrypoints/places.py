"""Where this installation is."""

from collections.abc import Mapping
from pathlib import Path

import souk


def project_root() -> Path:
    """The checkout this package belongs to, or the working directory for an installed one."""
    checkout = Path(souk.__file__).resolve().parents[2]
    return checkout if (checkout / "contracts" / "package.json").is_file() else Path.cwd()


def default_state(environment: Mapping[str, str]) -> Path:
    """`STATE_DIR`, or `.souk` beside the code."""
    given = environment.get("STATE_DIR")
    return Path(given).absolute() if given else project_root() / ".souk"
