"""An escrow on a chain that mines each transaction by itself, and parties with their own keys."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import resources
from itertools import count

from eth_abi.abi import encode
from eth_account import Account
from eth_utils.crypto import keccak

from souk.adapters.evm.escrow import calls
from souk.adapters.evm.escrow.credits import EvmEscrowCredits
from souk.adapters.evm.escrow.gateway import EvmEscrowGateway
from souk.adapters.evm.event_decoder import EscrowEventDecoder
from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.wire import read_logs
from souk.core.addresses import ZERO_ADDRESS, Address, checksum_address
from souk.core.money import USD, Asset, Money
from souk.modules.chain.events import EscrowEventSeen
from souk.modules.payments.domain import (
    Attempt,
    AttemptStatus,
    CallToSign,
    ChainMoney,
    EscrowChoice,
    EscrowLeg,
    EscrowTerms,
    LegStatus,
    NeedsSignature,
    Observation,
    OrderTerms,
    Outcome,
    PaymentMethod,
    PayWay,
    TermsLine,
    TokenMoney,
)
from souk.modules.payments.ports import LegPlan, Payer, PaymentPlan, RailMessage
from souk.modules.sellers.domain import PayoutWallets
from tests.support import mocks
from tests.support.clock import MovableClock
from tests.support.stack import Chain

CHAIN_ID = 31337
DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
_numbers = count(1)


class Party:
    """Somebody with a key and enough coin for gas."""

    def __init__(self, chain: Chain, name: str) -> None:
        self._account = Account.from_key(keccak(name.encode()))
        self._chain = chain
        self.address = Address(self._account.address)
        chain.call("anvil_setBalance", self.address, hex(10**20))

    def sign(self, typed_data: Mapping[str, object]) -> str:
        """What a wallet answers to `eth_signTypedData_v4`: the message has been JSON in between."""
        message = json.loads(json.dumps(typed_data))
        signed = self._account.sign_typed_data(full_message=message)
        return "0x" + bytes(signed.signature).hex()

    def send(self, call: CallToSign) -> dict:
        """Sign and send; the receipt. The fee is fixed, so that balances can be told exactly."""
        nonce = int(self._chain.call("eth_getTransactionCount", self.address, "latest"), 16)
        signed = self._account.sign_transaction(
            {
                "chainId": call.chain_id,
                "nonce": nonce,
                "to": call.to,
                "data": call.data,
                "value": call.value,
                "gas": 1_500_000,
                "maxFeePerGas": 10**10,
                "maxPriorityFeePerGas": 10**9,
            }
        )
        sent = self._chain.call(
            "eth_sendRawTransaction", "0x" + bytes(signed.raw_transaction).hex()
        )
        return mined(self._chain, sent)


def mined(chain: Chain, transaction_hash: object) -> dict:
    """The receipt of a transaction, which gets a block of its own."""
    chain.mine()
    receipt = chain.call("eth_getTransactionReceipt", transaction_hash)
    assert isinstance(receipt, dict)
    return receipt


def tell(chain: Chain, contract: Address, signature: str, *arguments: object) -> None:
    """Have one of the test's own contracts do something that anybody may ask of it."""
    types = signature.partition("(")[2].rstrip(")").split(",")
    data = keccak(signature.encode())[:4] + encode(types, arguments)
    call = {"from": DEPLOYER, "to": contract, "data": "0x" + data.hex()}
    mined(chain, chain.call("eth_sendTransaction", call))


