// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A resolver that wants its caller to fetch an address of its choosing (EIP-3668)
contract LookupResolver {
    error OffchainLookup(address sender, string[] urls, bytes callData, bytes4 callbackFunction, bytes extraData);

    string private _url;

    constructor(string memory url) {
        _url = url;
    }

    fallback() external {
        string[] memory urls = new string[](1);
        urls[0] = _url;
        revert OffchainLookup(address(this), urls, msg.data, this.answered.selector, "");
    }

    /// @dev Whoever follows the lookup is told that the name stands for this contract.
    function answered(bytes calldata, bytes calldata) external view returns (address) {
        return address(this);
    }
}
