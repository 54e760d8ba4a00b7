// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../../src/Escrow.sol";
import {FickleReceiver} from "../mocks/FickleReceiver.sol";
import {FickleToken} from "../mocks/FickleToken.sol";
import {SettleTest} from "../support/SettleTest.sol";
import {vm} from "../support/Vm.sol";

/// @title What a settlement does; whose consent it needs is in settleConsent.t.sol
contract SettleAmountsTest is SettleTest {
    function test_settle_reverts_when_order_was_never_paid() public {
        _assertRefused(_order(), Escrow.Status.None);
    }

    function test_settle_reverts_when_order_is_settled() public {
        Escrow.Order memory order = _order();
        _pay(order);
        _release(buyer, order);
        _assertRefused(order, Escrow.Status.Settled);
    }

    function test_settle_keeps_the_status_when_a_part_of_a_paid_order_is_settled() public {
        Escrow.Order memory order = _order();
        bytes32 id = _pay(order);
        _agree(order, 10e6, 30e6);
        _assertState(id, Escrow.State(60e6, 30e6, order.fulfilBy, Escrow.Status.Paid));
    }

    function test_settle_keeps_the_status_when_a_part_of_a_fulfilled_order_is_settled() public {
        Escrow.Order memory order = _downloadOrder();
        bytes32 id = _pay(order);
        _agree(order, 10e6, 30e6);
        _assertState(id, Escrow.State(60e6, 30e6, time + 3 days, Escrow.Status.Fulfilled));
    }

    function test_settle_keeps_the_status_when_a_part_of_a_disputed_order_is_settled() public {
        Escrow.Order memory order = _order();
        bytes32 id = _disputed(order);
        _agree(order, 10e6, 30e6);
        _assertState(id, Escrow.State(60e6, 30e6, time + 30 days, Escrow.Status.Disputed));
    }

    function test_settle_ends_the_order_when_nothing_remains() public {
        Escrow.Order memory order = _order();
        bytes32 id = _disputed(order);
        _agree(order, 40e6, 60e6);
        _assertState(id, Escrow.State(0, 60e6, time + 30 days, Escrow.Status.Settled));
    }

    function test_settle_ends_the_order_when_parts_add_up() public {
        Escrow.Order memory order = _order();
        bytes32 id = _pay(order);
        _releasePart(order, 60e6);
        _refundPart(order, 40e6);
        _assertState(id, Escrow.State(0, 60e6, order.fulfilBy, Escrow.Status.Settled));
    }

    /// @dev The clock of the order is for those who do not agree.
    function test_settle_divides_when_the_deadline_of_the_order_has_passed() public {
        Escrow.Order memory order = _order();
        _disputed(order);
        _moveTo(time + 30 days + 1);
        _agree(order, PRICE, 0);
        vm.assertEq(dollar.balanceOf(buyer), PRICE, "buyer");
    }

    function test_settle_divides_when_it_is_the_last_second_of_the_offer() public {
        Escrow.Order memory order = _order();
        _pay(order);
        Offer memory offer = _offer(order, 0, 1);
        _moveTo(offer.validUntil);
        _settle(buyer, order, offer, "", "");
        vm.assertEq(dollar.balanceOf(seller), 1, "seller");
    }

    function test_settle_reverts_when_the_offer_is_over() public {
        Escrow.Order memory order = _order();
        _pay(order);
        Offer memory offer = _offer(order, 0, 1);
        _moveTo(offer.validUntil + 1);
        vm.expectRevert(_tooLate(offer.validUntil));
        _settle(buyer, order, offer, "", "");
    }

    function test_settle_reverts_when_the_sum_is_zero() public {
        _assertBadSum(0, 0);
    }

    function test_settle_reverts_when_the_sum_is_more_than_remains() public {
        _assertBadSum(40e6, 60e6 + 1);
    }

    /// @dev In 96 bits this sum would be 100 dollars.
    function test_settle_reverts_when_the_sum_has_more_than_96_bits() public {
        _assertBadSum(type(uint96).max, PRICE + 1);
    }

    function test_settle_reverts_when_the_sum_of_parts_is_more_than_was_paid() public {
        Escrow.Order memory order = _order();
        _pay(order);
        _releasePart(order, 60e6);
        vm.expectRevert(_badAmount(40e6 + 1, 40e6));
        _refundPart(order, 40e6 + 1);
    }

    function test_settle_pays_the_buyer_alone_when_the_seller_gets_nothing() public {
        _assertDivided(40e6, 0, 0);
    }

    function test_settle_pays_the_seller_alone_when_the_buyer_gets_nothing() public {
        _assertDivided(0, 40e6, 1e6);
    }

    /// @dev 2.5% of 33 333 333 is 833 333.325, rounded down.
    function test_settle_pays_both_when_both_get_a_part() public {
        _assertDivided(11_111_111, 33_333_333, 833_333);
    }

    function test_settle_pays_all_when_the_sum_is_what_remains() public {
        _assertDivided(40e6, 60e6, 1_500_000);
    }

    function test_settle_pays_one_unit_when_the_sum_is_one() public {
        _assertDivided(1, 0, 0);
    }

    /// @dev 10% of 10 is due with the tenth unit; a push of nothing to a payee that refuses would emit a credit.
    function test_settle_pushes_nothing_when_the_fee_takes_the_whole_part() public {
        Escrow.Order memory order = _fickleOrder();
        order.feeBps = 1_000;
        bytes32 id = _pay(order);
        _releasePart(order, 9);
        FickleToken(order.token).treat(seller, FickleToken.Way.Revert);
        vm.recordLogs();
        vm.expectEmit(address(escrow));
        emit Escrow.Settled(id, 5, 0, 1, 1, PRICE - 10);
        _releasePart(order, 1);
        _assertEvents(1);
    }

    function test_settle_divides_coin_when_the_order_is_in_coin() public {
        Escrow.Order memory order = _coinOrder();
        _pay(order);
        _agree(order, 0.6 ether, 0.4 ether);
        vm.assertEq(buyer.balance, 0.6 ether, "buyer");
        vm.assertEq(seller.balance, 0.39 ether, "seller");
        vm.assertEq(escrow.credits(address(0), feeTo), 0.01 ether, "fee");
    }

    function test_settle_credits_both_when_the_token_denies_both() public {
        Escrow.Order memory order = _fickleOrder();
        _pay(order);
        FickleToken(order.token).treat(buyer, FickleToken.Way.Revert);
        FickleToken(order.token).treat(seller, FickleToken.Way.AnswerFalse);
        vm.expectEmit(address(escrow));
        emit Escrow.Credited(order.token, buyer, 60e6);
        vm.expectEmit(address(escrow));
        emit Escrow.Credited(order.token, seller, 39e6);
        _agree(order, 60e6, 40e6);
        vm.assertEq(escrow.credits(order.token, buyer), 60e6, "buyer");
        vm.assertEq(escrow.credits(order.token, seller), 39e6, "seller");
    }

    function test_settle_credits_the_buyer_when_the_buyer_refuses_coin() public {
        FickleReceiver receiver = new FickleReceiver();
        receiver.treat(FickleReceiver.Way.Revert);
        Escrow.Order memory order = _coinOrder();
        order.buyer = address(receiver);
        _pay(order);
        _refundPart(order, 0.6 ether);
        vm.assertEq(escrow.credits(address(0), address(receiver)), 0.6 ether, "credit");
    }

    /// @dev Each fee alone, rounded down, would leave units to the seller that one release would not.
    /// forge-config: default.fuzz.runs = 200
    function testFuzz_settle_owes_the_fee_of_one_release_when_parts_vary(uint96[10] calldata parts, uint16 feeBps)
        public
    {
        Escrow.Order memory order = _order();
        order.amount = 10_000;
        order.feeBps = feeBps % 1_001;
        _pay(order);
        uint96 released = 0;
        for (uint256 i = 0; i < parts.length; ++i) {
            uint96 part = parts[i] % 999 + 1;
            if (i % 3 == 2) _refundPart(order, part);
            else _releasePart(order, part);
            if (i % 3 != 2) released += part;
            _assertFee(order, released);
        }
        released += _state(escrow.orderId(order)).remaining;
        _release(buyer, order);
        _assertFee(order, released);
    }

    function _fickleOrder() private returns (Escrow.Order memory order) {
        order = _order();
        order.token = address(new FickleToken());
    }

    /// @dev The buyer brings what the seller signed.
    function _agree(Escrow.Order memory order, uint96 toBuyer, uint96 toSeller) private {
        Offer memory offer = _offer(order, toBuyer, toSeller);
        bytes memory signature = _sign(SELLER_KEY, order, offer);
        _settle(buyer, order, offer, "", signature);
    }

    function _assertRefused(Escrow.Order memory order, Escrow.Status status) private {
        vm.expectRevert(_badState(escrow.orderId(order), status));
        _releasePart(order, 1);
    }

    function _assertBadSum(uint96 toBuyer, uint96 toSeller) private {
        Escrow.Order memory order = _order();
        _pay(order);
        Offer memory offer = _offer(order, toBuyer, toSeller);
        bytes memory signature = _sign(SELLER_KEY, order, offer);
        vm.expectRevert(_badAmount(uint256(toBuyer) + toSeller, PRICE));
        _settle(buyer, order, offer, "", signature);
    }

    function _assertDivided(uint96 toBuyer, uint96 toSeller, uint96 fee) private {
        Escrow.Order memory order = _order();
        bytes32 id = _pay(order);
        vm.recordLogs();
        vm.expectEmit(address(escrow));
        emit Escrow.Settled(id, 5, toBuyer, toSeller, fee, PRICE - toBuyer - toSeller);
        _agree(order, toBuyer, toSeller);
        _assertEvents(1);
        vm.assertEq(dollar.balanceOf(buyer), toBuyer, "buyer");
        vm.assertEq(dollar.balanceOf(seller), toSeller - fee, "seller");
        vm.assertEq(escrow.credits(address(dollar), feeTo), fee, "fee");
    }

    function _assertFee(Escrow.Order memory order, uint256 released) private view {
        uint256 fee = released * order.feeBps / 10_000;
        vm.assertEq(escrow.credits(address(dollar), feeTo), fee, "fee");
        vm.assertEq(dollar.balanceOf(seller), released - fee, "seller");
    }
}
