// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../../src/Escrow.sol";
import {SettleTest} from "../support/SettleTest.sol";
import {vm} from "../support/Vm.sol";

/// @title What a party, or a stranger, may try with calls and signatures that are fine by themselves
contract AttacksTest is SettleTest {
    function test_ruling_stands_when_an_offer_from_before_the_dispute_is_brought() public {
        Escrow.Order memory order = _downloadOrder();
        _pay(order);
        Offer memory offer = _offer(order, 0, PRICE);
        bytes memory signature = _sign(BUYER_KEY, order, offer);
        _dispute(buyer, order);
        vm.expectRevert(_badSignature(buyer));
        _settle(seller, order, offer, signature, "");
    }

    function test_offer_is_void_when_the_order_was_fulfilled_after_it() public {
        Escrow.Order memory order = _order();
        _pay(order);
        Offer memory offer = _offer(order, PRICE, 0);
        bytes memory signature = _sign(SELLER_KEY, order, offer);
        _fulfil(order);
        vm.expectRevert(_badSignature(seller));
        _settle(buyer, order, offer, "", signature);
    }

    function test_ruling_stands_when_the_seller_settles_one_unit_in_front_of_it() public {
        Escrow.Order memory order = _order();
        _disputed(order);
        _refundPart(order, 1);
        _resolve(order, PRICE);
        vm.assertEq(dollar.balanceOf(buyer), PRICE, "buyer");
    }

    function test_ruling_stands_when_the_buyer_settles_one_unit_in_front_of_it() public {
        Escrow.Order memory order = _order();
        _disputed(order);
        _releasePart(order, 1);
        _resolve(order, PRICE);
        vm.assertEq(dollar.balanceOf(buyer), PRICE - 1, "buyer");
    }

    function test_offer_is_revoked_when_the_buyer_settles_one_unit() public {
        Escrow.Order memory order = _order();
        _pay(order);
        Offer memory offer = _offer(order, 0, 40e6);
        bytes memory signature = _sign(BUYER_KEY, order, offer);
        _releasePart(order, 1);
        vm.expectRevert(_badSignature(buyer));
        _settle(seller, order, offer, signature, "");
    }

    function test_offer_is_revoked_when_the_seller_settles_one_unit() public {
        Escrow.Order memory order = _order();
        _pay(order);
        Offer memory offer = _offer(order, 40e6, 0);
        bytes memory signature = _sign(SELLER_KEY, order, offer);
        _refundPart(order, 1);
        vm.expectRevert(_badSignature(seller));
        _settle(buyer, order, offer, "", signature);
    }

    function test_signature_moves_money_once_when_a_part_was_settled_by_it() public {
        Escrow.Order memory order = _order();
        _pay(order);
        Offer memory offer = _offer(order, 0, 40e6);
        bytes memory signature = _sign(BUYER_KEY, order, offer);
        _settle(seller, order, offer, signature, "");
        vm.expectRevert(_badSignature(buyer));
        _settle(seller, order, offer, signature, "");
    }

    /// @dev The same terms are paid on both chains.
    function test_signature_moves_money_on_one_chain_when_it_is_brought_to_another() public {
        Escrow.Order memory order = _order();
        _pay(order);
        Offer memory offer = _offer(order, 0, 40e6);
        bytes memory signature = _sign(BUYER_KEY, order, offer);
        _settle(seller, order, offer, signature, "");
        vm.chainId(block.chainid + 1);
        _pay(order);
        vm.expectRevert(_badSignature(buyer));
        _settle(seller, order, offer, signature, "");
    }

    /// @dev The same terms are paid in both contracts.
    function test_signature_moves_money_in_one_contract_when_it_is_brought_to_another() public {
        Escrow.Order memory order = _order();
        _pay(order);
        Offer memory offer = _offer(order, 0, 40e6);
        bytes memory signature = _sign(BUYER_KEY, order, offer);
        _settle(seller, order, offer, signature, "");
        escrow = _deploy(address(0));
        _pay(order);
        vm.expectRevert(_badSignature(buyer));
        _settle(seller, order, offer, signature, "");
    }

    /// @dev In 30 days silence would divide what the buyer had 180 days to complain of.
    function test_window_stays_as_long_when_the_seller_disputes_to_cut_it_short() public {
        Escrow.Order memory order = _downloadOrder();
        order.window = 180 days;
        _pay(order);
        uint40 deadline = time + 180 days;
        _dispute(seller, order);
        _moveTo(time + 30 days + 1);
        vm.expectRevert(_tooEarly(deadline));
        _refund(stranger, order);
    }

    function test_silence_divides_nothing_when_the_seller_disputes_without_an_arbiter() public {
        Escrow.Order memory order = _downloadOrder();
        order.arbiter = address(0);
        order.silentBps = 0;
        _pay(order);
        vm.expectRevert(_badOrder(4));
        _dispute(seller, order);
    }

    /// @dev Before the deadline of a dispute the seller can only give, and nobody else can do anything.
    function test_dispute_gives_all_back_when_the_seller_refunds_in_time() public {
        _assertRefunded(seller, 30 days, PRICE);
    }

    function test_dispute_divides_when_the_seller_refunds_too_late() public {
        _assertRefunded(seller, 30 days + 1, PRICE / 2);
    }

    function test_dispute_divides_when_a_stranger_refunds_too_late() public {
        _assertRefunded(stranger, 30 days + 1, PRICE / 2);
    }

    function test_dispute_waits_for_the_arbiter_when_a_stranger_refunds_in_time() public {
        Escrow.Order memory order = _order();
        _disputed(order);
        _moveTo(time + 30 days);
        vm.expectRevert(_tooEarly(time));
        _refund(stranger, order);
    }

    function test_batch_is_fulfilled_when_the_buyer_settles_one_order_in_front_of_it() public {
        Escrow.Order[] memory batch = _cart(_order(), 2);
        _pay(batch);
        _releasePart(batch[0], PRICE);
        vm.prank(seller);
        escrow.fulfil(batch);
        _assertStatus(escrow.orderId(batch[1]), Escrow.Status.Fulfilled);
    }

    function test_batch_is_released_when_the_seller_settles_one_order_in_front_of_it() public {
        Escrow.Order[] memory batch = _cart(_downloadOrder(), 2);
        _pay(batch);
        _moveTo(time + 3 days + 1);
        _refundPart(batch[0], PRICE);
        vm.prank(stranger);
        escrow.release(batch);
        _assertStatus(escrow.orderId(batch[1]), Escrow.Status.Settled);
    }

    function test_batch_is_released_when_the_seller_settles_one_unit_in_front_of_it() public {
        Escrow.Order[] memory batch = _cart(_downloadOrder(), 2);
        _pay(batch);
        _moveTo(time + 3 days + 1);
        _refundPart(batch[0], 1);
        vm.prank(stranger);
        escrow.release(batch);
        vm.assertEq(dollar.balanceOf(buyer), 1, "buyer");
    }

    function test_batch_is_refunded_when_the_buyer_settles_one_order_in_front_of_it() public {
        Escrow.Order[] memory batch = _cart(_order(), 2);
        _pay(batch);
        _moveTo(batch[0].fulfilBy + 1);
        _releasePart(batch[0], PRICE);
        vm.prank(stranger);
        escrow.refund(batch);
        _assertStatus(escrow.orderId(batch[1]), Escrow.Status.Settled);
    }

    function test_batch_of_disputes_is_divided_when_the_buyer_settles_one_order_in_front_of_it() public {
        Escrow.Order[] memory batch = _cart(_order(), 2);
        _disputed(batch[0]);
        _disputed(batch[1]);
        _moveTo(time + 30 days + 1);
        _releasePart(batch[0], PRICE);
        vm.prank(stranger);
        escrow.refund(batch);
        vm.assertEq(dollar.balanceOf(buyer), PRICE / 2, "buyer");
    }

    function _assertRefunded(address sender, uint40 later, uint96 toBuyer) private {
        Escrow.Order memory order = _order();
        _disputed(order);
        _moveTo(time + later);
        _refund(sender, order);
        vm.assertEq(dollar.balanceOf(buyer), toBuyer, "buyer");
    }
}
