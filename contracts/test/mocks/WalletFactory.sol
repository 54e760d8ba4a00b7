// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ContractWallet} from "./ContractWallet.sol";

/// @title Makes wallets at addresses that are known beforehand
contract WalletFactory {
    /// @notice Makes the wallet of an owner; fails when it stands.
    function make(address owner) external returns (address) {
        return address(new ContractWallet{salt: 0}(owner));
    }

    /// @notice Where the wallet of an owner stands, or will.
    function locate(address owner) external view returns (address) {
        bytes32 code = keccak256(abi.encodePacked(type(ContractWallet).creationCode, abi.encode(owner)));
        return address(uint160(uint256(keccak256(abi.encodePacked(bytes1(0xff), address(this), bytes32(0), code)))));
    }
}
