"""`souk verify-receipt`: check the proof of an escrow, with no server, database or account."""

import argparse
import json
from pathlib import Path

from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.proofs.canonical import Standing, stand
from souk.adapters.evm.proofs.checking import Checked, DoesNotHold, check
from souk.adapters.evm.proofs.paper import MOST_BYTES, ProofPart
from souk.adapters.evm.rpc import JsonRpcClient

USES_RUNNING_STACK = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What, and whom to ask."""
    parser.add_argument("file", help="the receipt as GET /api/orders/{id}/receipt gave it")
    parser.add_argument(
        "--rpc",
        metavar="URL",
        help="also ask this node whether the blocks are the chain's, and how settled they are",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """0 when everything holds; 1, with the first thing that does not."""
    try:
        checked = check(_content(arguments.file))
        standing = None if arguments.rpc is None else _ask(arguments.rpc, checked)
    except DoesNotHold as failure:
        print(_failure_json(failure) if arguments.json else f"DOES NOT HOLD  {failure}")
        return 1
    said = _as_json(checked, standing) if arguments.json else _as_text(checked, standing)
    print(said)
    return 0


def _content(name: str) -> bytes:
    """One byte more than is taken is enough to see that it is too much."""
    try:
        with Path(name).open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise DoesNotHold("file", f"it cannot be read: {error.strerror}") from error


def _ask(url: str, checked: Checked) -> list[Standing]:
    client = JsonRpcClient(url, label="the node")
    try:
        return stand(checked, EvmNode(client))
    finally:
        client.close()


def _failure_json(failure: DoesNotHold) -> str:
    return json.dumps({"holds": False, "check": failure.check, "reason": failure.reason})


def _as_json(checked: Checked, standing: list[Standing] | None) -> str:
    paper = checked.paper
    proofs = [
        {
            "fact": part.fact,
            "args": part.args,
            "block_number": part.block.number,
            "block_hash": part.block.hash,
            "canonical": None if standing is None else True,
            "level": None if standing is None else standing[place].level,
            "depth": None if standing is None else standing[place].depth,
        }
        for place, part in enumerate(paper.proofs)
    ]
    return json.dumps(
        {
            "holds": True,
            "order_id": paper.order_id,
            "chain_id": paper.chain_id,
            "contract": paper.contract,
            "escrow_id": paper.escrow_id,
            "amount": str(checked.amount),
            "proofs": proofs,
        }
    )


def _as_text(checked: Checked, standing: list[Standing] | None) -> str:
    paper = checked.paper
    lines = [
        f"HOLDS  escrow {paper.escrow_id}",
        f"       of contract {paper.contract} on chain {paper.chain_id}",
    ]
    for place, part in enumerate(paper.proofs):
        lines += _told(part, None if standing is None else standing[place])
    if standing is None:
        lines.append(
            "That these blocks are the chain's is not checked: compare their hashes with a node or"
            " an explorer that you trust, or give --rpc. The contract has to be one that you know."
        )
    return "\n".join(lines)


def _told(part: ProofPart, standing: Standing | None) -> list[str]:
    what = ", ".join(f"{name} {value}" for name, value in part.args.items())
    where = f"       in block {part.block.number}, {part.block.hash}"
    how = "" if standing is None else f", {standing.level}, {standing.depth} deep"
    return [f"{part.fact}: {what}", where + how]
