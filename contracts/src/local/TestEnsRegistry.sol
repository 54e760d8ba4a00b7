// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Who owns each name, and where it is resolved, on local chains
/// @notice The part of EIP-137's registry that Souk and the contracts beside this one call. It announces nothing, because
/// nobody follows it.
contract TestEnsRegistry {
    struct Record {
        address owner;
        address resolver;
    }

    /// @notice `sender` does not own `node`.
    error NotOwner(bytes32 node, address sender);

    mapping(bytes32 node => Record) private _records;

    /// @param root owns the node above all names
    constructor(address root) {
        _records[0].owner = root;
    }

    modifier onlyOwner(bytes32 node) {
        require(_records[node].owner == msg.sender, NotOwner(node, msg.sender));
        _;
    }

    /// @notice Who may change a node; 0 for one that was never given away.
    function owner(bytes32 node) external view returns (address) {
        return _records[node].owner;
    }

    /// @notice The contract that answers for a node; 0 for none.
    function resolver(bytes32 node) external view returns (address) {
        return _records[node].resolver;
    }

    /// @notice Gives a node away.
    function setOwner(bytes32 node, address owner_) external onlyOwner(node) {
        _records[node].owner = owner_;
    }

    /// @notice Names the contract that answers for a node.
    function setResolver(bytes32 node, address resolver_) external onlyOwner(node) {
        _records[node].resolver = resolver_;
    }

    /// @notice Gives the name `label` below a node to somebody, whoever had it.
    function setSubnodeOwner(bytes32 node, bytes32 label, address owner_)
        external
        onlyOwner(node)
        returns (bytes32 subnode)
    {
        subnode = keccak256(abi.encodePacked(node, label));
        _records[subnode].owner = owner_;
    }
}
