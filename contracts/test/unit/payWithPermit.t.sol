// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Escrow} from "../../src/Escrow.sol";
import {ContractWallet} from "../mocks/ContractWallet.sol";
import {FickleToken} from "../mocks/FickleToken.sol";
import {everyCall} from "../support/EveryCall.sol";
import {PayingTest} from "../support/PayingTest.sol";
import {vm} from "../support/Vm.sol";

/// @title Payments whose allowance the buyer signs (EIP-2612) and brings along
contract PayWithPermitTest is PayingTest {
    function test_payWithPermit_reverts_when_array_is_empty() public {
        vm.expectRevert(_badOrder(255));
        escrow.payWithPermit(new Escrow.Order[](0), 0, 0, 0, 0);
    }

    function test_payWithPermit_reverts_when_a_later_order_has_another_buyer() public {
        Escrow.Order memory other = _order();
        other.buyer = stranger;
        _assertRefused(_two(_order(), other), _badOrder(0));
    }

    function test_payWithPermit_reverts_when_a_later_order_has_another_token() public {
        _assertRefused(_two(_order(), _coinOrder()), _badOrder(2));
    }

    function test_payWithPermit_reverts_when_terms_are_refused() public {
        Escrow.Order memory order = _order();
        order.seller = address(escrow);
        _assertRefused(_one(order), _badOrder(1));
    }

    function test_payWithPermit_reverts_when_the_time_to_pay_is_over() public {
        Escrow.Order memory order = _order();
        _moveTo(order.payBy + 1);
        _assertRefused(_one(order), _tooLate(order.payBy));
    }

    function test_payWithPermit_reverts_when_the_order_is_paid() public {
        Escrow.Order memory order = _order();
        bytes32 id = _pay(order);
        _assertRefused(_one(order), _badState(id, Escrow.Status.Paid));
    }

    function test_payWithPermit_reverts_when_the_order_is_settled() public {
        Escrow.Order memory order = _order();
        bytes32 id = _pay(order);
        _refund(seller, order);
        _assertRefused(_one(order), _badState(id, Escrow.Status.Settled));
    }

    function test_payWithPermit_reverts_when_the_order_is_in_coin() public {
        vm.prank(buyer);
        vm.expectRevert(_badOrder(2));
        escrow.payWithPermit(_one(_coinOrder()), 0, 0, 0, 0);
    }

    function test_payWithPermit_reverts_when_coin_is_sent() public {
        Escrow.Order[] memory orders = _one(_order());
        _fund(orders);
        vm.deal(buyer, 1);
        vm.prank(buyer);
        (bool accepted,) = address(escrow).call{value: 1}(abi.encodeCall(Escrow.payWithPermit, (orders, 0, 0, 0, 0)));
        vm.assertTrue(!accepted, "coin accepted");
    }

    function test_payWithPermit_reverts_when_the_sender_is_not_the_buyer() public {
        Escrow.Order[] memory orders = _one(_order());
        _mint(orders);
        (uint8 v, bytes32 r, bytes32 s) = _signed(orders);
        vm.prank(stranger);
        vm.expectRevert(_notParty(stranger));
        escrow.payWithPermit(orders, time, v, r, s);
    }

    /// @dev A token whose fallback takes every call takes any permit, and the buyer's allowance is there for all.
    function test_payWithPermit_spends_no_allowance_of_others_when_the_token_takes_any_permit() public {
        (Escrow.Order memory order,) = _fickleOrder(FickleToken.Way.IgnorePermits);
        _fund(_one(order));
        vm.prank(stranger);
        vm.expectRevert(_notParty(stranger));
        escrow.payWithPermit(_one(order), time, 0, 0, 0);
    }

    function test_payWithPermit_holds_when_the_buyer_signed() public {
        Escrow.Order[] memory orders = _one(_order());
        _payAsBuyer(orders);
        _assertHeld(orders);
    }

    function test_payWithPermit_leaves_no_allowance_when_it_holds() public {
        _payAsBuyer(_one(_order()));
        vm.assertEq(dollar.allowance(buyer, address(escrow)), 0, "allowance");
    }

    function test_payWithPermit_reverts_when_another_signed() public {
        Escrow.Order[] memory orders = _one(_order());
        (uint8 v, bytes32 r, bytes32 s) = _signPermit(THIEF_KEY, address(dollar), PRICE, time);
        _assertNotAllowed(orders, time, v, r, s);
    }

    function test_payWithPermit_reverts_when_it_was_signed_for_another_sum() public {
        Escrow.Order[] memory orders = _one(_order());
        (uint8 v, bytes32 r, bytes32 s) = _signPermit(PAYER_KEY, address(dollar), PRICE + 1, time);
        _assertNotAllowed(orders, time, v, r, s);
    }

    function test_payWithPermit_reverts_when_the_permit_is_one_second_late() public {
        Escrow.Order[] memory orders = _one(_order());
        (uint8 v, bytes32 r, bytes32 s) = _signPermit(PAYER_KEY, address(dollar), PRICE, time - 1);
        _assertNotAllowed(orders, time - 1, v, r, s);
    }

    function test_payWithPermit_holds_when_the_permit_was_used_by_another() public {
        Escrow.Order[] memory orders = _one(_order());
        (uint8 v, bytes32 r, bytes32 s) = _signed(orders);
        vm.prank(stranger);
        dollar.permit(buyer, address(escrow), PRICE, time, v, r, s);
        _payAsBuyer(orders, v, r, s);
        _assertHeld(orders);
    }

    function test_payWithPermit_holds_when_the_permit_fails_and_the_allowance_is_there() public {
        Escrow.Order[] memory orders = _one(_order());
        _fund(orders);
        vm.prank(buyer);
        escrow.payWithPermit(orders, time, 27, 0, 0);
        _assertHeld(orders);
    }

    function test_payWithPermit_holds_when_the_account_has_delegated_code() public {
        Escrow.Order[] memory orders = _one(_order());
        vm.etch(buyer, abi.encodePacked(hex"ef0100", address(new ContractWallet(stranger))));
        _payAsBuyer(orders);
        _assertHeld(orders);
    }

    /// @dev A permit is good for one allowance, not for an order: without the buyer as sender it would pay any.
    function test_payWithPermit_reverts_when_the_permit_paid_another_order() public {
        Escrow.Order[] memory cart = _cart(_order(), 2);
        (uint8 v, bytes32 r, bytes32 s) = _signed(_one(cart[0]));
        _payAsBuyer(_one(cart[0]), v, r, s);
        _assertNotAllowed(_one(cart[1]), time, v, r, s);
    }

    function test_payWithPermit_reverts_when_the_token_keeps_a_share() public {
        _assertWayRefused(FickleToken.Way.KeepOnePercent, _badAmount(PRICE - PRICE / 100, PRICE));
    }

    /// @dev Money of others in the escrow must not count for it.
    function test_payWithPermit_reverts_when_the_token_moves_nothing() public {
        _assertWayRefused(FickleToken.Way.AnswerTrueWithoutMoving, _badAmount(0, PRICE));
    }

    function test_payWithPermit_reverts_when_the_token_denies_the_escrow() public {
        _assertWayRefused(FickleToken.Way.Revert, abi.encodeWithSignature("Error(string)", "denied"));
    }

    function test_payWithPermit_reverts_when_the_token_answers_false() public {
        (Escrow.Order memory order,) = _fickleOrder(FickleToken.Way.AnswerFalse);
        _assertRefused(_one(order), abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, order.token));
    }

    function test_payWithPermit_holds_when_the_token_answers_nothing() public {
        (Escrow.Order memory order,) = _fickleOrder(FickleToken.Way.MoveAndAnswerNothing);
        _payAsBuyer(_one(order));
        _assertHeld(_one(order));
    }

    function test_payWithPermit_refuses_reentry_when_the_token_calls_back_in_the_permit() public {
        bytes[] memory calls = everyCall(_order());
        for (uint256 i = 0; i < calls.length; ++i) {
            (Escrow.Order memory order, FickleToken token) = _fickleOrder(FickleToken.Way.Move);
            token.callOutInPermit(address(escrow), address(escrow), calls[i]);
            _payAsBuyer(_one(order));
            _assertReentryRefused(token);
        }
    }

    function test_payWithPermit_refuses_reentry_when_the_token_calls_back_in_the_transfer() public {
        bytes[] memory calls = everyCall(_order());
        for (uint256 i = 0; i < calls.length; ++i) {
            (Escrow.Order memory order, FickleToken token) = _fickleOrder(FickleToken.Way.Move);
            token.callOut(address(escrow), address(escrow), calls[i]);
            _payAsBuyer(_one(order));
            _assertReentryRefused(token);
        }
    }

    function test_payWithPermit_takes_the_sum_at_once_when_a_cart_has_several_sellers() public {
        Escrow.Order[] memory cart = _cartOfTwoSellers();
        (uint8 v, bytes32 r, bytes32 s) = _signed(cart);
        _mint(cart);
        vm.recordLogs();
        vm.prank(buyer);
        escrow.payWithPermit(cart, time, v, r, s);
        _assertTakenAtOnce(cart);
    }

    function test_payWithPermit_emits_Paid_of_each_order_when_a_cart_is_held() public {
        Escrow.Order[] memory cart = _cartOfTwoSellers();
        (uint8 v, bytes32 r, bytes32 s) = _signed(cart);
        _mint(cart);
        _expectPaid(cart);
        vm.prank(buyer);
        escrow.payWithPermit(cart, time, v, r, s);
    }

    /// @dev By the buyer, for the sum, in this very second, which is the last one.
    function _signed(Escrow.Order[] memory orders) private view returns (uint8 v, bytes32 r, bytes32 s) {
        return _signPermit(PAYER_KEY, orders[0].token, _sum(orders), time);
    }

    function _payAsBuyer(Escrow.Order[] memory orders) private {
        (uint8 v, bytes32 r, bytes32 s) = _signed(orders);
        _payAsBuyer(orders, v, r, s);
    }

    function _payAsBuyer(Escrow.Order[] memory orders, uint8 v, bytes32 r, bytes32 s) private {
        _mint(orders);
        vm.prank(buyer);
        escrow.payWithPermit(orders, time, v, r, s);
    }

    function _assertRefused(Escrow.Order[] memory orders, bytes memory refusal) private {
        (uint8 v, bytes32 r, bytes32 s) = _signed(orders);
        _mint(orders);
        vm.prank(buyer);
        vm.expectRevert(refusal);
        escrow.payWithPermit(orders, time, v, r, s);
    }

    /// @dev The permit failed and nothing else allows the transfer.
    function _assertNotAllowed(Escrow.Order[] memory orders, uint40 deadline, uint8 v, bytes32 r, bytes32 s) private {
        _mint(orders);
        vm.prank(buyer);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(escrow), 0, PRICE)
        );
        escrow.payWithPermit(orders, deadline, v, r, s);
    }

    function _assertWayRefused(FickleToken.Way way, bytes memory refusal) private {
        (Escrow.Order memory order, FickleToken token) = _fickleOrder(FickleToken.Way.Move);
        token.mint(address(escrow), PRICE);
        token.treat(address(escrow), way);
        _assertRefused(_one(order), refusal);
    }
}
