"""What races are run against, besides the database."""

from tests.support.card_fixtures import card_server, faulty_server

__all__ = ["card_server", "faulty_server"]
