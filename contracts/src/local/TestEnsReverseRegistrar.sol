// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {TestEnsRegistry} from "./TestEnsRegistry.sol";
import {TestEnsResolver} from "./TestEnsResolver.sol";

/// @title Lets each account of a local chain say what it is called
/// @notice Owns `addr.reverse` (EIP-181). Any account may claim any name, also one that belongs to somebody else.
contract TestEnsReverseRegistrar {
    /// @notice Where accounts get their nodes.
    TestEnsRegistry public immutable registry;
    /// @notice Where claims are written.
    TestEnsResolver public immutable resolver;
    /// @notice The node of `addr.reverse`.
    bytes32 public immutable baseNode;

    /// @param resolver_ and its registry keep the claims
    /// @param baseNode_ of `addr.reverse`
    constructor(TestEnsResolver resolver_, bytes32 baseNode_) {
        resolver = resolver_;
        registry = resolver_.registry();
        baseNode = baseNode_;
    }

    /// @notice Claims a name for the caller.
    function setName(string calldata claimed) external returns (bytes32 node) {
        // Forty hexadecimal digits in lower case, without 0x.
        bytes32 label = keccak256(bytes(_withoutPrefix(Strings.toHexString(msg.sender))));
        node = registry.setSubnodeOwner(baseNode, label, address(this));
        registry.setResolver(node, address(resolver));
        resolver.setName(node, claimed);
        registry.setSubnodeOwner(baseNode, label, msg.sender);
    }

    function _withoutPrefix(string memory hexadecimal) private pure returns (string memory digits) {
        bytes memory text = bytes(hexadecimal);
        bytes memory rest = new bytes(text.length - 2);
        for (uint256 i = 0; i < rest.length; i++) {
            rest[i] = text[i + 2];
        }
        return string(rest);
    }
}
