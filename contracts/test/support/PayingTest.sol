// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Escrow} from "../../src/Escrow.sol";
import {TestDollar} from "../../src/local/TestDollar.sol";
import {FickleToken} from "../mocks/FickleToken.sol";
import {Permit2StandIn} from "../mocks/Permit2StandIn.sol";
import {EscrowTest} from "./EscrowTest.sol";
import {Vm, vm} from "./Vm.sol";

/// @title Ground of the tests of the four ways to pay: what wallets sign for each, worked out apart from the escrow
abstract contract PayingTest is EscrowTest {
    uint256 internal constant PAYER_KEY = 0xb0b;
    uint256 internal constant THIEF_KEY = 0xbad;

    /// @dev What EIP-3009 has an account sign.
    struct Authorization {
        address from;
        address to;
        uint256 value;
        uint256 validAfter;
        uint256 validBefore;
        bytes32 nonce;
    }

    /// @dev What Permit2 has an account sign for a transfer with our witness.
    struct Permit2Transfer {
        address token;
        uint256 amount;
        address spender;
        uint256 nonce;
        uint256 deadline;
        bytes32 cartHash;
    }

    Permit2StandIn internal permit2;

    function setUp() public virtual override {
        super.setUp();
        permit2 = new Permit2StandIn();
        escrow = _deploy(address(permit2));
        vm.label(address(escrow), "escrow");
        buyer = vm.addr(PAYER_KEY);
    }

    /// @dev Pays `orders` in the very second and those of ten minutes after.
    function _authorization(Escrow.Order[] memory orders) internal view returns (Authorization memory) {
        return Authorization({
            from: orders[0].buyer,
            to: address(escrow),
            value: _sum(orders),
            validAfter: time - 1,
            validBefore: time + 10 minutes,
            nonce: escrow.cartHash(orders)
        });
    }

    function _sign(uint256 key, address token, Authorization memory authorization)
        internal
        view
        returns (bytes memory)
    {
        bytes32 typehash = keccak256(
            "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,"
            "bytes32 nonce)"
        );
        bytes32 content = keccak256(abi.encode(typehash, authorization));
        return _pack(key, IERC20Permit(token).DOMAIN_SEPARATOR(), content);
    }

    /// @dev A permit for the escrow, by the nonce that is next.
    function _signPermit(uint256 key, address token, uint256 value, uint256 deadline)
        internal
        view
        returns (uint8 v, bytes32 r, bytes32 s)
    {
        bytes32 typehash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        uint256 nonce = IERC20Permit(token).nonces(vm.addr(key));
        bytes32 content = keccak256(abi.encode(typehash, vm.addr(key), address(escrow), value, nonce, deadline));
        return vm.sign(key, _digest(IERC20Permit(token).DOMAIN_SEPARATOR(), content));
    }

    function _permit2Transfer(Escrow.Order[] memory orders) internal view returns (Permit2Transfer memory) {
        return Permit2Transfer({
            token: orders[0].token,
            amount: _sum(orders),
            spender: address(escrow),
            nonce: 7,
            deadline: time + 10 minutes,
            cartHash: escrow.cartHash(orders)
        });
    }

    function _sign(uint256 key, Permit2Transfer memory transfer) internal view returns (bytes memory) {
        bytes32 typehash = keccak256(
            "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,"
            "bytes32 cartHash)TokenPermissions(address token,uint256 amount)"
        );
        bytes32 permitted = keccak256(
            abi.encode(keccak256("TokenPermissions(address token,uint256 amount)"), transfer.token, transfer.amount)
        );
        bytes32 content = keccak256(
            abi.encode(typehash, permitted, transfer.spender, transfer.nonce, transfer.deadline, transfer.cartHash)
        );
        return _pack(key, permit2.DOMAIN_SEPARATOR(), content);
    }

    /// @dev As a wallet that is not deployed yet would have it (ERC-6492): who deploys it, how, and its signature.
    function _asOfUndeployed(bytes memory signature) internal view returns (bytes memory) {
        return bytes.concat(
            abi.encode(address(this), "deploy", signature),
            hex"6492649264926492649264926492649264926492649264926492649264926492"
        );
    }

    /// @dev An order in a token that treats the escrow this way.
    function _fickleOrder(FickleToken.Way way) internal returns (Escrow.Order memory order, FickleToken token) {
        token = new FickleToken();
        token.treat(address(escrow), way);
        order = _order();
        order.token = address(token);
    }

    /// @dev Gives the buyer what the orders cost, and the escrow no allowance.
    function _mint(Escrow.Order[] memory orders) internal {
        TestDollar(orders[0].token).mint(orders[0].buyer, _sum(orders));
    }

    /// @dev Two sellers, three orders.
    function _cartOfTwoSellers() internal view returns (Escrow.Order[] memory orders) {
        orders = _cart(_order(), 3);
        orders[2].seller = stranger;
        orders[2].amount = 2 * PRICE;
    }

    /// @dev Expects the `Paid` of each order, in their order, from the call that follows.
    function _expectPaid(Escrow.Order[] memory orders) internal {
        for (uint256 i = 0; i < orders.length; ++i) {
            Escrow.Order memory order = orders[i];
            bytes32 id = escrow.orderId(order);
            vm.expectEmit(address(escrow));
            emit Escrow.Paid(id, order.buyer, order.seller, order.token, order.amount, order.ref);
        }
    }

    /// @dev Logs are to be recorded from before the call.
    function _assertTakenAtOnce(Escrow.Order[] memory orders) internal {
        uint256 transfers = 0;
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter == orders[0].token && logs[i].topics[0] == IERC20.Transfer.selector) ++transfers;
        }
        vm.assertEq(transfers, 1, "transfers");
        _assertHeld(orders);
    }

    function _assertHeld(Escrow.Order[] memory orders) internal view {
        for (uint256 i = 0; i < orders.length; ++i) {
            Escrow.State memory state = _state(escrow.orderId(orders[i]));
            vm.assertEq(state.remaining, orders[i].amount, "remaining");
            vm.assertEq(uint8(state.status), uint8(Escrow.Status.Paid), "status");
        }
        vm.assertEq(_balance(orders[0].token, address(escrow)), _sum(orders), "held");
        vm.assertEq(_balance(orders[0].token, orders[0].buyer), 0, "left to the buyer");
    }

    function _assertReentryRefused(FickleToken token) internal view {
        vm.assertEq(
            bytes32(token.outcome()), bytes32(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector), "outcome"
        );
    }

    function _pack(uint256 key, bytes32 domain, bytes32 content) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, _digest(domain, content));
        return abi.encodePacked(r, s, v);
    }

    function _digest(bytes32 domain, bytes32 content) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain, content));
    }
}
