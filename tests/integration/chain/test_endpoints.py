"""Several endpoints of one chain: which is read from, what is held against them, who must agree."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain import Outcome
from souk.modules.chain.domain.endpoints import EndpointState, Fault
from souk.modules.chain.service import Chains, Pace
from tests.support.chain_builders import CHAIN_ID, course, incidents, recorded, standing
from tests.support.scripted_chain import Intercepted, ScriptedChain, a_fact, refused

Following = Callable[..., Chains]

REAL = {"disposable": False, "final_depth": 10}


class Seconds:
    """Seconds that a test adds."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def follow(following: Following, seconds: Seconds) -> Following:
    """The service over several endpoints, the first of which it begins with."""

    def of(*sources: object, **fields: object) -> Chains:
        pace = Pace(sleep=seconds.sleep, monotonic=seconds)
        return following(sources[0], others=sources[1:], pace=pace, **{**REAL, **fields})

    return of


@pytest.fixture
def paid(scripted: ScriptedChain) -> ScriptedChain:
    """Twenty blocks, one with money in it near the newest."""
    scripted.grow(15)
    scripted.add(a_fact())
    scripted.grow(4)
    return scripted


def dead() -> Intercepted:
    """An endpoint that never answers."""
    names = ("identity", "tips", "headers", "logs_of_blocks", "logs_in_range", "logs_by_receipts")
    return Intercepted(ScriptedChain(), **dict.fromkeys(names, refused))


def states(chains: Chains, uow: UnitOfWork) -> list[EndpointState]:
    """How the endpoints are after everybody was looked at."""
    chains.looks.look(CHAIN_ID)
    with uow.begin() as tx:
        return chains.looks.list_endpoints(tx, CHAIN_ID)


def faults(chains: Chains, uow: UnitOfWork) -> list[Fault | None]:
    return [state.fault for state in states(chains, uow)]


class TestTurningToAnother:
    def test_goes_on_at_once_when_an_endpoint_is_dead(
        self, follow: Following, paid: ScriptedChain, connection: Connection
    ) -> None:
        done = follow(dead(), paid).advance(CHAIN_ID)

        assert done.outcome is Outcome.CAUGHT_UP
        assert course(connection)[0] == "seen"

    def test_goes_on_when_an_endpoint_dies_on_the_way(
        self, follow: Following, paid: ScriptedChain, connection: Connection
    ) -> None:
        first = Intercepted(deepcopy(paid))
        chains = follow(first, paid)
        chains.advance(CHAIN_ID)
        first.hooks["tips"] = refused
        paid.add(a_fact(escrow=2))

        assert chains.advance(CHAIN_ID).outcome is Outcome.CAUGHT_UP
        assert len(standing(connection)) == 2

    @pytest.mark.pitfall("W19")
    def test_takes_nothing_from_an_endpoint_when_it_serves_another_chain(
        self, follow: Following, paid: ScriptedChain, uow: UnitOfWork, connection: Connection
    ) -> None:
        stranger = Intercepted(ScriptedChain(chain_id=5))
        chains = follow(stranger, paid)
        chains.advance(CHAIN_ID)

        assert faults(chains, uow) == [Fault.OTHER_CHAIN, None]
        assert incidents(connection) == []
        assert set(stranger.asked) == {"identity"}

    @pytest.mark.pitfall("W19")
    def test_excludes_an_endpoint_when_it_is_found_to_serve_another_chain(
        self, follow: Following, paid: ScriptedChain, uow: UnitOfWork
    ) -> None:
        chains = follow(paid, ScriptedChain(chain_id=5))
        chains.advance(CHAIN_ID)

        assert faults(chains, uow) == [None, Fault.OTHER_CHAIN]

    @pytest.mark.pitfall("W19")
    def test_takes_nothing_from_an_endpoint_when_its_chain_begins_with_another_block(
        self, follow: Following, paid: ScriptedChain, uow: UnitOfWork
    ) -> None:
        forked = deepcopy(paid)
        forked.blocks[0] = (replace(forked.blocks[0][0], hash="0x" + "5" * 64), ())
        chains = follow(paid, forked)
        chains.advance(CHAIN_ID)

        assert faults(chains, uow) == [None, Fault.OTHER_CHAIN]

    def test_opens_an_incident_when_all_endpoints_serve_another_chain(
        self, follow: Following, connection: Connection
    ) -> None:
        strangers = [ScriptedChain(chain_id=5), ScriptedChain(chain_id=6)]

        assert follow(*strangers).advance(CHAIN_ID).outcome is Outcome.HALTED
        assert incidents(connection) == [("wrong_chain", True)]

    @pytest.mark.pitfall("W21")
    def test_believes_no_endpoint_alone_when_it_has_lost_what_was_final(
        self, follow: Following, paid: ScriptedChain, connection: Connection
    ) -> None:
        astray = deepcopy(paid)
        chains = follow(astray, paid)
        chains.advance(CHAIN_ID)
        astray.cut(2)
        astray.grow(30, branch=7)
        paid.add(a_fact(escrow=2))

        assert chains.advance(CHAIN_ID).outcome is Outcome.CAUGHT_UP
        assert incidents(connection) == []
        assert len(standing(connection)) == 2

    @pytest.mark.pitfall("W10")
    def test_turns_to_another_when_an_endpoint_has_lost_its_newest_blocks(
        self, follow: Following, paid: ScriptedChain, connection: Connection
    ) -> None:
        restarted = deepcopy(paid)
        chains = follow(restarted, paid)
        chains.advance(CHAIN_ID)
        restarted.cut(5)

        assert chains.advance(CHAIN_ID).outcome is Outcome.CAUGHT_UP
        assert incidents(connection) == []

    def test_reads_from_an_endpoint_in_quarantine_when_there_is_no_other(
        self, follow: Following, paid: ScriptedChain, connection: Connection
    ) -> None:
        flaky = Intercepted(paid, tips=refused)
        chains = follow(flaky, dead())
        outcomes = [chains.advance(CHAIN_ID).outcome for _ in range(10)]
        assert outcomes[-1] is Outcome.UNAVAILABLE
        flaky.hooks.clear()
        chains.advance(CHAIN_ID)
        chains.advance(CHAIN_ID)

        assert len(standing(connection)) == 1


