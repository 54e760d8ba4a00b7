"""What is S3's own: a server that may be gone, refuse, or answer anything."""

from dataclasses import replace

import pytest

from souk.adapters.content.s3 import S3ContentStore
from souk.core.errors import ProviderRefusesUs, ProviderUnavailable
from souk.embedded.anvil import free_port
from souk.modules.media.errors import ContentMismatch
from tests.ports.content_store.conftest import a_content, bucket
from tests.ports.http.conftest import soon
from tests.support.s3_server import BUCKET, s3_server
from tests.support.scripted_http import NEVER_ENDING, head, says
from tests.support.sockets import Serve, answering, door, read_request, repeating

CID, CONTENT = a_content()
CALLS = {
    "put": lambda store: store.put(CID, CONTENT),
    "open": lambda store: store.open(CID),
    "size": lambda store: store.find_size(CID),
    "delete": lambda store: store.delete(CID),
    "list": lambda store: list(store.list_cids()),
}


def url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("call", CALLS)
def test_store_is_unavailable_when_nobody_is_there(call: str) -> None:
    with pytest.raises(ProviderUnavailable):
        CALLS[call](S3ContentStore(bucket(url(free_port()))))


# What is listed is read by a package that bounds its waits alone.
@pytest.mark.parametrize("call", [name for name in CALLS if name not in ("list", "size")])
@pytest.mark.parametrize("never", NEVER_ENDING.values(), ids=NEVER_ENDING)
def test_store_is_unavailable_when_the_answer_never_ends(call: str, never: Serve) -> None:
    with door(never) as there, soon(), pytest.raises((ProviderUnavailable, ContentMismatch)):
        CALLS[call](S3ContentStore(bucket(url(there.port), seconds=0.1)))


@pytest.mark.parametrize("call", CALLS)
def test_store_is_unavailable_when_the_server_fails(call: str) -> None:
    error = says(b"<Error><Code>InternalError</Code></Error>", 500)
    with door(error) as there, pytest.raises(ProviderUnavailable):
        CALLS[call](S3ContentStore(bucket(url(there.port))))
    assert there.visits == 1


@pytest.mark.parametrize("call", CALLS)
def test_store_says_so_when_its_key_is_not_accepted(call: str) -> None:
    refusal = ProviderUnavailable if call == "list" else ProviderRefusesUs
    with s3_server() as (there, _), pytest.raises(refusal):
        CALLS[call](S3ContentStore(bucket(there, key="AKIATHEIRS")))


@pytest.mark.parametrize("never", ["silence", "a head now and then"])
def test_size_is_unavailable_when_the_head_never_ends(never: str) -> None:
    with door(NEVER_ENDING[never]) as there, soon(), pytest.raises(ProviderUnavailable):
        S3ContentStore(bucket(url(there.port), seconds=0.1)).find_size(CID)


@pytest.mark.parametrize("call", ["put", "open", "list"])
def test_store_is_unavailable_when_the_bucket_is_missing(call: str) -> None:
    with s3_server() as (there, _), pytest.raises(ProviderUnavailable):
        CALLS[call](S3ContentStore(bucket(there, name="another-bucket")))


@pytest.mark.pitfall("I7")
def test_open_reads_nothing_of_what_is_larger_than_a_block() -> None:
    begun = head(200) + b"Content-Length: 1000000000000\r\n\r\n"
    with door(repeating(begun, b" " * 65_536)) as there, soon(), pytest.raises(ContentMismatch):
        S3ContentStore(bucket(url(there.port))).open(CID)


def test_open_is_unavailable_when_the_answer_breaks_off() -> None:
    begun = head(200) + b"Content-Length: 9\r\n\r\n"
    with door(answering(begun, b"a pic")) as there, pytest.raises(ProviderUnavailable):
        S3ContentStore(bucket(url(there.port))).open(CID)


def test_errors_tell_neither_address_nor_key() -> None:
    where = bucket(url(free_port()) + "/secret", key="secret")
    with pytest.raises(ProviderUnavailable) as caught:
        S3ContentStore(where).open(CID)
    assert "secret" not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert "secret" not in repr(bucket("https://s3.example", key="secret"))


def test_what_is_signed_is_what_is_asked() -> None:
    asked: list[str] = []

    def serve(connection, _over) -> None:
        asked.append(read_request(connection).split()[1].decode())

    where = bucket("http://127.0.0.1:1/a b", key="AK/IA+=")
    with door(serve) as there, pytest.raises(ProviderUnavailable):
        S3ContentStore(replace(where, endpoint=url(there.port), prefix="a b/é")).open(CID)
    (path,) = asked
    assert path.startswith(f"/{BUCKET}/a%20b/%C3%A9/{CID}?")
    assert "X-Amz-Credential=AK%2FIA%2B%3D%2F" in path
