// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TestEnsNameWrapper} from "./TestEnsNameWrapper.sol";
import {TestEnsRegistry} from "./TestEnsRegistry.sol";

/// @title What names of local chains stand for
/// @notice Address (EIP-137), text (EIP-634), content hash (EIP-1577) and name (EIP-181) of a node, written by its owner,
/// or by who owns it in the wrapper. As everywhere in ENS nothing of it is checked: an owner may write whatever they like,
/// and what was written stays when the name has expired.
contract TestEnsResolver {
    /// @notice `sender` may not write for `node`.
    error NotAuthorised(bytes32 node, address sender);

    /// @notice The registry whose owners may write.
    TestEnsRegistry public immutable registry;
    /// @notice The wrapper that is asked when it owns a node.
    TestEnsNameWrapper public immutable wrapper;

    /// @notice The account that a node stands for; 0 for none.
    mapping(bytes32 node => address) public addr;
    /// @notice Where a node's site lies, encoded as EIP-1577 has it.
    mapping(bytes32 node => bytes) public contenthash;
    /// @notice The name that a node of `addr.reverse` claims.
    mapping(bytes32 node => string) public name;
    /// @notice A node's text under a key such as `url` or `com.twitter`.
    mapping(bytes32 node => mapping(string key => string)) public text;

    /// @param registry_ says who owns a node
    /// @param wrapper_ says who owns a wrapped one
    constructor(TestEnsRegistry registry_, TestEnsNameWrapper wrapper_) {
        registry = registry_;
        wrapper = wrapper_;
    }

    modifier authorised(bytes32 node) {
        address owner = registry.owner(node);
        if (owner == address(wrapper)) owner = wrapper.ownerOf(uint256(node));
        require(owner == msg.sender, NotAuthorised(node, msg.sender));
        _;
    }

    /// @notice Points a node at an account.
    function setAddr(bytes32 node, address account) external authorised(node) {
        addr[node] = account;
    }

    /// @notice Says where a node's site lies.
    function setContenthash(bytes32 node, bytes calldata hash) external authorised(node) {
        contenthash[node] = hash;
    }

    /// @notice Claims a name for a node of `addr.reverse`.
    function setName(bytes32 node, string calldata claimed) external authorised(node) {
        name[node] = claimed;
    }

    /// @notice Writes a text.
    function setText(bytes32 node, string calldata key, string calldata value) external authorised(node) {
        text[node][key] = value;
    }
}
