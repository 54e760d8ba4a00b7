"""What is made once for an installation and kept: its secrets."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """Passwords of the embedded database, the key that signs cursors and sessions, and what the
    Stripe sandbox signs its webhooks with."""

    database_owner_password: str
    database_password: str
    secret_key: str
    stripe_webhook_secret: str


def load_secrets(state: Path) -> Secrets:
    """Read `secrets.json` (mode 0600) below `state`, making what is missing in it."""
    file = state / "secrets.json"
    known = json.loads(file.read_text()) if file.exists() else {}
    names = [entry.name for entry in fields(Secrets)]
    found = Secrets(**{name: known.get(name) or secrets.token_urlsafe(36) for name in names})
    if asdict(found) != known:
        fresh = file.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            json.dump({**known, **asdict(found)}, out, indent=1)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(file)
    return found
