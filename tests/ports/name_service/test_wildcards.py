"""Names that nobody holds, for which one above them answers (ENSIP-10)."""

import pytest

from souk.modules.names.domain import EnsName, Fault, NameState, find_fault
from tests.support.ens_resolvers import ResolverWorld
from tests.support.ens_world import FIG, OLIVE, World

NAME = EnsName("maltese.eth")
BELOW = EnsName("shop.maltese.eth")


@pytest.fixture
def answering(world: World) -> World:
    """With a name of Fig's, below which everything stands for Olive."""
    world.register("maltese", FIG)
    world.answer_below(NAME, FIG, OLIVE)
    return world


@pytest.mark.parametrize("name", [BELOW, "a.b.c.maltese.eth", "\N{PEACH}.maltese.eth"])
def test_tells_whom_a_name_stands_for_by_the_one_above_it(answering, name):
    record = answering.service.look(EnsName(name))

    assert (record.address, record.owner, record.answered_by) == (OLIVE, None, NAME)
    assert record.state is NameState.WILDCARD
    assert (find_fault(record, OLIVE), find_fault(record, FIG)) == (None, Fault.REPOINTED)


@pytest.mark.pitfall("A10")
@pytest.mark.parametrize(
    ("days", "state", "fault"),
    [
        (366, NameState.GRACE_PERIOD, Fault.EXPIRED),
        (456, NameState.FREE, Fault.NOT_HELD),
    ],
)
def test_name_expires_with_the_one_that_answers_for_it(answering, days, state, fault):
    answering.pass_time(days=days)

    record = answering.service.look(BELOW)

    assert (record.address, record.state) == (OLIVE, state)
    assert find_fault(record, OLIVE) is fault


@pytest.mark.pitfall("A11")
def test_name_expires_with_a_wrapped_one_that_answers_for_it(world):
    world.register("maltese", FIG)
    world.wrap("maltese", FIG)
    world.add_subname("shop", NAME, FIG, days=30, final=True)
    world.answer_below(BELOW, FIG, OLIVE)
    till = EnsName("till.shop.maltese.eth")
    assert find_fault(world.service.look(till), OLIVE) is None

    world.pass_time(days=31)

    assert find_fault(world.service.look(till), OLIVE) is Fault.EXPIRED


def test_nobody_answers_for_names_below_unless_it_says_so(world):
    world.register("maltese", FIG)
    world.answer_below(NAME, FIG, OLIVE, extended=False)

    record = world.service.look(BELOW)

    assert (record.address, record.answered_by, record.state) == (None, None, NameState.FREE)


def test_name_of_its_own_is_not_answered_for(on_chain: ResolverWorld):
    on_chain.register("maltese", FIG)
    on_chain.add_in_registry("shop", NAME, FIG, to=OLIVE)
    on_chain.point(BELOW, OLIVE, FIG)
    on_chain.answer_below(NAME, FIG, OLIVE)

    record = on_chain.service.look(BELOW)

    assert (record.address, record.owner, record.answered_by) == (FIG, OLIVE, None)


def test_whole_name_is_asked_for_when_the_resolver_takes_it(on_chain: ResolverWorld):
    on_chain.register("maltese", FIG)
    resolver = on_chain.answer_below(NAME, FIG, OLIVE)

    record = on_chain.service.look(NAME)

    assert (record.address, record.texts["url"]) == (OLIVE, "\x07maltese\x03eth")
    assert (record.address != resolver, record.state, record.answered_by) == (
        True,
        NameState.HELD,
        None,
    )


def test_name_below_one_that_was_taken_away_is_not_held(on_chain: ResolverWorld):
    """The resolver of who had it goes on answering."""
    on_chain.register("maltese", FIG)
    on_chain.add_in_registry("shop", NAME, FIG, to=OLIVE)
    on_chain.answer_below(BELOW, OLIVE, OLIVE)
    on_chain.add_in_registry("shop", NAME, FIG, to=None)

    record = on_chain.service.look(EnsName("till.shop.maltese.eth"))

    assert (record.address, record.state) == (OLIVE, NameState.FREE)
    assert find_fault(record, OLIVE) is Fault.NOT_HELD


@pytest.mark.parametrize("name", ["nobody-has.eth", "shop.nobody-has.eth", "shop.maltese.eth"])
def test_whoever_answers_for_all_of_eth_gives_no_names_away(on_chain: ResolverWorld, name: str):
    on_chain.register("maltese", FIG)
    on_chain.answer_for_all_of_eth(OLIVE)

    record = on_chain.service.look(EnsName(name))

    assert (record.address, record.answered_by, record.state) == (OLIVE, None, NameState.FREE)
    assert find_fault(record, OLIVE) is Fault.NOT_HELD


def test_account_is_called_what_stands_for_it_by_the_name_above(answering):
    answering.claim(OLIVE, BELOW)
    answering.claim(FIG, BELOW)

    assert answering.service.primary_name(OLIVE) == BELOW
    assert answering.service.primary_name(FIG) is None


@pytest.mark.parametrize("claim", ["." * 900, "a." * 200 + "maltese.eth", ".maltese.eth"])
def test_account_is_not_called_what_is_no_name(answering, claim):
    answering.claim(OLIVE, claim)

    assert answering.service.primary_name(OLIVE) is None


def test_tells_nothing_when_the_resolver_says_too_much(on_chain: ResolverWorld):
    on_chain.register("maltese", FIG)
    on_chain.resolved_by(NAME, FIG, on_chain.endless())

    for name in (NAME, BELOW):
        record = on_chain.service.look(name, off_chain=True)
        assert (record.address, record.texts, record.off_chain) == (None, {}, False)
