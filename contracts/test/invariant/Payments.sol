// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Escrow} from "../../src/Escrow.sol";
import {FickleToken} from "../mocks/FickleToken.sol";
import {vm} from "../support/Vm.sol";
import {Ledger} from "./Ledger.sol";

/// @title Carts of one to three orders, paid in all the ways there are
abstract contract Payments is Ledger {
    /// @dev Calls that a signature has paid or settled something by.
    bytes[] internal spent;

    uint256 private _permits;

    function payCoin(uint256 seed) external {
        _begin(seed);
        _payBySender(_drawCart(address(0)));
    }

    function payToken(uint256 seed) external {
        _begin(seed);
        Escrow.Order[] memory cart = _drawCart(_drawToken());
        vm.prank(cart[0].buyer);
        FickleToken(cart[0].token).approve(address(escrow), _sum(cart));
        _payBySender(cart);
    }

    function payByPermit(uint256 seed) external {
        _begin(seed);
        Escrow.Order[] memory cart = _drawCart(_drawToken());
        (uint8 v, bytes32 r, bytes32 s) = _drawPermit(cart);
        bytes memory data = abi.encodeCall(Escrow.payWithPermit, (cart, time, v, r, s));
        address sender = _sender(cart[0].buyer);
        bool done = _enterCart(sender, 0, data, cart);
        _promise(7, !done || sender == cart[0].buyer, "somebody else paid for the buyer");
        _conclude(done);
    }

    function payByAuthorization(uint256 seed) external {
        _begin(seed);
        Escrow.Order[] memory cart = _drawCart(_drawToken());
        _payBySignature(cart, _authorizationCall(cart, cart));
    }

    function payByPermit2(uint256 seed) external {
        _begin(seed);
        Escrow.Order[] memory cart = _drawCart(_drawToken());
        vm.prank(cart[0].buyer);
        FickleToken(cart[0].token).approve(address(permit2), _sum(cart));
        _payBySignature(cart, _permit2Call(cart, cart));
    }

    /// @dev Invariant 8: what a buyer signed for a cart pays no other one.
    function payAnotherCart(uint256 seed) external {
        _begin(seed);
        Escrow.Order[] memory signed = _drawCart(_drawToken());
        Escrow.Order[] memory paid = abi.decode(abi.encode(signed), (Escrow.Order[]));
        address payer = signed[0].buyer;
        uint256 changed = _roll(paid.length);
        paid[changed].seller = people[(places[payer] + 1 + _roll(people.length - 1)) % people.length];
        paid[changed].ref = bytes32(_roll(type(uint256).max));
        vm.prank(payer);
        FickleToken(signed[0].token).approve(address(permit2), _sum(signed));
        bytes memory data = _roll(2) == 0 ? _authorizationCall(signed, paid) : _permit2Call(signed, paid);
        (bool done,) = _call(_pick(everyone), 0, data);
        _promise(8, !done, "a signature paid another cart");
        _conclude(!done);
    }

    function _payBySender(Escrow.Order[] memory cart) private {
        address sender = _sender(cart[0].buyer);
        bool isCoin = cart[0].token == address(0);
        uint256 value = isCoin ? _sum(cart) + (_roll(8) == 0 ? 1 : 0) : 0;
        vm.deal(sender, sender.balance + value);
        bool isExact = value == (isCoin ? _sum(cart) : 0);
        (bool doneApart, bytes32 apart) = _payApart(sender, cart);
        bool done = _enterCart(sender, value, abi.encodeCall(Escrow.pay, (cart)), cart);
        _promise(7, !done || sender == cart[0].buyer, "somebody else paid for the buyer");
        bool isSame = done == doneApart && (!done || _everything() == apart);
        _promise(9, cart.length == 1 || !isExact || isSame, "a cart is not its sequence");
        _conclude(done);
    }

    function _payBySignature(Escrow.Order[] memory cart, bytes memory data) private {
        bool done = _enterCart(_pick(everyone), 0, data, cart);
        if (done) spent.push(data);
        _conclude(done);
    }

    function _enterCart(address sender, uint256 value, bytes memory data, Escrow.Order[] memory cart)
        private
        returns (bool done)
    {
        int256[] memory want = _worths(cart);
        (done,) = _call(sender, value, data);
        if (!done) return false;
        for (uint256 i = 0; i < cart.length; ++i) {
            _enterPayment(cart[i]);
        }
        _gain(want, cart[0].token, cart[0].buyer, -int256(_sum(cart)));
        _assertWorths(want, cart);
    }

    /// @dev What would be if each order were paid in a call of its own.
    function _payApart(address sender, Escrow.Order[] memory cart) private returns (bool done, bytes32 outcome) {
        if (cart.length == 1) return (false, 0);
        uint256 snapshot = vm.snapshotState();
        done = true;
        for (uint256 i = 0; i < cart.length; ++i) {
            uint256 value = cart[i].token == address(0) ? cart[i].amount : 0;
            (bool paid,) = _call(sender, value, abi.encodeCall(Escrow.pay, (_one(cart[i]))));
            done = done && paid;
            ids.push(escrow.orderId(cart[i]));
        }
        outcome = _everything();
        vm.revertToState(snapshot);
    }

    /// @dev One buyer, who has the money; at times with an order that is there twice.
    function _drawCart(address token) private returns (Escrow.Order[] memory cart) {
        cart = new Escrow.Order[](1 + _roll(3));
        require(orders.length + cart.length <= ROOM, "no room");
        address payer = _pick(people);
        for (uint256 i = 0; i < cart.length; ++i) {
            cart[i] = _drawOrder(payer, token);
        }
        if (_roll(16) == 0) cart[0] = cart[cart.length - 1];
        if (_roll(16) == 0 && orders.length != 0) cart[0] = orders[_roll(orders.length)];
        if (token == address(0)) return cart;
        FickleToken(token).mint(payer, _sum(cart));
    }

    function _drawToken() private returns (address) {
        return tokens[1 + _roll(tokens.length - 1)];
    }

    function _drawPermit(Escrow.Order[] memory cart) private view returns (uint8 v, bytes32 r, bytes32 s) {
        IERC20Permit token = IERC20Permit(cart[0].token);
        address payer = cart[0].buyer;
        bytes32 typehash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 content =
            keccak256(abi.encode(typehash, payer, address(escrow), _sum(cart), token.nonces(payer), uint256(time)));
        return vm.sign(_keyOf(payer), keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), content)));
    }

    /// @dev The call that pays one cart by a signature for the other one, which is mostly the same.
    function _authorizationCall(Escrow.Order[] memory signed, Escrow.Order[] memory paid)
        private
        view
        returns (bytes memory)
    {
        Authorization memory authorization = _authorization(signed);
        address payer = signed[0].buyer;
        bytes memory signature = _asOf(payer, _sign(_keyOf(payer), signed[0].token, authorization));
        return abi.encodeCall(
            Escrow.payWithAuthorization, (paid, authorization.validAfter, authorization.validBefore, signature)
        );
    }

    function _permit2Call(Escrow.Order[] memory signed, Escrow.Order[] memory paid) private returns (bytes memory) {
        Permit2Transfer memory transfer = _permit2Transfer(signed);
        transfer.nonce = ++_permits;
        address payer = signed[0].buyer;
        bytes memory signature = _asOf(payer, _sign(_keyOf(payer), transfer));
        return abi.encodeCall(Escrow.payWithPermit2, (paid, transfer.nonce, transfer.deadline, signature));
    }
}
