// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../../src/Escrow.sol";
import {EscrowTest} from "../support/EscrowTest.sol";
import {vm} from "../support/Vm.sol";

contract ReleaseTest is EscrowTest {
    function test_release_reverts_when_array_is_empty() public {
        vm.expectRevert(_badOrder(255));
        escrow.release(new Escrow.Order[](0));
    }

    function test_release_reverts_when_order_was_never_paid_and_sender_is_the_buyer() public {
        _assertRefused(buyer, _order(), Escrow.Status.None);
    }

    function test_release_reverts_when_order_was_never_paid_and_sender_is_a_stranger() public {
        _assertRefused(stranger, _order(), Escrow.Status.None);
    }

    function test_release_pays_the_seller_when_the_buyer_releases_a_paid_order() public {
        Escrow.Order memory order = _order();
        _pay(order);
        _release(buyer, order);
        _assertReleased(order);
    }

    function test_release_pays_the_seller_when_the_buyer_releases_a_fulfilled_order() public {
        Escrow.Order memory order = _downloadOrder();
        _pay(order);
        _release(buyer, order);
        _assertReleased(order);
    }

    function test_release_pays_the_seller_when_the_buyer_releases_a_disputed_order() public {
        Escrow.Order memory order = _order();
        _disputed(order);
        _release(buyer, order);
        _assertReleased(order);
    }

    function test_release_pays_the_seller_when_the_buyer_releases_after_the_time_to_rule() public {
        Escrow.Order memory order = _order();
        _disputed(order);
        _moveTo(time + 30 days + 1);
        _release(buyer, order);
        _assertReleased(order);
    }

    /// @dev Money of a paid order goes back when the seller stays silent, never to the seller.
    function test_release_reverts_when_a_stranger_releases_a_paid_order_after_its_deadline() public {
        Escrow.Order memory order = _order();
        _pay(order);
        _moveTo(order.fulfilBy + 1);
        _assertRefused(stranger, order, Escrow.Status.Paid);
    }

    function test_release_reverts_when_the_seller_releases_a_paid_order() public {
        Escrow.Order memory order = _order();
        _pay(order);
        _assertRefused(seller, order, Escrow.Status.Paid);
    }

    /// @dev Silence of the arbiter divides the money by `refund`; it does not give all to the seller.
    function test_release_reverts_when_a_stranger_releases_a_disputed_order() public {
        Escrow.Order memory order = _order();
        _disputed(order);
        _moveTo(time + 30 days + 1);
        _assertRefused(stranger, order, Escrow.Status.Disputed);
    }

    function test_release_reverts_when_the_seller_releases_a_disputed_order() public {
        Escrow.Order memory order = _order();
        _disputed(order);
        _moveTo(time + 30 days + 1);
        _assertRefused(seller, order, Escrow.Status.Disputed);
    }

    function test_release_reverts_when_the_arbiter_releases_a_disputed_order() public {
        Escrow.Order memory order = _order();
        _disputed(order);
        _assertRefused(arbiter, order, Escrow.Status.Disputed);
    }

    function test_release_reverts_when_a_stranger_comes_in_the_last_second_of_the_window() public {
        _assertTooEarly(stranger);
    }

    function test_release_reverts_when_the_seller_comes_in_the_last_second_of_the_window() public {
        _assertTooEarly(seller);
    }

    /// forge-config: default.fuzz.runs = 50
    function testFuzz_release_reverts_when_anyone_but_the_buyer_comes_within_the_window(address sender) public {
        if (sender == buyer) sender = stranger;
        _assertTooEarly(sender);
    }

    function test_release_pays_the_seller_when_a_stranger_comes_a_second_after_the_window() public {
        Escrow.Order memory order = _downloadOrder();
        _pay(order);
        _moveTo(time + 3 days + 1);
        _release(stranger, order);
        _assertReleased(order);
    }

    function test_release_keeps_the_deadline_when_it_settles() public {
        Escrow.Order memory order = _order();
        bytes32 id = _pay(order);
        _release(buyer, order);
        _assertState(id, Escrow.State(0, PRICE, order.fulfilBy, Escrow.Status.Settled));
    }

    function test_release_emits_Settled_alone_when_it_pays() public {
        Escrow.Order memory order = _order();
        bytes32 id = _pay(order);
        vm.recordLogs();
        vm.expectEmit(address(escrow));
        emit Escrow.Settled(id, 1, 0, PRICE, FEE, 0);
        _release(buyer, order);
        _assertEvents(1);
    }

    function test_release_pays_the_rest_when_a_part_was_given_back_before() public {
        Escrow.Order memory order = _downloadOrder();
        bytes32 id = _pay(order);
        _refundPart(order, 40e6);
        _moveTo(time + 3 days + 1);
        _release(stranger, order);
        vm.assertEq(dollar.balanceOf(seller), 58_500_000, "seller");
        _assertState(id, Escrow.State(0, 60e6, time - 1, Escrow.Status.Settled));
    }

    function test_release_pays_all_to_the_seller_when_there_is_no_fee() public {
        Escrow.Order memory order = _order();
        order.feeBps = 0;
        _pay(order);
        _release(buyer, order);
        vm.assertEq(dollar.balanceOf(seller), PRICE, "seller");
        vm.assertEq(escrow.credits(address(dollar), feeTo), 0, "fee");
    }

    function test_release_pays_in_coin_when_the_order_is_in_coin() public {
        Escrow.Order memory order = _coinOrder();
        _pay(order);
        _release(buyer, order);
        vm.assertEq(seller.balance, 0.975 ether, "seller");
        vm.assertEq(escrow.credits(address(0), feeTo), 0.025 ether, "fee");
    }

    function test_release_adds_up_fees_when_several_orders_pay_them() public {
        Escrow.Order[] memory batch = _cart(_order(), 3);
        _pay(batch);
        vm.prank(buyer);
        escrow.release(batch);
        vm.assertEq(escrow.credits(address(dollar), feeTo), 3 * FEE, "fees");
        vm.assertEq(dollar.balanceOf(seller), 3 * (PRICE - FEE), "seller");
    }

    /// @dev 1% of 300 is 3, of which 1 was due on the first 150; 1% of the other 150 alone would be 1, not 2.
    function test_release_rounds_the_fee_once_when_a_part_was_released_before() public {
        Escrow.Order memory order = _order();
        order.amount = 300;
        order.feeBps = 100;
        bytes32 id = _pay(order);
        _releasePart(order, 150);
        vm.expectEmit(address(escrow));
        emit Escrow.Settled(id, 1, 0, 150, 2, 0);
        _release(buyer, order);
    }

    function testFuzz_release_splits_without_loss_when_amount_and_fee_vary(uint96 amount, uint16 feeBps) public {
        Escrow.Order memory order = _order();
        order.amount = amount == 0 ? 1 : amount;
        order.feeBps = feeBps % 1_001;
        _pay(order);
        _release(buyer, order);
        uint256 fee = uint256(order.amount) * order.feeBps / 10_000;
        vm.assertEq(escrow.credits(address(dollar), feeTo), fee, "fee");
        vm.assertEq(dollar.balanceOf(seller), order.amount - fee, "seller");
        vm.assertEq(dollar.balanceOf(address(escrow)), fee, "escrow");
    }

    /// @dev Or else anyone could void a keeper's batch by releasing one of its orders in front of it.
    function test_release_skips_the_order_when_one_of_a_batch_is_settled() public {
        Escrow.Order[] memory batch = _cart(_downloadOrder(), 2);
        _pay(batch);
        _refund(seller, batch[0]);
        _moveTo(time + 3 days + 1);
        vm.prank(stranger);
        escrow.release(batch);
        vm.assertEq(dollar.balanceOf(seller), PRICE - FEE, "seller");
    }

    function test_release_changes_nothing_when_one_of_a_batch_is_not_due() public {
        Escrow.Order[] memory batch = _cart(_downloadOrder(), 2);
        batch[1].window = 4 days;
        _pay(batch);
        uint40 deadline = time + 4 days;
        _moveTo(time + 3 days + 1);
        vm.prank(stranger);
        vm.expectRevert(_tooEarly(deadline));
        escrow.release(batch);
        _assertStatus(escrow.orderId(batch[0]), Escrow.Status.Fulfilled);
    }

    function test_release_reverts_when_all_orders_are_settled() public {
        Escrow.Order memory order = _order();
        _pay(order);
        _release(buyer, order);
        vm.expectRevert(Escrow.NothingDue.selector);
        _release(stranger, order);
    }

    function test_release_pays_once_when_an_order_is_twice_in_the_batch() public {
        Escrow.Order memory order = _order();
        _pay(order);
        dollar.mint(address(escrow), PRICE);
        vm.prank(buyer);
        escrow.release(_two(order, order));
        vm.assertEq(dollar.balanceOf(seller), PRICE - FEE, "seller");
    }

    function _assertReleased(Escrow.Order memory order) private view {
        _assertStatus(escrow.orderId(order), Escrow.Status.Settled);
        vm.assertEq(dollar.balanceOf(seller), PRICE - FEE, "seller");
        vm.assertEq(dollar.balanceOf(address(escrow)), FEE, "escrow");
        vm.assertEq(escrow.credits(address(dollar), feeTo), FEE, "fee");
    }

    function _assertRefused(address sender, Escrow.Order memory order, Escrow.Status status) private {
        bytes memory refusal = _badState(escrow.orderId(order), status);
        vm.expectRevert(refusal);
        _release(sender, order);
    }

    function _assertTooEarly(address sender) private {
        Escrow.Order memory order = _downloadOrder();
        _pay(order);
        _moveTo(time + 3 days);
        vm.expectRevert(_tooEarly(time));
        _release(sender, order);
    }
}
