// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../../src/Escrow.sol";
import {ContractWallet} from "../mocks/ContractWallet.sol";
import {SettleTest} from "../support/SettleTest.sol";
import {vm} from "../support/Vm.sol";

/// @title Whose consent a settlement needs, and what counts as consent
contract SettleConsentTest is SettleTest {
    /// @dev The order of the secp256k1 curve: for every signature, (v', r, N - s) is one too.
    uint256 private constant N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    function test_settle_needs_nobody_else_when_the_buyer_gives_away_its_claim() public {
        _forEachPair(0, 40e6, _theBuyer, false, false);
    }

    function test_settle_needs_nobody_else_when_the_seller_gives_away_its_claim() public {
        _forEachPair(40e6, 0, _theSeller, false, false);
    }

    function test_settle_takes_the_buyers_signature_when_the_seller_brings_it() public {
        _forEachPair(0, 40e6, _theSeller, true, false);
    }

    function test_settle_takes_the_sellers_signature_when_the_buyer_brings_it() public {
        _forEachPair(40e6, 0, _theBuyer, false, true);
    }

    function test_settle_takes_the_buyers_signature_when_a_stranger_brings_it() public {
        _forEachPair(0, 40e6, _aStranger, true, false);
    }

    function test_settle_takes_the_sellers_signature_when_a_stranger_brings_it() public {
        _forEachPair(40e6, 0, _aStranger, false, true);
    }

    function test_settle_takes_the_buyers_signature_when_the_seller_brings_a_split() public {
        _forEachPair(30e6, 40e6, _theSeller, true, false);
    }

    function test_settle_takes_the_sellers_signature_when_the_buyer_brings_a_split() public {
        _forEachPair(30e6, 40e6, _theBuyer, false, true);
    }

    function test_settle_takes_both_signatures_when_a_stranger_brings_a_split() public {
        _forEachPair(30e6, 40e6, _aStranger, true, true);
    }

    function test_settle_reverts_when_the_buyer_takes_without_the_sellers_signature() public {
        _forEachPairRefused(40e6, 0, _theBuyer, false, false, _theSeller);
    }

    function test_settle_reverts_when_the_seller_takes_without_the_buyers_signature() public {
        _forEachPairRefused(0, 40e6, _theSeller, false, false, _theBuyer);
    }

    function test_settle_reverts_when_a_stranger_comes_without_the_buyers_signature() public {
        _forEachPairRefused(0, 40e6, _aStranger, false, true, _theBuyer);
    }

    function test_settle_reverts_when_a_stranger_comes_without_the_sellers_signature() public {
        _forEachPairRefused(40e6, 0, _aStranger, true, false, _theSeller);
    }

    function test_settle_reverts_when_the_buyer_brings_a_split_without_the_sellers_signature() public {
        _forEachPairRefused(30e6, 40e6, _theBuyer, true, false, _theSeller);
    }

    function test_settle_reverts_when_the_seller_brings_a_split_without_the_buyers_signature() public {
        _forEachPairRefused(30e6, 40e6, _theSeller, false, true, _theBuyer);
    }

    function test_settle_reverts_when_a_stranger_brings_a_split_without_the_buyers_signature() public {
        _forEachPairRefused(30e6, 40e6, _aStranger, false, true, _theBuyer);
    }

    function test_settle_reverts_when_a_stranger_brings_a_split_without_the_sellers_signature() public {
        _forEachPairRefused(30e6, 40e6, _aStranger, true, false, _theSeller);
    }

    function test_settle_reverts_when_the_arbiter_comes_without_signatures() public {
        Escrow.Order memory order = _paid();
        _assertBadSignatureFrom(arbiter, order, "");
    }

    function test_settle_reverts_when_feeTo_comes_without_signatures() public {
        Escrow.Order memory order = _paid();
        _assertBadSignatureFrom(feeTo, order, "");
    }

    function test_settle_reverts_when_another_key_signed() public {
        Escrow.Order memory order = _paid();
        _assertBadSignature(order, _sign(STRANGER_KEY, order, _theOffer(order)));
    }

    function test_settle_reverts_when_the_seller_signed_for_the_buyer() public {
        Escrow.Order memory order = _paid();
        _assertBadSignature(order, _sign(SELLER_KEY, order, _theOffer(order)));
    }

    function test_settle_reverts_when_the_signature_is_malleated() public {
        Escrow.Order memory order = _paid();
        (bytes32 r, bytes32 s, uint8 v) = _parts(_sign(BUYER_KEY, order, _theOffer(order)));
        _assertBadSignature(order, abi.encodePacked(r, bytes32(N - uint256(s)), v == 27 ? uint8(28) : uint8(27)));
    }

    function test_settle_reverts_when_the_signature_has_no_recovery_byte_of_an_account() public {
        Escrow.Order memory order = _paid();
        (bytes32 r, bytes32 s, uint8 v) = _parts(_sign(BUYER_KEY, order, _theOffer(order)));
        _assertBadSignature(order, abi.encodePacked(r, s, v - 27));
    }

    function test_settle_reverts_when_the_signature_is_a_byte_short() public {
        Escrow.Order memory order = _paid();
        (bytes32 r, bytes32 s,) = _parts(_sign(BUYER_KEY, order, _theOffer(order)));
        _assertBadSignature(order, abi.encodePacked(r, s));
    }

    function test_settle_reverts_when_the_signature_is_a_byte_long() public {
        Escrow.Order memory order = _paid();
        _assertBadSignature(order, bytes.concat(_sign(BUYER_KEY, order, _theOffer(order)), hex"00"));
    }

    function test_settle_reverts_when_the_signature_is_of_zeros() public {
        _assertBadSignature(_paid(), new bytes(65));
    }

    function test_settle_reverts_when_the_buyer_signed_for_another_order() public {
        Escrow.Order memory order = _paid();
        Escrow.Order memory other = _copy(order);
        other.ref = keccak256("other terms");
        _assertBadSignature(order, _sign(BUYER_KEY, other, _theOffer(order)));
    }

    function test_settle_reverts_when_the_buyer_signed_for_another_share_of_the_buyer() public {
        Escrow.Order memory order = _paid();
        Offer memory signed = _theOffer(order);
        signed.toBuyer = 1;
        _assertBadSignature(order, _sign(BUYER_KEY, order, signed));
    }

    function test_settle_reverts_when_the_buyer_signed_for_another_share_of_the_seller() public {
        Escrow.Order memory order = _paid();
        Offer memory signed = _theOffer(order);
        signed.toSeller -= 1;
        _assertBadSignature(order, _sign(BUYER_KEY, order, signed));
    }

    function test_settle_reverts_when_the_buyer_signed_for_another_remaining() public {
        Escrow.Order memory order = _paid();
        Offer memory signed = _theOffer(order);
        signed.remaining -= 1;
        _assertBadSignature(order, _sign(BUYER_KEY, order, signed));
    }

    function test_settle_reverts_when_the_buyer_signed_for_another_status() public {
        Escrow.Order memory order = _paid();
        Offer memory signed = _theOffer(order);
        signed.status = Escrow.Status.Fulfilled;
        _assertBadSignature(order, _sign(BUYER_KEY, order, signed));
    }

    function test_settle_reverts_when_the_buyer_signed_for_another_validUntil() public {
        Escrow.Order memory order = _paid();
        Offer memory signed = _theOffer(order);
        signed.validUntil -= 1;
        _assertBadSignature(order, _sign(BUYER_KEY, order, signed));
    }

    function test_settle_reverts_when_the_wallet_refuses() public {
        _assertWalletRefuses(ContractWallet.Way.Refuse);
    }

    function test_settle_reverts_when_the_wallet_reverts() public {
        _assertWalletRefuses(ContractWallet.Way.Revert);
    }

    function test_settle_reverts_when_the_wallet_answers_nothing() public {
        _assertWalletRefuses(ContractWallet.Way.AnswerNothing);
    }

    /// @dev A wallet may let a signature be of any length.
    function test_settle_takes_the_wallets_word_when_the_signature_is_longer_than_an_accounts() public {
        buyer = _party(Kind.Wallet, BUYER_KEY);
        Escrow.Order memory order = _paid();
        Offer memory offer = _theOffer(order);
        _settle(stranger, order, offer, bytes.concat(_sign(BUYER_KEY, order, offer), "more"), "");
        vm.assertEq(dollar.balanceOf(seller), 39e6, "seller");
    }

    /// @dev Code given to an account by EIP-7702 may let other keys sign, as that of a session.
    function test_settle_takes_the_codes_word_when_an_account_has_delegated_to_it() public {
        vm.etch(buyer, address(new ContractWallet(vm.addr(STRANGER_KEY))).code);
        Escrow.Order memory order = _paid();
        Offer memory offer = _theOffer(order);
        _settle(stranger, order, offer, _sign(STRANGER_KEY, order, offer), "");
        vm.assertEq(dollar.balanceOf(seller), 39e6, "seller");
    }

    /// @dev Whoever is the sender needs no signature, so one that is given is not looked at.
    function test_settle_ignores_a_signature_when_its_party_is_the_sender() public {
        Escrow.Order memory order = _paid();
        _settle(buyer, order, _theOffer(order), "nonsense", "nonsense");
        vm.assertEq(dollar.balanceOf(seller), 39e6, "seller");
    }

    function _theBuyer(Escrow.Order memory order) private pure returns (address) {
        return order.buyer;
    }

    function _theSeller(Escrow.Order memory order) private pure returns (address) {
        return order.seller;
    }

    function _aStranger(Escrow.Order memory) private view returns (address) {
        return stranger;
    }

    function _paid() private returns (Escrow.Order memory order) {
        order = _order();
        _pay(order);
    }

    function _theOffer(Escrow.Order memory order) private view returns (Offer memory) {
        return _offer(order, 0, 40e6);
    }

    /// @dev Account, wallet and delegated account on both sides: nine pairs, each with keys of its own.
    function _forEachPair(
        uint96 toBuyer,
        uint96 toSeller,
        function(Escrow.Order memory) view returns (address) sender,
        bool buyerSigns,
        bool sellerSigns
    ) private {
        for (uint256 pair = 0; pair < 9; ++pair) {
            Escrow.Order memory order = _paidByPair(pair);
            Offer memory offer = _offer(order, toBuyer, toSeller);
            bytes memory buyers = buyerSigns ? _sign(BUYER_KEY + pair, order, offer) : bytes("");
            bytes memory sellers = sellerSigns ? _sign(SELLER_KEY + pair, order, offer) : bytes("");
            _settle(sender(order), order, offer, buyers, sellers);
            uint96 remaining = _state(escrow.orderId(order)).remaining;
            vm.assertEq(remaining, PRICE - toBuyer - toSeller, "remaining");
        }
    }

    function _forEachPairRefused(
        uint96 toBuyer,
        uint96 toSeller,
        function(Escrow.Order memory) view returns (address) sender,
        bool buyerSigns,
        bool sellerSigns,
        function(Escrow.Order memory) view returns (address) missing
    ) private {
        for (uint256 pair = 0; pair < 9; ++pair) {
            Escrow.Order memory order = _paidByPair(pair);
            Offer memory offer = _offer(order, toBuyer, toSeller);
            bytes memory buyers = buyerSigns ? _sign(BUYER_KEY + pair, order, offer) : bytes("");
            bytes memory sellers = sellerSigns ? _sign(SELLER_KEY + pair, order, offer) : bytes("");
            vm.expectRevert(_badSignature(missing(order)));
            _settle(sender(order), order, offer, buyers, sellers);
        }
    }

    function _paidByPair(uint256 pair) private returns (Escrow.Order memory order) {
        buyer = _party(Kind(pair / 3), BUYER_KEY + pair);
        seller = _party(Kind(pair % 3), SELLER_KEY + pair);
        return _paid();
    }

    function _parts(bytes memory signature) private pure returns (bytes32 r, bytes32 s, uint8 v) {
        assembly ("memory-safe") {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
            v := byte(0, mload(add(signature, 0x60)))
        }
    }

    function _assertBadSignature(Escrow.Order memory order, bytes memory signature) private {
        _assertBadSignatureFrom(stranger, order, signature);
    }

    function _assertBadSignatureFrom(address sender, Escrow.Order memory order, bytes memory signature) private {
        Offer memory offer = _theOffer(order);
        vm.expectRevert(_badSignature(order.buyer));
        _settle(sender, order, offer, signature, "");
    }

    function _assertWalletRefuses(ContractWallet.Way way) private {
        buyer = _party(Kind.Wallet, BUYER_KEY);
        ContractWallet(payable(buyer)).treat(way);
        Escrow.Order memory order = _paid();
        _assertBadSignature(order, _sign(BUYER_KEY, order, _theOffer(order)));
    }
}
