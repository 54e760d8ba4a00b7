// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Escrow} from "../../src/Escrow.sol";
import {PayingTest} from "../support/PayingTest.sol";
import {vm} from "../support/Vm.sol";

contract PayTest is PayingTest {
    function test_pay_reverts_when_array_is_empty() public {
        vm.expectRevert(_badOrder(255));
        escrow.pay(new Escrow.Order[](0));
    }

    function test_pay_reverts_when_sender_is_not_the_buyer() public {
        Escrow.Order memory order = _order();
        _fund(_one(order));
        vm.prank(stranger);
        vm.expectRevert(_notParty(stranger));
        escrow.pay(_one(order));
    }

    function test_pay_reverts_when_a_later_order_has_another_buyer() public {
        Escrow.Order memory other = _order();
        other.buyer = stranger;
        _assertRefused(_two(_order(), other), _badOrder(0));
    }

    function test_pay_reverts_when_a_later_order_has_another_token() public {
        _assertRefused(_two(_order(), _coinOrder()), _badOrder(2));
    }

    function test_pay_reverts_when_seller_is_zero() public {
        Escrow.Order memory order = _order();
        order.seller = address(0);
        _assertRefused(order, _badOrder(1));
    }

    function test_pay_reverts_when_seller_is_the_buyer() public {
        Escrow.Order memory order = _order();
        order.seller = buyer;
        _assertRefused(order, _badOrder(1));
    }

    function test_pay_reverts_when_seller_is_the_escrow() public {
        Escrow.Order memory order = _order();
        order.seller = address(escrow);
        _assertRefused(order, _badOrder(1));
    }

    function test_pay_reverts_when_token_has_no_code() public {
        Escrow.Order memory order = _order();
        order.token = stranger;
        vm.prank(buyer);
        vm.expectRevert(_badOrder(2));
        escrow.pay(_one(order));
    }

    function test_pay_reverts_when_amount_is_zero() public {
        Escrow.Order memory order = _order();
        order.amount = 0;
        _assertRefused(order, _badOrder(3));
    }

    function test_pay_reverts_when_arbiter_is_the_buyer() public {
        _assertArbiterRefused(buyer);
    }

    function test_pay_reverts_when_arbiter_is_the_seller() public {
        _assertArbiterRefused(seller);
    }

    function test_pay_reverts_when_arbiter_is_the_escrow() public {
        _assertArbiterRefused(address(escrow));
    }

    function test_pay_holds_when_there_is_no_arbiter() public {
        Escrow.Order memory order = _order();
        order.arbiter = address(0);
        _assertHeld(order, Escrow.Status.Paid);
    }

    function test_pay_reverts_when_a_fee_goes_to_nobody() public {
        Escrow.Order memory order = _order();
        order.feeTo = address(0);
        _assertRefused(order, _badOrder(5));
    }

    function test_pay_reverts_when_a_fee_goes_to_the_escrow() public {
        Escrow.Order memory order = _order();
        order.feeTo = address(escrow);
        _assertRefused(order, _badOrder(5));
    }

    function test_pay_holds_when_there_is_no_fee_and_nobody_to_get_it() public {
        Escrow.Order memory order = _order();
        order.feeTo = address(0);
        order.feeBps = 0;
        _assertHeld(order, Escrow.Status.Paid);
    }

    function test_pay_holds_when_fee_is_ten_percent() public {
        Escrow.Order memory order = _order();
        order.feeBps = 1_000;
        _assertHeld(order, Escrow.Status.Paid);
    }

    function test_pay_reverts_when_fee_is_over_ten_percent() public {
        Escrow.Order memory order = _order();
        order.feeBps = 1_001;
        _assertRefused(order, _badOrder(6));
    }

    function test_pay_holds_when_silence_gives_the_buyer_all() public {
        Escrow.Order memory order = _order();
        order.silentBps = 10_000;
        _assertHeld(order, Escrow.Status.Paid);
    }

    function test_pay_reverts_when_silence_gives_more_than_all() public {
        Escrow.Order memory order = _order();
        order.silentBps = 10_001;
        _assertRefused(order, _badOrder(7));
    }

    function test_pay_holds_when_it_is_the_last_second_to_pay() public {
        Escrow.Order memory order = _order();
        _moveTo(order.payBy);
        _assertHeld(order, Escrow.Status.Paid);
    }

    function test_pay_reverts_when_the_time_to_pay_is_over() public {
        Escrow.Order memory order = _order();
        _moveTo(order.payBy + 1);
        _assertRefused(order, _tooLate(order.payBy));
    }

    function test_pay_holds_when_thirty_days_are_left_to_pay() public {
        Escrow.Order memory order = _order();
        order.payBy = time + 30 days;
        order.fulfilBy = order.payBy + 1;
        _assertHeld(order, Escrow.Status.Paid);
    }

    function test_pay_reverts_when_more_than_thirty_days_are_left_to_pay() public {
        Escrow.Order memory order = _order();
        order.payBy = time + 30 days + 1;
        order.fulfilBy = order.payBy + 1;
        _assertRefused(order, _badOrder(8));
    }

    function test_pay_reverts_when_fulfilBy_is_payBy() public {
        Escrow.Order memory order = _order();
        order.fulfilBy = order.payBy;
        _assertRefused(order, _badOrder(9));
    }

    function test_pay_holds_when_fulfilBy_is_one_second_after_payBy() public {
        Escrow.Order memory order = _order();
        order.fulfilBy = order.payBy + 1;
        _assertHeld(order, Escrow.Status.Paid);
    }

    function test_pay_holds_when_fulfilBy_is_a_year_after_payBy() public {
        Escrow.Order memory order = _order();
        order.fulfilBy = order.payBy + 365 days;
        _assertHeld(order, Escrow.Status.Paid);
    }

    function test_pay_reverts_when_fulfilBy_is_over_a_year_after_payBy() public {
        Escrow.Order memory order = _order();
        order.fulfilBy = order.payBy + 365 days + 1;
        _assertRefused(order, _badOrder(9));
    }

    function test_pay_holds_when_window_is_180_days() public {
        Escrow.Order memory order = _order();
        order.window = 180 days;
        _assertHeld(order, Escrow.Status.Paid);
    }

    function test_pay_reverts_when_window_is_over_180_days() public {
        Escrow.Order memory order = _order();
        order.window = 180 days + 1;
        _assertRefused(order, _badOrder(10));
    }

    /// @dev Bits outside a field's type would give one order many ids.
    function test_pay_reverts_when_a_field_has_bits_outside_its_type() public {
        Escrow.Order memory order = _order();
        order.feeBps = 0;
        _fund(_one(order));
        uint8[11] memory bits = [160, 160, 160, 96, 160, 160, 16, 16, 40, 40, 32];
        for (uint256 field = 0; field < bits.length; ++field) {
            bytes memory call = abi.encodeCall(Escrow.pay, (_one(order)));
            // Selector, offset and length of the array stand before the first field.
            call[68 + 32 * field + 31 - bits[field] / 8] = 0x01;
            vm.prank(buyer);
            (bool accepted, bytes memory answer) = address(escrow).call(call);
            vm.assertTrue(!accepted && answer.length == 0, "stray bits accepted");
        }
    }

    function test_pay_reverts_when_the_order_is_paid() public {
        Escrow.Order memory order = _order();
        bytes32 id = _pay(order);
        _assertRefused(order, _badState(id, Escrow.Status.Paid));
    }

    function test_pay_reverts_when_the_order_is_settled() public {
        Escrow.Order memory order = _order();
        bytes32 id = _pay(order);
        _refund(seller, order);
        _assertRefused(order, _badState(id, Escrow.Status.Settled));
    }

    function test_pay_reverts_when_the_order_is_twice_in_the_cart() public {
        Escrow.Order memory order = _order();
        bytes memory refusal = _badState(escrow.orderId(order), Escrow.Status.Paid);
        _assertRefused(_two(order, order), refusal);
    }

    function test_pay_reverts_when_too_little_coin_is_sent() public {
        Escrow.Order memory order = _coinOrder();
        _fund(_one(order));
        vm.prank(buyer);
        vm.expectRevert(_badAmount(1 ether - 1, 1 ether));
        escrow.pay{value: 1 ether - 1}(_one(order));
    }

    function test_pay_reverts_when_too_much_coin_is_sent() public {
        vm.deal(buyer, 2 ether);
        vm.prank(buyer);
        vm.expectRevert(_badAmount(1 ether + 1, 1 ether));
        escrow.pay{value: 1 ether + 1}(_one(_coinOrder()));
    }

    function test_pay_reverts_when_coin_is_sent_for_a_token_order() public {
        Escrow.Order memory order = _order();
        _fund(_one(order));
        vm.deal(buyer, 1);
        vm.prank(buyer);
        vm.expectRevert(_badAmount(1, 0));
        escrow.pay{value: 1}(_one(order));
    }

    function test_pay_reverts_when_the_token_is_not_approved() public {
        dollar.mint(buyer, PRICE);
        vm.prank(buyer);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(escrow), 0, PRICE)
        );
        escrow.pay(_one(_order()));
    }

    /// @dev More than all ether there is, in a token with as many decimals.
    function test_pay_holds_when_the_amount_is_the_largest_there_is() public {
        Escrow.Order memory order = _order();
        order.amount = type(uint96).max;
        _assertHeld(order, Escrow.Status.Paid);
    }

    /// @dev Their sum has more than 96 bits.
    function test_pay_takes_the_sum_when_it_is_larger_than_any_amount() public {
        Escrow.Order memory order = _order();
        order.amount = type(uint96).max;
        Escrow.Order[] memory cart = _cart(order, 2);
        _pay(cart);
        _assertHeld(cart);
    }

    function test_pay_sets_the_clock_to_fulfilBy_when_there_is_something_to_fulfil() public {
        Escrow.Order memory order = _order();
        bytes32 id = _pay(order);
        _assertState(id, Escrow.State(PRICE, 0, order.fulfilBy, Escrow.Status.Paid));
    }

    function test_pay_starts_the_window_when_there_is_nothing_to_fulfil() public {
        Escrow.Order memory order = _downloadOrder();
        bytes32 id = _pay(order);
        _assertState(id, Escrow.State(PRICE, 0, time + 3 days, Escrow.Status.Fulfilled));
    }

    function test_pay_emits_Paid_alone_when_there_is_nothing_to_fulfil() public {
        Escrow.Order memory order = _downloadOrder();
        _fund(_one(order));
        vm.recordLogs();
        vm.prank(buyer);
        escrow.pay(_one(order));
        _assertEvents(1);
    }

    function test_pay_emits_Paid_of_each_order_when_a_cart_is_held() public {
        Escrow.Order[] memory cart = _cartOfTwoSellers();
        _fund(cart);
        _expectPaid(cart);
        vm.prank(buyer);
        escrow.pay(cart);
    }

    function test_pay_takes_the_sum_at_once_when_a_cart_has_several_sellers() public {
        Escrow.Order[] memory cart = _cartOfTwoSellers();
        _fund(cart);
        vm.recordLogs();
        vm.prank(buyer);
        escrow.pay(cart);
        _assertTakenAtOnce(cart);
    }

    function test_pay_takes_the_sum_when_a_cart_is_paid_in_coin() public {
        Escrow.Order[] memory cart = _cart(_coinOrder(), 3);
        _pay(cart);
        vm.assertEq(address(escrow).balance, 3 ether, "held");
    }

    function test_pay_ignores_donations_when_it_checks_the_transfer() public {
        dollar.mint(address(escrow), 7);
        _assertHeld(_order(), Escrow.Status.Paid);
    }

    function test_pay_is_the_only_way_in_when_coin_is_sent() public {
        vm.deal(buyer, 1);
        vm.prank(buyer);
        (bool accepted,) = address(escrow).call{value: 1}("");
        vm.assertTrue(!accepted, "plain transfer accepted");
    }

    function _assertRefused(Escrow.Order memory order, bytes memory refusal) private {
        _assertRefused(_one(order), refusal);
    }

    function _assertRefused(Escrow.Order[] memory orders, bytes memory refusal) private {
        uint256 value = _fund(orders);
        vm.prank(orders[0].buyer);
        vm.expectRevert(refusal);
        escrow.pay{value: value}(orders);
    }

    function _assertArbiterRefused(address who) private {
        Escrow.Order memory order = _order();
        order.arbiter = who;
        _assertRefused(order, _badOrder(4));
    }

    function _assertHeld(Escrow.Order memory order, Escrow.Status status) private {
        bytes32 id = _pay(order);
        _assertStatus(id, status);
        vm.assertEq(_state(id).remaining, order.amount, "remaining");
    }
}
