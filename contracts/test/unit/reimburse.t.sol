// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Escrow} from "../../src/Escrow.sol";
import {TestDollar} from "../../src/local/TestDollar.sol";
import {FickleReceiver} from "../mocks/FickleReceiver.sol";
import {FickleToken} from "../mocks/FickleToken.sol";
import {EscrowTest} from "../support/EscrowTest.sol";
import {vm} from "../support/Vm.sol";

contract ReimburseTest is EscrowTest {
    function test_reimburse_reverts_when_sender_is_the_buyer() public {
        _assertNotForSender(buyer);
    }

    function test_reimburse_reverts_when_sender_is_the_arbiter() public {
        _assertNotForSender(arbiter);
    }

    function test_reimburse_reverts_when_sender_is_feeTo() public {
        _assertNotForSender(feeTo);
    }

    function test_reimburse_reverts_when_sender_is_a_stranger() public {
        _assertNotForSender(stranger);
    }

    function test_reimburse_reverts_when_order_was_never_paid() public {
        _assertRefused(_order(), Escrow.Status.None);
    }

    /// @dev What is still held is given back by `refund` and `settle`.
    function test_reimburse_reverts_when_order_is_paid() public {
        Escrow.Order memory order = _order();
        _pay(order);
        _releasePart(order, 40e6);
        _assertRefused(order, Escrow.Status.Paid);
    }

    function test_reimburse_reverts_when_order_is_fulfilled() public {
        Escrow.Order memory order = _downloadOrder();
        _pay(order);
        _releasePart(order, 40e6);
        _assertRefused(order, Escrow.Status.Fulfilled);
    }

    function test_reimburse_reverts_when_order_is_disputed() public {
        Escrow.Order memory order = _order();
        _disputed(order);
        _releasePart(order, 40e6);
        _assertRefused(order, Escrow.Status.Disputed);
    }

    function test_reimburse_reverts_when_the_amount_is_zero() public {
        Escrow.Order memory order = _released(_order());
        vm.expectRevert(_badAmount(0, PRICE));
        _reimburse(order, 0);
    }

    function test_reimburse_pays_the_buyer_when_the_amount_is_one() public {
        _assertReimbursed(1);
    }

    function test_reimburse_pays_the_buyer_when_the_amount_is_all_that_was_released() public {
        _assertReimbursed(PRICE);
    }

    function test_reimburse_reverts_when_the_amount_is_more_than_was_released() public {
        Escrow.Order memory order = _released(_order());
        vm.expectRevert(_badAmount(PRICE + 1, PRICE));
        _reimburse(order, PRICE + 1);
    }

    function test_reimburse_reverts_when_nothing_was_released() public {
        Escrow.Order memory order = _order();
        _pay(order);
        _refund(seller, order);
        vm.expectRevert(_badAmount(1, 0));
        _reimburse(order, 1);
    }

    function test_reimburse_counts_what_was_released_when_the_buyer_got_a_part_before() public {
        Escrow.Order memory order = _order();
        _disputed(order);
        _resolve(order, 40e6);
        vm.expectRevert(_badAmount(60e6 + 1, 60e6));
        _reimburse(order, 60e6 + 1);
    }

    function test_reimburse_pays_each_time_when_parts_add_up_to_what_was_released() public {
        Escrow.Order memory order = _released(_order());
        _reimburse(order, 1);
        _reimburse(order, 40e6);
        _reimburse(order, 60e6 - 1);
        vm.assertEq(dollar.balanceOf(buyer), PRICE, "buyer");
        _assertState(escrow.orderId(order), Escrow.State(0, 0, order.fulfilBy, Escrow.Status.Settled));
    }

    function test_reimburse_reverts_when_parts_add_up_to_more_than_was_released() public {
        Escrow.Order memory order = _released(_order());
        _reimburse(order, 60e6);
        vm.expectRevert(_badAmount(40e6 + 1, 40e6));
        _reimburse(order, 40e6 + 1);
    }

    /// forge-config: default.fuzz.runs = 200
    function testFuzz_reimburse_never_exceeds_what_was_released_when_parts_vary(uint96[8] calldata parts) public {
        Escrow.Order memory order = _released(_order());
        uint96 left = PRICE;
        for (uint256 i = 0; i < parts.length; ++i) {
            uint96 part = parts[i] % (PRICE / 4) + 1;
            if (part > left) vm.expectRevert(_badAmount(part, left));
            else left -= part;
            _reimburse(order, part);
        }
        vm.assertEq(dollar.balanceOf(buyer), PRICE - left, "buyer");
    }

    function test_reimburse_pays_coin_when_the_order_is_in_coin() public {
        Escrow.Order memory order = _released(_coinOrder());
        _reimburseCoin(order, 0.3 ether, 0.3 ether);
        vm.assertEq(buyer.balance, 0.3 ether, "buyer");
        vm.assertEq(address(escrow).balance, 0.025 ether, "the fee stays");
    }

    function test_reimburse_reverts_when_too_little_coin_is_sent() public {
        Escrow.Order memory order = _released(_coinOrder());
        vm.deal(seller, 1 ether);
        vm.expectRevert(_badAmount(0.3 ether - 1, 0.3 ether));
        _reimburseCoin(order, 0.3 ether, 0.3 ether - 1);
    }

    function test_reimburse_reverts_when_too_much_coin_is_sent() public {
        Escrow.Order memory order = _released(_coinOrder());
        vm.expectRevert(_badAmount(0.3 ether + 1, 0.3 ether));
        _reimburseCoin(order, 0.3 ether, 0.3 ether + 1);
    }

    function test_reimburse_reverts_when_coin_is_sent_for_a_token_order() public {
        Escrow.Order memory order = _released(_order());
        vm.deal(seller, 1);
        vm.expectRevert(_badAmount(1, 0));
        _reimburseCoin(order, 40e6, 1);
    }

    function test_reimburse_reverts_when_the_token_is_not_approved() public {
        Escrow.Order memory order = _released(_order());
        vm.prank(seller);
        dollar.approve(address(escrow), 40e6 - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(escrow), 40e6 - 1, 40e6)
        );
        _reimburse(order, 40e6);
    }

    /// @dev What the token keeps would be missing from the money of other orders.
    function test_reimburse_reverts_when_the_token_keeps_a_share() public {
        Escrow.Order memory order = _releasedInFickle();
        FickleToken(order.token).treat(address(escrow), FickleToken.Way.KeepOnePercent);
        vm.expectRevert(_badAmount(39_600_000, 40e6));
        _reimburse(order, 40e6);
    }

    function test_reimburse_reverts_when_the_token_answers_false() public {
        Escrow.Order memory order = _releasedInFickle();
        FickleToken(order.token).treat(address(escrow), FickleToken.Way.AnswerFalse);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, order.token));
        _reimburse(order, 40e6);
    }

    function test_reimburse_credits_the_buyer_when_the_token_denies_the_buyer() public {
        Escrow.Order memory order = _releasedInFickle();
        FickleToken(order.token).treat(buyer, FickleToken.Way.Revert);
        bytes32 id = escrow.orderId(order);
        vm.expectEmit(address(escrow));
        emit Escrow.Reimbursed(id, 40e6);
        vm.expectEmit(address(escrow));
        emit Escrow.Credited(order.token, buyer, 40e6);
        _reimburse(order, 40e6);
        vm.assertEq(escrow.credits(order.token, buyer), 40e6, "credit");
    }

    function test_reimburse_credits_the_buyer_when_the_buyer_refuses_coin() public {
        FickleReceiver receiver = new FickleReceiver();
        buyer = address(receiver);
        Escrow.Order memory order = _released(_coinOrder());
        receiver.treat(FickleReceiver.Way.Revert);
        _reimburseCoin(order, 0.3 ether, 0.3 ether);
        vm.assertEq(escrow.credits(address(0), buyer), 0.3 ether, "credit");
    }

    function test_reimburse_leaves_the_fee_when_all_is_given_back() public {
        Escrow.Order memory order = _released(_order());
        _reimburse(order, PRICE);
        vm.assertEq(escrow.credits(address(dollar), feeTo), FEE, "fee");
        vm.assertEq(dollar.balanceOf(address(escrow)), FEE, "escrow");
    }

    function test_reimburse_writes_the_state_when_it_pays() public {
        Escrow.Order memory order = _released(_order());
        _reimburse(order, 40e6);
        _assertState(escrow.orderId(order), Escrow.State(0, 60e6, order.fulfilBy, Escrow.Status.Settled));
    }

    function test_reimburse_emits_Reimbursed_alone_when_it_pays() public {
        Escrow.Order memory order = _released(_order());
        bytes32 id = escrow.orderId(order);
        vm.recordLogs();
        vm.expectEmit(address(escrow));
        emit Escrow.Reimbursed(id, 40e6);
        _reimburse(order, 40e6);
        _assertEvents(1);
    }

    function _released(Escrow.Order memory order) private returns (Escrow.Order memory) {
        _pay(order);
        _release(order.buyer, order);
        _fundSeller(order);
        return order;
    }

    /// @dev The seller has sold more than this order, and lets the escrow take tokens.
    function _fundSeller(Escrow.Order memory order) private {
        if (order.token == address(0)) return;
        TestDollar(order.token).mint(seller, order.amount);
        vm.prank(seller);
        TestDollar(order.token).approve(address(escrow), type(uint256).max);
    }

    function _releasedInFickle() private returns (Escrow.Order memory order) {
        order = _order();
        order.token = address(new FickleToken());
        _released(order);
    }

    function _reimburse(Escrow.Order memory order, uint96 amount) private {
        vm.prank(seller);
        escrow.reimburse(order, amount);
    }

    function _reimburseCoin(Escrow.Order memory order, uint96 amount, uint256 value) private {
        vm.prank(seller);
        escrow.reimburse{value: value}(order, amount);
    }

    function _assertNotForSender(address sender) private {
        Escrow.Order memory order = _released(_order());
        vm.prank(sender);
        vm.expectRevert(_notParty(sender));
        escrow.reimburse(order, 1);
    }

    function _assertRefused(Escrow.Order memory order, Escrow.Status status) private {
        bytes memory refusal = _badState(escrow.orderId(order), status);
        vm.expectRevert(refusal);
        _reimburse(order, 1);
    }

    function _assertReimbursed(uint96 amount) private {
        Escrow.Order memory order = _released(_order());
        _reimburse(order, amount);
        vm.assertEq(dollar.balanceOf(buyer), amount, "buyer");
        vm.assertEq(dollar.balanceOf(seller), PRICE + PRICE - FEE - amount, "seller");
    }
}
