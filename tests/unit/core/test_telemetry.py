"""Logs: one JSON object a line, and nothing that opens a door."""

import json
import logging
import sys
import time

import pytest

from souk.core.telemetry import JsonFormatter, configure_logging, redact, request_id

CANARY = "c4n4ry"


@pytest.mark.pitfall("K3")
@pytest.mark.parametrize(
    "line",
    [
        f"https://mainnet.example/v3/{CANARY}",
        f"HTTPS://mainnet.example/v3/{CANARY} failed",
        f"wss://mainnet.example/ws/{CANARY}",
        f"http://node:8545?key={CANARY}",
        f"GET /v2?key={CANARY} was refused",
        f"GET /v2?id=1&key={CANARY} was refused",
        f"Max retries for url 'https://rpc.example/{CANARY}'",
        f"postgresql://souk:{CANARY}@db/souk",
        f"postgresql://{CANARY}@db/souk",
        f"redis://:{CANARY}@cache:6379/0",
        f"https://{CANARY}@rpc.example",
        f"Authorization: Bearer {CANARY}",
        f"private_key=0x{CANARY}",
        f"PrivateKey: {CANARY}",
        f"'token': '{CANARY}'",
        f'"api_key" : "{CANARY}"',
        f"apikey={CANARY}",
        f"client_secret = {CANARY}",
        f"password={CANARY}",
        f"Invalid API Key provided: sk_test_{CANARY}",
        f"rk_live_{CANARY} may not do that",
        f"signed with whsec_{CANARY}",
        f"confirm pi_1_secret_{CANARY} in the browser",
    ],
)
def test_redact_leaves_no_credential_in_a_line(line):
    assert CANARY not in redact(line)


@pytest.mark.pitfall("K3")
@pytest.mark.parametrize("word", ["the key", "KEY:", "key = ", '{"cid": "bafk", "key": "'])
def test_redact_leaves_no_key_in_a_line(word):
    assert redact(f"{word}0x{'ab' * 32} holds nothing").endswith("*** holds nothing")


@pytest.mark.parametrize(
    "line",
    [
        "paid in 0x" + "ab" * 32,
        "https://rpc.example answered in 5 ms",
        "order ord_01h455vb4pex5vsknk084sn02q is paid",
        "the token contract is 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    ],
)
def test_redact_keeps_what_helps(line):
    assert redact(line) == line


def record(message, *arguments, failure=None):
    return logging.LogRecord("souk.test", logging.WARNING, "f", 1, message, arguments, failure)


def test_format_is_one_json_object_when_the_message_has_line_ends():
    line = JsonFormatter().format(record("two\nlines of %s", "text"))
    entry = json.loads(line)
    assert "\n" not in line
    assert (entry["message"], entry["level"]) == ("two\nlines of text", "warning")
    assert (entry["logger"], entry["at"][-6:]) == ("souk.test", "+00:00")


def test_format_names_the_request_when_there_is_one():
    formatter = JsonFormatter()
    token = request_id.set("rid_1")
    inside = json.loads(formatter.format(record("x")))
    request_id.reset(token)
    assert inside["request_id"] == "rid_1"
    assert "request_id" not in json.loads(formatter.format(record("x")))


def test_format_redacts_the_traceback_too():
    def fail():
        raise ConnectionError(f"https://rpc.example/{CANARY}")

    try:
        fail()
    except ConnectionError:
        line = JsonFormatter().format(record("failed", failure=sys.exc_info()))
    assert CANARY not in line
    assert "ConnectionError" in json.loads(line)["traceback"]


def test_configure_logging_writes_json_to_standard_error(capsys):
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        configure_logging("WARNING")
        logging.getLogger("souk.test").warning("seen")
        logging.getLogger("souk.test").info("not seen")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["message"] == "seen"


@pytest.mark.parametrize(
    "line",
    ["a" * 64_000, "a://" * 16_000, "http://" * 9_000, "token" + " " * 60_000, "?key=" * 12_000],
    ids=lambda line: line[:7],
)
def test_redacts_what_a_stranger_made_long_in_linear_time(line: str) -> None:
    # Four times the text may take about four times as long, where it once took sixteen.
    short, long = _seconds(line[: len(line) // 4]), _seconds(line)

    assert long < 10 * short + 0.05


def _seconds(line: str) -> float:
    begun = time.process_time()
    redact(line)
    return time.process_time() - begun
