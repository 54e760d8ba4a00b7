"""What the API refuses, in the envelope that the API reference describes under "Errors"."""

from collections.abc import Mapping


class Refusal(Exception):
    """One error answer: `kind` is the error's `type`, and `more` goes into the same object."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.http_status = status
        self.kind = kind
        self.error_code = code
        self.param = param
        self.more = more or {}

    def to_json(self) -> dict[str, object]:
        """The body of the answer."""
        known = {"code": self.error_code, "param": self.param}
        given = {name: value for name, value in known.items() if value is not None}
        return {"error": {"message": str(self), "type": self.kind, **given, **self.more}}


def missing(param: str) -> Refusal:
    """A required parameter was not sent."""
    return Refusal(f"Missing required param: {param}.", code="parameter_missing", param=param)


def unknown(what: str, id_: str, param: str = "id") -> Refusal:
    """There is no such object."""
    return Refusal(f"No such {what}: '{id_}'", status=404, code="resource_missing", param=param)


def invalid(param: str, why: str) -> Refusal:
    """A parameter has a value that it cannot have."""
    return Refusal(why, code="parameter_invalid", param=param)
