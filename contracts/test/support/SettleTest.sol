// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../../src/Escrow.sol";
import {ContractWallet} from "../mocks/ContractWallet.sol";
import {EscrowTest} from "./EscrowTest.sol";
import {vm} from "./Vm.sol";

/// @title Ground of the tests in which parties sign: keys, offers, and the digest worked out apart from the contract
abstract contract SettleTest is EscrowTest {
    uint256 internal constant BUYER_KEY = 0xb0b;
    uint256 internal constant SELLER_KEY = 0x5e11;
    uint256 internal constant STRANGER_KEY = 0xbad;

    /// @dev What a party can be. `Delegated` has a key and, as EIP-7702 gives it, code that knows no signature.
    enum Kind {
        Account,
        Wallet,
        Delegated
    }

    /// @dev `remaining` and `status` are the order's as the parties saw it when they signed.
    struct Offer {
        uint96 toBuyer;
        uint96 toSeller;
        uint96 remaining;
        Escrow.Status status;
        uint40 validUntil;
    }

    function setUp() public virtual override {
        super.setUp();
        buyer = vm.addr(BUYER_KEY);
        seller = vm.addr(SELLER_KEY);
    }

    /// @dev Good for one hour, on the order as it stands.
    function _offer(Escrow.Order memory order, uint96 toBuyer, uint96 toSeller) internal view returns (Offer memory) {
        Escrow.State memory state = _state(escrow.orderId(order));
        return Offer(toBuyer, toSeller, state.remaining, state.status, time + 1 hours);
    }

    function _sign(uint256 key, Escrow.Order memory order, Offer memory offer) internal view returns (bytes memory) {
        return _signFor(key, address(escrow), block.chainid, escrow.orderId(order), offer);
    }

    function _signFor(uint256 key, address verifier, uint256 chainId, bytes32 id, Offer memory offer)
        internal
        pure
        returns (bytes memory)
    {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, _digest(verifier, chainId, id, offer));
        return abi.encodePacked(r, s, v);
    }

    function _digest(address verifier, uint256 chainId, bytes32 id, Offer memory offer) private pure returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Souk Escrow"),
                keccak256("1"),
                chainId,
                verifier
            )
        );
        bytes32 typehash = keccak256(
            "Settle(bytes32 order,uint96 toBuyer,uint96 toSeller,uint96 remaining,uint8 status,uint40 validUntil)"
        );
        bytes32 content = keccak256(
            abi.encode(
                typehash, id, offer.toBuyer, offer.toSeller, offer.remaining, uint8(offer.status), offer.validUntil
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, content));
    }

    function _settle(
        address sender,
        Escrow.Order memory order,
        Offer memory offer,
        bytes memory buyerSignature,
        bytes memory sellerSignature
    ) internal {
        vm.prank(sender);
        escrow.settle(order, offer.toBuyer, offer.toSeller, offer.validUntil, buyerSignature, sellerSignature);
    }

    /// @dev A party of this kind, for which `key` signs.
    function _party(Kind kind, uint256 key) internal returns (address) {
        if (kind == Kind.Wallet) return address(new ContractWallet(vm.addr(key)));
        if (kind == Kind.Delegated) vm.etch(vm.addr(key), address(new ContractWallet(address(1))).code);
        return vm.addr(key);
    }

    function _badSignature(address party) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(Escrow.BadSignature.selector, party);
    }
}
