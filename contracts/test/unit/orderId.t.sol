// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../../src/Escrow.sol";
import {EscrowTest} from "../support/EscrowTest.sol";
import {vm} from "../support/Vm.sol";

/// @title Ids and cart hashes: `test/vectors/orders.json` is checked here and by the Python tests
contract OrderIdTest is EscrowTest {
    uint256 private constant DOMAINS = 3;
    uint256 private constant ORDERS = 6;
    uint256 private constant CARTS = 4;

    string private vectors = vm.readFile("test/vectors/orders.json");

    function test_orderId_matches_the_vectors_when_chain_and_contract_vary() public {
        for (uint256 i = 0; i < DOMAINS; ++i) {
            Escrow there = _escrowOf(i);
            for (uint256 k = 0; k < ORDERS; ++k) {
                bytes32 want = vm.parseJsonBytes32(vectors, _at(_at(".domains", i, ".order_ids"), k, ""));
                vm.assertEq(there.orderId(_readOrder(k)), want, _at("order", k, ""));
            }
        }
    }

    function test_cartHash_matches_the_vectors_when_chain_and_contract_vary() public {
        for (uint256 i = 0; i < DOMAINS; ++i) {
            Escrow there = _escrowOf(i);
            for (uint256 k = 0; k < CARTS; ++k) {
                bytes32 want = vm.parseJsonBytes32(vectors, _at(_at(".domains", i, ".cart_hashes"), k, ""));
                vm.assertEq(there.cartHash(_readCart(k)), want, _at("cart", k, ""));
            }
        }
    }

    /// @dev One field after the other gets its last bit turned.
    function test_orderId_changes_when_any_field_changes() public view {
        bytes memory terms = abi.encode(_order());
        bytes32 id = escrow.orderId(_order());
        for (uint256 field = 0; field < 12; ++field) {
            bytes memory other = bytes.concat(terms);
            other[32 * field + 31] ^= 0x01;
            bytes32 otherId = escrow.orderId(abi.decode(other, (Escrow.Order)));
            vm.assertTrue(otherId != id, _at("field", field, ""));
        }
    }

    function test_cartHash_changes_when_the_orders_change_places() public view {
        Escrow.Order[] memory cart = _cart(_order(), 2);
        bytes32 swapped = escrow.cartHash(_two(cart[1], cart[0]));
        vm.assertTrue(swapped != escrow.cartHash(cart), "places");
    }

    function test_cartHash_is_the_id_when_there_is_one_order() public view {
        Escrow.Order memory order = _order();
        vm.assertEq(escrow.cartHash(_one(order)), escrow.orderId(order), "cart of one");
    }

    function test_cartHash_reverts_when_array_is_empty() public {
        vm.expectRevert(_badOrder(255));
        escrow.cartHash(new Escrow.Order[](0));
    }

    function test_eip712Domain_names_chain_and_contract_when_asked() public view {
        (bytes1 fields, string memory name, string memory version, uint256 chain, address verifier,,) =
            escrow.eip712Domain();
        vm.assertEq(bytes32(fields), bytes32(hex"0f"), "fields");
        vm.assertEq(name, vm.parseJsonString(vectors, ".name"), "name");
        vm.assertEq(version, vm.parseJsonString(vectors, ".version"), "version");
        vm.assertEq(chain, block.chainid, "chain");
        vm.assertEq(verifier, address(escrow), "contract");
    }

    /// @dev Code that was deployed on another chain computes its domain anew, as it must after a fork of the chain.
    function _escrowOf(uint256 domain) private returns (Escrow) {
        vm.chainId(987_654_321);
        bytes memory code = address(_deploy(address(0))).code;
        address where = vm.parseJsonAddress(vectors, _at(".domains", domain, ".contract"));
        vm.chainId(vm.parseJsonUint(vectors, _at(".domains", domain, ".chain_id")));
        vm.etch(where, code);
        return Escrow(where);
    }

    function _readCart(uint256 index) private view returns (Escrow.Order[] memory orders) {
        uint256[] memory members = vm.parseJsonUintArray(vectors, _at(".carts", index, ""));
        orders = new Escrow.Order[](members.length);
        for (uint256 i = 0; i < members.length; ++i) {
            orders[i] = _readOrder(members[i]);
        }
    }

    function _readOrder(uint256 index) private view returns (Escrow.Order memory) {
        return Escrow.Order({
            buyer: _address(index, ".buyer"),
            seller: _address(index, ".seller"),
            token: _address(index, ".token"),
            amount: uint96(_uint(index, ".amount")),
            arbiter: _address(index, ".arbiter"),
            feeTo: _address(index, ".feeTo"),
            feeBps: uint16(_uint(index, ".feeBps")),
            silentBps: uint16(_uint(index, ".silentBps")),
            payBy: uint40(_uint(index, ".payBy")),
            fulfilBy: uint40(_uint(index, ".fulfilBy")),
            window: uint32(_uint(index, ".window")),
            ref: vm.parseJsonBytes32(vectors, _at(".orders", index, ".ref"))
        });
    }

    function _address(uint256 index, string memory field) private view returns (address) {
        return vm.parseJsonAddress(vectors, _at(".orders", index, field));
    }

    function _uint(uint256 index, string memory field) private view returns (uint256) {
        return vm.parseJsonUint(vectors, _at(".orders", index, field));
    }

    function _at(string memory list, uint256 index, string memory field) private pure returns (string memory) {
        return string.concat(list, "[", vm.toString(index), "]", field);
    }
}
