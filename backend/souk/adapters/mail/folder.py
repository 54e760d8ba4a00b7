"""E-mail into a folder, for a machine without a mail server."""

from pathlib import Path

from souk.adapters.mail.smtp import written
from souk.core.errors import ProviderUnavailable
from souk.core.ids import TimeOrderedIds
from souk.core.transaction_guard import refuse_open_transaction


class FolderMailer:
    """The `Mailer` that writes each message into a file of its own, `eml_<id>.eml`, by name in
    the order of time. Only the owner may read them, for they let whoever does sign in."""

    def __init__(self, folder: Path, *, sender: str) -> None:
        self._folder = folder
        self._sender = sender
        self._ids = TimeOrderedIds()

    def send(self, *, to: str, subject: str, body: str) -> None:
        """Write one message. Raises `ProviderUnavailable` when the folder cannot be written to."""
        refuse_open_transaction()
        message = written(self._sender, to, subject, body)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._folder / f"{self._ids.new('eml')}.eml"
            path.touch(mode=0o600)
            path.write_bytes(message.as_bytes())
        except OSError as error:
            raise ProviderUnavailable("the folder for mail cannot be written to") from error
