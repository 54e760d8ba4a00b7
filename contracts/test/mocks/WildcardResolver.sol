// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A resolver that answers for every name below its own (ENSIP-10), if it says that it does
/// @notice Asked for a whole name, it says that this stands for an account; every text is the name as it came. Asked for
/// a node, as resolvers were before, it says that it stands for itself.
contract WildcardResolver {
    address private immutable _account;
    bool private immutable _extended;

    constructor(address account, bool extended) {
        _account = account;
        _extended = extended;
    }

    function supportsInterface(bytes4 id) external view returns (bool) {
        return _extended && id == 0x9061b923;
    }

    function addr(bytes32) external view returns (address) {
        return address(this);
    }

    function resolve(bytes calldata name, bytes calldata data) external view returns (bytes memory) {
        if (bytes4(data) == this.addr.selector) return abi.encode(_account);
        if (bytes4(data) == bytes4(keccak256("text(bytes32,string)"))) return abi.encode(name);
        return "";
    }
}
