// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {TestDollar} from "../../../src/local/TestDollar.sol";
import {ContractWallet} from "../../mocks/ContractWallet.sol";
import {vm} from "../../support/Vm.sol";

contract TestDollarTest {
    bytes32 private constant PERMIT =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    bytes32 private constant RECEIVE = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    uint256 private constant KEY = 0xa11ce;
    bytes32 private constant NONCE = keccak256("cart");
    uint256 private constant UNTIL = 2_000_000_000;

    TestDollar private dollar = new TestDollar();
    address private alice = vm.addr(KEY);
    address private shop = address(0x5409);

    function test_mint_gives_dollars_when_anyone_asks() public {
        vm.prank(address(0xb0b));
        dollar.mint(address(0xb0b), 5e6);
        vm.assertEq(dollar.balanceOf(address(0xb0b)), 5e6, "balance");
        vm.assertEq(dollar.totalSupply(), 5e6, "supply");
    }

    function test_metadata_is_that_of_a_dollar_token_when_asked() public view {
        vm.assertEq(dollar.name(), "Test Dollar", "name");
        vm.assertEq(dollar.symbol(), "tUSD", "symbol");
        vm.assertEq(dollar.decimals(), 6, "decimals");
    }

    function test_permit_gives_the_allowance_when_the_owner_signed() public {
        bytes32 typed = keccak256(abi.encode(PERMIT, alice, shop, 5e6, dollar.nonces(alice), UNTIL));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, _digest(typed));
        dollar.permit(alice, shop, 5e6, UNTIL, v, r, s);
        vm.assertEq(dollar.allowance(alice, shop), 5e6, "allowance");
    }

    function test_authorization_moves_dollars_when_an_account_signed() public {
        dollar.mint(alice, 5e6);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, _receipt(alice));
        vm.prank(shop);
        dollar.receiveWithAuthorization(alice, shop, 5e6, 0, UNTIL, NONCE, v, r, s);
        vm.assertEq(dollar.balanceOf(shop), 5e6, "balance");
    }

    function test_authorization_moves_dollars_when_a_contract_signed() public {
        (address wallet, bytes memory signature) = _wallet();
        vm.prank(shop);
        dollar.receiveWithAuthorization(wallet, shop, 5e6, 0, UNTIL, NONCE, signature);
        vm.assertEq(dollar.balanceOf(shop), 5e6, "balance");
    }

    function test_authorization_is_refused_when_it_was_used() public {
        (address wallet, bytes memory signature) = _wallet();
        vm.prank(shop);
        dollar.receiveWithAuthorization(wallet, shop, 5e6, 0, UNTIL, NONCE, signature);
        vm.prank(shop);
        vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009UsedAuthorization.selector, wallet, NONCE));
        dollar.receiveWithAuthorization(wallet, shop, 5e6, 0, UNTIL, NONCE, signature);
    }

    function test_authorization_is_refused_when_it_is_altered() public {
        (address wallet, bytes memory signature) = _wallet();
        vm.prank(shop);
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        dollar.receiveWithAuthorization(wallet, shop, 6e6, 0, UNTIL, NONCE, signature);
    }

    function test_authorization_is_refused_when_another_than_the_receiver_brings_it() public {
        (address wallet, bytes memory signature) = _wallet();
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, shop));
        dollar.receiveWithAuthorization(wallet, shop, 5e6, 0, UNTIL, NONCE, signature);
    }

    /// @dev A contract with five dollars, and its signature of more than 65 bytes for paying them to the shop.
    function _wallet() private returns (address wallet, bytes memory signature) {
        wallet = address(new ContractWallet(alice));
        dollar.mint(wallet, 6e6);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, _receipt(wallet));
        signature = abi.encodePacked(r, s, v, "more");
    }

    function _receipt(address from) private view returns (bytes32) {
        return _digest(keccak256(abi.encode(RECEIVE, from, shop, 5e6, 0, UNTIL, NONCE)));
    }

    function _digest(bytes32 typed) private view returns (bytes32) {
        return keccak256(abi.encodePacked("\x19\x01", dollar.DOMAIN_SEPARATOR(), typed));
    }
}