class TestLooking:
    @pytest.mark.pitfall("W1")
    def test_leaves_an_endpoint_when_it_stands_still_while_others_go_on(
        self, follow: Following, paid: ScriptedChain, connection: Connection
    ) -> None:
        frozen = deepcopy(paid)
        chains = follow(frozen, paid)
        chains.advance(CHAIN_ID)
        paid.add(a_fact(escrow=2))
        paid.grow(9)
        chains.looks.look(CHAIN_ID)
        chains.looks.look(CHAIN_ID)
        chains.advance(CHAIN_ID)

        assert len(standing(connection)) == 2

    def test_believes_no_height_of_one_alone_when_two_others_disagree(
        self, follow: Following, paid: ScriptedChain, uow: UnitOfWork
    ) -> None:
        def boasting(ask: Callable[[], object]) -> object:
            tips = ask()
            return replace(tips, head=replace(tips.head, number=10**9))

        boaster = Intercepted(deepcopy(paid), tips=boasting)
        chains = follow(paid, deepcopy(paid), boaster)
        chains.advance(CHAIN_ID)
        states(chains, uow)

        assert faults(chains, uow)[:2] == [None, None]

    def test_blames_an_endpoint_when_most_are_on_another_branch(
        self, follow: Following, paid: ScriptedChain, uow: UnitOfWork
    ) -> None:
        astray = deepcopy(paid)
        astray.cut(18)
        astray.grow(2, branch=7)
        chains = follow(paid, deepcopy(paid), astray)
        chains.advance(CHAIN_ID)

        assert faults(chains, uow) == [None, None, Fault.OTHER_BRANCH]

    def test_asks_an_endpoint_in_quarantine_again_when_its_time_is_over(
        self, follow: Following, paid: ScriptedChain, uow: UnitOfWork, seconds: Seconds
    ) -> None:
        second = Intercepted(deepcopy(paid), tips=refused)
        chains = follow(paid, second)
        chains.advance(CHAIN_ID)
        course_of = [states(chains, uow)[1].score for _ in range(3)]
        second.hooks.clear()
        course_of += [states(chains, uow)[1].score]
        seconds.now += 6
        course_of += [states(chains, uow)[1].score for _ in range(5)]

        assert course_of == [66, 32, 0, 0, 20, 40, 60, 80, 100]

    def test_records_where_each_endpoint_stands(
        self, follow: Following, paid: ScriptedChain, uow: UnitOfWork
    ) -> None:
        chains = follow(paid, dead())
        chains.advance(CHAIN_ID)

        assert [(one.number, one.score, one.head) for one in states(chains, uow)] == [
            (1, 100, 20),
            (2, 66, None),
        ]

    def test_asks_nothing_when_there_is_one_endpoint(
        self, follow: Following, paid: ScriptedChain, uow: UnitOfWork
    ) -> None:
        alone = Intercepted(paid)
        chains = follow(alone)

        assert states(chains, uow) == []
        assert alone.asked == []


