// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A resolver whose answers lie with gateways (EIP-3668), in as many rounds as wanted
/// @notice It believes what it is told: the answer of the last round is what it returns. An empty one it answers with
/// the number of the block that it is asked in.
contract GatewayResolver {
    error OffchainLookup(address sender, string[] urls, bytes callData, bytes4 callbackFunction, bytes extraData);

    string[] private _urls;
    uint256 private immutable _rounds;
    address private immutable _sender;
    bool private immutable _extended;

    /// @param sender is named as who asks for the lookup; 0 for this contract
    /// @param extended says whether it answers for whole names (ENSIP-10)
    constructor(string[] memory urls, uint256 rounds, address sender, bool extended) {
        _urls = urls;
        _rounds = rounds;
        _sender = sender == address(0) ? address(this) : sender;
        _extended = extended;
    }

    fallback() external {
        _look(msg.data, _rounds);
    }

    function supportsInterface(bytes4 id) external view returns (bool) {
        return _extended && id == 0x9061b923;
    }

    function answered(bytes calldata response, bytes calldata extraData) external view {
        (uint256 left, bytes memory asked) = abi.decode(extraData, (uint256, bytes));
        if (left > 1) _look(asked, left - 1);
        bytes memory said = response.length == 0 ? abi.encode(block.number) : response;
        assembly ("memory-safe") {
            return(add(said, 0x20), mload(said))
        }
    }

    function _look(bytes memory asked, uint256 left) private view {
        revert OffchainLookup(_sender, _urls, asked, this.answered.selector, abi.encode(left, asked));
    }
}
