"""The one reason for which a test may not run."""

from typing import NoReturn

import pytest

NOT_RUN = "NOT RUN: "


def not_run(what: str) -> NoReturn:
    """A program is not there, or what the system does not permit. The closing line of the run says
    so."""
    pytest.skip(NOT_RUN + what)
