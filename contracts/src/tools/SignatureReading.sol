// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Asks a wallet that is a contract whether a signature is its own
/// @notice Never deployed: an `eth_call` without a receiver runs its creation code, and what would become the code of a
/// contract is the answer. A wallet that does not stand yet is first made by its factory (ERC-6492), which leaves no
/// trace, as nothing does that happens in such a call.
contract SignatureReading {
    bytes4 private constant IS_VALID = 0x1626ba7e;

    /// @dev Returns `(chain id, whether the wallet stands, whether the signature is its own)`. The chain id goes first
    /// because no code may begin with the byte 0xef (EIP-3541).
    constructor(address wallet, bytes32 digest, bytes memory signature, address factory, bytes memory request) {
        if (wallet.code.length == 0 && factory != address(0)) _call(factory, request);
        bool stands = wallet.code.length != 0;
        bytes memory seen = abi.encode(block.chainid, stands, stands && _isValid(wallet, digest, signature));
        assembly ("memory-safe") {
            return(add(seen, 0x20), mload(seen))
        }
    }

    /// @dev Whether the factory succeeds does not matter: the wallet stands afterwards or it does not.
    function _call(address factory, bytes memory request) private {
        assembly ("memory-safe") {
            pop(call(gas(), factory, 0, add(request, 0x20), mload(request), 0x00, 0x00))
        }
    }

    /// @dev One word of the answer is taken, however long it is. A wallet that looks at other chains for its answer
    /// reverts, and nobody looks there for it.
    function _isValid(address wallet, bytes32 digest, bytes memory signature) private view returns (bool valid) {
        bytes memory question = abi.encodeWithSelector(IS_VALID, digest, signature);
        bytes32 expected = IS_VALID;
        assembly ("memory-safe") {
            mstore(0x00, 0)
            let done := staticcall(gas(), wallet, add(question, 0x20), mload(question), 0x00, 0x20)
            valid := and(and(done, gt(returndatasize(), 0x1f)), eq(mload(0x00), expected))
        }
    }
}
