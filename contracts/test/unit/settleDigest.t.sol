// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../../src/Escrow.sol";
import {SettleTest} from "../support/SettleTest.sol";
import {vm} from "../support/Vm.sol";

/// @title What parties sign: `test/vectors/settlements.json` is checked here and by the Python tests
/// @notice No view gives the digest, so the contract proves it by taking signatures over that of the vectors. Their
/// settlements follow one another on one order, which is paid, then fulfilled, then disputed.
contract SettleDigestTest is SettleTest {
    uint256 private constant DOMAINS = 3;

    string private vectors = vm.readFile("test/vectors/settlements.json");
    uint256 private before;

    function test_settle_takes_signatures_over_the_vectors_when_chain_and_contract_vary() public {
        for (uint256 i = 0; i < DOMAINS; ++i) {
            before = vm.snapshotState();
            Escrow.Order memory order = _paidIn(i);
            _settleNumber(0, i, order, "");
            _fulfil(order);
            _settleNumber(1, i, order, "");
            vm.prank(buyer);
            escrow.dispute(order);
            _settleNumber(2, i, order, "");
            _assertStatus(escrow.orderId(order), Escrow.Status.Settled);
            vm.revertToState(before);
        }
    }

    function test_settle_reverts_when_the_vector_is_of_another_domain() public {
        for (uint256 i = 0; i < DOMAINS; ++i) {
            before = vm.snapshotState();
            Escrow.Order memory order = _paidIn(i);
            _settleNumber(0, (i + 1) % DOMAINS, order, _badSignature(buyer));
            vm.revertToState(before);
        }
    }

    /// @dev Pays the order of the vectors to an escrow that stands where a domain says.
    function _paidIn(uint256 domain) private returns (Escrow.Order memory order) {
        // Code that was deployed on another chain computes its domain anew.
        vm.chainId(987_654_321);
        bytes memory code = address(_deploy(address(0))).code;
        string memory place = _at(".domains", domain);
        escrow = Escrow(vm.parseJsonAddress(vectors, string.concat(place, ".contract")));
        vm.chainId(_uint(place, ".chain_id"));
        vm.etch(address(escrow), code);
        order = _readOrder();
        vm.etch(order.token, address(dollar).code);
        bytes32 id = vm.parseJsonBytes32(vectors, string.concat(place, ".order_id"));
        vm.assertEq(_pay(order), id, "id of the order");
    }

    /// @dev Both have signed, and a stranger brings it; `refusal` is empty when it is to succeed.
    function _settleNumber(uint256 number, uint256 domain, Escrow.Order memory order, bytes memory refusal) private {
        string memory digests = string.concat(_at(".domains", domain), ".settle_digests");
        bytes32 digest = vm.parseJsonBytes32(vectors, _at(digests, number));
        string memory place = _at(".settlements", number);
        Offer memory offer;
        offer.toBuyer = uint96(_uint(place, ".to_buyer"));
        offer.toSeller = uint96(_uint(place, ".to_seller"));
        offer.validUntil = uint40(_uint(place, ".valid_until"));
        bytes memory buyerSignature = _signature(".buyer_key", digest);
        bytes memory sellerSignature = _signature(".seller_key", digest);
        if (refusal.length != 0) vm.expectRevert(refusal);
        _settle(stranger, order, offer, buyerSignature, sellerSignature);
    }

    function _signature(string memory key, bytes32 digest) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_uint("", key), digest);
        return abi.encodePacked(r, s, v);
    }

    function _readOrder() private view returns (Escrow.Order memory) {
        return Escrow.Order({
            buyer: _address(".buyer"),
            seller: _address(".seller"),
            token: _address(".token"),
            amount: uint96(_uint(".order", ".amount")),
            arbiter: _address(".arbiter"),
            feeTo: _address(".feeTo"),
            feeBps: uint16(_uint(".order", ".feeBps")),
            silentBps: uint16(_uint(".order", ".silentBps")),
            payBy: uint40(_uint(".order", ".payBy")),
            fulfilBy: uint40(_uint(".order", ".fulfilBy")),
            window: uint32(_uint(".order", ".window")),
            ref: vm.parseJsonBytes32(vectors, ".order.ref")
        });
    }

    function _address(string memory field) private view returns (address) {
        return vm.parseJsonAddress(vectors, string.concat(".order", field));
    }

    function _uint(string memory place, string memory field) private view returns (uint256) {
        return vm.parseJsonUint(vectors, string.concat(place, field));
    }

    function _at(string memory list, uint256 index) private pure returns (string memory) {
        return string.concat(list, "[", vm.toString(index), "]");
    }
}
