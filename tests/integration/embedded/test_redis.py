"""The embedded Redis."""

import shutil
from pathlib import Path

import psutil
import pytest
import redis

from souk.embedded import parts
from souk.embedded.redis import redis_server


def test_keeps_keys_when_stopped(directory: Path) -> None:
    server = redis_server(directory / "redis")
    first = parts.start(server.part(), directory / "log")
    with redis.Redis.from_url(server.url) as client:
        client.set("kept", "7")
    first.stop()
    second = parts.start(server.part(), directory / "log")
    with redis.Redis.from_url(server.url) as client:
        assert client.get("kept") == b"7"
    second.kill()


def test_starts_when_its_log_of_writes_was_cut_short(directory: Path) -> None:
    server = redis_server(directory / "redis")
    first = parts.start(server.part(), directory / "log")
    with redis.Redis.from_url(server.url) as client:
        client.mset({"a": "1", "b": "2"})
    first.stop()
    with (directory / "redis" / "appendonly.aof").open("ab") as file:
        file.write(b"*3\r\n$3\r\nSET\r\n$1\r\nc")
    second = parts.start(server.part(), directory / "log")
    assert second.exit_code() is None
    second.kill()


def test_listens_on_no_network(directory: Path) -> None:
    running = parts.start(redis_server(directory / "redis").part(), directory / "log")
    process = psutil.Process(running.guardian_pid).children()[0]
    assert process.net_connections(kind="inet") == []
    running.kill()


@pytest.mark.parametrize("depth", [1, 12])
def test_serves_however_long_its_directory_is(directory: Path, depth: int) -> None:
    home = directory.joinpath(*["quite_a_long_name"] * depth)
    home.parent.mkdir(parents=True, exist_ok=True)
    server = redis_server(home)
    running = parts.start(server.part(), directory / "log")
    assert len(str(server.socket)) < 100
    running.kill()
    shutil.rmtree(server.socket.parent)
