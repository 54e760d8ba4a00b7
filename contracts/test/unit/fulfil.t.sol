// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../../src/Escrow.sol";
import {EscrowTest} from "../support/EscrowTest.sol";
import {vm} from "../support/Vm.sol";

contract FulfilTest is EscrowTest {
    function test_fulfil_reverts_when_array_is_empty() public {
        vm.expectRevert(_badOrder(255));
        escrow.fulfil(new Escrow.Order[](0));
    }

    function test_fulfil_reverts_when_order_was_never_paid() public {
        Escrow.Order memory order = _order();
        bytes32 id = escrow.orderId(order);
        vm.expectRevert(_badState(id, Escrow.Status.None));
        _fulfil(order);
    }

    function test_fulfil_reverts_when_sender_is_the_buyer() public {
        _assertNotForSender(buyer);
    }

    function test_fulfil_reverts_when_sender_is_the_arbiter() public {
        _assertNotForSender(arbiter);
    }

    function test_fulfil_reverts_when_sender_is_feeTo() public {
        _assertNotForSender(feeTo);
    }

    function test_fulfil_reverts_when_sender_is_a_stranger() public {
        _assertNotForSender(stranger);
    }

    function test_fulfil_reverts_when_order_is_fulfilled() public {
        Escrow.Order memory order = _downloadOrder();
        bytes32 id = _pay(order);
        vm.expectRevert(_badState(id, Escrow.Status.Fulfilled));
        _fulfil(order);
    }

    function test_fulfil_reverts_when_order_is_disputed() public {
        Escrow.Order memory order = _order();
        bytes32 id = _disputed(order);
        vm.expectRevert(_badState(id, Escrow.Status.Disputed));
        _fulfil(order);
    }

    function test_fulfil_starts_the_window_when_it_is_the_last_second() public {
        Escrow.Order memory order = _order();
        bytes32 id = _pay(order);
        _moveTo(order.fulfilBy);
        _fulfil(order);
        _assertState(id, Escrow.State(PRICE, 0, time + 14 days, Escrow.Status.Fulfilled));
    }

    function test_fulfil_reverts_when_the_time_to_fulfil_is_over() public {
        Escrow.Order memory order = _order();
        _pay(order);
        _moveTo(order.fulfilBy + 1);
        vm.expectRevert(_tooLate(order.fulfilBy));
        _fulfil(order);
    }

    function test_fulfil_emits_Fulfilled_alone_when_order_is_paid() public {
        Escrow.Order memory order = _order();
        bytes32 id = _pay(order);
        vm.recordLogs();
        vm.expectEmit(address(escrow));
        emit Escrow.Fulfilled(id, time + 14 days);
        _fulfil(order);
        _assertEvents(1);
    }

    function test_fulfil_keeps_what_remains_when_a_part_was_released_before() public {
        Escrow.Order memory order = _order();
        bytes32 id = _pay(order);
        _releasePart(order, 40e6);
        _fulfil(order);
        _assertState(id, Escrow.State(60e6, 40e6, time + 14 days, Escrow.Status.Fulfilled));
    }

    function test_fulfil_moves_no_money_when_order_is_paid() public {
        Escrow.Order memory order = _order();
        _pay(order);
        _fulfil(order);
        vm.assertEq(dollar.balanceOf(address(escrow)), PRICE, "held");
    }

    function test_fulfil_changes_all_when_a_batch_is_paid() public {
        Escrow.Order[] memory batch = _cart(_order(), 2);
        _pay(batch);
        vm.prank(seller);
        escrow.fulfil(batch);
        _assertStatus(escrow.orderId(batch[0]), Escrow.Status.Fulfilled);
        _assertStatus(escrow.orderId(batch[1]), Escrow.Status.Fulfilled);
    }

    /// @dev Or else a buyer could void the seller's batch by releasing one of its orders in front of it.
    function test_fulfil_skips_the_order_when_one_of_a_batch_is_settled() public {
        Escrow.Order[] memory batch = _cart(_order(), 2);
        _pay(batch);
        _release(buyer, batch[0]);
        vm.prank(seller);
        escrow.fulfil(batch);
        _assertStatus(escrow.orderId(batch[0]), Escrow.Status.Settled);
        _assertStatus(escrow.orderId(batch[1]), Escrow.Status.Fulfilled);
    }

    function test_fulfil_changes_nothing_when_one_of_a_batch_is_in_a_wrong_state() public {
        Escrow.Order[] memory batch = _cart(_order(), 2);
        bytes32 id = _pay(batch[0]);
        bytes memory refusal = _badState(escrow.orderId(batch[1]), Escrow.Status.None);
        vm.prank(seller);
        vm.expectRevert(refusal);
        escrow.fulfil(batch);
        _assertStatus(id, Escrow.Status.Paid);
    }

    function test_fulfil_reverts_when_all_orders_are_settled() public {
        Escrow.Order memory order = _order();
        _pay(order);
        _release(buyer, order);
        vm.expectRevert(Escrow.NothingDue.selector);
        _fulfil(order);
    }

    function _assertNotForSender(address sender) private {
        Escrow.Order memory order = _order();
        _pay(order);
        vm.prank(sender);
        vm.expectRevert(_notParty(sender));
        escrow.fulfil(_one(order));
    }
}
