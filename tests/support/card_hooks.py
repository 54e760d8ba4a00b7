"""A card rail whose process dies, or hears nothing, at the moment that a test chooses."""

from collections.abc import Callable
from functools import partial
from typing import Any

REACHING = frozenset({"prepare_payment", "cancel_payment", "carry_out", "list_said", "lookup"})
"""What a gateway asks the provider."""

Hook = Callable[..., None]
"""Called with the name of what is asked, and its arguments."""


class Killed(BaseException):
    """The process is no more: nothing but a test can catch it."""


def cut_off(_answer: object) -> dict[str, object]:
    """Renders an answer that is never stored: our process dies just before."""
    raise Killed("our process dies before it has stored its answer")


def nothing(_name: str, *_arguments: object) -> None:
    """A hook that leaves all as it is."""


class Hooked:
    """The gateway of the product with a hook before and after whatever reaches outside."""

    def __init__(self, honest: object, before: Hook = nothing, after: Hook = nothing) -> None:
        self._honest = honest
        self._before = before
        self._after = after

    def __getattr__(self, name: str) -> Any:
        asked = getattr(self._honest, name)
        return partial(self._ask, name, asked) if name in REACHING else asked

    def _ask(self, name: str, asked: Callable[..., object], *arguments: object) -> object:
        self._before(name, *arguments)
        answer = asked(*arguments)
        self._after(name, *arguments)
        return answer


def dying(at: str) -> Hook:
    """A hook that ends the process the first time that this is asked."""
    left = [at]

    def die(name: str, *_arguments: object) -> None:
        if name in left:
            left.remove(name)
            raise Killed(name)

    return die


def failing(at: str, failure: Exception, *, times: int = 1) -> Hook:
    """A hook that fails so often when this is asked."""
    left = [failure] * times

    def fail(name: str, *_arguments: object) -> None:
        if name == at and left:
            raise left.pop()

    return fail
