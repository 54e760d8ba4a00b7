"""Where the deployer's key comes from: an encrypted keystore or the environment, never a word of
the command line, which every process of the machine can read and the shell writes down."""

import getpass
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount
from pydantic import SecretStr

from souk.core.addresses import Address, checksum_address
from souk.entrypoints.failures import CommandFailed

_KEY = re.compile(r"(?:^|[=:,\s])(?:0x)?[0-9a-fA-F]{64}$")
_FLAGS = ("--private-key", "--key", "--mnemonic", "--password")
# Four times what geth takes by default, of memory and of time.
_MOST_SCRYPT_BYTES = 1024**3
_MOST_SCRYPT_LANES = 16
_MOST_PBKDF2_ROUNDS = 10_000_000


def refuse_secrets(words: Sequence[str]) -> None:
    """Raise `CommandFailed` when a word of the command line is, or announces, a key."""
    if any(_KEY.search(word) or word.partition("=")[0] in _FLAGS for word in words):
        raise CommandFailed(
            "keys and passwords are not taken as arguments: every process of this machine can"
            " read them there and the shell keeps them in its history. If that was a real key,"
            " use another from now on. Give --keystore FILE, or set DEPLOYER_PRIVATE_KEY",
            exit_code=2,
        )


@dataclass(frozen=True, slots=True)
class DeployerKey:
    """The places where the key may be. `fallback` is the one that everybody knows, for the chain
    of one machine alone."""

    keystore: Path | None
    password_file: Path | None
    password: SecretStr | None
    private_key: SecretStr | None
    fallback: str | None = None

    def account(self) -> LocalAccount:
        """The key itself; may ask for the keystore's password."""
        if self.keystore is not None:
            return self._unlocked(self.keystore)
        if self.private_key is not None:
            return _account(self.private_key.get_secret_value(), "DEPLOYER_PRIVATE_KEY")
        if self.fallback is not None:
            return _account(self.fallback, "the development key")
        raise CommandFailed(
            "give --keystore FILE, or set DEPLOYER_PRIVATE_KEY to the key that is to deploy"
        )

    def address(self) -> Address | None:
        """Whose key it is, as far as that can be told without a password."""
        if self.keystore is not None:
            said = _keystore(self.keystore).get("address")
            well = isinstance(said, str) and re.fullmatch("(0x)?[0-9a-fA-F]{40}", said)
            return checksum_address("0x" + str(said).removeprefix("0x")) if well else None
        if self.private_key is None and self.fallback is None:
            return None
        return Address(self.account().address)

    def _unlocked(self, keystore: Path) -> LocalAccount:
        document = _keystore(keystore)
        if not _is_bounded(document):
            raise CommandFailed(
                f"{keystore} does not open: its version must be 3, and its kdf scrypt in 1 GiB of"
                " memory at most, or pbkdf2 with hmac-sha256; have geth or cast make a keystore"
            )
        password = self._password(keystore)
        try:
            key = Account.decrypt(document, password)
        except (ValueError, TypeError, KeyError, AttributeError, AssertionError, RecursionError):
            # What went wrong may quote the file; a wrong password shows as a wrong checksum.
            raise CommandFailed(
                f"{keystore} does not open: the password is wrong, or it is no version 3 keystore"
            ) from None
        return _account("0x" + bytes(key).hex(), str(keystore))

    def _password(self, keystore: Path) -> str:
        if self.password_file is not None:
            return _read(self.password_file).rstrip("\r\n")
        if self.password is not None:
            return self.password.get_secret_value()
        if not sys.stdin.isatty():
            raise CommandFailed(
                "there is no terminal to ask for the keystore's password: give --password-file"
                " FILE, or set DEPLOYER_KEYSTORE_PASSWORD"
            )
        return getpass.getpass(f"password of {keystore}: ")


def _account(key: str, where: str) -> LocalAccount:
    try:
        account: LocalAccount = Account.from_key(key)
    except ValueError:
        raise CommandFailed(f"{where} holds no private key: 0x and 64 digits") from None
    return account


def _keystore(file: Path) -> dict[str, object]:
    try:
        document = json.loads(_read(file))
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise CommandFailed(f"{file} is no keystore: it should be one JSON object")
    return document


def _is_bounded(document: object) -> bool:
    """Whether the password is stretched in a way that is known and ends (Web3 Secret Storage): the
    file says how much memory and time that takes, and may come from anybody."""
    match _lowered(document):
        case {"version": 3, "crypto": {"kdf": "scrypt", "kdfparams": {"dklen": 32, **given}}}:
            n, r, p = (_count(given.get(name)) for name in ("n", "r", "p"))
            fits = 128 * n * r <= _MOST_SCRYPT_BYTES and p <= _MOST_SCRYPT_LANES
            return fits and n > 1 and n & (n - 1) == 0 and min(r, p) > 0
        case {
            "version": 3,
            "crypto": {"kdf": "pbkdf2", "kdfparams": {"dklen": 32, "prf": "hmac-sha256", "c": c}},
        }:
            return 0 < _count(c) <= _MOST_PBKDF2_ROUNDS
    return False


def _count(value: object) -> int:
    return value if type(value) is int and value > 0 else 0


def _lowered(value: object, depth: int = 3) -> object:
    """Some wallets write `Crypto`."""
    if not isinstance(value, dict) or depth == 0:
        return value
    return {str(name).lower(): _lowered(inner, depth - 1) for name, inner in value.items()}


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{file} cannot be read: {type(error).__name__}") from None
