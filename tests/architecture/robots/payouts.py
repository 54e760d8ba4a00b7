"""Which of a seller's wallets is paid is said in one place."""

import ast
from collections.abc import Iterable, Iterator

from .tree import MODULES, Source, Violation, walk

_CHOSEN = {"payout_wallet", "payout_wallets", "by_chain"}
_ALLOWED = (
    f"{MODULES}/sellers/",
    f"{MODULES}/orders/models.py",
    f"{MODULES}/orders/repository/",
)


def find_chosen_wallets(files: Iterable[Source]) -> Iterator[Violation]:
    """Reads of one of a seller's wallets past `PayoutWallets.on`."""
    for file in files:
        if file.path.startswith(_ALLOWED):
            continue
        for node in walk(file.tree):
            if isinstance(node, ast.Attribute) and _chooses(node):
                yield file.at(node, "chooses a seller's wallet: ask `PayoutWallets.on`")


def _chooses(node: ast.Attribute) -> bool:
    of_payouts = isinstance(node.value, ast.Attribute) and node.value.attr == "payouts"
    return node.attr in _CHOSEN or (of_payouts and node.attr == "default")
