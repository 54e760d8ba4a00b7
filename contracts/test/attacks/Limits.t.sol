// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../../src/Escrow.sol";
import {FickleToken} from "../mocks/FickleToken.sol";
import {SettleTest} from "../support/SettleTest.sol";
import {vm} from "../support/Vm.sol";

/// @title Where the promises of the escrow end, as docs/SECURITY.md says it
contract LimitsTest is SettleTest {
    /// @dev A ruling is an amount, and an offer that is out is not part of it.
    function test_ruling_adds_to_an_offer_when_the_buyer_brings_it_in_front() public {
        Escrow.Order memory order = _order();
        _disputed(order);
        Offer memory offer = _offer(order, 40e6, 0);
        _settle(buyer, order, offer, "", _sign(SELLER_KEY, order, offer));
        _resolve(order, 60e6);
        vm.assertEq(dollar.balanceOf(buyer), PRICE, "buyer");
    }

    function test_ruling_counts_an_offer_when_the_seller_brings_it_in_front() public {
        Escrow.Order memory order = _order();
        _disputed(order);
        Offer memory offer = _offer(order, 0, 40e6);
        _settle(seller, order, offer, _sign(BUYER_KEY, order, offer), "");
        _resolve(order, 60e6);
        vm.assertEq(dollar.balanceOf(buyer), 60e6, "buyer");
    }

    /// @dev The chain's number is part of every id.
    function test_order_is_out_of_reach_when_its_chain_changes_its_number() public {
        Escrow.Order memory order = _order();
        _pay(order);
        vm.chainId(block.chainid + 1);
        bytes memory refusal = _badState(escrow.orderId(order), Escrow.Status.None);
        vm.expectRevert(refusal);
        _release(buyer, order);
    }

    /// @dev The state is written first, so whoever is called in between must not trust it yet.
    function test_view_shows_an_order_as_paid_when_its_token_has_not_moved_yet() public {
        FickleToken token = new FickleToken();
        Escrow.Order memory order = _order();
        order.token = address(token);
        bytes32 id = escrow.orderId(order);
        token.callOut(address(escrow), address(escrow), abi.encodeCall(escrow.states, (id)));
        _pay(order);
        (uint96 remaining,,,) = abi.decode(token.outcome(), (uint96, uint96, uint40, uint8));
        vm.assertEq(remaining, PRICE, "remaining during the transfer");
    }

    function test_arbiter_earns_the_fee_when_the_terms_name_it_as_feeTo() public {
        Escrow.Order memory order = _order();
        order.feeTo = arbiter;
        _disputed(order);
        _resolve(order, 0);
        vm.assertEq(escrow.credits(address(dollar), arbiter), FEE, "credit");
    }

    /// @dev Ids are made of whole words, and most functions do not look at every field.
    function test_no_call_names_an_order_when_a_field_has_bits_outside_its_type() public {
        Escrow.Order memory order = _downloadOrder();
        bytes32 id = _pay(order);
        Escrow.State memory before = _state(id);
        for (uint256 field = 0; field < 11; ++field) {
            _tryAll(order, field);
        }
        _assertState(id, before);
    }

    /// @dev Each call would go through with the terms as they are.
    function _tryAll(Escrow.Order memory order, uint256 field) private {
        _try(buyer, abi.encodeCall(Escrow.release, (_one(order))), 0x44, field);
        _try(seller, abi.encodeCall(Escrow.refund, (_one(order))), 0x44, field);
        _try(buyer, abi.encodeCall(Escrow.dispute, (order)), 0x04, field);
        _try(buyer, abi.encodeCall(Escrow.settle, (order, 0, 1, time, "", "")), 0x04, field);
    }

    /// @param start of the order in the calldata
    function _try(address sender, bytes memory call, uint256 start, uint256 field) private {
        call[start + 0x20 * field] = 0x01;
        vm.prank(sender);
        (bool done,) = address(escrow).call(call);
        vm.assertTrue(!done, "a call went through");
    }
}
