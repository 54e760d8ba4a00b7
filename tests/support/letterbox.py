"""Letters to people, kept instead of sent."""

import re

from souk.modules.accounts.domain.emails import EmailConfig

SITE = "https://souk.example"
EMAILS = EmailConfig("souk.example", f"{SITE}/sign-in", f"{SITE}/confirm-email", b"k" * 32, 7)


class Letterbox:
    """A `Mailer` that keeps what it is handed, as address and text, until it is told to fail,
    always or for some addresses."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.failure: Exception | None = None
        self.failures: dict[str, Exception] = {}
        self.tries = 0

    def send(self, *, to: str, subject: str, body: str) -> None:
        del subject
        self.tries += 1
        failure = self.failures.get(to, self.failure)
        if failure is not None:
            raise failure
        self.sent.append((to, body))

    @property
    def code(self) -> str:
        """Of the newest letter, as it is written."""
        return self._found(r"([0-9]{4} [0-9]{4})")

    @property
    def link(self) -> str:
        """What follows the # in the newest letter."""
        return self._found(r"#(\S+)")

    def _found(self, pattern: str) -> str:
        found = re.search(pattern, self.sent[-1][1])
        assert found is not None
        return found[1]
