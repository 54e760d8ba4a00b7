"""A server that speaks Stripe's API."""

from tests.support.card_fixtures import card_server, faulty_server

__all__ = ["card_server", "faulty_server"]
