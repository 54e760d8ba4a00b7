"""TLS is spoken with the name, though the address is what is connected to."""

import pytest
import trustme

from souk.adapters.http.client import PublicHttp, public_authorities
from souk.adapters.http.targets import Policy
from souk.core.errors import ProviderUnavailable
from tests.ports.http.conftest import post, soon
from tests.support.sockets import answering, door, read_request, stay_silent
from tests.support.strangers import NAME, Names, serving

OK = b"HTTP/1.1 204 No Content\r\n\r\n"


def client(port: int, trusting=None) -> PublicHttp:
    return PublicHttp(
        Policy(to_loopback=True, ports={port}), resolve=Names(["127.0.0.1"]), tls=trusting
    )


def test_server_is_asked_by_its_name(authority: trustme.CA, trusting) -> None:
    seen: list[object] = []
    context = serving(authority, NAME)
    context.sni_callback = lambda _socket, name, _context: seen.append(name)

    def serve(connection, _over) -> None:
        seen.append(read_request(connection).split(b"\r\n")[1])
        connection.sendall(OK)

    with door(serve, tls=context) as server:
        answer = post(client(server.port, trusting), f"https://{NAME}:{server.port}/")
    assert answer.status == 204
    assert seen == [NAME, f"Host: {NAME}:{server.port}".encode()]


def test_certificate_of_another_name_is_refused(authority: trustme.CA, trusting) -> None:
    with (
        door(answering(OK), tls=serving(authority, "other.example")) as server,
        pytest.raises(ProviderUnavailable, match="certificate is not valid"),
    ):
        post(client(server.port, trusting), f"https://{NAME}:{server.port}/")


def test_certificate_of_nobody_known_is_refused(authority: trustme.CA) -> None:
    with (
        door(answering(OK), tls=serving(authority, NAME)) as server,
        pytest.raises(ProviderUnavailable, match="certificate is not valid"),
    ):
        post(client(server.port), f"https://{NAME}:{server.port}/")


def test_server_without_tls_is_refused(trusting) -> None:
    with (
        door(lambda connection, _over: connection.sendall(OK)) as server,
        pytest.raises(ProviderUnavailable, match="does not speak TLS"),
    ):
        post(client(server.port, trusting), f"https://{NAME}:{server.port}/")


def test_provider_is_unavailable_when_the_handshake_is_not_answered(trusting) -> None:
    with (
        door(stay_silent) as server,
        soon(),
        pytest.raises(ProviderUnavailable, match="in time"),
    ):
        post(client(server.port, trusting), f"https://{NAME}:{server.port}/", seconds=0.3)


def test_certificates_of_the_public_are_checked() -> None:
    context = public_authorities()
    assert (context.check_hostname, context.verify_mode.name) == (True, "CERT_REQUIRED")
