// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Escrow} from "../../src/Escrow.sol";
import {FickleToken} from "../mocks/FickleToken.sol";
import {everyCall} from "../support/EveryCall.sol";
import {PayingTest} from "../support/PayingTest.sol";
import {vm} from "../support/Vm.sol";

/// @title Payments by allowance in tokens that do not behave as they should
contract PayTokenTest is PayingTest {
    function test_payToken_reverts_when_the_token_keeps_a_share() public {
        _assertWayRefused(FickleToken.Way.KeepOnePercent, _badAmount(PRICE - PRICE / 100, PRICE));
    }

    /// @dev The order would hold less than the escrow got for it.
    function test_payToken_reverts_when_the_token_adds_a_share() public {
        _assertWayRefused(FickleToken.Way.AddOnePercent, _badAmount(PRICE + PRICE / 100, PRICE));
    }

    /// @dev Money of others in the escrow must not count for it.
    function test_payToken_reverts_when_the_token_moves_nothing() public {
        _assertWayRefused(FickleToken.Way.AnswerTrueWithoutMoving, _badAmount(0, PRICE));
    }

    function test_payToken_reverts_when_the_token_answers_false() public {
        _assertAnswerRefused(FickleToken.Way.AnswerFalse);
    }

    function test_payToken_reverts_when_the_token_moved_but_answers_false() public {
        _assertAnswerRefused(FickleToken.Way.MoveButAnswerFalse);
    }

    function test_payToken_reverts_when_the_token_denies_the_escrow() public {
        _assertWayRefused(FickleToken.Way.Revert, abi.encodeWithSignature("Error(string)", "denied"));
    }

    function test_payToken_reverts_when_the_token_denies_the_buyer() public {
        (Escrow.Order memory order, FickleToken token) = _fickleOrder(FickleToken.Way.Move);
        _fund(_one(order));
        token.treat(buyer, FickleToken.Way.Revert);
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSignature("Error(string)", "denied"));
        escrow.pay(_one(order));
    }

    function test_payToken_reverts_when_the_token_is_paused() public {
        (Escrow.Order memory order, FickleToken token) = _fickleOrder(FickleToken.Way.Move);
        _fund(_one(order));
        token.pause(true);
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSignature("Error(string)", "paused"));
        escrow.pay(_one(order));
    }

    function test_payToken_holds_when_the_token_answers_nothing() public {
        (Escrow.Order memory order,) = _fickleOrder(FickleToken.Way.MoveAndAnswerNothing);
        _pay(order);
        _assertHeld(_one(order));
    }

    function test_payToken_refuses_reentry_when_the_token_calls_back() public {
        bytes[] memory calls = everyCall(_order());
        for (uint256 i = 0; i < calls.length; ++i) {
            (Escrow.Order memory order, FickleToken token) = _fickleOrder(FickleToken.Way.Move);
            token.callOut(address(escrow), address(escrow), calls[i]);
            _pay(order);
            _assertReentryRefused(token);
        }
    }

    function _assertRefused(Escrow.Order memory order, bytes memory refusal) private {
        _fund(_one(order));
        vm.prank(buyer);
        vm.expectRevert(refusal);
        escrow.pay(_one(order));
    }

    function _assertWayRefused(FickleToken.Way way, bytes memory refusal) private {
        (Escrow.Order memory order, FickleToken token) = _fickleOrder(FickleToken.Way.Move);
        token.mint(address(escrow), PRICE);
        token.treat(address(escrow), way);
        _assertRefused(order, refusal);
    }

    function _assertAnswerRefused(FickleToken.Way way) private {
        (Escrow.Order memory order,) = _fickleOrder(way);
        _assertRefused(order, abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, order.token));
    }
}
