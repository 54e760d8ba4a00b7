"""The block tree: all that was ever mined, which branch of it counts, and what is final."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from random import Random

from tests.support.simchain.blocks import Block, Log, Mined, Placed
from tests.support.simchain.escrow import CREDITED, PAID, Deed, Slot, State, apply, knock, topic
from tests.support.simchain.letters import Letter

SECONDS_A_BLOCK = 2
CROWD = 150
USUAL_FEE = 10**9
STRANGER = "0x" + "57" * 20


class Tree:
    """Grows at `head`, which may jump to another branch above `finalized`. `happened` counts what
    is unusual in it."""

    def __init__(
        self, random: Random, contract: str, *, begin: int, final_lag: int, start: int = 0
    ) -> None:
        self._random = random
        self._contract = contract.lower()
        self._final_lag, self._start = final_lag, start
        first = Block(None, 0, begin, random.getrandbits(64))
        self.head = first
        self.finalized = -1
        self.blocks = {first.hash: first}
        self.alive: list[Deed] = []
        self.places: dict[str, list[Block]] = defaultdict(list)
        self.happened: Counter[str] = Counter()
        # The blocks that counted once, and then did not.
        self.left: set[str] = set()
        # Signed transactions that somebody has sent in, those which wait, and what holds them up.
        self.sent: dict[str, Letter] = {}
        self.pool: list[Letter] = []
        self.base_fee, self.holds_back = USUAL_FEE, False
        self._leaps: dict[int, int] = {}
        self._nonces: dict[str, int] = {first.hash: 0}
        self._states: dict[str, State] = {first.hash: {}}
        self._done: dict[str, frozenset[str]] = {first.hash: frozenset()}

    @property
    def done(self) -> frozenset[str]:
        """The hashes of the deeds that stand on the branch that counts."""
        return self._done[self.head.hash]

    def logs(self) -> list[Placed]:
        """What the contract said on the branch that counts."""
        said = (placed for block in self.head.path for placed in block.logs)
        return [placed for placed in said if placed.log.address == self._contract]

    def slot(self, escrow_id: str) -> Slot | None:
        """Where an order stands in the contract on the branch that counts."""
        return self.state(self.head).get(escrow_id)

    def state(self, block: Block) -> State:
        """Of the contract after a block."""
        return self._states[block.hash]

    def nonce(self, block: Block) -> int:
        """How many transactions that were sent in stand in the branch up to a block."""
        return self._nonces[block.hash]

    def settled(self) -> dict[str, tuple[Block, bool]]:
        """Where on the branch that counts each transaction stands that was sent in, and whether it
        succeeded."""
        return {
            one.hash: (block, one.succeeded)
            for block in self.head.path
            for one in block.transactions
            if one.hash in self.sent
        }

    def leap(self, seconds: int) -> None:
        """On every branch the next block comes so much later."""
        self._leaps[self.head.number + 1] = seconds

    def mine(self, count: int = 1) -> None:
        """Blocks on top of the head, with whatever of the deeds fits in."""
        for _ in range(count):
            self._add(self.head)

    def forget(self, deeds: Iterable[Deed]) -> None:
        """Nobody will mine these any more, unless a branch that has them comes back."""
        self.alive = [deed for deed in self.alive if deed not in set(deeds)]

    def deepest(self) -> int:
        """How many blocks may at most be replaced."""
        return self.head.number - max(self.finalized, self._start)

    def fork(self, depth: int, *, longer: int = 1) -> Block:
        """Replace so many blocks by that many and `longer` more; the head that was left."""
        left = self.head
        self.left.update(block.hash for block in left.path[left.number - depth + 1 :])
        orphaned = self.settled().keys()
        before = {(one.transaction_hash, one.log_index) for one in self.logs()}
        self.head = left.path[left.number - depth]
        orphaned -= self.settled().keys()
        self.happened["own_transaction_orphaned"] += len(orphaned)
        self.mine(depth + longer)
        after = {(one.transaction_hash, one.log_index) for one in self.logs()}
        hashes = {one for one, _ in before} & {one for one, _ in after}
        moved = {one for one, _ in before ^ after} & hashes
        self.happened["mined_again_elsewhere"] += len(moved)
        return left

    def return_to(self, left: Block) -> bool:
        """Let a branch win again that had lost, if finality allows."""
        common = max(
            mine.number
            for mine, other in zip(self.head.path, left.path, strict=False)
            if mine is other
        )
        if common < self.finalized or left in self.head.path:
            return False
        height = self.head.number
        self.left.update(block.hash for block in self.head.path[common + 1 :])
        self.head = left
        self.mine(max(1, height + 1 - left.number))
        return True

    def _add(self, parent: Block) -> None:
        now = parent.timestamp + SECONDS_A_BLOCK + self._leaps.get(parent.number + 1, 0)
        state, ours = self._worked(parent, now)
        state, letters = self._delivered(parent, state, now)
        mined = [*ours, *letters]
        for one in self._noise():
            mined.insert(self._random.randint(0, len(mined)), one)
        salt = self._random.getrandbits(64)
        self.head = block = Block(parent, parent.number + 1, now, salt, tuple(mined))
        self.finalized = max(self.finalized, block.number - self._final_lag)
        self.blocks[block.hash] = block
        self._states[block.hash] = state
        self._nonces[block.hash] = self._nonces[parent.hash] + len(letters)
        self._done[block.hash] = self._done[parent.hash] | {one.hash for one in ours}
        for one in mined:
            self.places[one.hash].append(block)

    def _worked(self, parent: Block, now: int) -> tuple[State, list[Mined]]:
        """The deeds that fit on top of a block, in any order that they allow."""
        state, done = self._states[parent.hash], self._done[parent.hash]
        mined = []
        for deed in self._random.sample(self.alive, len(self.alive)):
            after = None if deed.hash in done else apply(state, deed, now)
            if after is not None:
                state, logs = after
                mined.append(Mined(deed.hash, logs))
        return state, mined

    def _delivered(self, parent: Block, state: State, now: int) -> tuple[State, list[Mined]]:
        """What waits and offers enough, by its nonces; of two that have the same one either."""
        mined: list[Mined] = []
        while not self.holds_back:
            nonce = self._nonces[parent.hash] + len(mined)
            fit = [one for one in self.pool if one.nonce == nonce and one.fee >= self.base_fee]
            if not fit:
                break
            letter = self._random.choice(fit)
            after = knock(state, letter.verb, letter.orders, now)
            state, logs = after or (state, ())
            mined.append(Mined(letter.hash, logs, after is not None))
        return state, mined

    def _noise(self) -> list[Mined]:
        """What others do meanwhile, some of it in our name."""
        chances = {"crowded_block": 0.004, "spoofed_event": 0.04, "unknown_event": 0.04}
        found = [kind for kind, chance in chances.items() if self._random.random() < chance]
        self.happened.update(found)
        logs = [self._odd(kind) for kind in found]
        if self._random.random() < 0.2:
            logs.append((self._strange(),))
        if self._random.random() < 0.03:
            logs.append((self._credited(),))
        return [Mined(self._word(), each) for each in logs]

    def _odd(self, kind: str) -> tuple[Log, ...]:
        if kind == "crowded_block":
            return tuple(self._strange() for _ in range(CROWD))
        if kind == "unknown_event":
            return (Log(self._contract, (topic("Upgraded(address)"), self._word()), b""),)
        about = self._random.choice(self.alive).order.escrow_id if self.alive else self._word()
        return (Log(STRANGER, (PAID, about, self._word(), self._word()), bytes(96)),)

    def _strange(self) -> Log:
        return Log(f"0x{self._random.getrandbits(160):040x}", (self._word(),), b"")

    def _credited(self) -> Log:
        token, who = ("0x" + f"{self._random.getrandbits(160):064x}" for _ in range(2))
        return Log(self._contract, (CREDITED, token, who), (1).to_bytes(32, "big"))

    def _word(self) -> str:
        return f"0x{self._random.getrandbits(256):064x}"
