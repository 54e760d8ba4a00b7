// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../../src/Escrow.sol";
import {EscrowTest} from "../support/EscrowTest.sol";
import {vm} from "../support/Vm.sol";

contract DisputeTest is EscrowTest {
    function test_dispute_reverts_when_sender_is_the_arbiter() public {
        _assertNotForSender(arbiter);
    }

    function test_dispute_reverts_when_sender_is_feeTo() public {
        _assertNotForSender(feeTo);
    }

    function test_dispute_reverts_when_sender_is_a_stranger() public {
        _assertNotForSender(stranger);
    }

    /// @dev Nobody could rule, and silence would divide money that neither party gave away.
    function test_dispute_reverts_when_there_is_no_arbiter() public {
        Escrow.Order memory order = _downloadOrder();
        order.arbiter = address(0);
        _pay(order);
        vm.expectRevert(_badOrder(4));
        _dispute(buyer, order);
    }

    function test_dispute_reverts_when_order_was_never_paid() public {
        _assertRefused(_downloadOrder(), Escrow.Status.None);
    }

    function test_dispute_reverts_when_order_is_paid() public {
        Escrow.Order memory order = _order();
        _pay(order);
        _assertRefused(order, Escrow.Status.Paid);
    }

    /// @dev A second dispute would give the arbiter another 30 days.
    function test_dispute_reverts_when_order_is_disputed() public {
        Escrow.Order memory order = _downloadOrder();
        _disputed(order);
        _assertRefused(order, Escrow.Status.Disputed);
    }

    function test_dispute_reverts_when_order_is_settled() public {
        Escrow.Order memory order = _downloadOrder();
        _pay(order);
        _release(buyer, order);
        _assertRefused(order, Escrow.Status.Settled);
    }

    function test_dispute_gives_thirty_days_when_the_buyer_comes_in_the_last_second() public {
        _assertDisputedInLastSecond(buyer);
    }

    function test_dispute_gives_thirty_days_when_the_seller_comes_in_the_last_second() public {
        _assertDisputedInLastSecond(seller);
    }

    function test_dispute_reverts_when_the_buyer_comes_after_the_window() public {
        _assertTooLate(buyer);
    }

    function test_dispute_reverts_when_the_seller_comes_after_the_window() public {
        _assertTooLate(seller);
    }

    function test_dispute_keeps_the_deadline_when_it_is_later_than_thirty_days() public {
        _assertDeadline(30 days + 1, time + 30 days + 1);
    }

    function test_dispute_gives_thirty_days_when_the_window_ends_then() public {
        _assertDeadline(30 days, time + 30 days);
    }

    function test_dispute_gives_thirty_days_when_the_window_ends_a_second_before() public {
        _assertDeadline(30 days - 1, time + 30 days);
    }

    function test_dispute_holds_what_remains_when_a_part_was_released_before() public {
        Escrow.Order memory order = _downloadOrder();
        bytes32 id = _pay(order);
        _releasePart(order, 40e6);
        _dispute(buyer, order);
        _assertState(id, Escrow.State(60e6, 40e6, time + 30 days, Escrow.Status.Disputed));
    }

    function test_dispute_moves_no_money_when_an_order_is_fulfilled() public {
        _disputed(_order());
        vm.assertEq(dollar.balanceOf(address(escrow)), PRICE, "held");
    }

    function test_dispute_emits_Disputed_alone_when_the_buyer_disputes() public {
        _assertEmits(buyer);
    }

    function test_dispute_emits_Disputed_alone_when_the_seller_disputes() public {
        _assertEmits(seller);
    }

    function _assertNotForSender(address sender) private {
        Escrow.Order memory order = _downloadOrder();
        _pay(order);
        vm.expectRevert(_notParty(sender));
        _dispute(sender, order);
    }

    function _assertRefused(Escrow.Order memory order, Escrow.Status status) private {
        bytes memory refusal = _badState(escrow.orderId(order), status);
        vm.expectRevert(refusal);
        _dispute(buyer, order);
    }

    function _assertDisputedInLastSecond(address sender) private {
        Escrow.Order memory order = _downloadOrder();
        bytes32 id = _pay(order);
        _moveTo(time + 3 days);
        _dispute(sender, order);
        _assertState(id, Escrow.State(PRICE, 0, time + 30 days, Escrow.Status.Disputed));
    }

    function _assertTooLate(address sender) private {
        Escrow.Order memory order = _downloadOrder();
        _pay(order);
        _moveTo(time + 3 days + 1);
        vm.expectRevert(_tooLate(time - 1));
        _dispute(sender, order);
    }

    function _assertDeadline(uint32 window, uint40 deadline) private {
        Escrow.Order memory order = _downloadOrder();
        order.window = window;
        bytes32 id = _disputed(order);
        _assertState(id, Escrow.State(PRICE, 0, deadline, Escrow.Status.Disputed));
    }

    function _assertEmits(address sender) private {
        Escrow.Order memory order = _downloadOrder();
        bytes32 id = _pay(order);
        vm.recordLogs();
        vm.expectEmit(address(escrow));
        emit Escrow.Disputed(id, sender, time + 30 days);
        _dispute(sender, order);
        _assertEvents(1);
    }
}
