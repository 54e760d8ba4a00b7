// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../../src/Escrow.sol";
import {FickleToken} from "../mocks/FickleToken.sol";
import {vm} from "../support/Vm.sol";
import {Rulings} from "./Rulings.sol";

/// @title The nine invariants of the escrow, under everything that anyone may do
/// @notice Forge calls the functions below `targetSelectors` in any order, and asks after each call whether all is kept.
/// Which invariant a check stands for is said where it is made: 1 to 5 and 7 in `Ledger`, 7 and 9 in `Batches`, 8 in
/// `Payments` and `Agreements`, 6 at the end of each run. A call that came to nothing reverts;
/// tests/contracts/test_invariants.py demands that each kind of call came to something.
contract EscrowInvariants is Rulings {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function invariant_the_escrow_keeps_its_nine_promises() external view {
        _assertKept();
        Escrow.State[] memory states = _states();
        _assertCovered(states);
        _assertStates(states);
    }

    /// @dev Invariant 6: whoever refuses money, and whatever has happened, a stranger can settle each order one second
    /// after its time.
    function afterInvariant() external {
        for (uint256 i = 0; i < orders.length; ++i) {
            if (accounts[ids[i]].status == Escrow.Status.Settled) continue;
            uint256 snapshot = vm.snapshotState();
            _endByClock(orders[i], accounts[ids[i]]);
            vm.assertEq(uint256(uint8(_state(ids[i]).status)), uint8(Escrow.Status.Settled), "invariant 6");
            _assertCovered(_states());
            vm.revertToState(snapshot);
        }
    }

    function passTime(uint256 seed) external {
        _begin(seed);
        _moveTo(time + uint40(_roll([uint256(1 hours), 1 days, 3 days, 20 days][_roll(4)])));
    }

    function reachDeadline(uint256 seed) external {
        _begin(seed);
        _conclude(_reachDeadline(_draw(LIVE)));
    }

    function donateCoin(uint256 seed) external {
        _begin(seed);
        uint256 amount = 1 + _roll(1 ether);
        // As the end of a contract would leave it, so that no code of the escrow runs.
        vm.deal(address(escrow), address(escrow).balance + amount);
        donated[address(0)] += amount;
    }

    function donateToken(uint256 seed) external {
        _begin(seed);
        address token = tokens[1 + _roll(2)];
        uint256 amount = 1 + _roll(1 ether);
        FickleToken(token).mint(stranger, amount);
        vm.prank(stranger);
        FickleToken(token).transfer(address(escrow), amount);
        donated[token] += amount;
    }

    function refuse(uint256 seed) external {
        _begin(seed);
        _refuse(_pick(people), tokens[_roll(3)], _roll(2));
    }

    function relent(uint256 seed) external {
        _begin(seed);
        _relent(_pick(people), tokens[_roll(3)], _roll(2));
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(this);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[33] memory selectors = [
            this.payCoin.selector,
            this.payToken.selector,
            this.payByPermit.selector,
            this.payByAuthorization.selector,
            this.payByPermit2.selector,
            this.payAnotherCart.selector,
            this.fulfil.selector,
            this.fulfilMany.selector,
            this.release.selector,
            this.releaseMany.selector,
            this.releaseByClock.selector,
            this.refund.selector,
            this.refundMany.selector,
            this.refundByClock.selector,
            this.endSilentDispute.selector,
            this.dispute.selector,
            this.resolve.selector,
            this.reimburse.selector,
            this.settleByBuyer.selector,
            this.settleBySeller.selector,
            this.settleByBuyerWithSignature.selector,
            this.settleBySellerWithSignature.selector,
            this.settleBySignatures.selector,
            this.settleByForgery.selector,
            this.signOffer.selector,
            this.takeOffer.selector,
            this.replay.selector,
            this.withdrawFee.selector,
            this.withdrawPayout.selector,
            this.passTime.selector,
            this.reachDeadline.selector,
            this.refuse.selector,
            this.relent.selector
        ];
        targets = new FuzzSelector[](1);
        targets[0].addr = address(this);
        targets[0].selectors = new bytes4[](selectors.length + 2);
        for (uint256 i = 0; i < selectors.length; ++i) {
            targets[0].selectors[i] = selectors[i];
        }
        targets[0].selectors[selectors.length] = this.donateCoin.selector;
        targets[0].selectors[selectors.length + 1] = this.donateToken.selector;
    }

    function _endByClock(Escrow.Order memory order, Account memory account) private {
        _refuse(order.buyer, order.token, 0);
        _refuse(order.seller, order.token, 0);
        if (order.feeTo != address(0)) _refuse(order.feeTo, order.token, 0);
        vm.warp((account.deadline > order.fulfilBy ? account.deadline : order.fulfilBy) + 1);
        bool isRelease = account.status == Escrow.Status.Fulfilled;
        _call(
            keeper, 0, abi.encodeWithSelector(isRelease ? escrow.release.selector : escrow.refund.selector, _one(order))
        );
    }
}
