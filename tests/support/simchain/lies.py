"""Answers that are not true. Each lie gets the calls with their honest answers, and says what is
answered instead; `None` when there is nothing in them that it could twist."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from tests.support.simchain.blocks import Block, Json

Entries = list[Json]
TAGS = ("safe", "finalized")


@dataclass(frozen=True)
class Told:
    """What was asked, and what is true."""

    random: Random
    calls: Sequence[Json]
    entries: Entries
    path: Sequence[Block]

    def some(self, method: str, fits: Callable[[object], bool] = bool) -> int | None:
        """The place of an answer to this method whose result fits."""
        places = [
            place
            for place, (call, entry) in enumerate(zip(self.calls, self.entries, strict=True))
            if call["method"] == method and fits(entry.get("result"))
        ]
        return self.random.choice(places) if places else None

    def tag(self, *tags: str) -> int | None:
        """The place of the answer about a block by one of these tags."""
        places = [
            place
            for place, call in enumerate(self.calls)
            if call["method"] == "eth_getBlockByNumber" and call["params"][0] in tags
        ]
        return self.random.choice(places) if places else None

    def instead(self, place: int, result: object) -> Entries:
        """All answers, with another result at this place."""
        return self._replaced(place, {"id": self.entries[place]["id"], "result": result})

    def refused(self, place: int, words: str) -> Entries:
        """All answers, with an error at this place."""
        error = {"code": -32005, "message": words}
        return self._replaced(place, {"id": self.entries[place]["id"], "error": error})

    def _replaced(self, place: int, entry: Json) -> Entries:
        entries = list(self.entries)
        entries[place] = {"jsonrpc": "2.0", **entry}
        return entries


Lie = Callable[[Told], Entries | None]


def _log_lie(change: Callable[[Random, Json], list[Json]]) -> Lie:
    """About one log of those that are given: what stands in its place."""

    def lie(told: Told) -> Entries | None:
        place = told.some("eth_getLogs")
        if place is None:
            return None
        logs = list(told.entries[place]["result"])
        at = told.random.randrange(len(logs))
        logs[at : at + 1] = change(told.random, logs[at])
        return told.instead(place, logs)

    return lie


def _header_lie(change: Callable[[Random, Json], Json]) -> Lie:
    """About one block above the first; what is safe or final nobody can check."""

    def lie(told: Told) -> Entries | None:
        place = told.some("eth_getBlockByNumber", lambda block: block and block["number"] != "0x0")
        if place is None or told.calls[place]["params"][0] in TAGS:
            return None
        return told.instead(place, change(told.random, told.entries[place]["result"]))

    return lie


def _bloom(random: Random, block: Json) -> Json:
    bits = int(block["logsBloom"], 16)
    more = bits | 1 << random.randrange(2048)
    return {**block, "logsBloom": f"0x{more:0512x}"}


def _empty_bloom(told: Told) -> Entries | None:
    place = told.some("eth_getBlockByNumber", lambda block: block and int(block["logsBloom"], 16))
    if place is None:
        return None
    block = {**told.entries[place]["result"], "logsBloom": "0x" + "00" * 256}
    return told.instead(place, block)


def _no_logs(told: Told) -> Entries | None:
    place = told.some("eth_getLogs")
    return None if place is None else told.instead(place, [])


def _turned(told: Told) -> Entries | None:
    place = told.some("eth_getLogs", lambda logs: bool(logs) and len(logs) > 1)
    return None if place is None else told.instead(place, told.entries[place]["result"][::-1])


def _missing(method: str) -> Lie:
    def lie(told: Told) -> Entries | None:
        place = told.some(method)
        return None if place is None else told.instead(place, None)

    return lie


def _receipt(told: Told) -> Entries | None:
    place = told.some("eth_getTransactionReceipt")
    if place is None:
        return None
    return told.instead(place, _another("blockHash")(told.random, told.entries[place]["result"]))


def _older(tags: tuple[str, ...], lowest: int, highest: int) -> Lie:
    """The block with this tag is one that had it so many blocks ago."""

    def lie(told: Told) -> Entries | None:
        place = told.tag(*tags)
        if place is None or not told.entries[place].get("result"):
            return None
        number = int(told.entries[place]["result"]["number"], 16)
        older = number - told.random.randint(lowest, highest)
        return None if older < 0 else told.instead(place, told.path[older].json)

    return lie


def _unknown_tag(told: Told) -> Entries | None:
    place = told.tag(*TAGS)
    return None if place is None else told.refused(place, "unknown block")


def _refused(told: Told) -> Entries | None:
    words = ["daily request count exceeded", "zu viele Fragen", "header not found", ""]
    return told.refused(told.random.randrange(len(told.calls)), told.random.choice(words))


def _shuffled(told: Told) -> Entries | None:
    entries = told.random.sample(told.entries, len(told.entries))
    return None if entries == told.entries else entries


def _misnamed(told: Told) -> Entries | None:
    entries = list(told.entries)
    place = told.random.randrange(len(entries))
    entries[place] = {**entries[place], "id": told.random.choice([None, "7", -1])}
    return entries


def _forgotten(told: Told) -> Entries | None:
    entries = list(told.entries)
    del entries[told.random.randrange(len(entries))]
    return entries or None


def _with(**fields: object) -> Callable[[Random, Json], Json]:
    return lambda _random, json: {**json, **fields}


def _word(random: Random) -> str:
    return f"0x{random.getrandbits(256):064x}"


def _another(field: str) -> Callable[[Random, Json], Json]:
    """With a hash that nothing has."""
    return lambda random, json: {**json, field: _word(random)}


def _plus(field: str, most: int = 5) -> Callable[[Random, Json], Json]:
    return lambda random, json: {
        **json,
        field: hex(int(str(json[field]), 16) + random.randint(1, most)),
    }


def _instead(change: Callable[[Random, Json], Json]) -> Lie:
    return _log_lie(lambda random, log: [change(random, log)])


LIES: dict[str, Lie] = {
    "logs_left_out": _no_logs,
    "log_left_out": _log_lie(lambda _random, _log: []),
    "log_repeated": _log_lie(lambda _random, log: [log, log]),
    "log_removed": _log_lie(
        lambda random, log: [log, {**log, "removed": True, "blockHash": _word(random)}]
    ),
    "log_of_another_block": _instead(_another("blockHash")),
    "log_number_wrong": _instead(_plus("blockNumber")),
    "log_index_wrong": _instead(_plus("logIndex")),
    "log_topic_wrong": _instead(
        lambda random, log: {**log, "topics": [*log["topics"][:-1], _word(random)]}
    ),
    "log_transaction_wrong": _instead(_another("transactionHash")),
    "log_malformed": _instead(_with(data="0x123")),
    "logs_turned_round": _turned,
    "header_hash_wrong": _header_lie(_another("hash")),
    "header_parent_wrong": _header_lie(_another("parentHash")),
    "header_number_wrong": _header_lie(_plus("number")),
    "header_malformed": _header_lie(_with(number="0x")),
    "bloom_inflated": _header_lie(_bloom),
    "bloom_emptied": _empty_bloom,
    "block_missing": _missing("eth_getBlockByNumber"),
    "head_stale": _older(("latest",), 1, 8),
    "head_fallen": _older(("latest",), 9, 60),
    "tag_regressed": _older(TAGS, 1, 12),
    "tag_unknown": _unknown_tag,
    "question_refused": _refused,
    "receipt_missing": _missing("eth_getTransactionReceipt"),
    "receipt_of_another_block": _receipt,
    "answers_shuffled": _shuffled,
    "answer_misnamed": _misnamed,
    "answer_forgotten": _forgotten,
}