class TestAgreeing:
    def test_takes_money_in_when_a_second_endpoint_has_it_as_well(
        self, follow: Following, paid: ScriptedChain, connection: Connection
    ) -> None:
        follow(paid, deepcopy(paid), dead()).advance(CHAIN_ID)

        assert course(connection)[0] == "seen"

    def test_waits_before_a_block_with_money_when_no_other_endpoint_has_it_yet(
        self, follow: Following, paid: ScriptedChain, connection: Connection
    ) -> None:
        late, later = deepcopy(paid), deepcopy(paid)
        late.cut(15)
        later.cut(14)
        done = follow(paid, late, later).advance(CHAIN_ID)

        assert done.outcome is Outcome.BEHIND
        assert recorded(connection)["chain"][0][1] == 16
        assert course(connection) == []

    def test_takes_nothing_in_when_one_endpoint_alone_has_money_in_a_block(
        self, follow: Following, scripted: ScriptedChain, uow: UnitOfWork, connection: Connection
    ) -> None:
        scripted.grow(5)
        liar = deepcopy(scripted)
        liar.cut(4)
        liar.add(a_fact(), branch=0)
        chains = follow(liar, scripted, deepcopy(scripted))
        chains.advance(CHAIN_ID)

        assert course(connection) == []
        assert chains.advance(CHAIN_ID).outcome is Outcome.CAUGHT_UP

    def test_quarantines_an_endpoint_when_two_others_have_other_logs_in_its_block(
        self, follow: Following, paid: ScriptedChain, uow: UnitOfWork, connection: Connection
    ) -> None:
        liar = deepcopy(paid)
        header, (log,) = liar.blocks[16]
        liar.blocks[16] = (header, (replace(log, data=bytes(32)),))
        chains = follow(paid, liar, deepcopy(paid))
        chains.advance(CHAIN_ID)

        assert course(connection)[0] == "seen"
        assert faults(chains, uow) == [None, Fault.CONTRADICTED, None]

    def test_takes_one_word_for_money_when_two_endpoints_are_configured(
        self, follow: Following, paid: ScriptedChain, connection: Connection
    ) -> None:
        follow(paid, dead()).advance(CHAIN_ID)

        assert course(connection)[0] == "seen"

    def test_takes_one_word_for_money_when_the_operator_says_so(
        self, follow: Following, paid: ScriptedChain, connection: Connection
    ) -> None:
        follow(paid, dead(), dead(), quorum=1).advance(CHAIN_ID)

        assert course(connection)[0] == "seen"

    def test_tells_a_person_when_money_stays_unconfirmed(
        self, follow: Following, paid: ScriptedChain, connection: Connection
    ) -> None:
        follow(paid, dead(), dead()).advance(CHAIN_ID, budget_seconds=60)

        assert incidents(connection) == [("unconfirmed_block", True)]
        assert course(connection) == []

    def test_takes_nothing_back_when_most_endpoints_hold_the_newest_block(
        self, follow: Following, paid: ScriptedChain, connection: Connection
    ) -> None:
        astray = deepcopy(paid)
        chains = follow(astray, paid, deepcopy(paid))
        chains.advance(CHAIN_ID)
        astray.cut(14)
        astray.grow(7, branch=7)
        chains.advance(CHAIN_ID)

        assert "orphaned" not in course(connection)

    def test_follows_a_reorganisation_when_most_endpoints_do(
        self, follow: Following, paid: ScriptedChain, connection: Connection
    ) -> None:
        others = [deepcopy(paid) for _ in range(2)]
        chains = follow(*others, paid)
        chains.advance(CHAIN_ID)
        for moved in others:
            moved.cut(14)
            moved.grow(7, branch=7)
        chains.advance(CHAIN_ID)

        assert course(connection)[-1] == "orphaned"
