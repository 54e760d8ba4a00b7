// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../../src/Escrow.sol";
import {FickleToken} from "../mocks/FickleToken.sol";
import {vm} from "../support/Vm.sol";
import {Agreements} from "./Agreements.sol";

/// @title resolve, reimburse and withdraw
abstract contract Rulings is Agreements {
    /// @dev Invariant 7: the arbiter rules in its time only, and what it does not give the buyer is the seller's.
    function resolve(uint256 seed) external {
        _begin(seed);
        Escrow.Order memory order = _drawDisputed();
        Account storage account = accounts[escrow.orderId(order)];
        address sender = _sender(order.arbiter);
        uint256 remaining = account.remaining;
        uint256 toBuyer = _roll(4) == 0 ? type(uint96).max : _roll(remaining + 1);
        int256[] memory want = _worths(_one(order));
        (bool done,) = _call(sender, 0, abi.encodeCall(Escrow.resolve, (order, uint96(toBuyer))));
        if (done) {
            _promise(7, sender == order.arbiter && time <= account.deadline, "ruled by another, or late");
            if (toBuyer > remaining) toBuyer = remaining;
            _enterSettlement(order, toBuyer, remaining - toBuyer, want);
            _assertWorths(want, _one(order));
        }
        _conclude(done);
    }

    function reimburse(uint256 seed) external {
        _begin(seed);
        Escrow.Order memory order = _draw(SETTLED);
        Account storage account = accounts[escrow.orderId(order)];
        uint256 released = account.released - account.reimbursed;
        uint256 amount = _roll(4) == 0 ? released : _roll(released + 2);
        address sender = _sender(order.seller);
        uint256 value = _handOver(sender, order.token, amount);
        int256[] memory want = _worths(_one(order));
        (bool done,) = _call(sender, value, abi.encodeCall(Escrow.reimburse, (order, uint96(amount))));
        if (done) {
            _promise(7, sender == order.seller, "reimbursed by another");
            _promise(2, amount <= released, "reimbursed more than was released");
            account.reimbursed += amount;
            _gain(want, order.token, order.seller, -int256(amount));
            _gain(want, order.token, order.buyer, int256(amount));
            _assertWorths(want, _one(order));
        }
        _conclude(done);
    }

    function withdrawFee(uint256 seed) external {
        _begin(seed);
        _withdraw(collectors);
    }

    function withdrawPayout(uint256 seed) external {
        _begin(seed);
        _withdraw(people);
    }

    /// @dev What is needed to pay `amount`, approved; the coin to send along.
    function _handOver(address who, address token, uint256 amount) private returns (uint256 value) {
        if (token == address(0)) {
            vm.deal(who, who.balance + amount);
            return amount;
        }
        FickleToken(token).mint(who, amount);
        vm.prank(who);
        FickleToken(token).approve(address(escrow), amount);
    }

    function _withdraw(address[] storage group) private {
        (address token, address who) = _findCredit(group);
        uint256 amount = escrow.credits(token, who);
        address to = _roll(2) == 0 ? who : _pick(everyone);
        Escrow.Order memory order;
        order.token = token;
        int256[] memory want = _worths(_one(order));
        (bool done,) = _call(who, 0, abi.encodeCall(Escrow.withdraw, (token, to)));
        if (done) {
            _promise(4, amount != 0 && escrow.credits(token, who) == 0, "a credit stayed when it was paid out");
            _gain(want, token, who, -int256(amount));
            _gain(want, token, to, int256(amount));
            _assertWorths(want, _one(order));
        }
        _conclude(done);
    }

    /// @dev Of anyone in the group, if somebody has any.
    function _findCredit(address[] storage group) private returns (address token, address who) {
        uint256 start = _roll(group.length * tokens.length);
        for (uint256 i = 0; i < group.length * tokens.length; ++i) {
            token = tokens[(start + i) % tokens.length];
            who = group[(start + i) / tokens.length % group.length];
            if (escrow.credits(token, who) != 0) break;
        }
    }
}
