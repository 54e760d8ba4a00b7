"""A development chain that loses everything while it is followed."""

from collections.abc import Callable

from sqlalchemy import Connection

from souk.modules.chain.domain import Tips
from souk.modules.chain.service import Chains
from tests.support.chain_builders import CHAIN_ID, course, rows_of
from tests.support.scripted_chain import Intercepted, ScriptedChain, a_fact


def test_undoes_everything_once_when_the_chain_is_made_anew_under_the_watcher(
    following: Callable[..., Chains], scripted: ScriptedChain, connection: Connection
) -> None:
    def remade(question: Callable[[], Tips]) -> Tips:
        if source.asked.count("tips") == 2:
            scripted.blocks.clear()
            scripted.grow(1, branch=7)
            scripted.add(a_fact(), branch=7)
        return question()

    scripted.add(a_fact())
    source = Intercepted(scripted, tips=remade)
    following(source).advance(CHAIN_ID)
    following(source).advance(CHAIN_ID)

    assert course(connection) == ["seen", "orphaned", "seen"]
    query = "SELECT genesis_hash, next_block FROM chain"
    assert rows_of(connection, query) == [(scripted.blocks[0][0].hash, 2)]
