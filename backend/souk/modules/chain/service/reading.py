"""Reading blocks with their logs from one endpoint, and believing nothing that is not checked."""

from collections.abc import Sequence
from contextlib import suppress

from souk.core.addresses import Address
from souk.core.errors import UnavailableError
from souk.modules.chain.domain import (
    BlockHeader,
    Bloom,
    ChainConfig,
    RawLog,
    VerifiedBlock,
    require_linked,
    verify_block,
    verify_some_logs,
)
from souk.modules.chain.errors import ChainDataRefused
from souk.modules.chain.ports import LogSource


class BlockReader:
    """Reads the contract's logs in given blocks.

    With blooms, a block that may hold a log of ours is asked, by its hash, for all its logs, and
    these must explain its bloom: an answer with anything left out is refused. Without blooms
    (some rollups serve zeros) the node's word has to do, checked as far as it can be.
    """

    def __init__(self, source: LogSource, config: ChainConfig, topics: frozenset[str]) -> None:
        self._source = source
        self._config = config
        self._contract = config.escrow_address
        self._topics = topics

    def headers(self, first: int, last: int) -> list[BlockHeader]:
        """The headers from `first` on, up to `last` or to the last that the node has, each the
        child of the one before; never empty."""
        headers = self._source.headers(range(first, last + 1))
        if not headers:
            raise ChainDataRefused(f"the node announced block {first} and does not give it")
        if [header.number for header in headers] != list(range(first, first + len(headers))):
            raise ChainDataRefused(f"the blocks from {first} on came with some left out")
        require_linked(headers)
        return headers

    def read(self, headers: Sequence[BlockHeader], *, settled: bool) -> list[VerifiedBlock]:
        """The blocks with their logs. `settled` says that none of them can be replaced any more,
        so that they may be asked for by number. Raises `ChainDataRefused` and
        `ProviderUnavailable`; a single block is tried by its receipts before that."""
        by_range = settled and len(headers) > 1
        claimed = self._ranged(headers) if by_range else self._by_hash(headers)
        if not self._config.verify_blooms:
            return [
                verify_some_logs(h, claimed.get(h.number, ()), contract=self._contract)
                for h in headers
            ]
        proved = self._self_evident(headers, claimed)
        suspects = [
            header
            for header in headers
            if header.hash not in proved
            and (header.number in claimed or self._may_hold_ours(header, by_range=by_range))
        ]
        proved |= self._prove(suspects)
        return [proved.get(header.hash, VerifiedBlock(header)) for header in headers]

    def _may_hold_ours(self, header: BlockHeader, *, by_range: bool) -> bool:
        """In a range that was asked for already, a bloom so full that it holds nearly everything
        is no reason to doubt that the block holds nothing of ours."""
        bloom = Bloom.of_header(header.logs_bloom)
        return bloom.may_hold_any(self._contract, self._topics) and (bloom.tells or not by_range)

    def _ranged(self, headers: Sequence[BlockHeader]) -> dict[int, list[RawLog]]:
        """Logs by block number, from one question over the whole range; its last block must be
        the same before and after, and each log must be of a block in between."""
        first, last = headers[0].number, headers[-1].number
        logs = self._source.logs_in_range(first, last, contract=self._contract)
        after = self._source.headers([last])
        if [header.hash for header in after] != [headers[-1].hash]:
            raise ChainDataRefused(f"block {last} changed while its logs were read")
        hashes = {header.number: header.hash for header in headers}
        grouped: dict[int, list[RawLog]] = {}
        for log in logs:
            if log.removed:
                continue
            if hashes.get(log.block_number) != log.block_hash:
                raise ChainDataRefused(f"a log names block {log.block_number} with another hash")
            grouped.setdefault(log.block_number, []).append(log)
        return grouped

    def _self_evident(
        self, headers: Sequence[BlockHeader], claimed: dict[int, list[RawLog]]
    ) -> dict[str, VerifiedBlock]:
        """The blocks in which nobody else has a log: what was given of them explains their bloom.
        Most others are told from these by the place of their first log alone."""
        proved = {}
        for header in headers:
            logs = claimed.get(header.number)
            if logs and logs[0].log_index == 0:
                with suppress(ChainDataRefused):
                    proved[header.hash] = verify_block(header, logs, contract=self._contract)
        return proved

    def _prove(self, suspects: Sequence[BlockHeader]) -> dict[str, VerifiedBlock]:
        if not suspects:
            return {}
        answers = self._logs_of(suspects, contract=None)
        return {
            header.hash: self._proved(header, logs)
            for header, logs in zip(suspects, answers, strict=True)
        }

    def _proved(self, header: BlockHeader, logs: Sequence[RawLog]) -> VerifiedBlock:
        try:
            return verify_block(header, logs, contract=self._contract)
        except ChainDataRefused:
            return verify_block(header, self._by_receipts(header), contract=self._contract)

    def _by_hash(self, headers: Sequence[BlockHeader]) -> dict[int, list[RawLog]]:
        """Logs by block number, asked block by block; also of blocks whose bloom holds nothing,
        because a bloom may be wrong as well."""
        answers = self._logs_of(headers, contract=self._contract)
        return {header.number: logs for header, logs in zip(headers, answers, strict=True) if logs}

    def _logs_of(
        self, headers: Sequence[BlockHeader], *, contract: Address | None
    ) -> list[list[RawLog]]:
        """By hash; the last resort for a single block that the node refuses is its receipts."""
        hashes = [header.hash for header in headers]
        try:
            return self._source.logs_of_blocks(hashes, contract=contract)
        except UnavailableError:
            if len(headers) > 1:
                raise
        logs = self._by_receipts(headers[0])
        return [[log for log in logs if contract is None or log.address == contract]]

    def _by_receipts(self, header: BlockHeader) -> list[RawLog]:
        """All logs of a block that the node did not give by its hash. Receipts name their block;
        one without transactions has none, so the node has to say again which one it is."""
        if not header.transaction_hashes and self._source.headers([header.number]) != [header]:
            raise ChainDataRefused(f"block {header.number} is another one when asked for again")
        return self._source.logs_by_receipts(header)
