// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../../src/Escrow.sol";
import {vm} from "../support/Vm.sol";
import {Payments} from "./Payments.sol";

/// @title fulfil, release, refund and dispute: by the party whose right it is, by the clock, one by one and many at once
abstract contract Batches is Payments {
    /// @dev Whom all orders of a batch have in common.
    enum Role {
        Any,
        Buyer,
        Seller
    }

    uint256 internal constant PAID = 1 << uint8(Escrow.Status.Paid);
    uint256 internal constant FULFILLED = 1 << uint8(Escrow.Status.Fulfilled);
    uint256 internal constant DISPUTED = 1 << uint8(Escrow.Status.Disputed);
    uint256 internal constant SETTLED = 1 << uint8(Escrow.Status.Settled);
    uint256 internal constant LIVE = PAID | FULFILLED | DISPUTED;

    function fulfil(uint256 seed) external {
        _begin(seed);
        Escrow.Order memory order = _draw(PAID);
        _runBatch(Escrow.fulfil.selector, _sender(order.seller), _one(order));
    }

    function fulfilMany(uint256 seed) external {
        _begin(seed);
        Escrow.Order memory order = _draw(PAID);
        _runBatch(Escrow.fulfil.selector, _sender(order.seller), _drawBatch(order, PAID, Role.Seller));
    }

    function release(uint256 seed) external {
        _begin(seed);
        Escrow.Order memory order = _draw(LIVE);
        _runBatch(Escrow.release.selector, _sender(order.buyer), _one(order));
    }

    function releaseMany(uint256 seed) external {
        _begin(seed);
        Escrow.Order memory order = _draw(LIVE);
        _runBatch(Escrow.release.selector, _sender(order.buyer), _drawBatch(order, LIVE, Role.Buyer));
    }

    function releaseByClock(uint256 seed) external {
        _begin(seed);
        Escrow.Order memory order = _draw(FULFILLED);
        _reachDeadline(order);
        _runBatch(Escrow.release.selector, _pick(everyone), _drawBatch(order, FULFILLED, Role.Any));
    }

    function refund(uint256 seed) external {
        _begin(seed);
        Escrow.Order memory order = _draw(LIVE);
        _runBatch(Escrow.refund.selector, _sender(order.seller), _one(order));
    }

    function refundMany(uint256 seed) external {
        _begin(seed);
        Escrow.Order memory order = _draw(LIVE);
        _runBatch(Escrow.refund.selector, _sender(order.seller), _drawBatch(order, LIVE, Role.Seller));
    }

    function refundByClock(uint256 seed) external {
        _begin(seed);
        Escrow.Order memory order = _draw(PAID);
        _reachDeadline(order);
        _runBatch(Escrow.refund.selector, _pick(everyone), _drawBatch(order, PAID | DISPUTED, Role.Any));
    }

    function endSilentDispute(uint256 seed) external {
        _begin(seed);
        Escrow.Order memory order = _drawDisputed();
        _reachDeadline(order);
        _runBatch(Escrow.refund.selector, _pick(everyone), _drawBatch(order, PAID | DISPUTED, Role.Any));
    }

    function dispute(uint256 seed) external {
        _begin(seed);
        Escrow.Order memory order = _draw(FULFILLED);
        _conclude(_runDispute(_sender(_roll(2) == 0 ? order.buyer : order.seller), order));
    }

    /// @dev An order in dispute, which is made one when there is none.
    function _drawDisputed() internal returns (Escrow.Order memory order) {
        (bool found, uint256 index) = _find(DISPUTED, Role.Any, address(0));
        if (found) return orders[index];
        order = _draw(FULFILLED);
        require(_runDispute(order.buyer, order), "no dispute");
    }

    /// @dev To the last second of somebody's turn, or to one of the two beside it, unless time has passed it.
    function _reachDeadline(Escrow.Order memory order) internal returns (bool done) {
        uint40 then = accounts[escrow.orderId(order)].deadline - 1 + uint40(_roll(3));
        done = then >= time;
        if (done) _moveTo(then);
    }

    /// @dev An order with one of these statuses, a bit for each; at times one with another, for which the call is wrong.
    function _draw(uint256 statuses) internal returns (Escrow.Order memory order) {
        (bool found, uint256 index) = _find(_roll(8) == 0 ? LIVE | SETTLED : statuses, Role.Any, address(0));
        require(found, "no such order");
        return orders[index];
    }

    /// @dev Up to three orders that go together, among them orders already settled, and at times one that is there twice.
    function _drawBatch(Escrow.Order memory first, uint256 statuses, Role role)
        private
        returns (Escrow.Order[] memory batch)
    {
        batch = new Escrow.Order[](3);
        batch[0] = first;
        address party = role == Role.Buyer ? first.buyer : first.seller;
        uint256 size = 1;
        for (uint256 i = 1; i < batch.length; ++i) {
            (bool found, uint256 index) = _find(_roll(3) == 0 ? SETTLED : statuses, role, party);
            if (!found || (orders[index].ref == batch[size - 1].ref && _roll(8) != 0)) continue;
            batch[size++] = orders[index];
        }
        // Also with one that is settled in front.
        (batch[0], batch[size - 1]) = (batch[size - 1], batch[0]);
        assembly ("memory-safe") {
            mstore(batch, size)
        }
    }

    function _find(uint256 statuses, Role role, address party) private returns (bool found, uint256 index) {
        uint256 start = _roll(ROOM);
        for (uint256 i = 0; i < orders.length; ++i) {
            index = (start + i) % orders.length;
            Escrow.Order storage order = orders[index];
            if (1 << uint8(accounts[ids[index]].status) & statuses == 0) continue;
            if (role == Role.Any || party == (role == Role.Buyer ? order.buyer : order.seller)) return (true, index);
        }
    }

    /// @dev Invariant 9: a batch leaves what its sequence leaves, settled orders aside.
    function _runBatch(bytes4 what, address sender, Escrow.Order[] memory batch) private {
        (bool doneApart, bytes32 apart) = _runApart(what, sender, batch);
        int256[] memory want = _worths(batch);
        (bool done,) = _call(sender, 0, abi.encodeWithSelector(what, batch));
        bool isSame = done == doneApart && (!done || _everything() == apart);
        _promise(9, batch.length == 1 || isSame, "a batch is not its sequence");
        for (uint256 i = 0; done && i < batch.length; ++i) {
            if (what == Escrow.fulfil.selector) _enterFulfilment(sender, batch[i]);
            if (what == Escrow.release.selector) _enterRelease(sender, batch[i], want);
            if (what == Escrow.refund.selector) _enterRefund(sender, batch[i], want);
        }
        if (done) _assertWorths(want, batch);
        _conclude(done);
    }

    function _runApart(bytes4 what, address sender, Escrow.Order[] memory batch)
        private
        returns (bool done, bytes32 outcome)
    {
        if (batch.length == 1) return (false, 0);
        uint256 snapshot = vm.snapshotState();
        bool allowed = true;
        for (uint256 i = 0; i < batch.length; ++i) {
            (bool one, bytes memory answer) = _call(sender, 0, abi.encodeWithSelector(what, _one(batch[i])));
            done = done || one;
            allowed = allowed && (one || bytes4(answer) == Escrow.NothingDue.selector);
        }
        done = done && allowed;
        outcome = _everything();
        vm.revertToState(snapshot);
    }

    function _enterFulfilment(address sender, Escrow.Order memory order) private {
        Account storage account = accounts[escrow.orderId(order)];
        if (account.status == Escrow.Status.Settled) return;
        _promise(5, account.status == Escrow.Status.Paid, "fulfilled what was not paid");
        _promise(7, sender == order.seller && time <= account.deadline, "fulfilled by another, or late");
        account.status = Escrow.Status.Fulfilled;
        account.deadline = time + order.window;
    }

    function _runDispute(address sender, Escrow.Order memory order) private returns (bool done) {
        Account storage account = accounts[escrow.orderId(order)];
        int256[] memory want = _worths(_one(order));
        (done,) = _call(sender, 0, abi.encodeCall(Escrow.dispute, (order)));
        if (!done) return false;
        _promise(5, account.status == Escrow.Status.Fulfilled, "disputed what was not fulfilled");
        _promise(7, sender == order.buyer || sender == order.seller, "disputed by another");
        _promise(7, time <= account.deadline && order.arbiter != address(0), "disputed late, or with nobody to rule");
        account.status = Escrow.Status.Disputed;
        if (account.deadline < time + 30 days) account.deadline = time + 30 days;
        _assertWorths(want, _one(order));
    }

    /// @dev Invariant 7: the buyer may give away its claim, or loses it by silence.
    function _enterRelease(address sender, Escrow.Order memory order, int256[] memory want) private {
        Account storage account = accounts[escrow.orderId(order)];
        if (account.status == Escrow.Status.Settled) return;
        bool isSilent = account.status == Escrow.Status.Fulfilled && time > account.deadline;
        _promise(7, sender == order.buyer || isSilent, "released without the buyer or the clock");
        _enterSettlement(order, 0, account.remaining, want);
    }

    /// @dev Invariant 7: the seller may give away its claim, or loses it by silence; of an arbiter who stays silent the
    /// terms tell what it costs.
    function _enterRefund(address sender, Escrow.Order memory order, int256[] memory want) private {
        Account storage account = accounts[escrow.orderId(order)];
        if (account.status == Escrow.Status.Settled) return;
        bool isLate = time > account.deadline;
        if (account.status == Escrow.Status.Disputed && isLate) {
            uint256 toBuyer = account.remaining * order.silentBps / 10_000;
            _enterSettlement(order, toBuyer, account.remaining - toBuyer, want);
            return;
        }
        bool isSilent = account.status == Escrow.Status.Paid && isLate;
        _promise(7, sender == order.seller || isSilent, "refunded without the seller or the clock");
        _enterSettlement(order, account.remaining, 0, want);
    }
}
