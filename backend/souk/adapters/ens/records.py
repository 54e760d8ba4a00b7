"""What the contract that answers for a name says of it.

A resolver is asked for a node, as resolvers always were, and for the whole name as well (ENSIP-10),
in one call; which of the answers count is seen by what it says that it supports. One that was named
for a name further up counts for whole names alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from souk.adapters.ens.answers import address_in, hexadecimal_in, is_true, text_in
from souk.adapters.ens.calls import LONGEST, CallsReader, Question, Said
from souk.adapters.ens.hashes import dns_encoded, node_of
from souk.adapters.ens.holding import Resolver
from souk.adapters.ens.lookups import OffChainLookups
from souk.core.addresses import Address
from souk.modules.chain.domain import BlockHeader
from souk.modules.names.domain import AVATAR, TEXT_KEYS, EnsName

_EXTENDED = bytes.fromhex("9061b923")
_AVATAR = TEXT_KEYS.index(AVATAR)


@dataclass(frozen=True, slots=True)
class Records:
    """What is known of a name by its resolver. `answered`: there is one that may answer for it."""

    answered: bool
    address: Address | None
    off_chain: bool
    contenthash: str | None
    texts: dict[str, str]


NOTHING_SAID = Records(False, None, False, None, {})


@dataclass(frozen=True, slots=True)
class _Asked:
    """Questions, what was said to each, and whether these are about the whole name: then what was
    said holds the answer."""

    whole: bool
    questions: list[Question]
    said: list[Said]

    def answer(self, said: Said) -> Said:
        """What was said, opened."""
        return said.inner if self.whole else said


class RecordsReader:
    """Asks resolvers. Without `lookups` none is ever followed off chain."""

    def __init__(self, reader: CallsReader, lookups: OffChainLookups | None) -> None:
        self._reader, self._lookups = reader, lookups

    def read(
        self, head: BlockHeader, name: EnsName, resolver: Resolver, *, off_chain: bool
    ) -> Records:
        """Address, content hash and texts. Off chain the address and the avatar are asked for, not
        every text."""
        node = node_of(name)
        asked = self._ask(
            head,
            name,
            resolver,
            [
                ("addr(bytes32)", node),
                ("contenthash(bytes32)", node),
                *(("text(bytes32,string)", node, key) for key in TEXT_KEYS),
            ],
        )
        if asked is None:
            return NOTHING_SAID
        elsewhere = asked.said[0].wants_lookup
        answers = self._completed(head, asked, off_chain=off_chain)
        address, contenthash, *texts = [asked.answer(said) for said in answers]
        return Records(
            True, address_in(address), elsewhere, hexadecimal_in(contenthash), _texts(texts)
        )

    def address(self, head: BlockHeader, name: EnsName, resolver: Resolver) -> Address | None:
        """Only whom a name stands for, by what is on the chain."""
        asked = self._ask(head, name, resolver, [("addr(bytes32)", node_of(name))])
        return None if asked is None else address_in(asked.answer(asked.said[0]))

    def _ask(
        self,
        head: BlockHeader,
        name: EnsName,
        resolver: Resolver,
        what: Sequence[tuple[str, *tuple[object, ...]]],
    ) -> _Asked | None:
        """`None` when the resolver may not answer for this name."""
        at, encoded = resolver.address, dns_encoded(name)
        plain = [Question.of(at, function, *arguments) for function, *arguments in what]
        whole = []
        if encoded is not None:
            resolve = "resolve(bytes,bytes)"
            whole = [Question.of(at, resolve, encoded, one.data) for one in plain]
        exact = plain if resolver.name == name else []
        supports = Question.of(at, "supportsInterface(bytes4)", _EXTENDED)
        extended, *said = self._reader.ask(head, [supports, *exact, *whole])
        if whole and is_true(extended):
            return _Asked(True, whole, said[len(exact) :])
        return _Asked(False, exact, said[: len(exact)]) if exact else None

    def _completed(self, head: BlockHeader, asked: _Asked, *, off_chain: bool) -> list[Said]:
        """With the avatar whole, which may be a picture written out, and with what lies elsewhere
        if that is wanted."""
        said, avatar = list(asked.said), 2 + _AVATAR
        if said[avatar].given and len(said[avatar].data) >= LONGEST:
            said[avatar] = self._reader.ask_alone(head, asked.questions[avatar])
        wanted = [place for place in (0, avatar) if said[place].wants_lookup]
        if not (off_chain and wanted and self._lookups):
            return said
        with self._lookups.turn() as patience:
            for place in wanted:
                said[place] = self._lookups.follow(head, asked.questions[place], patience)
        return said


def _texts(answers: Sequence[Said]) -> dict[str, str]:
    texts = {key: text_in(one) for key, one in zip(TEXT_KEYS, answers, strict=True)}
    return {key: text for key, text in texts.items() if text}
