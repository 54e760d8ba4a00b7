// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Escrow} from "../../src/Escrow.sol";
import {vm} from "../support/Vm.sol";
import {World} from "./World.sol";

/// @title What ought to be, kept beside the escrow and from the specification alone
/// @notice Each call that the escrow lets pass is entered here too; then what everyone owns, and every state, must be
/// the same in both books. What differs is kept as a broken promise, by the number of the invariant, until the fuzzer
/// asks for it.
abstract contract Ledger is World {
    struct Account {
        Escrow.Status status;
        uint40 deadline;
        uint256 remaining;
        uint256 released;
        uint256 refunded;
        uint256 reimbursed;
        uint256 fees;
    }

    mapping(bytes32 id => Account) internal accounts;
    mapping(address token => uint256) internal donated;

    /// @dev Empty while the promise is kept.
    mapping(uint256 number => string) internal broken;
    bool internal isBroken;

    function _promise(uint256 number, bool kept, string memory why) internal {
        if (kept) return;
        isBroken = true;
        if (bytes(broken[number]).length == 0) broken[number] = why;
    }

    /// @dev Calls the escrow. It may refuse, but never by an arithmetic error, which would say nothing to the caller.
    function _call(address sender, uint256 value, bytes memory data) internal returns (bool done, bytes memory answer) {
        vm.prank(sender);
        (done, answer) = address(escrow).call{value: value}(data);
        _promise(6, done || bytes4(answer) != 0x4e487b71, "the escrow panicked");
    }

    /// @dev Ends a call of the fuzzer: one that came to nothing counts as reverted, so that the campaign shows which
    /// ones never came to anything. A broken promise would be forgotten by it.
    function _conclude(bool done) internal view {
        require(done || isBroken, "refused");
    }

    /// @dev What everyone owns of the tokens of these orders, in hand and as credit: by shelf of the token, then by place
    /// of the account.
    function _worths(Escrow.Order[] memory moved) internal view returns (int256[] memory worths) {
        worths = new int256[](tokens.length * everyone.length);
        for (uint256 i = 0; i < moved.length; ++i) {
            address token = moved[i].token;
            uint256 shelf = shelves[token] * everyone.length;
            for (uint256 place = 0; place < everyone.length && (i == 0 || token != moved[0].token); ++place) {
                address who = everyone[place];
                worths[shelf + place] = int256(_inHand(token, who) + _credit(token, who));
            }
        }
    }

    function _gain(int256[] memory worths, address token, address who, int256 amount) internal view {
        worths[shelves[token] * everyone.length + places[who]] += amount;
    }

    /// @dev Invariant 4: only buyer, seller and feeTo of an order gain from it. Invariant 3: the fees are as the terms
    /// say. Invariant 7: buyer and seller get what this call may give them.
    function _assertWorths(int256[] memory want, Escrow.Order[] memory moved) internal {
        int256[] memory got = _worths(moved);
        for (uint256 i = 0; i < want.length; ++i) {
            if (got[i] != want[i]) _blame(tokens[i / everyone.length], everyone[i % everyone.length], moved);
        }
    }

    function _blame(address token, address who, Escrow.Order[] memory moved) private {
        bool isParty = false;
        for (uint256 i = 0; i < moved.length; ++i) {
            if (moved[i].token != token) continue;
            if (who == moved[i].feeTo) _promise(3, false, "the fee is not that of the terms");
            if (who == moved[i].buyer || who == moved[i].seller) _promise(7, false, "a party got another amount");
            isParty = isParty || who == moved[i].feeTo || who == moved[i].buyer || who == moved[i].seller;
        }
        _promise(4, isParty, "somebody else's money changed");
    }

    function _enterPayment(Escrow.Order memory order) internal {
        bytes32 id = escrow.orderId(order);
        Account storage account = accounts[id];
        _promise(5, account.status == Escrow.Status.None, "paid twice");
        account.remaining = order.amount;
        bool isFulfilled = order.fulfilBy == 0;
        account.status = isFulfilled ? Escrow.Status.Fulfilled : Escrow.Status.Paid;
        account.deadline = isFulfilled ? time + order.window : order.fulfilBy;
        orders.push(order);
        ids.push(id);
    }

    /// @dev Enters what left the order, and who is to have it.
    function _enterSettlement(Escrow.Order memory order, uint256 toBuyer, uint256 toSeller, int256[] memory worths)
        internal
    {
        Account storage account = accounts[escrow.orderId(order)];
        account.remaining -= toBuyer + toSeller;
        account.released += toSeller;
        account.refunded += toBuyer;
        if (account.remaining == 0) account.status = Escrow.Status.Settled;
        // Not in the way of the contract: all that is owed by now, less all that was taken by now.
        uint256 fee = account.released * order.feeBps / 10_000 - account.fees;
        account.fees += fee;
        _gain(worths, order.token, order.buyer, int256(toBuyer));
        _gain(worths, order.token, order.seller, int256(toSeller - fee));
        if (fee != 0) _gain(worths, order.token, order.feeTo, int256(fee));
    }

    /// @dev One word for all that the escrow and everyone own and all states.
    function _everything() internal view returns (bytes32 digest) {
        for (uint256 t = 0; t < tokens.length; ++t) {
            digest = keccak256(abi.encode(digest, _balance(tokens[t], address(escrow))));
            for (uint256 i = 0; i < everyone.length; ++i) {
                uint256 inHand = _inHand(tokens[t], everyone[i]);
                digest = keccak256(abi.encode(digest, inHand, _credit(tokens[t], everyone[i])));
            }
        }
        for (uint256 i = 0; i < ids.length; ++i) {
            digest = keccak256(abi.encode(digest, _state(ids[i])));
        }
    }

    /// @dev All promises that were broken.
    function _assertKept() internal view {
        if (!isBroken) return;
        string memory all = "";
        for (uint256 number = 1; number < 10; ++number) {
            if (bytes(broken[number]).length == 0) continue;
            all = string.concat(all, "invariant ", vm.toString(number), ": ", broken[number], ". ");
        }
        revert(all);
    }

    /// @dev Of all orders that were ever paid.
    function _states() internal view returns (Escrow.State[] memory states) {
        states = new Escrow.State[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            states[i] = _state(ids[i]);
        }
    }

    /// @dev Invariant 1: what the escrow has of a token is what it holds for orders and owes as credits, and donations.
    function _assertCovered(Escrow.State[] memory states) internal view {
        uint256[] memory owed = new uint256[](tokens.length);
        for (uint256 i = 0; i < states.length; ++i) {
            owed[shelves[orders[i].token]] += states[i].remaining;
        }
        for (uint256 shelf = 0; shelf < tokens.length; ++shelf) {
            address token = tokens[shelf];
            for (uint256 i = 0; i < everyone.length; ++i) {
                owed[shelf] += _credit(token, everyone[i]);
            }
            require(_balance(token, address(escrow)) == owed[shelf] + donated[token], "invariant 1");
        }
    }

    /// @dev Invariant 2: nothing of an order is lost or made; `refunded` is of our book. Invariant 5: the status, and
    /// the deadline, are those to which the arrows led.
    function _assertStates(Escrow.State[] memory states) internal view {
        for (uint256 i = 0; i < states.length; ++i) {
            Escrow.State memory state = states[i];
            Account storage account = accounts[ids[i]];
            uint256 givenBack = account.refunded + account.reimbursed;
            require(uint256(state.remaining) + state.released + givenBack == orders[i].amount, "invariant 2");
            require(state.remaining == account.remaining, "invariant 2, remaining");
            require(state.status == account.status, "invariant 5");
            require(state.deadline == account.deadline, "invariant 5, deadline");
        }
    }

    function _inHand(address token, address who) private view returns (uint256) {
        return token == address(0) ? who.balance : _ask(token, IERC20.balanceOf.selector, who, address(0));
    }

    function _credit(address token, address who) private view returns (uint256) {
        return _ask(address(escrow), escrow.credits.selector, token, who);
    }

    /// @dev By hand, as these questions are most of what a campaign does: it takes a quarter less time so.
    function _ask(address whom, bytes4 what, address first, address second) private view returns (uint256 answer) {
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, what)
            mstore(add(data, 0x04), first)
            mstore(add(data, 0x24), second)
            if iszero(staticcall(gas(), whom, data, 0x44, 0, 0x20)) { revert(0, 0) }
            answer := mload(0)
        }
    }
}
