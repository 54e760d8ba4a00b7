// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A wallet that is a contract and calls what it is told to call
contract ExecutingWallet {
    receive() external payable {}

    /// @notice A failure is passed on or, as the entry point of account abstraction does it, kept `quiet`.
    function execute(address to, uint256 value, bytes calldata data, bool quiet) external {
        (bool done, bytes memory answer) = to.call{value: value}(data);
        if (done || quiet) return;
        assembly ("memory-safe") {
            revert(add(answer, 0x20), mload(answer))
        }
    }
}
