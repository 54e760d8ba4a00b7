"""Who holds a name, where registry, registrar and wrapper say what our own small ENS never does."""

import pytest
from eth_abi.abi import encode

from souk.adapters.ens.calls import Question, Said
from souk.adapters.ens.hashes import node_of
from souk.adapters.ens.holding import EnsPlace, Registrations
from souk.core.addresses import checksum_address
from souk.modules.chain.domain import BlockHeader
from souk.modules.names.domain import EnsName
from tests.support.chain_builders import a_header

FIG, OLIVE = (checksum_address("0x" + digit * 40) for digit in "12")
PLACE = EnsPlace(
    registry=checksum_address("0x" + "a1" * 20),
    registrar=checksum_address("0x" + "a2" * 20),
    controller=checksum_address("0x" + "a3" * 20),
    wrapper=checksum_address("0x" + "a4" * 20),
)
SILENT = Said(False, b"")


class Parts:
    """Answers as a chain of which only this is known: owners in the registry, when the registrar's
    names end, and owner and end of what is wrapped."""

    def __init__(self, owners=(), registered=None, wrapped=()) -> None:
        self._owners = {node_of(name): owner for name, owner in dict(owners).items()}
        self._registered = registered
        self._wrapped = {
            int.from_bytes(node_of(name), "big"): kept for name, kept in dict(wrapped).items()
        }

    def ask(self, head: BlockHeader, questions: list[Question], *, longest: int) -> list[Said]:
        return [self._said(question) for question in questions]

    def _said(self, question: Question) -> Said:
        argument = question.data[4:36]
        if question == Question.of(PLACE.registry, "owner(bytes32)", argument):
            owner = self._owners.get(argument)
            return SILENT if owner is None else Said(True, encode(["address"], [owner]))
        if question.target == PLACE.wrapper:
            kept = self._wrapped.get(int.from_bytes(argument, "big"))
            types = ["address", "uint32", "uint64"]
            return SILENT if kept is None else Said(True, encode(types, [kept[0], 0, kept[1]]))
        if question == Question.of(
            PLACE.registrar, "nameExpires(uint256)", int.from_bytes(argument, "big")
        ):
            return Said(True, encode(["uint256"], [self._registered or 0]))
        return SILENT


def holding(name: str, **parts):
    return Registrations(Parts(**parts), PLACE).holding(a_header(), EnsName(name))


@pytest.mark.pitfall("A10")
def test_nobody_holds_what_is_below_a_name_that_was_never_given_away():
    """Such as one that stayed with the registrar before today's, whom nobody asks."""
    found = holding("shop.maltese.eth", owners={"shop.maltese.eth": FIG, "maltese.eth": OLIVE})

    assert found.owner is None


def test_owner_of_what_is_below_a_name_that_is_held_is_the_registrys():
    found = holding("shop.maltese.eth", owners={"shop.maltese.eth": FIG}, registered=2**33)

    assert (found.owner, found.until) == (FIG, 2**33)


@pytest.mark.pitfall("A11")
def test_wrapped_name_outside_of_eth_is_its_owners_until_it_expires():
    found = holding(
        "shop.maltese.xyz",
        owners={"shop.maltese.xyz": PLACE.wrapper},
        wrapped={"shop.maltese.xyz": (FIG, 1_000)},
    )

    assert (found.owner, found.wrapped, found.until) == (FIG, True, 1_000)


@pytest.mark.pitfall("A11")
def test_name_outside_of_eth_expires_with_a_wrapped_one_above_it():
    found = holding(
        "shop.maltese.xyz",
        owners={"shop.maltese.xyz": FIG, "maltese.xyz": PLACE.wrapper},
        wrapped={"maltese.xyz": (OLIVE, 500)},
    )

    assert (found.owner, found.until) == (FIG, 500)
