// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A price feed that says what it is told to, read like a Chainlink aggregator
/// @notice Feeds differ in what they say of a round that they do not have: older ones revert, some answer noughts.
contract ScriptedFeed {
    struct Round {
        int256 answer;
        uint256 updatedAt;
        uint80 answeredInRound;
    }

    uint8 public constant decimals = 8;

    bool private immutable _reverts;
    uint80 private _latest;
    mapping(uint80 id => Round) private _rounds;

    /// @param reverts what it does about a round that it does not have
    constructor(bool reverts) {
        _reverts = reverts;
    }

    /// @notice Opens a round, whatever its number, or writes one anew; it is the latest from now on.
    function put(uint80 id, int256 answer, uint256 updatedAt, uint80 answeredInRound) external {
        _rounds[id] = Round(answer, updatedAt, answeredInRound);
        _latest = id;
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return _data(_latest);
    }

    function getRoundData(uint80 id) external view returns (uint80, int256, uint256, uint256, uint80) {
        Round memory round = _rounds[id];
        require(!_reverts || round.updatedAt != 0, "No data present");
        return _data(id);
    }

    function _data(uint80 id) private view returns (uint80, int256, uint256, uint256, uint80) {
        Round memory round = _rounds[id];
        return (id, round.answer, round.updatedAt, round.updatedAt, round.answeredInRound);
    }
}
