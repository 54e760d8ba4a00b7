"""Stripe's form encoding: `a[b]=c`, `list[]=x` and `list[0][k]=v` become nested values."""

from collections.abc import Mapping
from typing import Union
from urllib.parse import parse_qsl

from souk.embedded.stripe_sandbox.failures import Refusal, invalid, missing

Value = Union[str, dict[str, "Value"], list["Value"]]  # noqa: UP007 - it names itself

_FIELDS_AT_MOST = 1_000
_DEEPEST = 8


def parse(encoded: str) -> dict[str, Value]:
    """Raises `Refusal` for what cannot be nested."""
    pairs = parse_qsl(encoded, keep_blank_values=True, max_num_fields=_FIELDS_AT_MOST)
    root: dict[str, Value] = {}
    for name, text in pairs:
        _put(root, _steps(name), text)
    return {name: _listed(value) for name, value in root.items()}


def _steps(name: str) -> list[str]:
    head, *rest = name.replace("]", "").split("[")
    if not head or len(rest) > _DEEPEST:
        raise Refusal(f"Invalid parameter name: {name[:80]}", param=name[:80])
    return [head, *rest]


def _put(node: dict[str, Value], steps: list[str], text: str) -> None:
    for step in steps[:-1]:
        below = node.setdefault(step or str(len(node)), {})
        if not isinstance(below, dict):
            raise invalid(steps[0], f"Invalid {steps[0]}: it is given as a value and as a list")
        node = below
    node[steps[-1] or str(len(node))] = text


def _listed(value: Value) -> Value:
    """Keys that count from nought make a list."""
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(each) for name, each in value.items()}
    if inner and all(name.isdigit() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


class Params:
    """The parameters of one request, each read once and checked; what is not read is refused, as
    the API refuses parameters that it does not know."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = dict(values)
        self.expand = self.texts("expand")

    def text(self, name: str) -> str | None:
        """A string; an empty one counts as not given."""
        value = self._values.pop(name, None)
        if value is not None and not isinstance(value, str):
            raise invalid(name, f"Invalid string for {name}")
        return value or None

    def is_text(self, name: str) -> bool:
        """Whether it is given as one value."""
        return isinstance(self._values.get(name), str)

    def need(self, name: str) -> str:
        """A string that has to be there."""
        value = self.text(name)
        if value is None:
            raise missing(name)
        return value

    def whole(self, name: str) -> int | None:
        """A whole number."""
        value = self.text(name)
        if value is None:
            return None
        if not value.removeprefix("-").isascii() or not value.removeprefix("-").isdigit():
            raise Refusal(
                f"Invalid integer: {value[:40]}", code="parameter_invalid_integer", param=name
            )
        return int(value)

    def need_whole(self, name: str) -> int:
        """A whole number that has to be there."""
        value = self.whole(name)
        if value is None:
            raise missing(name)
        return value

    def flag(self, name: str) -> bool:
        """`true` or `false`; not given is `False`."""
        value = self.text(name)
        if value not in (None, "true", "false"):
            raise invalid(name, f"Invalid boolean: {value[:40]}")
        return value == "true"

    def choice(self, name: str, *allowed: str) -> str | None:
        """One of a few words."""
        value = self.text(name)
        if value is not None and value not in allowed:
            raise invalid(name, f"Invalid {name}: must be one of {', '.join(allowed)}")
        return value

    def texts(self, name: str) -> list[str]:
        """A list of strings."""
        value = self._values.pop(name, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise invalid(name, f"Invalid array: {name}")
        return [each for each in value if isinstance(each, str)]

    def group(self, name: str) -> "Params | None":
        """Nested parameters."""
        value = self._values.pop(name, None)
        if value is None:
            return None
        if isinstance(value, str) and not value:
            return Params({})
        if not isinstance(value, dict):
            raise invalid(name, f"Invalid object: {name}")
        return Params(value)

    def metadata(self) -> dict[str, str]:
        """At most 50 keys of 40 characters, values of 500."""
        value = self._values.pop("metadata", None) or {}
        if not isinstance(value, dict) or len(value) > 50:
            raise invalid("metadata", "Metadata is an object of at most 50 keys")
        for key, text in value.items():
            if not isinstance(text, str) or len(key) > 40 or len(text) > 500:
                raise invalid("metadata", "Metadata keys have 40 characters and values 500")
        return {key: text for key, text in value.items() if isinstance(text, str)}

    def forget(self, *names: str) -> None:
        """Accept parameters that change nothing here."""
        for name in names:
            self._values.pop(name, None)

    def finish(self) -> None:
        """Refuse what nobody has read."""
        for name in self._values:
            raise Refusal(
                f"Received unknown parameter: {name}", code="parameter_unknown", param=name
            )
