// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {Escrow} from "../../src/Escrow.sol";
import {ContractWallet} from "../mocks/ContractWallet.sol";
import {FickleToken} from "../mocks/FickleToken.sol";
import {everyCall} from "../support/EveryCall.sol";
import {PayingTest} from "../support/PayingTest.sol";
import {vm} from "../support/Vm.sol";

/// @title Payments that the buyer signs as a transfer (EIP-3009) and a stranger brings
contract PayWithAuthorizationTest is PayingTest {
    bytes private invalid = abi.encodeWithSelector(ERC3009.ERC3009InvalidSignature.selector);

    function test_payWithAuthorization_reverts_when_array_is_empty() public {
        vm.expectRevert(_badOrder(255));
        escrow.payWithAuthorization(new Escrow.Order[](0), 0, 0, "");
    }

    function test_payWithAuthorization_reverts_when_a_later_order_has_another_buyer() public {
        Escrow.Order memory other = _order();
        other.buyer = stranger;
        _assertRefused(_two(_order(), other), _badOrder(0));
    }

    function test_payWithAuthorization_reverts_when_a_later_order_has_another_token() public {
        _assertRefused(_two(_order(), _coinOrder()), _badOrder(2));
    }

    function test_payWithAuthorization_reverts_when_the_order_is_in_coin() public {
        Escrow.Order[] memory orders = _one(_coinOrder());
        vm.prank(stranger);
        vm.expectRevert(_badOrder(2));
        escrow.payWithAuthorization(orders, 0, time + 1, new bytes(65));
    }

    function test_payWithAuthorization_reverts_when_terms_are_refused() public {
        Escrow.Order memory order = _order();
        order.seller = address(escrow);
        _assertRefused(_one(order), _badOrder(1));
    }

    function test_payWithAuthorization_reverts_when_the_time_to_pay_is_over() public {
        Escrow.Order memory order = _order();
        _moveTo(order.payBy + 1);
        _assertRefused(_one(order), _tooLate(order.payBy));
    }

    /// @dev The second authorization is good and would be drawn; the state alone stands in the way.
    function test_payWithAuthorization_reverts_when_the_order_is_paid() public {
        Escrow.Order memory order = _order();
        bytes32 id = _pay(order);
        _assertRefused(_one(order), _badState(id, Escrow.Status.Paid));
    }

    function test_payWithAuthorization_reverts_when_the_order_is_settled() public {
        Escrow.Order memory order = _order();
        bytes32 id = _pay(order);
        _refund(seller, order);
        _assertRefused(_one(order), _badState(id, Escrow.Status.Settled));
    }

    function test_payWithAuthorization_reverts_when_coin_is_sent() public {
        Escrow.Order[] memory orders = _one(_order());
        _mint(orders);
        bytes memory call =
            abi.encodeCall(Escrow.payWithAuthorization, (orders, time - 1, time + 10 minutes, _signed(orders)));
        vm.deal(stranger, 1);
        vm.prank(stranger);
        (bool accepted,) = address(escrow).call{value: 1}(call);
        vm.assertTrue(!accepted, "coin accepted");
    }

    function test_payWithAuthorization_takes_from_the_buyer_alone_when_a_stranger_brings_it() public {
        Escrow.Order[] memory orders = _one(_order());
        dollar.mint(stranger, PRICE);
        _bring(orders);
        _assertHeld(orders);
        vm.assertEq(dollar.balanceOf(stranger), PRICE, "of the stranger");
    }

    function test_payWithAuthorization_holds_when_the_buyer_brings_it() public {
        Escrow.Order[] memory orders = _one(_order());
        _mint(orders);
        bytes memory signature = _signed(orders);
        vm.prank(buyer);
        escrow.payWithAuthorization(orders, time - 1, time + 10 minutes, signature);
        _assertHeld(orders);
    }

    function test_payWithAuthorization_reverts_when_another_signed() public {
        Authorization memory authorization = _authorization(_one(_order()));
        bytes memory signature = _sign(THIEF_KEY, address(dollar), authorization);
        _assertRefused(_one(_order()), authorization, signature, invalid);
    }

    function test_payWithAuthorization_reverts_when_an_account_signed_in_another_length() public {
        Escrow.Order[] memory orders = _one(_order());
        bytes memory signature = _signed(orders);
        _assertRefused(orders, _authorization(orders), "", invalid);
        _assertRefused(orders, _authorization(orders), _cut(signature, 64), invalid);
        _assertRefused(orders, _authorization(orders), bytes.concat(signature, hex"00"), invalid);
    }

    function test_payWithAuthorization_holds_when_a_contract_signed() public {
        buyer = address(new ContractWallet(vm.addr(PAYER_KEY)));
        Escrow.Order[] memory orders = _one(_order());
        _mint(orders);
        _bring(orders, _authorization(orders), bytes.concat(_signed(orders), "data of the wallet"));
        _assertHeld(orders);
    }

    function test_payWithAuthorization_reverts_when_the_contract_refuses() public {
        buyer = address(new ContractWallet(vm.addr(THIEF_KEY)));
        Escrow.Order[] memory orders = _one(_order());
        _assertRefused(orders, _authorization(orders), bytes.concat(_signed(orders), "data of the wallet"), invalid);
    }

    /// @dev The form of 65 bytes is the one that every EIP-3009 token has, and by itself it knows accounts only.
    function test_payWithAuthorization_takes_the_form_of_accounts_when_there_are_65_bytes() public {
        buyer = address(new ContractWallet(vm.addr(PAYER_KEY)));
        Escrow.Order[] memory orders = _one(_order());
        _assertRefused(orders, _authorization(orders), _signed(orders), invalid);
    }

    function test_payWithAuthorization_holds_when_the_account_has_delegated_code() public {
        Escrow.Order[] memory orders = _one(_order());
        vm.etch(buyer, abi.encodePacked(hex"ef0100", address(new ContractWallet(stranger))));
        _bring(orders);
        _assertHeld(orders);
    }

    function test_payWithAuthorization_reverts_when_the_wallet_is_not_deployed() public {
        buyer = stranger;
        Escrow.Order[] memory orders = _one(_order());
        _assertRefused(orders, _authorization(orders), _asOfUndeployed(_signed(orders)), invalid);
    }

    function test_payWithAuthorization_holds_when_it_is_the_first_second() public {
        Escrow.Order[] memory orders = _one(_order());
        Authorization memory authorization = _authorization(orders);
        authorization.validAfter = time - 1;
        _mint(orders);
        _bring(orders, authorization, _sign(PAYER_KEY, address(dollar), authorization));
        _assertHeld(orders);
    }

    function test_payWithAuthorization_reverts_when_it_is_one_second_early() public {
        Authorization memory authorization = _authorization(_one(_order()));
        authorization.validAfter = time;
        _assertOutOfTime(authorization);
    }

    function test_payWithAuthorization_holds_when_it_is_the_last_second() public {
        Escrow.Order[] memory orders = _one(_order());
        Authorization memory authorization = _authorization(orders);
        authorization.validBefore = time + 1;
        _mint(orders);
        _bring(orders, authorization, _sign(PAYER_KEY, address(dollar), authorization));
        _assertHeld(orders);
    }

    function test_payWithAuthorization_reverts_when_it_is_one_second_late() public {
        Authorization memory authorization = _authorization(_one(_order()));
        authorization.validBefore = time;
        _assertOutOfTime(authorization);
    }

    function test_payWithAuthorization_reverts_when_it_was_signed_for_another_order() public {
        Escrow.Order memory other = _order();
        other.seller = stranger;
        Authorization memory authorization = _authorization(_one(_order()));
        authorization.nonce = escrow.orderId(other);
        _assertInvalid(authorization);
    }

    /// @dev Worth as much as the whole, so that the hash alone tells them apart.
    function test_payWithAuthorization_reverts_when_it_was_signed_for_more_orders() public {
        Escrow.Order[] memory cart = _cart(_order(), 2);
        cart[0] = _order();
        Authorization memory authorization = _authorization(_one(_order()));
        authorization.nonce = escrow.cartHash(cart);
        _assertInvalid(authorization);
    }

    function test_payWithAuthorization_reverts_when_it_was_signed_for_another_sum() public {
        Authorization memory authorization = _authorization(_one(_order()));
        authorization.value = PRICE + 1;
        _assertInvalid(authorization);
    }

    /// @dev The token's own signature is right on the new chain, as in a token whose domain names no chain.
    function test_payWithAuthorization_reverts_when_it_was_signed_for_another_chain() public {
        Authorization memory authorization = _authorization(_one(_order()));
        vm.chainId(block.chainid + 1);
        _assertInvalid(authorization);
    }

    /// @dev Signed for this escrow to draw, with the order's id in another.
    function test_payWithAuthorization_reverts_when_it_was_signed_for_another_contract() public {
        Authorization memory authorization = _authorization(_one(_order()));
        authorization.nonce = _deploy(address(permit2)).orderId(_order());
        _assertInvalid(authorization);
    }

    /// @dev The second line behind the state of the order: the token, too, takes a signature once.
    function test_payWithAuthorization_reverts_when_the_authorization_is_used() public {
        Escrow.Order[] memory orders = _one(_order());
        Authorization memory authorization = _authorization(orders);
        bytes memory signature = _signed(orders);
        _mint(orders);
        vm.prank(address(escrow));
        dollar.receiveWithAuthorization(
            authorization.from,
            authorization.to,
            authorization.value,
            authorization.validAfter,
            authorization.validBefore,
            authorization.nonce,
            signature
        );
        bytes memory refusal =
            abi.encodeWithSelector(ERC3009.ERC3009UsedAuthorization.selector, buyer, authorization.nonce);
        _assertRefused(orders, authorization, signature, refusal);
    }

    function test_payWithAuthorization_reverts_when_the_token_keeps_a_share() public {
        _assertWayRefused(FickleToken.Way.KeepOnePercent, _badAmount(PRICE - PRICE / 100, PRICE));
    }

    /// @dev Money of others in the escrow must not count for it.
    function test_payWithAuthorization_reverts_when_the_token_moves_nothing() public {
        _assertWayRefused(FickleToken.Way.AnswerTrueWithoutMoving, _badAmount(0, PRICE));
    }

    function test_payWithAuthorization_reverts_when_the_token_denies_the_escrow() public {
        _assertWayRefused(FickleToken.Way.Revert, abi.encodeWithSignature("Error(string)", "denied"));
    }

    function test_payWithAuthorization_refuses_reentry_when_the_token_calls_back() public {
        bytes[] memory calls = everyCall(_order());
        for (uint256 i = 0; i < calls.length; ++i) {
            (Escrow.Order memory order, FickleToken token) = _fickleOrder(FickleToken.Way.Move);
            token.callOut(address(escrow), address(escrow), calls[i]);
            _bring(_one(order));
            _assertReentryRefused(token);
        }
    }

    function test_payWithAuthorization_takes_the_sum_at_once_when_a_cart_has_several_sellers() public {
        Escrow.Order[] memory cart = _cartOfTwoSellers();
        _mint(cart);
        bytes memory signature = _signed(cart);
        vm.recordLogs();
        _bring(cart, _authorization(cart), signature);
        _assertTakenAtOnce(cart);
    }

    function test_payWithAuthorization_emits_Paid_of_each_order_when_a_cart_is_held() public {
        Escrow.Order[] memory cart = _cartOfTwoSellers();
        Authorization memory authorization = _authorization(cart);
        bytes memory signature = _signed(cart);
        _mint(cart);
        _expectPaid(cart);
        _bring(cart, authorization, signature);
    }

    /// @dev By the key of the buyer, or that of the owner of the buyer's wallet.
    function _signed(Escrow.Order[] memory orders) private view returns (bytes memory) {
        return _sign(PAYER_KEY, orders[0].token, _authorization(orders));
    }

    function _bring(Escrow.Order[] memory orders) private {
        _mint(orders);
        _bring(orders, _authorization(orders), _signed(orders));
    }

    function _bring(Escrow.Order[] memory orders, Authorization memory authorization, bytes memory signature) private {
        vm.prank(stranger);
        escrow.payWithAuthorization(orders, authorization.validAfter, authorization.validBefore, signature);
    }

    function _assertRefused(Escrow.Order[] memory orders, bytes memory refusal) private {
        _assertRefused(orders, _authorization(orders), _signed(orders), refusal);
    }

    function _assertRefused(
        Escrow.Order[] memory orders,
        Authorization memory authorization,
        bytes memory signature,
        bytes memory refusal
    ) private {
        _mint(orders);
        vm.expectRevert(refusal);
        _bring(orders, authorization, signature);
    }

    /// @dev The buyer signed this, which is not what the payment of the usual order asks for.
    function _assertInvalid(Authorization memory authorization) private {
        bytes memory signature = _sign(PAYER_KEY, address(dollar), authorization);
        _assertRefused(_one(_order()), authorization, signature, invalid);
    }

    function _assertOutOfTime(Authorization memory authorization) private {
        bytes memory signature = _sign(PAYER_KEY, address(dollar), authorization);
        bytes memory refusal = abi.encodeWithSelector(
            ERC3009.ERC3009InvalidAuthorizationTime.selector, authorization.validAfter, authorization.validBefore
        );
        _assertRefused(_one(_order()), authorization, signature, refusal);
    }

    function _assertWayRefused(FickleToken.Way way, bytes memory refusal) private {
        (Escrow.Order memory order, FickleToken token) = _fickleOrder(FickleToken.Way.Move);
        token.mint(address(escrow), PRICE);
        token.treat(address(escrow), way);
        _assertRefused(_one(order), refusal);
    }

    function _cut(bytes memory signature, uint256 length) private pure returns (bytes memory shorter) {
        shorter = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            shorter[i] = signature[i];
        }
    }
}
