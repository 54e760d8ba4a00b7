// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A token whose views answer in every way that could keep others from being answered
contract HostileToken {
    enum Way {
        Answer,
        Revert,
        RevertWithOneWord,
        RevertWithHugeAnswer,
        AnswerNothing,
        AnswerTooLittle,
        AnswerTooMuch,
        AnswerHuge,
        BurnAllGas,
        Loop,
        LookElsewhere
    }

    /// @notice EIP-3668: a client that follows this fetches what a stranger wants it to.
    error OffchainLookup(address sender, string[] urls, bytes callData, bytes4 callbackFunction, bytes extraData);

    Way private immutable _way;
    string private _url;

    constructor(Way way, string memory url) {
        _way = way;
        _url = url;
    }

    function balanceOf(address) external view returns (uint256) {
        return _answer();
    }

    function allowance(address, address) external view returns (uint256) {
        return _answer();
    }

    function _answer() private view returns (uint256) {
        if (_way == Way.Revert) revert("no");
        if (_way == Way.LookElsewhere) _lookElsewhere();
        if (_way == Way.Loop) {
            while (true) {}
        }
        if (_way == Way.BurnAllGas) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        if (_way == Way.RevertWithOneWord) _revertWith(32);
        if (_way == Way.RevertWithHugeAnswer) _revertWith(200_000);
        uint256 size = _size();
        assembly ("memory-safe") {
            mstore(0x00, 7)
            return(0x00, size)
        }
    }

    function _revertWith(uint256 size) private pure {
        assembly ("memory-safe") {
            revert(0x00, size)
        }
    }

    function _size() private view returns (uint256) {
        if (_way == Way.AnswerNothing) return 0;
        if (_way == Way.AnswerTooLittle) return 31;
        if (_way == Way.AnswerTooMuch) return 64;
        if (_way == Way.AnswerHuge) return 200_000;
        return 32;
    }

    function _lookElsewhere() private view {
        string[] memory urls = new string[](1);
        urls[0] = _url;
        revert OffchainLookup(address(this), urls, msg.data, this.balanceOf.selector, "");
    }
}
