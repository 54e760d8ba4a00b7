// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Errors} from "@openzeppelin/contracts/utils/Errors.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Escrow} from "../../src/Escrow.sol";
import {FickleReceiver} from "../mocks/FickleReceiver.sol";
import {FickleToken} from "../mocks/FickleToken.sol";
import {EscrowTest} from "../support/EscrowTest.sol";
import {everyCall} from "../support/EveryCall.sol";
import {vm} from "../support/Vm.sol";

contract WithdrawTest is EscrowTest {
    FickleToken private token;
    FickleReceiver private receiver;

    /// @dev One release in each of three assets has left a fee to withdraw.
    function setUp() public override {
        super.setUp();
        token = new FickleToken();
        receiver = new FickleReceiver();
        Escrow.Order memory fickle = _order();
        fickle.token = address(token);
        _earnFee(_order());
        _earnFee(_coinOrder());
        _earnFee(fickle);
    }

    function test_withdraw_reverts_when_it_goes_to_zero() public {
        _assertRefused(address(dollar), address(0), abi.encodeWithSelector(Escrow.BadRecipient.selector, address(0)));
    }

    function test_withdraw_reverts_when_it_goes_to_the_escrow() public {
        _assertRefused(
            address(dollar), address(escrow), abi.encodeWithSelector(Escrow.BadRecipient.selector, address(escrow))
        );
    }

    function test_withdraw_reverts_when_the_sender_has_no_credit() public {
        vm.prank(stranger);
        vm.expectRevert(Escrow.NothingDue.selector);
        escrow.withdraw(address(dollar), stranger);
    }

    function test_withdraw_reverts_when_the_credit_is_withdrawn() public {
        _withdraw(address(dollar), feeTo);
        _assertRefused(address(dollar), feeTo, abi.encodeWithSelector(Escrow.NothingDue.selector));
    }

    function test_withdraw_pays_tokens_when_there_is_a_credit() public {
        _withdraw(address(dollar), stranger);
        vm.assertEq(dollar.balanceOf(stranger), FEE, "paid");
        vm.assertEq(escrow.credits(address(dollar), feeTo), 0, "credit left");
    }

    function test_withdraw_pays_coin_when_there_is_a_credit() public {
        _withdraw(address(0), stranger);
        vm.assertEq(stranger.balance, 0.025 ether, "paid");
        vm.assertEq(escrow.credits(address(0), feeTo), 0, "credit left");
    }

    function test_withdraw_leaves_other_assets_when_it_pays_one() public {
        _withdraw(address(0), feeTo);
        vm.assertEq(escrow.credits(address(dollar), feeTo), FEE, "credit in dollars");
    }

    function test_withdraw_emits_Withdrawn_when_it_pays() public {
        vm.expectEmit(address(escrow));
        emit Escrow.Withdrawn(address(dollar), feeTo, stranger, FEE);
        _withdraw(address(dollar), stranger);
    }

    /// @dev More gas than a push gives; here the receiver gets all there is.
    function test_withdraw_pays_coin_when_the_receiver_needs_much_gas() public {
        receiver.treat(FickleReceiver.Way.SpendSixtyThousandGas);
        _withdraw(address(0), address(receiver));
        vm.assertEq(address(receiver).balance, 0.025 ether, "paid");
    }

    function test_withdraw_keeps_the_credit_when_the_receiver_refuses_coin() public {
        receiver.treat(FickleReceiver.Way.Revert);
        _assertRefused(address(0), address(receiver), abi.encodeWithSignature("Error(string)", "refused"));
        vm.assertEq(escrow.credits(address(0), feeTo), 0.025 ether, "credit");
    }

    function test_withdraw_keeps_the_credit_when_the_receiver_cannot_take_coin() public {
        _assertRefused(address(0), address(dollar), abi.encodeWithSelector(Errors.FailedCall.selector));
        vm.assertEq(escrow.credits(address(0), feeTo), 0.025 ether, "credit");
    }

    function test_withdraw_keeps_the_credit_when_the_token_answers_false() public {
        token.treat(stranger, FickleToken.Way.AnswerFalse);
        _assertRefused(
            address(token),
            stranger,
            abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token))
        );
        vm.assertEq(escrow.credits(address(token), feeTo), FEE, "credit");
    }

    function test_withdraw_pays_once_when_the_receiver_calls_back() public {
        bytes memory again = abi.encodeCall(Escrow.withdraw, (address(0), address(receiver)));
        receiver.callOut(address(escrow), again);
        _withdraw(address(0), address(receiver));
        vm.assertEq(address(receiver).balance, 0.025 ether, "paid");
        vm.assertEq(
            bytes32(receiver.outcome()),
            bytes32(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector),
            "outcome"
        );
    }

    function test_withdraw_keeps_the_credit_when_the_token_is_paused() public {
        token.pause(true);
        _assertRefused(address(token), feeTo, abi.encodeWithSignature("Error(string)", "paused"));
        vm.assertEq(escrow.credits(address(token), feeTo), FEE, "credit");
    }

    function test_withdraw_pays_another_account_when_the_token_denies_the_sender() public {
        token.treat(feeTo, FickleToken.Way.Revert);
        _withdraw(address(token), stranger);
        vm.assertEq(token.balanceOf(stranger), FEE, "paid");
    }

    function test_withdraw_pays_tokens_when_the_token_answers_nothing() public {
        token.treat(stranger, FickleToken.Way.MoveAndAnswerNothing);
        _withdraw(address(token), stranger);
        vm.assertEq(token.balanceOf(stranger), FEE, "paid");
    }

    function test_withdraw_refuses_reentry_when_the_token_calls_back() public {
        bytes[] memory calls = everyCall(_order());
        for (uint256 i = 0; i < calls.length; ++i) {
            token = new FickleToken();
            Escrow.Order memory order = _order();
            order.token = address(token);
            _earnFee(order);
            token.callOut(feeTo, address(escrow), calls[i]);
            _withdraw(address(token), feeTo);
            vm.assertEq(
                bytes32(token.outcome()),
                bytes32(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector),
                "outcome"
            );
        }
    }

    function _earnFee(Escrow.Order memory order) private {
        _pay(order);
        _release(buyer, order);
    }

    function _withdraw(address asset, address to) private {
        vm.prank(feeTo);
        escrow.withdraw(asset, to);
    }

    function _assertRefused(address asset, address to, bytes memory refusal) private {
        vm.expectRevert(refusal);
        _withdraw(asset, to);
    }
}
