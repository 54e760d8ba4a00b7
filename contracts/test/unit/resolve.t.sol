// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../../src/Escrow.sol";
import {FickleToken} from "../mocks/FickleToken.sol";
import {EscrowTest} from "../support/EscrowTest.sol";
import {vm} from "../support/Vm.sol";

contract ResolveTest is EscrowTest {
    function test_resolve_reverts_when_sender_is_the_buyer() public {
        _assertNotForSender(buyer);
    }

    function test_resolve_reverts_when_sender_is_the_seller() public {
        _assertNotForSender(seller);
    }

    function test_resolve_reverts_when_sender_is_feeTo() public {
        _assertNotForSender(feeTo);
    }

    function test_resolve_reverts_when_sender_is_a_stranger() public {
        _assertNotForSender(stranger);
    }

    function test_resolve_reverts_when_order_was_never_paid() public {
        _assertRefused(_order(), Escrow.Status.None);
    }

    function test_resolve_reverts_when_order_is_paid() public {
        Escrow.Order memory order = _order();
        _pay(order);
        _assertRefused(order, Escrow.Status.Paid);
    }

    /// @dev An arbiter that nobody called has no say.
    function test_resolve_reverts_when_order_is_fulfilled() public {
        Escrow.Order memory order = _downloadOrder();
        _pay(order);
        _assertRefused(order, Escrow.Status.Fulfilled);
    }

    function test_resolve_reverts_when_order_is_settled() public {
        Escrow.Order memory order = _order();
        _disputed(order);
        _resolve(order, 1);
        _assertRefused(order, Escrow.Status.Settled);
    }

    function test_resolve_divides_when_it_is_the_last_second_to_rule() public {
        Escrow.Order memory order = _order();
        _disputed(order);
        _moveTo(time + 30 days);
        _resolve(order, 40e6);
        vm.assertEq(dollar.balanceOf(buyer), 40e6, "buyer");
    }

    function test_resolve_reverts_when_the_time_to_rule_is_over() public {
        Escrow.Order memory order = _order();
        _disputed(order);
        _moveTo(time + 30 days + 1);
        vm.expectRevert(_tooLate(time - 1));
        _resolve(order, 40e6);
    }

    function test_resolve_pays_the_seller_alone_when_the_buyer_gets_nothing() public {
        _assertDivided(0, 0, PRICE, FEE);
    }

    /// @dev 2.5% of 66 666 667 is 1 666 666.675, rounded down.
    function test_resolve_divides_when_the_buyer_gets_a_part() public {
        _assertDivided(33_333_333, 33_333_333, 66_666_667, 1_666_666);
    }

    function test_resolve_pays_the_buyer_alone_when_the_buyer_gets_all() public {
        _assertDivided(PRICE, PRICE, 0, 0);
    }

    function test_resolve_pays_what_remains_when_the_share_is_one_more() public {
        _assertDivided(PRICE + 1, PRICE, 0, 0);
    }

    function test_resolve_pays_what_remains_when_the_share_is_the_largest_number() public {
        _assertDivided(type(uint96).max, PRICE, 0, 0);
    }

    function test_resolve_writes_the_state_when_it_divides() public {
        Escrow.Order memory order = _order();
        bytes32 id = _disputed(order);
        _resolve(order, 40e6);
        _assertState(id, Escrow.State(0, 60e6, time + 30 days, Escrow.Status.Settled));
    }

    /// @dev 1% of 300 is 3, of which 1 was due on the first 150; 1% of the other 150 alone would be 1, not 2.
    function test_resolve_rounds_the_fee_once_when_a_part_was_released_before() public {
        Escrow.Order memory order = _order();
        order.amount = 400;
        order.feeBps = 100;
        bytes32 id = _disputed(order);
        _releasePart(order, 150);
        vm.expectEmit(address(escrow));
        emit Escrow.Settled(id, 4, 100, 150, 2, 0);
        _resolve(order, 100);
    }

    function test_resolve_divides_coin_when_the_order_is_in_coin() public {
        Escrow.Order memory order = _coinOrder();
        _disputed(order);
        _resolve(order, 0.6 ether);
        vm.assertEq(buyer.balance, 0.6 ether, "buyer");
        vm.assertEq(seller.balance, 0.39 ether, "seller");
        vm.assertEq(escrow.credits(address(0), feeTo), 0.01 ether, "fee");
    }

    /// @dev A party that the token denies cannot hold up the ruling for the other.
    function test_resolve_credits_the_buyer_when_the_buyer_is_denied() public {
        FickleToken token = new FickleToken();
        Escrow.Order memory order = _order();
        order.token = address(token);
        _disputed(order);
        token.treat(buyer, FickleToken.Way.Revert);
        _resolve(order, 40e6);
        vm.assertEq(escrow.credits(address(token), buyer), 40e6, "credit");
        vm.assertEq(token.balanceOf(seller), 58_500_000, "seller");
    }

    function testFuzz_resolve_splits_without_loss_when_amount_fee_and_share_vary(
        uint96 amount,
        uint16 feeBps,
        uint96 toBuyer
    ) public {
        Escrow.Order memory order = _order();
        order.amount = amount == 0 ? 1 : amount;
        order.feeBps = feeBps % 1_001;
        _disputed(order);
        _resolve(order, toBuyer);
        uint256 bought = toBuyer < order.amount ? toBuyer : order.amount;
        uint256 fee = (order.amount - bought) * order.feeBps / 10_000;
        vm.assertEq(dollar.balanceOf(buyer), bought, "buyer");
        vm.assertEq(dollar.balanceOf(seller), order.amount - bought - fee, "seller");
        vm.assertEq(escrow.credits(address(dollar), feeTo), fee, "fee");
        vm.assertEq(dollar.balanceOf(address(escrow)), fee, "escrow");
    }

    function _assertNotForSender(address sender) private {
        Escrow.Order memory order = _order();
        _disputed(order);
        vm.prank(sender);
        vm.expectRevert(_notParty(sender));
        escrow.resolve(order, 0);
    }

    function _assertRefused(Escrow.Order memory order, Escrow.Status status) private {
        bytes memory refusal = _badState(escrow.orderId(order), status);
        vm.expectRevert(refusal);
        _resolve(order, 0);
    }

    function _assertDivided(uint96 share, uint96 toBuyer, uint96 toSeller, uint96 fee) private {
        Escrow.Order memory order = _order();
        bytes32 id = _disputed(order);
        vm.recordLogs();
        vm.expectEmit(address(escrow));
        emit Escrow.Settled(id, 4, toBuyer, toSeller, fee, 0);
        _resolve(order, share);
        _assertEvents(1);
        vm.assertEq(dollar.balanceOf(buyer), toBuyer, "buyer");
        vm.assertEq(dollar.balanceOf(seller), toSeller - fee, "seller");
        vm.assertEq(escrow.credits(address(dollar), feeTo), fee, "fee");
    }
}
