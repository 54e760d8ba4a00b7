// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TestPriceFeed} from "../../../src/local/TestPriceFeed.sol";
import {vm} from "../../support/Vm.sol";

contract TestPriceFeedTest {
    uint256 private constant START = 1_800_000_000;

    address private updater = address(0xfeed);
    TestPriceFeed private feed;

    function setUp() public {
        vm.warp(START);
        feed = new TestPriceFeed(updater, 8, "ETH / USD", 2_000e8);
    }

    function test_latestRoundData_answers_the_first_price_when_never_updated() public view {
        (uint80 round, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredIn) = feed.latestRoundData();
        vm.assertTrue(round == 1 && answeredIn == 1, "round");
        vm.assertTrue(answer == 2_000e8, "answer");
        vm.assertTrue(startedAt == START && updatedAt == START, "time");
    }

    function test_latestRoundData_answers_the_new_price_when_updated() public {
        _updateAt(START + 60, 2_100e8);
        (uint80 round, int256 answer,, uint256 updatedAt,) = feed.latestRoundData();
        vm.assertTrue(round == 2 && answer == 2_100e8 && updatedAt == START + 60, "round");
    }

    function test_getRoundData_answers_the_old_price_when_updated() public {
        _updateAt(START + 60, 2_100e8);
        (uint80 round, int256 answer,, uint256 updatedAt,) = feed.getRoundData(1);
        vm.assertTrue(round == 1 && answer == 2_000e8 && updatedAt == START, "round");
    }

    function test_getRoundData_reverts_when_round_is_unknown() public {
        vm.expectRevert(abi.encodeWithSelector(TestPriceFeed.NoDataPresent.selector, 2));
        feed.getRoundData(2);
    }

    function test_update_reverts_when_sender_is_not_the_updater() public {
        vm.expectRevert(abi.encodeWithSelector(TestPriceFeed.NotUpdater.selector, address(this)));
        feed.update(1);
    }

    function test_update_emits_AnswerUpdated_when_price_is_set() public {
        vm.expectEmit(address(feed));
        emit TestPriceFeed.AnswerUpdated(2_100e8, 2, START);
        _updateAt(START, 2_100e8);
    }

    function test_constants_describe_the_feed_when_asked() public view {
        vm.assertEq(feed.decimals(), 8, "decimals");
        vm.assertEq(feed.description(), "ETH / USD", "description");
        vm.assertEq(feed.version(), 4, "version");
    }

    function _updateAt(uint256 time, int256 answer) private {
        vm.warp(time);
        vm.prank(updater);
        feed.update(answer);
    }
}
