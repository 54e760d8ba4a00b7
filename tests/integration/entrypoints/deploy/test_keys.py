"""Where the deployer's key may come from, and that it goes nowhere else."""

import json
from pathlib import Path

import pytest
from eth_account import Account

from souk.embedded.anvil import DEPLOYER_KEY
from souk.entrypoints import cli

from .conftest import OTHER, Operator

PASSWORD = "correct horse"
# Of no account that holds anything.
OTHER_KEY = "ab" * 32


@pytest.fixture
def keystore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The deployer's key, encrypted, and nowhere else."""
    monkeypatch.delenv("DEPLOYER_PRIVATE_KEY", raising=False)
    file = tmp_path / "deployer.json"
    # As weak as can be: it is opened in every test.
    sealed = Account.encrypt(DEPLOYER_KEY, PASSWORD, kdf="pbkdf2", iterations=1)
    file.write_text(json.dumps(sealed))
    return file


def test_deploys_with_a_keystore_and_a_password_file(
    operator: Operator, keystore: Path, tmp_path: Path
) -> None:
    password = tmp_path / "password"
    password.write_text(PASSWORD + "\n")
    assert operator.deploy("--keystore", keystore, "--password-file", password) == 0


def test_deploys_with_a_keystore_and_a_password_in_the_environment(
    operator: Operator, keystore: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPLOYER_KEYSTORE_PASSWORD", PASSWORD)
    assert operator.deploy("--keystore", keystore) == 0


def test_knows_the_deployer_without_a_password_when_run_dry(
    operator: Operator, keystore: Path, capsys
) -> None:
    assert operator.deploy("--dry-run", "--keystore", keystore) == 0
    assert "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 holds" in capsys.readouterr().out


def test_refuses_a_wrong_password(
    operator: Operator, keystore: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setenv("DEPLOYER_KEYSTORE_PASSWORD", "hunter2")
    before = operator.sent()
    assert operator.deploy("--keystore", keystore) == 1
    said = capsys.readouterr().err
    assert "the password is wrong" in said
    assert "hunter2" not in said
    assert operator.sent() == before


@pytest.mark.parametrize(
    "content", ["{}", "[]", "no JSON", '{"version": 3, "crypto": 1}', '{"a":' * 100_000]
)
def test_refuses_a_file_that_is_no_keystore(
    operator: Operator, keystore: Path, monkeypatch: pytest.MonkeyPatch, capsys, content: str
) -> None:
    monkeypatch.setenv("DEPLOYER_KEYSTORE_PASSWORD", PASSWORD)
    keystore.write_text(content)
    assert operator.deploy("--keystore", keystore) == 1
    assert "keystore" in capsys.readouterr().err


SCRYPT = {"dklen": 32, "n": 2, "r": 1, "p": 1, "salt": "00" * 16}
PBKDF2 = {"dklen": 32, "c": 1, "prf": "hmac-sha256", "salt": "00" * 16}


@pytest.mark.parametrize(
    ("kdf", "wrong"),
    [
        ("pbkdf2", {"prf": "plain-sha256"}),
        ("pbkdf2", {"prf": "hmac-none"}),
        ("pbkdf2", {"prf": 5}),
        ("pbkdf2", {"c": 0}),
        ("pbkdf2", {"c": 2**31}),
        ("pbkdf2", {"c": 2**64}),
        ("pbkdf2", {"dklen": 2**31}),
        ("scrypt", {"n": 2**30}),
        ("scrypt", {"n": 2**22, "r": 8}),
        ("scrypt", {"n": 3}),
        ("scrypt", {"n": 1.5}),
        ("scrypt", {"r": 0}),
        ("scrypt", {"p": 2**40}),
        ("scrypt", {"dklen": -1}),
        ("argon2", {}),
    ],
)
def test_opens_no_keystore_that_stretches_the_password_without_bound(
    operator: Operator, keystore: Path, monkeypatch: pytest.MonkeyPatch, capsys, kdf, wrong
) -> None:
    monkeypatch.setenv("DEPLOYER_KEYSTORE_PASSWORD", PASSWORD)
    document = json.loads(keystore.read_text())
    stretched = (SCRYPT if kdf == "scrypt" else PBKDF2) | wrong
    document["crypto"] |= {"kdf": kdf, "kdfparams": stretched}
    keystore.write_text(json.dumps(document))
    assert operator.deploy("--keystore", keystore) == 1
    assert "does not open: its version must be 3" in capsys.readouterr().err


def test_opens_a_keystore_as_other_wallets_write_it(
    operator: Operator, keystore: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPLOYER_KEYSTORE_PASSWORD", PASSWORD)
    document = Account.encrypt(DEPLOYER_KEY, PASSWORD, kdf="scrypt", iterations=2)
    document["Crypto"] = document.pop("crypto")
    keystore.write_text(json.dumps(document))
    assert operator.deploy("--keystore", keystore) == 0


@pytest.mark.parametrize("version", [1, 2, 4, "3", None])
def test_opens_no_keystore_of_another_version(
    operator: Operator, keystore: Path, monkeypatch: pytest.MonkeyPatch, capsys, version
) -> None:
    monkeypatch.setenv("DEPLOYER_KEYSTORE_PASSWORD", PASSWORD)
    keystore.write_text(json.dumps(json.loads(keystore.read_text()) | {"version": version}))
    assert operator.deploy("--keystore", keystore) == 1
    assert "does not open: its version must be 3" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["ciphertext", "mac", "cipherparams"])
def test_opens_no_keystore_of_which_a_part_is_malformed(
    operator: Operator, keystore: Path, monkeypatch: pytest.MonkeyPatch, capsys, place: str
) -> None:
    monkeypatch.setenv("DEPLOYER_KEYSTORE_PASSWORD", PASSWORD)
    document = json.loads(keystore.read_text())
    document["crypto"][place] = 5
    keystore.write_text(json.dumps(document))
    assert operator.deploy("--keystore", keystore) == 1
    assert "does not open" in capsys.readouterr().err


def test_says_where_to_put_the_password_when_nobody_can_be_asked(
    operator: Operator, keystore: Path, capsys
) -> None:
    assert operator.deploy("--keystore", keystore) == 1
    assert "set DEPLOYER_KEYSTORE_PASSWORD" in capsys.readouterr().err


def test_refuses_when_no_key_is_given(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.delenv("DEPLOYER_PRIVATE_KEY")
    assert operator.deploy() == 1
    assert "give --keystore FILE, or set DEPLOYER_PRIVATE_KEY" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["0x12", "not a key", "0x" + "00" * 32, "0x" + "ff" * 32])
def test_refuses_a_key_that_is_none(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, capsys, wrong: str
) -> None:
    monkeypatch.setenv("DEPLOYER_PRIVATE_KEY", wrong)
    assert operator.deploy() == 1
    said = capsys.readouterr().err
    assert "DEPLOYER_PRIVATE_KEY holds no private key" in said
    assert wrong not in said


@pytest.mark.parametrize(
    "words",
    [
        ["--private-key", "0x" + OTHER_KEY],
        [f"--private-key={OTHER_KEY}"],
        [f"--anything=0x{OTHER_KEY}"],
        ["0x" + OTHER_KEY],
        [OTHER_KEY],
        ["--password", "hunter2"],
        ["--password=hunter2"],
        ["--mnemonic", "test test junk"],
    ],
)
def test_refuses_secrets_as_arguments_and_says_why(words: list[str], capsys) -> None:
    assert cli.main(["deploy", "base", *words]) == 2
    said = capsys.readouterr()
    assert "every process of this machine can read them" in said.err
    assert not any(secret in said.out + said.err for secret in (OTHER_KEY, "hunter2", "junk"))


@pytest.mark.pitfall("K3")
def test_tells_no_secret_when_the_node_does_not_answer(
    operator: Operator, keystore: Path, monkeypatch: pytest.MonkeyPatch, capsys, caplog
) -> None:
    canary = "canary-of-the-node"
    url = f"http://user:{canary}@127.0.0.1:9/v2/{canary}"
    monkeypatch.setenv(f"CHAIN_{OTHER}_RPC_URLS", url)
    monkeypatch.setenv("DEPLOYER_KEYSTORE_PASSWORD", PASSWORD)
    caplog.set_level("DEBUG")
    assert operator.deploy("--keystore", keystore) == 1
    captured = capsys.readouterr()
    said = captured.out + captured.err + caplog.text
    assert "the node of chain 1234 cannot be reached" in said
    assert not any(secret in said for secret in (canary, PASSWORD, DEPLOYER_KEY[2:]))
