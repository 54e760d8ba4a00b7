// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Escrow} from "../../src/Escrow.sol";
import {ContractWallet} from "../mocks/ContractWallet.sol";
import {FickleToken} from "../mocks/FickleToken.sol";
import {Permit2StandIn} from "../mocks/Permit2StandIn.sol";
import {everyCall} from "../support/EveryCall.sol";
import {PayingTest} from "../support/PayingTest.sol";
import {vm} from "../support/Vm.sol";

/// @title Payments that the buyer signs for Permit2, whom it has approved once, and a stranger brings
contract PayWithPermit2Test is PayingTest {
    bytes private invalid = abi.encodeWithSelector(Permit2StandIn.InvalidSigner.selector);

    function test_payWithPermit2_reverts_when_array_is_empty() public {
        vm.expectRevert(_badOrder(255));
        escrow.payWithPermit2(new Escrow.Order[](0), 0, 0, "");
    }

    function test_payWithPermit2_reverts_when_a_later_order_has_another_buyer() public {
        Escrow.Order memory other = _order();
        other.buyer = stranger;
        _assertRefused(_two(_order(), other), _badOrder(0));
    }

    function test_payWithPermit2_reverts_when_a_later_order_has_another_token() public {
        _assertRefused(_two(_order(), _coinOrder()), _badOrder(2));
    }

    function test_payWithPermit2_reverts_when_terms_are_refused() public {
        Escrow.Order memory order = _order();
        order.seller = address(escrow);
        _assertRefused(_one(order), _badOrder(1));
    }

    function test_payWithPermit2_reverts_when_the_time_to_pay_is_over() public {
        Escrow.Order memory order = _order();
        _moveTo(order.payBy + 1);
        _assertRefused(_one(order), _tooLate(order.payBy));
    }

    /// @dev The permit is good and would be drawn; the state alone stands in the way.
    function test_payWithPermit2_reverts_when_the_order_is_paid() public {
        Escrow.Order memory order = _order();
        bytes32 id = _pay(order);
        _assertRefused(_one(order), _badState(id, Escrow.Status.Paid));
    }

    function test_payWithPermit2_reverts_when_the_order_is_settled() public {
        Escrow.Order memory order = _order();
        bytes32 id = _pay(order);
        _refund(seller, order);
        _assertRefused(_one(order), _badState(id, Escrow.Status.Settled));
    }

    function test_payWithPermit2_reverts_when_the_order_is_in_coin() public {
        Escrow.Order[] memory orders = _one(_coinOrder());
        vm.prank(stranger);
        vm.expectRevert(_badOrder(2));
        escrow.payWithPermit2(orders, 0, time, new bytes(65));
    }

    function test_payWithPermit2_reverts_when_coin_is_sent() public {
        Escrow.Order[] memory orders = _one(_order());
        Permit2Transfer memory transfer = _permit2Transfer(orders);
        _mintAndApprove(orders);
        bytes memory call = abi.encodeCall(
            Escrow.payWithPermit2, (orders, transfer.nonce, transfer.deadline, _sign(PAYER_KEY, transfer))
        );
        vm.deal(stranger, 1);
        vm.prank(stranger);
        (bool accepted,) = address(escrow).call{value: 1}(call);
        vm.assertTrue(!accepted, "coin accepted");
    }

    function test_payWithPermit2_reverts_when_there_is_no_Permit2() public {
        escrow = _deploy(address(0));
        _assertRefused(_one(_order()), abi.encodeWithSelector(Escrow.NoPermit2.selector));
    }

    function test_payWithPermit2_reverts_when_another_signed() public {
        Permit2Transfer memory transfer = _permit2Transfer(_one(_order()));
        _assertRefused(_one(_order()), transfer, _sign(THIEF_KEY, transfer), invalid);
    }

    function test_payWithPermit2_reverts_when_the_signature_is_cut() public {
        Permit2Transfer memory transfer = _permit2Transfer(_one(_order()));
        bytes memory refusal = abi.encodeWithSelector(Permit2StandIn.InvalidSignatureLength.selector);
        _assertRefused(_one(_order()), transfer, new bytes(63), refusal);
    }

    /// @dev In 64 bytes, as EIP-2098 has it.
    function test_payWithPermit2_holds_when_the_signature_is_short() public {
        Escrow.Order[] memory orders = _one(_order());
        Permit2Transfer memory transfer = _permit2Transfer(orders);
        _mintAndApprove(orders);
        _bring(orders, transfer, _short(_sign(PAYER_KEY, transfer)));
        _assertHeld(orders);
    }

    function test_payWithPermit2_holds_when_a_contract_signed() public {
        buyer = address(new ContractWallet(vm.addr(PAYER_KEY)));
        Escrow.Order[] memory orders = _one(_order());
        Permit2Transfer memory transfer = _permit2Transfer(orders);
        _mintAndApprove(orders);
        _bring(orders, transfer, bytes.concat(_sign(PAYER_KEY, transfer), "data of the wallet"));
        _assertHeld(orders);
    }

    function test_payWithPermit2_reverts_when_the_contract_refuses() public {
        buyer = address(new ContractWallet(vm.addr(THIEF_KEY)));
        _assertRefused(_one(_order()), abi.encodeWithSelector(Permit2StandIn.InvalidContractSignature.selector));
    }

    /// @dev Permit2 asks the delegated code, which here takes the account's own key.
    function test_payWithPermit2_holds_when_the_account_has_delegated_code() public {
        Escrow.Order[] memory orders = _one(_order());
        vm.etch(buyer, abi.encodePacked(hex"ef0100", address(new ContractWallet(buyer))));
        _bring(orders);
        _assertHeld(orders);
    }

    function test_payWithPermit2_reverts_when_the_wallet_is_not_deployed() public {
        buyer = stranger;
        Permit2Transfer memory transfer = _permit2Transfer(_one(_order()));
        bytes memory refusal = abi.encodeWithSelector(Permit2StandIn.InvalidSignatureLength.selector);
        _assertRefused(_one(_order()), transfer, _asOfUndeployed(_sign(PAYER_KEY, transfer)), refusal);
    }

    function test_payWithPermit2_holds_when_it_is_the_last_second() public {
        Escrow.Order[] memory orders = _one(_order());
        Permit2Transfer memory transfer = _permit2Transfer(orders);
        transfer.deadline = time;
        _mintAndApprove(orders);
        _bring(orders, transfer, _sign(PAYER_KEY, transfer));
        _assertHeld(orders);
    }

    function test_payWithPermit2_reverts_when_it_is_one_second_late() public {
        Permit2Transfer memory transfer = _permit2Transfer(_one(_order()));
        transfer.deadline = time - 1;
        bytes memory refusal = abi.encodeWithSelector(Permit2StandIn.SignatureExpired.selector, time - 1);
        _assertRefused(_one(_order()), transfer, _sign(PAYER_KEY, transfer), refusal);
    }

    /// @dev The first order is paid, the second is another: only Permit2 knows that the nonce was used.
    function test_payWithPermit2_reverts_when_the_nonce_is_used() public {
        Escrow.Order[] memory cart = _cart(_order(), 2);
        _bring(_one(cart[0]));
        _assertRefused(_one(cart[1]), abi.encodeWithSelector(Permit2StandIn.InvalidNonce.selector));
    }

    function test_payWithPermit2_reverts_when_it_was_signed_for_another_nonce() public {
        Permit2Transfer memory transfer = _permit2Transfer(_one(_order()));
        bytes memory signature = _sign(PAYER_KEY, transfer);
        transfer.nonce += 1;
        _assertRefused(_one(_order()), transfer, signature, invalid);
    }

    function test_payWithPermit2_reverts_when_it_was_signed_for_another_order() public {
        Escrow.Order memory other = _order();
        other.seller = stranger;
        Permit2Transfer memory transfer = _permit2Transfer(_one(_order()));
        transfer.cartHash = escrow.orderId(other);
        _assertInvalid(transfer);
    }

    function test_payWithPermit2_reverts_when_it_was_signed_for_more_orders() public {
        Escrow.Order[] memory cart = _cart(_order(), 2);
        cart[0] = _order();
        Permit2Transfer memory transfer = _permit2Transfer(_one(_order()));
        transfer.cartHash = escrow.cartHash(cart);
        _assertInvalid(transfer);
    }

    function test_payWithPermit2_reverts_when_it_was_signed_for_another_spender() public {
        Permit2Transfer memory transfer = _permit2Transfer(_one(_order()));
        transfer.spender = stranger;
        _assertInvalid(transfer);
    }

    /// @dev Permit2 itself lets a spender ask for less than was permitted.
    function test_payWithPermit2_reverts_when_it_was_signed_for_more_than_the_sum() public {
        Permit2Transfer memory transfer = _permit2Transfer(_one(_order()));
        transfer.amount = PRICE + 1;
        _assertInvalid(transfer);
    }

    function test_payWithPermit2_reverts_when_it_was_signed_for_less_than_the_sum() public {
        Permit2Transfer memory transfer = _permit2Transfer(_one(_order()));
        transfer.amount = PRICE - 1;
        _assertInvalid(transfer);
    }

    function test_payWithPermit2_reverts_when_it_was_signed_for_another_token() public {
        Permit2Transfer memory transfer = _permit2Transfer(_one(_order()));
        transfer.token = address(new FickleToken());
        _assertInvalid(transfer);
    }

    /// @dev Permit2's own domain is right on the new chain.
    function test_payWithPermit2_reverts_when_it_was_signed_for_another_chain() public {
        Permit2Transfer memory transfer = _permit2Transfer(_one(_order()));
        vm.chainId(block.chainid + 1);
        _assertInvalid(transfer);
    }

    /// @dev Signed with this escrow as spender, and the order's id in another.
    function test_payWithPermit2_reverts_when_it_was_signed_for_another_contract() public {
        Permit2Transfer memory transfer = _permit2Transfer(_one(_order()));
        transfer.cartHash = _deploy(address(permit2)).orderId(_order());
        _assertInvalid(transfer);
    }

    function test_payWithPermit2_reverts_when_Permit2_is_not_approved() public {
        Escrow.Order[] memory orders = _one(_order());
        Permit2Transfer memory transfer = _permit2Transfer(orders);
        bytes memory signature = _sign(PAYER_KEY, transfer);
        _mint(orders);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(permit2), 0, PRICE)
        );
        _bring(orders, transfer, signature);
    }

    function test_payWithPermit2_reverts_when_the_token_keeps_a_share() public {
        _assertWayRefused(FickleToken.Way.KeepOnePercent, _badAmount(PRICE - PRICE / 100, PRICE));
    }

    /// @dev Money of others in the escrow must not count for it.
    function test_payWithPermit2_reverts_when_the_token_moves_nothing() public {
        _assertWayRefused(FickleToken.Way.AnswerTrueWithoutMoving, _badAmount(0, PRICE));
    }

    function test_payWithPermit2_reverts_when_the_token_denies_the_escrow() public {
        _assertWayRefused(FickleToken.Way.Revert, abi.encodeWithSignature("Error(string)", "denied"));
    }

    function test_payWithPermit2_holds_when_the_token_answers_nothing() public {
        (Escrow.Order memory order,) = _fickleOrder(FickleToken.Way.MoveAndAnswerNothing);
        _bring(_one(order));
        _assertHeld(_one(order));
    }

    function test_payWithPermit2_refuses_reentry_when_the_token_calls_back() public {
        bytes[] memory calls = everyCall(_order());
        for (uint256 i = 0; i < calls.length; ++i) {
            (Escrow.Order memory order, FickleToken token) = _fickleOrder(FickleToken.Way.Move);
            token.callOut(address(escrow), address(escrow), calls[i]);
            _bring(_one(order), i);
            _assertReentryRefused(token);
        }
    }

    function test_payWithPermit2_takes_from_the_buyer_alone_when_a_stranger_brings_it() public {
        Escrow.Order[] memory orders = _one(_order());
        dollar.mint(stranger, PRICE);
        _bring(orders);
        _assertHeld(orders);
        vm.assertEq(dollar.balanceOf(stranger), PRICE, "of the stranger");
    }

    function test_payWithPermit2_takes_the_sum_at_once_when_a_cart_has_several_sellers() public {
        Escrow.Order[] memory cart = _cartOfTwoSellers();
        Permit2Transfer memory transfer = _permit2Transfer(cart);
        _mintAndApprove(cart);
        vm.recordLogs();
        _bring(cart, transfer, _sign(PAYER_KEY, transfer));
        _assertTakenAtOnce(cart);
    }

    function test_payWithPermit2_emits_Paid_of_each_order_when_a_cart_is_held() public {
        Escrow.Order[] memory cart = _cartOfTwoSellers();
        Permit2Transfer memory transfer = _permit2Transfer(cart);
        bytes memory signature = _sign(PAYER_KEY, transfer);
        _mintAndApprove(cart);
        _expectPaid(cart);
        _bring(cart, transfer, signature);
    }

    /// @dev Permit2 alone is approved; the escrow is not.
    function _mintAndApprove(Escrow.Order[] memory orders) private {
        _mint(orders);
        vm.prank(orders[0].buyer);
        SafeERC20.forceApprove(FickleToken(orders[0].token), address(permit2), type(uint256).max);
    }

    function _bring(Escrow.Order[] memory orders) private {
        _bring(orders, _permit2Transfer(orders).nonce);
    }

    function _bring(Escrow.Order[] memory orders, uint256 nonce) private {
        _mintAndApprove(orders);
        Permit2Transfer memory transfer = _permit2Transfer(orders);
        transfer.nonce = nonce;
        _bring(orders, transfer, _sign(PAYER_KEY, transfer));
    }

    function _bring(Escrow.Order[] memory orders, Permit2Transfer memory transfer, bytes memory signature) private {
        vm.prank(stranger);
        escrow.payWithPermit2(orders, transfer.nonce, transfer.deadline, signature);
    }

    function _assertRefused(Escrow.Order[] memory orders, bytes memory refusal) private {
        Permit2Transfer memory transfer = _permit2Transfer(orders);
        _assertRefused(orders, transfer, _sign(PAYER_KEY, transfer), refusal);
    }

    function _assertRefused(
        Escrow.Order[] memory orders,
        Permit2Transfer memory transfer,
        bytes memory signature,
        bytes memory refusal
    ) private {
        _mintAndApprove(orders);
        vm.expectRevert(refusal);
        _bring(orders, transfer, signature);
    }

    /// @dev The buyer signed this, which is not what the payment of the usual order asks for.
    function _assertInvalid(Permit2Transfer memory transfer) private {
        _assertRefused(_one(_order()), transfer, _sign(PAYER_KEY, transfer), invalid);
    }

    function _assertWayRefused(FickleToken.Way way, bytes memory refusal) private {
        (Escrow.Order memory order, FickleToken token) = _fickleOrder(FickleToken.Way.Move);
        token.mint(address(escrow), PRICE);
        token.treat(address(escrow), way);
        _assertRefused(_one(order), refusal);
    }

    function _short(bytes memory signature) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = ECDSA.parse(signature);
        return abi.encodePacked(r, uint256(s) | uint256(v - 27) << 255);
    }
}
