"""Asking contracts in one call, whatever they answer."""

import pytest

from souk.adapters.ens.calls import LONGEST, LONGEST_ALONE, LONGEST_QUESTION, Question, Said
from tests.support.ens_resolvers import ResolverWorld
from tests.support.ens_world import OLIVE

EMPTY = b""


@pytest.fixture
def endless(on_chain: ResolverWorld) -> Question:
    """A question to a contract that says too much."""
    return Question(on_chain.endless(), EMPTY)


def test_beginnings_of_many_long_answers_are_taken(on_chain, endless):
    reader = on_chain.reader

    said = reader.ask(reader.newest(), [endless] * 45)

    assert [(one.given, len(one.data)) for one in said] == [(True, LONGEST)] * 45


def test_more_is_taken_of_an_answer_alone(on_chain, endless):
    reader = on_chain.reader

    said = reader.ask_alone(reader.newest(), endless)

    assert (said.given, len(said.data)) == (True, LONGEST_ALONE)


def test_question_that_is_too_long_has_no_answer(on_chain, endless):
    reader, head = on_chain.reader, on_chain.reader.newest()

    longest = Question(OLIVE, bytes(LONGEST_QUESTION))
    assert reader.ask_alone(head, longest) == Said(True, EMPTY)
    too_long = Question(OLIVE, bytes(LONGEST_QUESTION + 10_000))
    assert reader.ask_alone(head, too_long) == Said(False, EMPTY)
