// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Escrow} from "../../src/Escrow.sol";
import {FickleReceiver} from "../mocks/FickleReceiver.sol";
import {FickleToken} from "../mocks/FickleToken.sol";
import {everyCall} from "../support/EveryCall.sol";
import {EscrowTest} from "../support/EscrowTest.sol";
import {vm} from "../support/Vm.sol";

/// @title What a payee, or a caller with little gas, may try while money is on its way, whatever sends it
contract PayoutsTest is EscrowTest {
    FickleToken private token;
    FickleReceiver private receiver;

    function setUp() public override {
        super.setUp();
        token = new FickleToken();
        receiver = new FickleReceiver();
        vm.deal(seller, 1 ether);
        token.mint(seller, PRICE);
        vm.prank(seller);
        token.approve(address(escrow), type(uint256).max);
    }

    function test_release_never_credits_coin_when_gas_is_little() public {
        Escrow.Order memory order = _toCoinSeller();
        _pay(order);
        _assertNoCredit(buyer, 0, abi.encodeCall(Escrow.release, (_one(order))));
    }

    function test_release_never_credits_tokens_when_gas_is_little() public {
        Escrow.Order memory order = _inTokens(seller);
        _pay(order);
        _assertNoCredit(buyer, 0, abi.encodeCall(Escrow.release, (_one(order))));
    }

    function test_refund_never_credits_coin_when_gas_is_little() public {
        Escrow.Order memory order = _toCoinBuyer();
        _pay(order);
        _assertNoCredit(seller, 0, abi.encodeCall(Escrow.refund, (_one(order))));
    }

    function test_refund_never_credits_tokens_when_gas_is_little() public {
        Escrow.Order memory order = _inTokens(buyer);
        _pay(order);
        _assertNoCredit(seller, 0, abi.encodeCall(Escrow.refund, (_one(order))));
    }

    function test_refund_never_credits_coin_when_gas_is_little_and_the_arbiter_was_silent() public {
        Escrow.Order memory order = _toCoinSeller();
        _disputed(order);
        _moveTo(time + 30 days + 1);
        _assertNoCredit(stranger, 0, abi.encodeCall(Escrow.refund, (_one(order))));
    }

    function test_refund_never_credits_tokens_when_gas_is_little_and_the_arbiter_was_silent() public {
        Escrow.Order memory order = _inTokens(buyer);
        _disputed(order);
        _moveTo(time + 30 days + 1);
        _assertNoCredit(stranger, 0, abi.encodeCall(Escrow.refund, (_one(order))));
    }

    function test_resolve_never_credits_coin_when_gas_is_little() public {
        Escrow.Order memory order = _toCoinBuyer();
        _disputed(order);
        _assertNoCredit(arbiter, 0, abi.encodeCall(Escrow.resolve, (order, 0.6 ether)));
    }

    function test_resolve_never_credits_tokens_when_gas_is_little() public {
        Escrow.Order memory order = _inTokens(seller);
        _disputed(order);
        _assertNoCredit(arbiter, 0, abi.encodeCall(Escrow.resolve, (order, 40e6)));
    }

    function test_settle_never_credits_coin_when_gas_is_little() public {
        Escrow.Order memory order = _toCoinSeller();
        _pay(order);
        _assertNoCredit(buyer, 0, abi.encodeCall(Escrow.settle, (order, 0, 0.6 ether, time, "", "")));
    }

    function test_settle_never_credits_tokens_when_gas_is_little() public {
        Escrow.Order memory order = _inTokens(buyer);
        _pay(order);
        _assertNoCredit(seller, 0, abi.encodeCall(Escrow.settle, (order, 40e6, 0, time, "", "")));
    }

    function test_reimburse_never_credits_coin_when_gas_is_little() public {
        Escrow.Order memory order = _toCoinBuyer();
        _pay(order);
        _release(order.buyer, order);
        _assertNoCredit(seller, 0.6 ether, abi.encodeCall(Escrow.reimburse, (order, 0.6 ether)));
    }

    function test_reimburse_never_credits_tokens_when_gas_is_little() public {
        Escrow.Order memory order = _inTokens(buyer);
        _pay(order);
        _release(buyer, order);
        _assertNoCredit(seller, 0, abi.encodeCall(Escrow.reimburse, (order, 40e6)));
    }

    /// @dev A copied answer would cost the arbiter as much as the buyer cared to write.
    function test_ruling_costs_no_more_when_the_answer_of_a_payee_is_huge() public {
        vm.assertTrue(
            _ruleOn(FickleReceiver.Way.RevertWithHugeAnswer) < _ruleOn(FickleReceiver.Way.BurnAllGas), "it was copied"
        );
    }

    function test_release_lets_nobody_in_when_its_receiver_calls_back() public {
        _forEachCallBack(_releaseToReceiver);
    }

    function test_refund_lets_nobody_in_when_its_receiver_calls_back() public {
        _forEachCallBack(_refundToReceiver);
    }

    function test_resolve_lets_nobody_in_when_its_receiver_calls_back() public {
        _forEachCallBack(_resolveToReceiver);
    }

    function test_settle_lets_nobody_in_when_its_receiver_calls_back() public {
        _forEachCallBack(_settleToReceiver);
    }

    function test_reimburse_lets_nobody_in_when_its_receiver_calls_back() public {
        _forEachCallBack(_reimburseToReceiver);
    }

    function test_withdraw_lets_nobody_in_when_its_receiver_calls_back() public {
        _forEachCallBack(_withdrawToReceiver);
    }

    /// @dev Orders in coin whose one payee is the receiver; every call has terms of its own.
    function _toCoinSeller() private returns (Escrow.Order memory order) {
        receiver.treat(FickleReceiver.Way.RefuseUnderFortyFiveThousandGas);
        order = _coinOrder();
        order.seller = address(receiver);
    }

    function _toCoinBuyer() private returns (Escrow.Order memory order) {
        receiver.treat(FickleReceiver.Way.RefuseUnderFortyFiveThousandGas);
        order = _coinOrder();
        order.buyer = address(receiver);
    }

    function _inTokens(address payee) private returns (Escrow.Order memory order) {
        token.treat(payee, FickleToken.Way.RefuseUnderHundredThousandGas);
        order = _order();
        order.token = address(token);
    }

    /// @dev The least gas that goes through is what a malicious caller would give. The payee takes the money whenever
    /// it has the gas of a push, and spends none when it refuses: what is left would pay for a credit.
    function _assertNoCredit(address sender, uint256 value, bytes memory data) private {
        for (uint256 gas = 30_000; gas < 600_000; gas += 2_000) {
            vm.prank(sender);
            (bool done,) = address(escrow).call{gas: gas, value: value}(data);
            if (done) return _assertNobodyCredited();
        }
        vm.assertTrue(false, "no gas was enough");
    }

    function _assertNobodyCredited() private view {
        vm.assertEq(escrow.credits(address(0), address(receiver)), 0, "credit in coin");
        vm.assertEq(escrow.credits(address(token), buyer), 0, "credit of the buyer");
        vm.assertEq(escrow.credits(address(token), seller), 0, "credit of the seller");
    }

    function _ruleOn(FickleReceiver.Way way) private returns (uint256 gas) {
        Escrow.Order memory order = _toCoinBuyer();
        order.ref = keccak256(abi.encode(way));
        receiver.treat(way);
        _disputed(order);
        _resolve(order, 0.6 ether);
        return vm.lastCallGas().gasTotalUsed;
    }

    /// @dev The order re-entered with is due to be released by anybody.
    function _forEachCallBack(function(bytes32, bytes memory) act) private {
        Escrow.Order memory due = _downloadOrder();
        due.window = 0;
        _pay(due);
        _moveTo(time + 1);
        bytes[] memory calls = everyCall(due);
        for (uint256 i = 0; i < calls.length; ++i) {
            act(keccak256(calls[i]), calls[i]);
            vm.assertEq(
                receiver.outcome(), bytes32(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector), "outcome"
            );
        }
    }

    function _releaseToReceiver(bytes32 ref, bytes memory call) private {
        Escrow.Order memory order = _toCoinSeller();
        order.ref = ref;
        _pay(order);
        receiver.callOut(address(escrow), call);
        _release(buyer, order);
    }

    function _refundToReceiver(bytes32 ref, bytes memory call) private {
        Escrow.Order memory order = _toCoinBuyer();
        order.ref = ref;
        _pay(order);
        receiver.callOut(address(escrow), call);
        _refund(seller, order);
    }

    function _resolveToReceiver(bytes32 ref, bytes memory call) private {
        Escrow.Order memory order = _toCoinBuyer();
        order.ref = ref;
        _disputed(order);
        receiver.callOut(address(escrow), call);
        _resolve(order, 0.6 ether);
    }

    function _settleToReceiver(bytes32 ref, bytes memory call) private {
        Escrow.Order memory order = _toCoinBuyer();
        order.ref = ref;
        _pay(order);
        receiver.callOut(address(escrow), call);
        _refundPart(order, 0.6 ether);
    }

    function _reimburseToReceiver(bytes32 ref, bytes memory call) private {
        Escrow.Order memory order = _toCoinBuyer();
        order.ref = ref;
        _pay(order);
        _release(order.buyer, order);
        receiver.callOut(address(escrow), call);
        vm.prank(seller);
        escrow.reimburse{value: 0.6 ether}(order, 0.6 ether);
    }

    function _withdrawToReceiver(bytes32 ref, bytes memory call) private {
        Escrow.Order memory order = _coinOrder();
        order.ref = ref;
        _pay(order);
        _release(buyer, order);
        receiver.callOut(address(escrow), call);
        vm.prank(feeTo);
        escrow.withdraw(address(0), address(receiver));
    }
}
