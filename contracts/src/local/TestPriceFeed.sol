// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A price feed for local chains, read like a Chainlink aggregator
/// @notice Answers the calls of Chainlink's `AggregatorV3Interface`; one address sets the price.
contract TestPriceFeed {
    struct Round {
        int256 answer;
        uint256 updatedAt;
    }

    /// @notice A new price, as Chainlink's aggregators announce it.
    event AnswerUpdated(int256 indexed current, uint256 indexed roundId, uint256 updatedAt);

    /// @notice `sender` is not the updater.
    error NotUpdater(address sender);
    /// @notice There is no round of this number.
    error NoDataPresent(uint80 roundId);

    /// @notice Version of the interface.
    uint256 public constant version = 4;
    /// @notice The only account that may set the price.
    address public immutable updater;
    /// @notice Number of decimals of an answer.
    uint8 public immutable decimals;
    /// @notice The pair, such as `ETH / USD`.
    string public description;

    uint80 private _latest;
    mapping(uint80 roundId => Round) private _rounds;

    /// @param updater_ may set the price from now on
    /// @param decimals_ of every answer
    /// @param description_ names the pair
    /// @param answer opens the first round
    constructor(address updater_, uint8 decimals_, string memory description_, int256 answer) {
        updater = updater_;
        decimals = decimals_;
        description = description_;
        _open(answer);
    }

    /// @notice Sets the price and dates it with the block's time.
    function update(int256 answer) external {
        require(msg.sender == updater, NotUpdater(msg.sender));
        _open(answer);
    }

    /// @notice The newest price. `startedAt` and `updatedAt` are the time of the block that set it.
    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        return getRoundData(_latest);
    }

    /// @notice An earlier price. Rounds count from 1.
    function getRoundData(uint80 id)
        public
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        Round memory round = _rounds[id];
        require(round.updatedAt != 0, NoDataPresent(id));
        return (id, round.answer, round.updatedAt, round.updatedAt, id);
    }

    function _open(int256 answer) private {
        _latest += 1;
        _rounds[_latest] = Round(answer, block.timestamp);
        emit AnswerUpdated(answer, _latest, block.timestamp);
    }
}
