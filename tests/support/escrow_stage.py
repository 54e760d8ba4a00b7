"""The escrow contract with tokens and people around it on some chain, laid out as in the model."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak

from tests.support.escrow_actions import Action, Approve, Call, Donate, Treat
from tests.support.escrow_chain import PLENTY_OF_GAS, EscrowChain, Outcome, Transaction, View
from tests.support.escrow_model import WITHOUT_END, EscrowModel
from tests.support.escrow_signing import Digests, domain_of_escrow, sign, spoil
from tests.support.escrow_terms import COIN, ESCROW, PERMIT2, Event, Order, Refusal, Signature
from tests.support.escrow_wire import Wire

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"
START = 4_000_000_000
WEALTH = 2**100
TOKENS = ("dollar", "fickle")
MONEY = (COIN, *TOKENS)
# A wallet that is a contract, whose owner's key signs for it, and a payee that may refuse the coin.
WALLET, FICKLE_PAYEE = "wallet", "fickle payee"
SIGNERS = ("buyer", WALLET, "seller", "arbiter", "fee taker", "stranger")
PEOPLE = (*SIGNERS, FICKLE_PAYEE)
# Enough to reach the first push of a single order, and too little left for it.
_SCARCE_GAS = 110_000
_GAS_TO_DEPLOY = 8_000_000
_DEPLOYER = keccak(b"deployer")[-20:]
_KEYS = {name: keccak(name.encode()) for name in SIGNERS}


def a_model() -> EscrowModel:
    """The model of a stage on which nothing has happened yet."""
    model = EscrowModel(START, frozenset(TOKENS))
    for who in PEOPLE:
        for token in MONEY:
            model.balances[token, who] = WEALTH
        for token in TOKENS:
            for spender in (ESCROW, PERMIT2):
                model.allowances[token, who, spender] = WITHOUT_END
    return model


@dataclass(frozen=True, slots=True)
class Happened:
    """What an action did on a chain, in the words of the model."""

    events: list[Event]
    refusal: Refusal | None = None


class Stage:
    """Deploys and prepares everything once; `reset` goes back there, with orders of a sequence."""

    def __init__(self, chain: EscrowChain, artifacts: Path, mocks: Path) -> None:
        """`artifacts` are those that the package carries; `mocks` is what forge has compiled."""
        self._chain = chain
        addresses = self._deploy(artifacts, mocks)
        for name in SIGNERS:
            addresses.setdefault(name, _address_of(name))
        addresses["no contract"] = keccak(b"no contract")[-20:]
        self._wire = Wire(addresses)
        self._digests = Digests(self._wire, self._domains())
        self._ways = {name: _ways_of(name) for name in ("FickleToken", "FickleReceiver")}
        self._orders: Mapping[int, Order] = {}
        self._views: dict[str, View] = {}
        self._enrich()
        chain.keep()

    def reset(self, orders: Mapping[int, Order]) -> None:
        """Begin a sequence with these orders."""
        self._chain.restore()
        self._orders = orders
        for order in orders.values():
            self._digests.order_id(order)
        self._views = self._all_views()

    def run(self, action: Action) -> Happened:
        """Do it on the chain."""
        if isinstance(action, Donate) and action.token == COIN:
            escrow = self._wire.address(ESCROW)
            (before,) = self._chain.read([View(escrow, b"")])
            self._chain.set_coin(escrow, int.from_bytes(before) + action.amount)
            return Happened([])
        outcome = self._chain.send(self._transaction(action))
        if not outcome.succeeded:
            return Happened([], self._wire.refusal(outcome.output))
        escrow = self._wire.address(ESCROW)
        return Happened([self._wire.event(log) for log in outcome.logs if log.address == escrow])

    def differences(self, model: EscrowModel) -> list[str]:
        """Where the chain's state, credits and balances are not the model's."""
        seen = self._chain.read(list(self._views.values()))
        wanted = self._wanted(model)
        return [
            f"{name}: the chain has {_numbers(got)}, the model {_numbers(want)}"
            for name, got, want in zip(self._views, seen, wanted, strict=True)
            if got != want
        ]

    def _deploy(self, artifacts: Path, mocks: Path) -> dict[str, bytes]:
        def shipped(name: str, *arguments: bytes) -> bytes:
            return self._create(_read(artifacts / f"{name}.json")["bytecode"], *arguments)

        def mock(name: str, *arguments: bytes) -> bytes:
            compiled = _read(mocks / f"{name}.sol" / f"{name}.json")
            return self._create(compiled["bytecode"]["object"], *arguments)

        permit2 = mock("Permit2StandIn")
        return {
            PERMIT2: permit2,
            ESCROW: shipped("Escrow", permit2),
            "dollar": shipped("TestDollar"),
            "fickle": mock("FickleToken"),
            WALLET: mock("ContractWallet", _address_of(WALLET)),
            FICKLE_PAYEE: mock("FickleReceiver"),
        }

    def _create(self, bytecode: str, *arguments: bytes) -> bytes:
        words = b"".join(each.rjust(32, b"\0") for each in arguments)
        return self._send(_DEPLOYER, b"", _bytes(bytecode) + words, _GAS_TO_DEPLOY).output

    def _domains(self) -> dict[str, bytes]:
        escrow = domain_of_escrow(self._chain.chain_id, self._wire.address(ESCROW))
        others = (PERMIT2, *TOKENS)
        call = self._wire.call("DOMAIN_SEPARATOR")
        seen = self._chain.read([View(self._wire.address(name), call) for name in others])
        # What knows no signatures has no domain, but may still be named in one.
        none = dict.fromkeys((COIN, "no contract"), bytes(32))
        return {ESCROW: escrow, **none, **dict(zip(others, seen, strict=True))}

    def _enrich(self) -> None:
        for who in PEOPLE:
            address = self._wire.address(who)
            self._chain.set_coin(address, WEALTH)
            for token in TOKENS:
                to = self._wire.address(token)
                self._send(_DEPLOYER, to, self._wire.call("mint", who, WEALTH))
                for spender in (ESCROW, PERMIT2):
                    self._send(address, to, self._wire.call("approve", spender, WITHOUT_END))

    def _send(self, sender: bytes, to: bytes, data: bytes, gas: int = PLENTY_OF_GAS) -> Outcome:
        outcome = self._chain.send(Transaction(START, sender, to, data, gas=gas))
        assert outcome.succeeded, outcome
        return outcome

    def _transaction(self, action: Action) -> Transaction:
        match action:
            case Call():
                return self._transaction_of_call(action)
            case Treat(token=token, account=account, way=way):
                to, function, arguments = self._treatment(token, account, way)
            case Approve(token=token, spender=spender, amount=amount):
                to, function, arguments = token, "approve", (spender, amount)
            case Donate(token=token, amount=amount):
                to, function, arguments = token, "mint", (ESCROW, amount)
        sender = self._wire.address(action.by) if isinstance(action, Approve) else _DEPLOYER
        data = self._wire.call(function, *arguments)
        return Transaction(action.at, sender, self._wire.address(to), data)

    def _treatment(self, token: str, account: str, way: str) -> tuple[str, str, tuple[Any, ...]]:
        if token == COIN:
            return account, "treat itself", (self._ways["FickleReceiver"].index(way),)
        return token, "treat", (account, self._ways["FickleToken"].index(way))

    def _transaction_of_call(self, call: Call) -> Transaction:
        arguments: list[Any] = []
        given = call.given(self._orders)
        if call.spoiled:
            self._digests.order_id(given[0][-1])
        for each in given:
            if each is None or isinstance(each, Signature):
                signed = self._signed(each)
                arguments += _split(signed) if call.function == "pay_with_permit" else [signed]
            else:
                arguments.append(each)
        data = self._wire.call(call.function, *arguments)
        return Transaction(
            call.at,
            self._wire.address(call.by),
            self._wire.address(ESCROW),
            data,
            call.value,
            PLENTY_OF_GAS if call.has_gas else _SCARCE_GAS,
        )

    def _signed(self, signature: Signature | None) -> bytes:
        if signature is None:
            return b""
        signed = sign(int.from_bytes(_KEYS[signature.by]), self._digests.digest(signature.over))
        if signature.fault:
            signed = spoil(signed, signature.fault)
        # What is longer than an account's signature is passed on to the contract.
        return signed + b"\1" if signature.by == WALLET else signed

    def _all_views(self) -> dict[str, View]:
        at, call = self._wire.address, self._wire.call
        views = {}
        for place, order in self._orders.items():
            order_id = self._digests.order_id(order)
            views[f"state of order {place}"] = View(at(ESCROW), call("states", order_id))
        for token in MONEY:
            for who in (*PEOPLE, ESCROW):
                data = b"" if token == COIN else call("balanceOf", who)
                to = at(who) if token == COIN else at(token)
                views[f"balance of {who} in {token}"] = View(to, data)
            for who in PEOPLE:
                views[f"credit of {who} in {token}"] = View(at(ESCROW), call("credits", token, who))
        return views

    def _wanted(self, model: EscrowModel) -> list[bytes]:
        """What the views must answer."""
        found = []
        for order in self._orders.values():
            state = model.states[order]
            words = (state.remaining, state.released, state.deadline, state.status)
            found.append(b"".join(word.to_bytes(32) for word in words))
        for token in MONEY:
            found += [model.balances[token, who].to_bytes(32) for who in (*PEOPLE, ESCROW)]
            found += [model.credits[token, who].to_bytes(32) for who in PEOPLE]
        return found


def _address_of(name: str) -> bytes:
    return PrivateKey(_KEYS[name]).public_key.to_canonical_address()


def _read(path: Path) -> Any:
    return json.loads(path.read_text())


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _ways_of(mock: str) -> list[str]:
    """The members of its enum, which its ABI does not carry."""
    source = (CONTRACTS / "test" / "mocks" / f"{mock}.sol").read_text()
    found = re.search(r"enum Way \{([^}]*)\}", source)
    assert found, f"{mock}.sol has no enum Way"
    return [member.strip() for member in found[1].split(",")]


def _split(signature: bytes) -> list[int | bytes]:
    """v, r and s."""
    padded = signature.ljust(65, b"\0")
    return [padded[64], padded[:32], padded[32:64]]


def _numbers(words: bytes) -> list[int]:
    return [int.from_bytes(words[at : at + 32]) for at in range(0, len(words), 32)]
