"""Everything that goes wrong, by name: what may happen in a run, and how often it did."""

from collections import Counter
from random import Random

# What whoever carries the question does to it.
CARRIED = [
    "connection_refused",
    "connection_cut",
    "timed_out",
    "error_page",
    "answer_cut",
    "batches_refused",
    "slow_answer",
]
# What a node does to its own answer.
LIES = [
    "logs_left_out",
    "log_left_out",
    "log_repeated",
    "log_removed",
    "log_of_another_block",
    "log_number_wrong",
    "log_index_wrong",
    "log_topic_wrong",
    "log_transaction_wrong",
    "log_malformed",
    "logs_turned_round",
    "header_hash_wrong",
    "header_parent_wrong",
    "header_number_wrong",
    "header_malformed",
    "bloom_inflated",
    "bloom_emptied",
    "block_missing",
    "head_stale",
    "head_fallen",
    "tag_regressed",
    "tag_unknown",
    "question_refused",
    "receipt_missing",
    "receipt_of_another_block",
    "answers_shuffled",
    "answer_misnamed",
    "answer_forgotten",
]
# What befalls nodes for a while, or the whole chain.
NODES = [
    "node_lags",
    "node_on_losing_branch",
    "node_pruned",
    "blocks_capped",
    "logs_capped",
    "logs_late",
    "endpoint_of_another_chain",
]
# What befalls all of one provider's nodes, where there are several to turn to.
PROVIDERS = ["endpoint_away", "endpoint_stands_still"]
# What one of three providers says in all its answers alike.
FALSEHOODS = [
    "amounts_altered",
    "money_hidden",
    "payments_made_up",
    "blocks_made_up",
    "final_overstated",
]
CHAIN = [
    "reorg",
    "reorg_past_confirmation",
    "reorg_back",
    "reorg_amid_reading",
    "mined_again_elsewhere",
    "never_mined_again",
    "spoofed_event",
    "unknown_event",
    "crowded_block",
]
# What befalls whoever watches and delivers, and their database.
WORKERS = [
    "killed_while_asking",
    "overtaken_while_asking",
    "stood_by",
    "told_to_stop",
    "delivery_overtaken",
    "handled_twice",
    "heard_again_late",
    "handler_failed",
    "connection_cut_idle",
    "looked_at_amid_turn",
]
STORAGE = [
    "killed_at_statement",
    "connection_lost",
    "commit_lost",
    "commit_reply_lost",
    "killed_before_commit",
    "killed_after_commit",
]
# What befalls what the keeper sends, at once or while it waits to be mined.
SENDING = [
    "killed_before_sending",
    "killed_after_sending",
    "sending_lost",
    "sending_refused",
    "refused_though_taken",
]
WAITING = ["pool_emptied", "mined_late", "base_fee_risen"]
ENDED = ["own_transaction_orphaned", "endpoint_came_back", "endpoint_lost_for_good"]
KINDS = (
    *CARRIED,
    *LIES,
    *NODES,
    *CHAIN,
    *WORKERS,
    *STORAGE,
    *PROVIDERS,
    *FALSEHOODS,
    *ENDED,
    *SENDING,
    *WAITING,
)
# Beside one who lies about everything the others may be slow or gone, and lie about nothing.
TWO_LIARS = frozenset({*LIES, "logs_late", "node_pruned"})
# Headers without blooms leave no means to see through these, nor does a header that hides logs
# from a node that hides them, too: one source must be honest about one of the two.
UNSEEN_WITHOUT_BLOOMS = frozenset({*LIES, "logs_late", "node_pruned", "node_lags"})


class Killed(BaseException):
    """The process is gone, at this very point."""


class Trouble:
    """Decides what goes wrong, by the seed alone, and counts what did. `on` is false in calm
    weather."""

    def __init__(self, random: Random, *, without: frozenset[str] = frozenset()) -> None:
        self.random = random
        self.on = False
        self.happened: Counter[str] = Counter()
        share = random.uniform(0.4, 0.9)
        self._likely = [kind for kind in KINDS if kind not in without and random.random() < share]

    def draw(self, kinds: list[str], chance: float) -> list[str]:
        """Those of the kinds that may happen now, in the order in which to try; mostly none."""
        if not self.on or self.random.random() >= chance:
            return []
        likely = [kind for kind in self._likely if kind in kinds]
        return self.random.sample(likely, len(likely))

    def strikes(self, kind: str, chance: float) -> bool:
        """Whether one thing happens now, which it then does."""
        struck = bool(self.draw([kind], chance))
        self.happened[kind] += struck
        return struck