@dataclass
class EscrowRail:
    """The escrow gateway with everything around it."""

    chain: Chain
    node: EvmNode
    gateway: EvmEscrowGateway = field(init=False)
    credits: EvmEscrowCredits = field(init=False)

    def __post_init__(self) -> None:
        self.permit2 = self.deploy_mock("Permit2StandIn")
        self.escrow = self.deploy("Escrow", ("address", self.permit2))
        self.dollar = self.deploy("TestDollar")
        self.buyer = Party(self.chain, "buyer")
        self.seller, self.other_seller = Party(self.chain, "seller"), Party(self.chain, "other")
        self.stranger = Party(self.chain, "stranger")
        self.arbiter, self.platform = Party(self.chain, "arbiter"), Party(self.chain, "platform")
        native = Asset("eip155:31337/slip44:60", 18, "ETH")
        dollar = Asset(f"eip155:31337/erc20:{self.dollar}", 6, "tUSD")
        self.assets = {ZERO_ADDRESS: native, self.dollar: dollar}
        self.tokens = {self.dollar: TokenMoney(address=self.dollar, asset=dollar, usd_pegged=True)}
        money = ChainMoney(
            chain_id=CHAIN_ID,
            name="test",
            escrow=self.escrow,
            native=native,
            tokens=self.tokens,
        )
        terms = EscrowTerms(
            arbiter=self.arbiter.address,
            fee_to=self.platform.address,
            fee_bps=250,
            silent_bps=4_000,
        )
        nodes = {CHAIN_ID: self.node}
        self.gateway = EvmEscrowGateway({CHAIN_ID: money}, terms, nodes, clock=MovableClock())
        self.credits = EvmEscrowCredits({CHAIN_ID: money}, nodes)
        self.mint(self.buyer.address, 10**12)

    def deploy(self, name: str, *arguments: tuple[str, object]) -> Address:
        """Put one of the compiled contracts on the chain."""
        package = resources.files("souk.adapters.evm")
        code = json.loads(package.joinpath(f"artifacts/{name}.json").read_text())["bytecode"]
        return self._create(code, *arguments)

    def deploy_mock(self, name: str, *arguments: tuple[str, object]) -> Address:
        """Put one of the contracts on the chain that are for tests only."""
        return self._create(mocks.bytecode(name), *arguments)

    def _create(self, code: str, *arguments: tuple[str, object]) -> Address:
        types, values = [kind for kind, _ in arguments], [value for _, value in arguments]
        data = code + encode(types, values).hex()
        call = {"from": DEPLOYER, "data": data, "gas": hex(8_000_000)}
        sent = self.chain.call("eth_sendTransaction", call)
        return checksum_address(mined(self.chain, sent)["contractAddress"])

    def mint(self, owner: Address, amount: int, token: Address | None = None) -> None:
        """Give somebody dollars."""
        tell(self.chain, token or self.dollar, "mint(address,uint256)", owner, amount)

    def send_as(self, contract: Address, call: CallToSign) -> dict:
        """Let a wallet that is a contract send a call, as its owner would have it do."""
        self.chain.call("anvil_impersonateAccount", contract)
        self.chain.call("anvil_setBalance", contract, hex(10**20))
        fields = {"from": contract, "to": call.to, "data": call.data, "value": hex(call.value)}
        return mined(self.chain, self.chain.call("eth_sendTransaction", fields))

    @property
    def now(self) -> int:
        """The time of the newest block."""
        return int(self.chain.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def plan(
        self,
        token: Address,
        *amounts: int,
        digital: bool = False,
        payer: Address | None = None,
    ) -> PaymentPlan:
        """One order for each amount, the first of them from `seller`, payable for an hour."""
        sellers = [self.seller, *[self.other_seller] * (len(amounts) - 1)]
        return PaymentPlan(
            attempt_id="att_1",
            choice=EscrowChoice(chain_id=CHAIN_ID, token=token, wallet=payer or self.buyer.address),
            pay_by=self.now + 3_600,
            legs=tuple(
                LegPlan(
                    terms=some_terms(digital=digital),
                    payouts=PayoutWallets(seller.address),
                    card_account=None,
                    amount=amount,
                    salt=f"{next(_numbers):064x}",
                )
                for seller, amount in zip(sellers, amounts, strict=True)
            ),
        )

    def legs(self, plan: PaymentPlan) -> list[EscrowLeg]:
        """The plan's legs as they are stored."""
        drafts = self.gateway.draft(plan)
        return [self._leg(draft, part) for draft, part in zip(drafts, plan.legs, strict=True)]

    def _leg(self, draft, plan: LegPlan) -> EscrowLeg:
        return EscrowLeg(
            id=f"leg_{plan.terms.order_id}",
            payment_id="pay_1",
            attempt_id="att_1",
            order_id=plan.terms.order_id,
            seller_id=plan.terms.seller_id,
            method=PaymentMethod.ESCROW,
            external_reference=draft.external_reference,
            clock=f"chain:{draft.place.chain_id}",
            chain_id=draft.place.chain_id,
            contract=draft.place.contract,
            escrow_id=draft.place.escrow_id,
            asset=self.assets[draft.terms.token],
            amount=draft.terms.amount,
            terms=draft.terms,
            status=LegStatus.AWAITING,
            held=draft.terms.amount,
            released=0,
            refunded=0,
            reimbursed=0,
            charged_back=0,
            fee=0,
            deadline=None,
            duplicate=False,
        )

    def prepare(
        self,
        legs: Sequence[EscrowLeg],
        way: PayWay = PayWay.CALLS,
        signature: str | None = None,
    ) -> Outcome:
        """What the buyer has to do to pay these legs."""
        return self.gateway.prepare_payment(
            an_attempt(legs, way), Payer(account_id="acc_1"), signature
        )

    def sign(self, party: Party, outcome: Outcome) -> list[dict]:
        """The party does what it is asked for; the receipts."""
        assert isinstance(outcome, NeedsSignature)
        assert outcome.by == party.address
        return [party.send(call) for call in outcome.calls]

    def pay(self, plan: PaymentPlan) -> list[EscrowLeg]:
        """Have the buyer pay a plan for real."""
        legs = self.legs(plan)
        receipts = self.sign(self.buyer, self.prepare(legs))
        assert [receipt["status"] for receipt in receipts] == ["0x1"] * len(receipts)
        return legs

    def balance(self, token: Address, owner: Address) -> int:
        """What an account has of a token or of the coin."""
        if token == ZERO_ADDRESS:
            return int(self.chain.call("eth_getBalance", owner, "latest"), 16)
        data = keccak(b"balanceOf(address)")[:4] + encode(["address"], [owner])
        return int(self.chain.call("eth_call", {"to": token, "data": "0x" + data.hex()}), 16)

    def observed(self, receipt: dict) -> list[Observation]:
        """What the gateway makes of a transaction's logs, as the chain module tells them."""
        decoder, found = EscrowEventDecoder(), []
        for log in read_logs(receipt["logs"]):
            event = decoder.decode(log) if log.address == self.escrow else None
            if event is None:
                continue
            said = EscrowEventSeen(
                chain_id=CHAIN_ID,
                contract=log.address,
                escrow_id=event.escrow_id,
                effect_id=f"eff_{event.kind}_{event.escrow_id}",
                observation_id=f"obs_{log.log_index}",
                kind=str(event.kind),
                args=dict(event.args),
                block_number=log.block_number,
                block_hash=log.block_hash,
                block_timestamp=self.now,
                transaction_hash=log.transaction_hash,
                log_index=log.log_index,
            )
            found += self.gateway.parse_observation(RailMessage(said.name, said.to_payload()))
        return found


def an_attempt(legs: Sequence[EscrowLeg], way: PayWay = PayWay.CALLS) -> Attempt:
    """The attempt that these legs are of."""
    first, total = legs[0], sum(leg.amount for leg in legs)
    pay_by = datetime.fromtimestamp(first.terms.pay_by, UTC)
    return Attempt(
        id=first.attempt_id,
        payment_id=first.payment_id,
        number=1,
        request_key=None,
        method=first.method,
        status=AttemptStatus.AWAITING_PAYER,
        choice=EscrowChoice(
            chain_id=first.chain_id, token=first.terms.token, wallet=first.terms.buyer, way=way
        ),
        clock=first.clock,
        asset=first.asset,
        amount=total,
        usd_amount=total,
        pay_by=pay_by,
        quote_expires_at=pay_by,
        transaction_hash=None,
        provider_reference=None,
        closed_at=None,
        legs=tuple(legs),
    )


def a_listed_mock(rail: EscrowRail, name: str, *arguments: tuple[str, object]) -> Address:
    """Another dollar that can be paid in, of which the buyer has plenty."""
    token = rail.deploy_mock(name, *arguments)
    asset = Asset(f"eip155:31337/erc20:{token}", 6, name)
    rail.assets[token] = asset
    rail.tokens[token] = TokenMoney(address=token, asset=asset, usd_pegged=True)
    rail.mint(rail.buyer.address, 10**12, token)
    return token


def allow(
    rail: EscrowRail, owner: Party, token: Address, amount: int, spender: Address | None = None
) -> None:
    """An account lets the escrow, or another, take some of its token."""
    data = calls.approve(spender or rail.escrow, amount)
    owner.send(CallToSign(chain_id=CHAIN_ID, to=token, data=data, value=0, says="allow"))


def some_terms(*, digital: bool = False) -> OrderTerms:
    """An order of one line."""
    number = next(_numbers)
    return OrderTerms(
        order_id=f"ord_{number}",
        checkout_id="chk_1",
        seller_id="sel_1",
        total=Money(1_299, USD),
        lines=(
            TermsLine(
                listing_id="prd_1",
                title="Fig jam",
                kind="digital" if digital else "physical",
                quantity=1,
                unit_price=Money(1_299, USD),
            ),
        ),
        digital=digital,
        handling_days=None if digital else 2,
        transit_days=None if digital else 7,
    )
