// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Escrow} from "../../src/Escrow.sol";
import {FickleReceiver} from "../mocks/FickleReceiver.sol";
import {FickleToken} from "../mocks/FickleToken.sol";
import {EscrowTest} from "../support/EscrowTest.sol";
import {everyCall} from "../support/EveryCall.sol";
import {vm} from "../support/Vm.sol";

/// @title Payouts: delivered, or credited because the payee would not have them, and never for any other reason
contract PushTest is EscrowTest {
    uint96 private constant NET = PRICE - FEE;
    uint96 private constant COIN_NET = 0.975 ether;

    FickleToken private token;
    FickleReceiver private receiver;

    function setUp() public override {
        super.setUp();
        token = new FickleToken();
        receiver = new FickleReceiver();
    }

    function test_push_credits_coin_when_the_payee_reverts() public {
        _assertCoinCredited(FickleReceiver.Way.Revert);
    }

    function test_push_credits_coin_when_the_payee_burns_all_gas() public {
        _assertCoinCredited(FickleReceiver.Way.BurnAllGas);
    }

    function test_push_credits_coin_when_the_payee_reverts_with_a_huge_answer() public {
        _assertCoinCredited(FickleReceiver.Way.RevertWithHugeAnswer);
    }

    function test_push_delivers_coin_when_the_payee_needs_almost_all_gas_of_a_push() public {
        _release(buyer, _paidInCoin(FickleReceiver.Way.SpendFortyFiveThousandGas));
        vm.assertEq(address(receiver).balance, COIN_NET, "delivered");
    }

    function test_push_credits_coin_when_the_payee_needs_more_gas_than_a_push_gives() public {
        _assertCoinCredited(FickleReceiver.Way.SpendSixtyThousandGas);
    }

    /// @dev A copied answer would cost whoever calls as much as the payee cared to write.
    function test_push_costs_no_more_when_the_answer_is_huge() public {
        _release(buyer, _paidInCoin(FickleReceiver.Way.BurnAllGas));
        uint256 burnt = vm.lastCallGas().gasTotalUsed;
        _release(buyer, _paidInCoin(FickleReceiver.Way.RevertWithHugeAnswer));
        vm.assertTrue(vm.lastCallGas().gasTotalUsed < burnt, "the answer was copied");
    }

    function test_push_emits_Credited_when_coin_cannot_be_delivered() public {
        Escrow.Order memory order = _paidInCoin(FickleReceiver.Way.Revert);
        vm.expectEmit(address(escrow));
        emit Escrow.Credited(address(0), address(receiver), COIN_NET);
        _release(buyer, order);
    }

    function test_push_credits_the_buyer_when_a_refund_cannot_be_delivered() public {
        Escrow.Order memory order = _order();
        order.token = address(token);
        _pay(order);
        token.treat(buyer, FickleToken.Way.Revert);
        _refund(seller, order);
        vm.assertEq(escrow.credits(address(token), buyer), PRICE, "credit");
    }

    function test_push_credits_tokens_when_the_payee_is_denied() public {
        _assertTokenCredited(FickleToken.Way.Revert);
    }

    function test_push_credits_tokens_when_the_token_answers_false() public {
        _assertTokenCredited(FickleToken.Way.AnswerFalse);
    }

    function test_push_credits_tokens_when_the_token_burns_all_gas() public {
        _assertTokenCredited(FickleToken.Way.BurnAllGas);
    }

    function test_push_delivers_tokens_when_the_token_answers_nothing() public {
        _release(buyer, _paidInTokens(FickleToken.Way.MoveAndAnswerNothing));
        vm.assertEq(token.balanceOf(seller), NET, "delivered");
    }

    /// @dev A credit for money that has left would be paid out of other orders.
    function test_push_reverts_when_the_token_moved_but_answers_false() public {
        Escrow.Order memory order = _paidInTokens(FickleToken.Way.MoveButAnswerFalse);
        vm.expectRevert(_badAmount(FEE, PRICE));
        _release(buyer, order);
    }

    function test_push_reverts_when_the_token_moved_but_answers_false_after_another_payout() public {
        (Escrow.Order memory good, Escrow.Order memory bad) = _paidToTwoSellers(FickleToken.Way.MoveButAnswerFalse);
        vm.expectRevert(_badAmount(2 * FEE, PRICE + FEE));
        vm.prank(buyer);
        escrow.release(_two(good, bad));
    }

    function test_push_credits_tokens_when_another_payout_in_them_was_delivered() public {
        (Escrow.Order memory good, Escrow.Order memory bad) = _paidToTwoSellers(FickleToken.Way.Revert);
        vm.prank(buyer);
        escrow.release(_two(good, bad));
        vm.assertEq(escrow.credits(address(token), bad.seller), NET, "credit");
        vm.assertEq(token.balanceOf(good.seller), NET, "delivered");
    }

    /// @dev Otherwise a payee with a hook could spoil a batch by a gift.
    function test_push_credits_tokens_when_another_payee_gave_the_escrow_some() public {
        (Escrow.Order memory good, Escrow.Order memory bad) = _paidToTwoSellers(FickleToken.Way.Revert);
        token.callOut(good.seller, address(token), abi.encodeCall(token.mint, (address(escrow), 1)));
        vm.prank(buyer);
        escrow.release(_two(good, bad));
        vm.assertEq(escrow.credits(address(token), bad.seller), NET, "credit");
    }

    /// @dev The escrow has less of the second token than of the first, so it must not take one for the other.
    function test_push_credits_in_one_token_when_a_batch_pays_out_two() public {
        Escrow.Order memory dollars = _order();
        _pay(_cart(_order(), 2));
        _pay(dollars);
        Escrow.Order memory denied = _paidInTokens(FickleToken.Way.Revert);
        vm.prank(buyer);
        escrow.release(_two(dollars, denied));
        vm.assertEq(escrow.credits(address(token), seller), NET, "credit");
        vm.assertEq(dollar.balanceOf(seller), NET, "delivered");
    }

    /// @dev A payout of nothing to a payee that is denied would be a credit of nothing.
    function test_push_sends_nothing_to_the_buyer_when_the_seller_gets_all() public {
        Escrow.Order memory order = _paidInTokens(FickleToken.Way.Move);
        token.treat(buyer, FickleToken.Way.Revert);
        vm.recordLogs();
        _release(buyer, order);
        _assertEvents(1);
    }

    function test_push_sends_nothing_to_the_seller_when_the_buyer_gets_all() public {
        Escrow.Order memory order = _paidInTokens(FickleToken.Way.Revert);
        vm.recordLogs();
        _refund(seller, order);
        _assertEvents(1);
    }

    function test_push_emits_Credited_when_tokens_cannot_be_delivered() public {
        Escrow.Order memory order = _paidInTokens(FickleToken.Way.Revert);
        vm.expectEmit(address(escrow));
        emit Escrow.Credited(address(token), seller, NET);
        _release(buyer, order);
    }

    /// @dev The least gas that goes through is what a malicious caller would give. A payee that refuses early leaves
    /// the gas that a credit would take.
    function test_push_never_credits_when_coin_fails_for_want_of_gas() public {
        _releaseWithLeastGas(_paidInCoin(FickleReceiver.Way.RefuseUnderFortyFiveThousandGas));
        vm.assertEq(address(receiver).balance, COIN_NET, "delivered");
    }

    function test_push_never_credits_when_tokens_fail_for_want_of_gas() public {
        _releaseWithLeastGas(_paidInTokens(FickleToken.Way.RefuseUnderHundredThousandGas));
        vm.assertEq(token.balanceOf(seller), NET, "delivered");
    }

    function test_push_says_what_it_needs_when_there_is_too_little_gas_for_coin() public {
        Escrow.Order memory order = _paidInCoin(FickleReceiver.Way.Accept);
        vm.expectRevert(abi.encodeWithSelector(Escrow.MoreGasNeeded.selector, 80_793));
        vm.prank(buyer);
        escrow.release{gas: 110_000}(_one(order));
    }

    function test_push_says_what_it_needs_when_there_is_too_little_gas_for_tokens() public {
        Escrow.Order memory order = _paidInTokens(FickleToken.Way.Move);
        vm.expectRevert(abi.encodeWithSelector(Escrow.MoreGasNeeded.selector, 120_000));
        vm.prank(buyer);
        escrow.release{gas: 160_000}(_one(order));
    }

    /// @dev The order re-entered with is due to everybody, so the guard alone stands in the way.
    function test_push_refuses_reentry_when_the_token_calls_back() public {
        Escrow.Order memory due = _downloadOrder();
        bytes32 id = _pay(due);
        _moveTo(time + 3 days + 1);
        _assertReentryRefused(abi.encodeCall(Escrow.release, (_one(due))));
        _assertStatus(id, Escrow.Status.Fulfilled);
    }

    function test_push_refuses_reentry_when_the_token_calls_any_function() public {
        bytes[] memory calls = everyCall(_order());
        for (uint256 i = 0; i < calls.length; ++i) {
            _assertReentryRefused(calls[i]);
        }
    }

    function test_push_pays_the_others_when_one_payee_of_a_batch_reverts() public {
        Escrow.Order memory bad = _paidInCoin(FickleReceiver.Way.Revert);
        Escrow.Order memory good = _coinOrder();
        _pay(good);
        vm.prank(buyer);
        escrow.release(_two(bad, good));
        vm.assertEq(seller.balance, COIN_NET, "the other seller");
    }

    function test_push_lets_the_payee_withdraw_when_it_was_credited() public {
        _release(buyer, _paidInCoin(FickleReceiver.Way.Revert));
        vm.prank(address(receiver));
        escrow.withdraw(address(0), stranger);
        vm.assertEq(stranger.balance, COIN_NET, "withdrawn");
        vm.assertEq(address(escrow).balance, 0.025 ether, "the fee stays");
    }

    function _paidInCoin(FickleReceiver.Way way) private returns (Escrow.Order memory order) {
        receiver.treat(way);
        order = _coinOrder();
        order.seller = address(receiver);
        order.ref = keccak256(abi.encode(way));
        _pay(order);
    }

    function _paidInTokens(FickleToken.Way way) private returns (Escrow.Order memory order) {
        token.treat(seller, way);
        order = _order();
        order.token = address(token);
        _pay(order);
    }

    /// @dev One batch for two sellers, of whom the token treats the second in this way.
    function _paidToTwoSellers(FickleToken.Way way)
        private
        returns (Escrow.Order memory first, Escrow.Order memory second)
    {
        first = _paidInTokens(FickleToken.Way.Move);
        second = _copy(first);
        second.seller = stranger;
        token.treat(stranger, way);
        _pay(second);
    }

    /// @dev Every payout has its own token, so that no outcome is that of a call before.
    function _assertReentryRefused(bytes memory call) private {
        token = new FickleToken();
        Escrow.Order memory order = _order();
        order.token = address(token);
        _pay(order);
        token.callOut(seller, address(escrow), call);
        _release(buyer, order);
        vm.assertEq(
            bytes32(token.outcome()), bytes32(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector), "outcome"
        );
    }

    function _assertCoinCredited(FickleReceiver.Way way) private {
        Escrow.Order memory order = _paidInCoin(way);
        _release(buyer, order);
        _assertStatus(escrow.orderId(order), Escrow.Status.Settled);
        vm.assertEq(escrow.credits(address(0), address(receiver)), COIN_NET, "credit");
        vm.assertEq(address(escrow).balance, 1 ether, "escrow");
    }

    function _assertTokenCredited(FickleToken.Way way) private {
        Escrow.Order memory order = _paidInTokens(way);
        _release(buyer, order);
        _assertStatus(escrow.orderId(order), Escrow.Status.Settled);
        vm.assertEq(escrow.credits(address(token), seller), NET, "credit");
        vm.assertEq(token.balanceOf(address(escrow)), PRICE, "escrow");
    }

    function _releaseWithLeastGas(Escrow.Order memory order) private {
        for (uint256 gas = 60_000; gas < 400_000; gas += 1_000) {
            vm.prank(buyer);
            try escrow.release{gas: gas}(_one(order)) {
                return;
            } catch {}
        }
        vm.assertTrue(false, "no gas was enough");
    }
}
