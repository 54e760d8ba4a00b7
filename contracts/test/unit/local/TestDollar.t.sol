// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TestDollar} from "../../../src/local/TestDollar.sol";
import {vm} from "../../support/Vm.sol";

contract TestDollarTest {
    TestDollar private dollar = new TestDollar();

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
}
