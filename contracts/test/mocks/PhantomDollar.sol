// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What a token shows that seems to take permits, but does not
/// @notice It has the views of a signed dollar from before EIP-5267, refuses an authorization with a reason as those do,
/// and has no `permit`: it swallows that call as Wrapped Ether does, or reverts without a word as most contracts do.
contract PhantomDollar {
    string public constant name = "Phantom Dollar";
    string public constant version = "2";

    mapping(address owner => uint256) public nonces;
    mapping(address authorizer => mapping(bytes32 nonce => bool)) public authorizationState;

    bool private immutable _swallows;

    constructor(bool swallows) {
        _swallows = swallows;
    }

    fallback() external {
        if (!_swallows) revert();
    }

    function receiveWithAuthorization(address, address, uint256, uint256, uint256, bytes32, uint8, bytes32, bytes32)
        external
        pure
    {
        revert("PhantomDollar: invalid signature");
    }

    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256(bytes(version)),
                block.chainid,
                address(this)
            )
        );
    }
}
