// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../../src/Escrow.sol";
import {EscrowTest} from "../support/EscrowTest.sol";
import {vm} from "../support/Vm.sol";

contract RefundTest is EscrowTest {
    function test_refund_reverts_when_array_is_empty() public {
        vm.expectRevert(_badOrder(255));
        escrow.refund(new Escrow.Order[](0));
    }

    function test_refund_reverts_when_order_was_never_paid_and_sender_is_the_seller() public {
        _assertRefused(seller, _order(), Escrow.Status.None);
    }

    function test_refund_reverts_when_order_was_never_paid_and_sender_is_a_stranger() public {
        _assertRefused(stranger, _order(), Escrow.Status.None);
    }

    function test_refund_pays_the_buyer_when_the_seller_refunds_a_paid_order() public {
        Escrow.Order memory order = _order();
        _pay(order);
        _refund(seller, order);
        _assertRefunded(order);
    }

    function test_refund_pays_the_buyer_when_the_seller_refunds_a_fulfilled_order() public {
        Escrow.Order memory order = _downloadOrder();
        _pay(order);
        _refund(seller, order);
        _assertRefunded(order);
    }

    function test_refund_pays_the_buyer_when_the_seller_refunds_after_the_window() public {
        Escrow.Order memory order = _downloadOrder();
        _pay(order);
        _moveTo(time + 3 days + 1);
        _refund(seller, order);
        _assertRefunded(order);
    }

    /// @dev Money of a fulfilled order goes to the seller when the buyer stays silent, never back.
    function test_refund_reverts_when_the_buyer_refunds_a_fulfilled_order_after_its_deadline() public {
        Escrow.Order memory order = _downloadOrder();
        _pay(order);
        _moveTo(time + 3 days + 1);
        _assertRefused(buyer, order, Escrow.Status.Fulfilled);
    }

    function test_refund_reverts_when_a_stranger_comes_in_the_last_second_to_fulfil() public {
        _assertTooEarly(stranger);
    }

    function test_refund_reverts_when_the_buyer_comes_in_the_last_second_to_fulfil() public {
        _assertTooEarly(buyer);
    }

    /// forge-config: default.fuzz.runs = 50
    function testFuzz_refund_reverts_when_anyone_but_the_seller_comes_in_the_last_second_to_fulfil(address sender)
        public
    {
        if (sender == seller) sender = stranger;
        _assertTooEarly(sender);
    }

    function test_refund_pays_the_buyer_when_a_stranger_comes_a_second_after_fulfilBy() public {
        Escrow.Order memory order = _order();
        _pay(order);
        _moveTo(order.fulfilBy + 1);
        _refund(stranger, order);
        _assertRefunded(order);
    }

    function test_refund_writes_the_state_when_it_settles() public {
        Escrow.Order memory order = _order();
        bytes32 id = _pay(order);
        _refund(seller, order);
        _assertState(id, Escrow.State(0, 0, order.fulfilBy, Escrow.Status.Settled));
    }

    function test_refund_emits_Settled_alone_when_it_pays() public {
        Escrow.Order memory order = _order();
        bytes32 id = _pay(order);
        vm.recordLogs();
        vm.expectEmit(address(escrow));
        emit Escrow.Settled(id, 2, PRICE, 0, 0, 0);
        _refund(seller, order);
        _assertEvents(1);
    }

    function test_refund_pays_the_buyer_when_the_seller_refunds_a_disputed_order() public {
        Escrow.Order memory order = _order();
        bytes32 id = _disputed(order);
        vm.expectEmit(address(escrow));
        emit Escrow.Settled(id, 2, PRICE, 0, 0, 0);
        _refund(seller, order);
        _assertRefunded(order);
    }

    function test_refund_pays_the_buyer_when_the_seller_comes_in_the_last_second_to_rule() public {
        Escrow.Order memory order = _order();
        _disputed(order);
        _moveTo(time + 30 days);
        _refund(seller, order);
        _assertRefunded(order);
    }

    /// forge-config: default.fuzz.runs = 50
    function testFuzz_refund_reverts_when_anyone_but_the_seller_comes_in_the_last_second_to_rule(address sender)
        public
    {
        if (sender == seller) sender = stranger;
        _assertTooEarlyToDivide(sender);
    }

    function test_refund_reverts_when_a_stranger_comes_in_the_last_second_to_rule() public {
        _assertTooEarlyToDivide(stranger);
    }

    function test_refund_reverts_when_the_buyer_comes_in_the_last_second_to_rule() public {
        _assertTooEarlyToDivide(buyer);
    }

    function test_refund_reverts_when_the_arbiter_comes_in_the_last_second_to_rule() public {
        _assertTooEarlyToDivide(arbiter);
    }

    function test_refund_divides_when_a_stranger_comes_a_second_after_the_time_to_rule() public {
        _assertDivided(stranger, PRICE, 5_000, 50e6, 1_250_000);
    }

    function test_refund_divides_when_the_buyer_comes_a_second_after_the_time_to_rule() public {
        _assertDivided(buyer, PRICE, 5_000, 50e6, 1_250_000);
    }

    /// @dev A seller who wants to return all uses `settle`.
    function test_refund_divides_when_the_seller_comes_a_second_after_the_time_to_rule() public {
        _assertDivided(seller, PRICE, 5_000, 50e6, 1_250_000);
    }

    function test_refund_gives_the_seller_all_when_silence_gives_the_buyer_nothing() public {
        _assertDivided(seller, 100_000_001, 0, 0, 2_500_000);
    }

    function test_refund_gives_the_buyer_all_when_silence_gives_the_buyer_all() public {
        _assertDivided(stranger, 100_000_001, 10_000, 100_000_001, 0);
    }

    function test_refund_rounds_for_the_seller_when_halves_are_uneven() public {
        _assertDivided(stranger, 100_000_001, 5_000, 50_000_000, 1_250_000);
    }

    function test_refund_rounds_down_to_nothing_when_the_share_is_under_one_unit() public {
        _assertDivided(stranger, 9_999, 1, 0, 249);
    }

    function test_refund_gives_the_buyer_one_unit_when_the_share_is_just_that() public {
        _assertDivided(stranger, 10_000, 1, 1, 249);
    }

    /// @dev A quarter of the order was given away before, so silence divides the other three.
    function test_refund_divides_what_remains_when_a_part_was_released_before() public {
        Escrow.Order memory order = _order();
        bytes32 id = _disputed(order);
        _releasePart(order, 25e6);
        _moveTo(time + 30 days + 1);
        vm.expectEmit(address(escrow));
        emit Escrow.Settled(id, 3, 37_500_000, 37_500_000, 937_500, 0);
        _refund(stranger, order);
        _assertState(id, Escrow.State(0, 62_500_000, time - 1, Escrow.Status.Settled));
    }

    function testFuzz_refund_divides_without_loss_when_amount_fee_and_share_vary(
        uint96 amount,
        uint16 feeBps,
        uint16 silentBps
    ) public {
        Escrow.Order memory order = _order();
        order.amount = amount == 0 ? 1 : amount;
        order.feeBps = feeBps % 1_001;
        order.silentBps = silentBps % 10_001;
        _disputed(order);
        _moveTo(time + 30 days + 1);
        _refund(stranger, order);
        uint256 toBuyer = uint256(order.amount) * order.silentBps / 10_000;
        uint256 fee = (order.amount - toBuyer) * order.feeBps / 10_000;
        vm.assertEq(dollar.balanceOf(buyer), toBuyer, "buyer");
        vm.assertEq(dollar.balanceOf(seller), order.amount - toBuyer - fee, "seller");
        vm.assertEq(escrow.credits(address(dollar), feeTo), fee, "fee");
        vm.assertEq(dollar.balanceOf(address(escrow)), fee, "escrow");
    }

    function test_refund_gives_back_what_remains_when_a_part_was_released_before() public {
        Escrow.Order memory order = _order();
        bytes32 id = _pay(order);
        _releasePart(order, 60e6);
        _refund(seller, order);
        vm.assertEq(dollar.balanceOf(buyer), 40e6, "buyer");
        _assertState(id, Escrow.State(0, 60e6, order.fulfilBy, Escrow.Status.Settled));
    }

    function test_refund_pays_in_coin_when_the_order_is_in_coin() public {
        Escrow.Order memory order = _coinOrder();
        _pay(order);
        _refund(seller, order);
        vm.assertEq(buyer.balance, 1 ether, "buyer");
        vm.assertEq(escrow.credits(address(0), feeTo), 0, "fee");
    }

    /// @dev Or else anyone could void a keeper's batch by settling one of its orders in front of it.
    function test_refund_skips_the_order_when_one_of_a_batch_is_settled() public {
        Escrow.Order[] memory batch = _cart(_order(), 2);
        _pay(batch);
        _release(buyer, batch[0]);
        _moveTo(batch[0].fulfilBy + 1);
        vm.prank(stranger);
        escrow.refund(batch);
        vm.assertEq(dollar.balanceOf(buyer), PRICE, "buyer");
    }

    function test_refund_changes_nothing_when_one_of_a_batch_is_not_due() public {
        Escrow.Order[] memory batch = _cart(_order(), 2);
        batch[1].fulfilBy += 1 days;
        _pay(batch);
        _moveTo(batch[0].fulfilBy + 1);
        vm.prank(stranger);
        vm.expectRevert(_tooEarly(batch[1].fulfilBy));
        escrow.refund(batch);
        _assertStatus(escrow.orderId(batch[0]), Escrow.Status.Paid);
    }

    function test_refund_reverts_when_all_orders_are_settled() public {
        Escrow.Order memory order = _order();
        _pay(order);
        _refund(seller, order);
        vm.expectRevert(Escrow.NothingDue.selector);
        _refund(seller, order);
    }

    function _assertRefunded(Escrow.Order memory order) private view {
        _assertStatus(escrow.orderId(order), Escrow.Status.Settled);
        vm.assertEq(dollar.balanceOf(buyer), PRICE, "buyer");
        vm.assertEq(dollar.balanceOf(address(escrow)), 0, "escrow");
        vm.assertEq(escrow.credits(address(dollar), feeTo), 0, "fee");
    }

    function _assertRefused(address sender, Escrow.Order memory order, Escrow.Status status) private {
        bytes memory refusal = _badState(escrow.orderId(order), status);
        vm.expectRevert(refusal);
        _refund(sender, order);
    }

    function _assertTooEarlyToDivide(address sender) private {
        Escrow.Order memory order = _order();
        _disputed(order);
        _moveTo(time + 30 days);
        vm.expectRevert(_tooEarly(time));
        _refund(sender, order);
    }

    function _assertDivided(address sender, uint96 amount, uint16 silentBps, uint96 toBuyer, uint96 fee) private {
        Escrow.Order memory order = _order();
        order.amount = amount;
        order.silentBps = silentBps;
        bytes32 id = _disputed(order);
        _moveTo(time + 30 days + 1);
        vm.recordLogs();
        vm.expectEmit(address(escrow));
        emit Escrow.Settled(id, 3, toBuyer, amount - toBuyer, fee, 0);
        _refund(sender, order);
        _assertEvents(1);
        vm.assertEq(dollar.balanceOf(buyer), toBuyer, "buyer");
        vm.assertEq(dollar.balanceOf(seller), amount - toBuyer - fee, "seller");
        vm.assertEq(escrow.credits(address(dollar), feeTo), fee, "fee");
    }

    function _assertTooEarly(address sender) private {
        Escrow.Order memory order = _order();
        _pay(order);
        _moveTo(order.fulfilBy);
        vm.expectRevert(_tooEarly(time));
        _refund(sender, order);
    }
}
