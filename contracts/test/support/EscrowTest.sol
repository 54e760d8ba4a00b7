// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Escrow} from "../../src/Escrow.sol";
import {TestDollar} from "../../src/local/TestDollar.sol";
import {Vm, vm} from "./Vm.sol";

/// @title Ground of every escrow test: parties, builders of orders, the clock
abstract contract EscrowTest {
    uint96 internal constant PRICE = 100e6;
    uint16 internal constant FEE_BPS = 250;
    uint96 internal constant FEE = 2_500_000;

    Escrow internal escrow;
    TestDollar internal dollar;

    address internal buyer = _account("buyer");
    address internal seller = _account("seller");
    address internal arbiter = _account("arbiter");
    address internal feeTo = _account("feeTo");
    address internal stranger = _account("stranger");

    /// @dev The compiler may keep `block.timestamp` across a warp, so tests read the time from here.
    uint40 internal time = 1_800_000_000;

    function setUp() public virtual {
        vm.warp(time);
        escrow = _deploy(address(0));
        dollar = _deployDollar();
        vm.label(address(escrow), "escrow");
        vm.label(address(dollar), "dollar");
    }

    /// @dev As compiled here, in seconds; or, when the environment names their folder, from the artifacts that we ship.
    function _deploy(address permit2) internal returns (Escrow) {
        string memory folder = vm.envOr("ARTIFACTS", string(""));
        if (bytes(folder).length == 0) return new Escrow(permit2);
        return Escrow(_create(string.concat(folder, "/Escrow.json"), abi.encode(permit2)));
    }

    function _deployDollar() internal returns (TestDollar) {
        string memory folder = vm.envOr("ARTIFACTS", string(""));
        if (bytes(folder).length == 0) return new TestDollar();
        return TestDollar(_create(string.concat(folder, "/TestDollar.json"), ""));
    }

    function _create(string memory artifact, bytes memory arguments) private returns (address created) {
        bytes memory code = bytes.concat(vm.parseJsonBytes(vm.readFile(artifact), ".bytecode"), arguments);
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
        }
        vm.assertTrue(created != address(0), artifact);
    }

    /// @dev Goods for 100 dollars, to be paid within ten minutes, sent within ten days, with a window of two weeks.
    function _order() internal view returns (Escrow.Order memory) {
        return Escrow.Order({
            buyer: buyer,
            seller: seller,
            token: address(dollar),
            amount: PRICE,
            arbiter: arbiter,
            feeTo: feeTo,
            feeBps: FEE_BPS,
            silentBps: 5_000,
            payBy: time + 10 minutes,
            fulfilBy: time + 10 days,
            window: 14 days,
            ref: keccak256("terms")
        });
    }

    /// @dev The same with nothing to fulfil, as a download has it.
    function _downloadOrder() internal view returns (Escrow.Order memory order) {
        order = _order();
        order.fulfilBy = 0;
        order.window = 3 days;
    }

    function _coinOrder() internal view returns (Escrow.Order memory order) {
        order = _order();
        order.token = address(0);
        order.amount = 1 ether;
    }

    /// @dev Orders that differ in `ref` alone.
    function _cart(Escrow.Order memory like, uint256 size) internal pure returns (Escrow.Order[] memory orders) {
        orders = new Escrow.Order[](size);
        for (uint256 i = 0; i < size; ++i) {
            orders[i] = _copy(like);
            orders[i].ref = keccak256(abi.encode(like.ref, i));
        }
    }

    function _copy(Escrow.Order memory order) internal pure returns (Escrow.Order memory) {
        return abi.decode(abi.encode(order), (Escrow.Order));
    }

    function _one(Escrow.Order memory order) internal pure returns (Escrow.Order[] memory orders) {
        orders = new Escrow.Order[](1);
        orders[0] = order;
    }

    function _two(Escrow.Order memory first, Escrow.Order memory second)
        internal
        pure
        returns (Escrow.Order[] memory orders)
    {
        orders = new Escrow.Order[](2);
        orders[0] = first;
        orders[1] = second;
    }

    function _sum(Escrow.Order[] memory orders) internal pure returns (uint256 sum) {
        for (uint256 i = 0; i < orders.length; ++i) {
            sum += orders[i].amount;
        }
    }

    /// @dev Gives the buyer what the orders cost, approved; returns the coin to send along.
    function _fund(Escrow.Order[] memory orders) internal returns (uint256 value) {
        uint256 sum = _sum(orders);
        if (orders[0].token == address(0)) {
            vm.deal(orders[0].buyer, orders[0].buyer.balance + sum);
            return sum;
        }
        TestDollar token = TestDollar(orders[0].token);
        token.mint(orders[0].buyer, sum);
        vm.prank(orders[0].buyer);
        // Some tokens answer nothing here.
        SafeERC20.forceApprove(token, address(escrow), sum);
    }

    function _pay(Escrow.Order[] memory orders) internal {
        uint256 value = _fund(orders);
        vm.prank(orders[0].buyer);
        escrow.pay{value: value}(orders);
    }

    function _pay(Escrow.Order memory order) internal returns (bytes32 id) {
        _pay(_one(order));
        return escrow.orderId(order);
    }

    function _fulfil(Escrow.Order memory order) internal {
        vm.prank(order.seller);
        escrow.fulfil(_one(order));
    }

    function _release(address sender, Escrow.Order memory order) internal {
        vm.prank(sender);
        escrow.release(_one(order));
    }

    function _refund(address sender, Escrow.Order memory order) internal {
        vm.prank(sender);
        escrow.refund(_one(order));
    }

    function _dispute(address sender, Escrow.Order memory order) internal {
        vm.prank(sender);
        escrow.dispute(order);
    }

    /// @dev Pays, fulfils if there is something to fulfil, and lets the buyer dispute: 30 days are left to rule.
    function _disputed(Escrow.Order memory order) internal returns (bytes32 id) {
        id = _pay(order);
        if (order.fulfilBy != 0) _fulfil(order);
        _dispute(order.buyer, order);
    }

    function _resolve(Escrow.Order memory order, uint96 toBuyer) internal {
        vm.prank(order.arbiter);
        escrow.resolve(order, toBuyer);
    }

    /// @dev A buyer may give away a part of its claim without anybody's consent, and so may a seller.
    function _releasePart(Escrow.Order memory order, uint96 amount) internal {
        vm.prank(order.buyer);
        escrow.settle(order, 0, amount, time, "", "");
    }

    function _refundPart(Escrow.Order memory order, uint96 amount) internal {
        vm.prank(order.seller);
        escrow.settle(order, amount, 0, time, "", "");
    }

    function _moveTo(uint40 timestamp) internal {
        time = timestamp;
        vm.warp(timestamp);
    }

    function _state(bytes32 id) internal view returns (Escrow.State memory state) {
        (state.remaining, state.released, state.deadline, state.status) = escrow.states(id);
    }

    function _balance(address token, address who) internal view returns (uint256) {
        return token == address(0) ? who.balance : IERC20(token).balanceOf(who);
    }

    function _assertState(bytes32 id, Escrow.State memory want) internal view {
        Escrow.State memory got = _state(id);
        vm.assertEq(got.remaining, want.remaining, "remaining");
        vm.assertEq(got.released, want.released, "released");
        vm.assertEq(got.deadline, want.deadline, "deadline");
        vm.assertEq(uint8(got.status), uint8(want.status), "status");
    }

    function _assertStatus(bytes32 id, Escrow.Status want) internal view {
        vm.assertEq(uint8(_state(id).status), uint8(want), "status");
    }

    /// @dev Logs are to be recorded from before the call.
    function _assertEvents(uint256 want) internal {
        uint256 ours = 0;
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter == address(escrow)) ++ours;
        }
        vm.assertEq(ours, want, "events");
    }

    function _badOrder(uint8 field) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(Escrow.BadOrder.selector, field);
    }

    function _badState(bytes32 id, Escrow.Status status) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(Escrow.BadState.selector, id, status);
    }

    function _badAmount(uint256 got, uint256 want) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(Escrow.BadAmount.selector, got, want);
    }

    function _tooEarly(uint40 deadline) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(Escrow.TooEarly.selector, deadline);
    }

    function _tooLate(uint40 deadline) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(Escrow.TooLate.selector, deadline);
    }

    function _notParty(address sender) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(Escrow.NotParty.selector, sender);
    }

    function _account(string memory name) internal returns (address who) {
        who = address(uint160(uint256(keccak256(bytes(name)))));
        vm.label(who, name);
    }
}
