// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../../src/Escrow.sol";
import {PayingTest} from "../support/PayingTest.sol";
import {SettleTest} from "../support/SettleTest.sol";
import {vm} from "../support/Vm.sol";

/// @title What each operation costs as a transaction of its own
/// @dev `snapshots/escrow.json` holds the figures, and the run fails when they change. They are those of a used escrow:
/// it holds money of other orders, fees were credited before, and the parties had dealings in the token, unless the row
/// says "first-time". Escrow and Permit2 are approved without limit, so the allowance is not written; in the row of
/// permits it is zero before and after. One token serves all rows. Permit2 is a stand-in, compiled as tests are: its row
/// tells when our part of it changes, not what a buyer pays.
contract GasTest is SettleTest, PayingTest {
    function setUp() public override(SettleTest, PayingTest) {
        super.setUp();
        vm.deal(seller, 1 ether);
        dollar.mint(buyer, 1_000 * PRICE);
        dollar.mint(seller, 1);
        _approve(buyer, address(permit2), type(uint256).max);
        _approve(seller, address(escrow), type(uint256).max);
        _payByPermit(_ofToken("earlier permit"));
        _approve(buyer, address(escrow), type(uint256).max);
        _payAndRelease(_ofToken("earlier"));
        _payAndRelease(_ofCoin("earlier"));
        _payUnmeasured(_ofToken("kept"));
        _payUnmeasured(_ofCoin("kept"));
    }

    function test_pay_by_allowance() public {
        _measurePay(_one(_ofToken("row")), 0, "pay by allowance");
    }

    function test_pay_cart_of_five() public {
        _measurePay(_cart(_ofToken("row"), 5), 0, "pay by allowance, cart of 5");
    }

    function test_pay_coin() public {
        vm.deal(buyer, 3 ether);
        _measurePay(_one(_ofCoin("row")), 1 ether, "pay native coin");
    }

    function test_pay_by_permit() public {
        _approve(buyer, address(escrow), 0);
        _payByPermit(_ofToken("row"));
        vm.snapshotGasLastCall("escrow", "pay by permit");
    }

    function test_pay_by_authorization() public {
        Escrow.Order[] memory orders = _one(_ofToken("row"));
        Authorization memory authorization = _authorization(orders);
        bytes memory signature = _sign(PAYER_KEY, address(dollar), authorization);
        vm.prank(stranger);
        escrow.payWithAuthorization(orders, authorization.validAfter, authorization.validBefore, signature);
        vm.snapshotGasLastCall("escrow", "pay by EIP-3009");
    }

    function test_pay_by_Permit2() public {
        Escrow.Order[] memory orders = _one(_ofToken("row"));
        Permit2Transfer memory transfer = _permit2Transfer(orders);
        bytes memory signature = _sign(PAYER_KEY, transfer);
        vm.prank(stranger);
        escrow.payWithPermit2(orders, transfer.nonce, transfer.deadline, signature);
        vm.snapshotGasLastCall("escrow", "pay by Permit2");
    }

    function test_fulfil() public {
        Escrow.Order memory order = _ofToken("row");
        _payUnmeasured(order);
        vm.prank(seller);
        escrow.fulfil(_one(order));
        vm.snapshotGasLastCall("escrow", "fulfil");
    }

    function test_release() public {
        Escrow.Order memory order = _ofToken("row");
        _payUnmeasured(order);
        _release(buyer, order);
        vm.snapshotGasLastCall("escrow", "release with fee");
    }

    function test_release_coin() public {
        Escrow.Order memory order = _ofCoin("row");
        _payUnmeasured(order);
        _release(buyer, order);
        vm.snapshotGasLastCall("escrow", "release with fee, native coin");
    }

    function test_refund() public {
        Escrow.Order memory order = _ofToken("row");
        _payUnmeasured(order);
        _refund(seller, order);
        vm.snapshotGasLastCall("escrow", "refund");
    }

    function test_release_by_keeper() public {
        Escrow.Order memory like = _ofToken("row");
        like.feeBps = 0;
        like.feeTo = address(0);
        _measureKeeper(like, "release by keeper, 5 orders to first-time payees");
    }

    function test_release_by_keeper_with_fee() public {
        _measureKeeper(_ofToken("row"), "release with fee by keeper, 5 orders to first-time payees");
    }

    function test_dispute() public {
        Escrow.Order memory order = _ofToken("row");
        _payUnmeasured(order);
        _fulfil(order);
        _dispute(buyer, order);
        vm.snapshotGasLastCall("escrow", "dispute");
    }

    function test_resolve() public {
        Escrow.Order memory order = _ofToken("row");
        _payUnmeasured(order);
        _fulfil(order);
        _dispute(buyer, order);
        _resolve(order, PRICE / 2);
        vm.snapshotGasLastCall("escrow", "resolve");
    }

    /// @dev A release that the buyer signs and the seller brings.
    function test_settle_with_one_signature() public {
        Escrow.Order memory order = _ofToken("row");
        _payUnmeasured(order);
        Offer memory offer = _offer(order, 0, PRICE);
        bytes memory buyerSignature = _sign(BUYER_KEY, order, offer);
        vm.prank(seller);
        escrow.settle(order, 0, PRICE, offer.validUntil, buyerSignature, "");
        vm.snapshotGasLastCall("escrow", "settle with one signature");
    }

    /// @dev A split that a stranger brings.
    function test_settle_with_two_signatures() public {
        Escrow.Order memory order = _ofToken("row");
        _payUnmeasured(order);
        Offer memory offer = _offer(order, PRICE / 2, PRICE / 2);
        bytes memory buyerSignature = _sign(BUYER_KEY, order, offer);
        bytes memory sellerSignature = _sign(SELLER_KEY, order, offer);
        vm.prank(stranger);
        escrow.settle(order, PRICE / 2, PRICE / 2, offer.validUntil, buyerSignature, sellerSignature);
        vm.snapshotGasLastCall("escrow", "settle with two signatures");
    }

    function test_reimburse() public {
        Escrow.Order memory order = _ofToken("row");
        _payAndRelease(order);
        vm.prank(seller);
        escrow.reimburse(order, PRICE / 2);
        vm.snapshotGasLastCall("escrow", "reimburse");
    }

    function test_withdraw() public {
        vm.prank(feeTo);
        escrow.withdraw(address(dollar), feeTo);
        vm.snapshotGasLastCall("escrow", "withdraw");
    }

    function _approve(address owner, address spender, uint256 amount) private {
        vm.prank(owner);
        dollar.approve(spender, amount);
    }

    function _payByPermit(Escrow.Order memory order) private {
        (uint8 v, bytes32 r, bytes32 s) = _signPermit(PAYER_KEY, address(dollar), order.amount, time);
        vm.prank(buyer);
        escrow.payWithPermit(_one(order), time, v, r, s);
    }

    function _measurePay(Escrow.Order[] memory orders, uint256 value, string memory row) private {
        vm.prank(buyer);
        escrow.pay{value: value}(orders);
        vm.snapshotGasLastCall("escrow", row);
    }

    function _measureKeeper(Escrow.Order memory like, string memory row) private {
        Escrow.Order[] memory orders = _cart(like, 5);
        for (uint256 i = 0; i < orders.length; ++i) {
            orders[i].fulfilBy = 0;
            orders[i].seller = _account(string.concat("first-time seller ", vm.toString(i)));
        }
        vm.prank(buyer);
        escrow.pay(orders);
        _moveTo(time + 14 days + 1);
        vm.prank(stranger);
        escrow.release(orders);
        vm.snapshotGasLastCall("escrow", row);
    }

    function _payUnmeasured(Escrow.Order memory order) private {
        uint256 value = order.token == address(0) ? order.amount : 0;
        vm.deal(buyer, buyer.balance + value);
        vm.prank(buyer);
        escrow.pay{value: value}(_one(order));
    }

    function _payAndRelease(Escrow.Order memory order) private {
        _payUnmeasured(order);
        _release(buyer, order);
    }

    function _ofToken(string memory ref) private view returns (Escrow.Order memory order) {
        order = _order();
        order.ref = keccak256(bytes(ref));
    }

    function _ofCoin(string memory ref) private view returns (Escrow.Order memory order) {
        order = _coinOrder();
        order.ref = keccak256(bytes(ref));
    }
}
