// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IPermit2} from "../../src/interfaces/IPermit2.sol";

/// @title Stands in for Permit2, whose bytecode no package carries
/// @notice Checks what Permit2 checks in a transfer with a witness, in its order and with its errors, and has nothing else.
/// Source: https://github.com/Uniswap/permit2, `SignatureTransfer`, `PermitHash`, `SignatureVerification`, `EIP712`.
contract Permit2StandIn is IPermit2 {
    using SafeERC20 for IERC20;

    error SignatureExpired(uint256 signatureDeadline);
    error InvalidAmount(uint256 maxAmount);
    error InvalidNonce();
    error InvalidSignatureLength();
    error InvalidSignature();
    error InvalidSigner();
    error InvalidContractSignature();

    string private constant TYPE_UP_TO_WITNESS =
        "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,";

    /// @notice Nonces in use: 256 of them in a word, in no order.
    mapping(address owner => mapping(uint256 word => uint256 bits)) public nonceBitmap;

    function permitWitnessTransferFrom(
        PermitTransferFrom calldata permit,
        SignatureTransferDetails calldata transferDetails,
        address owner,
        bytes32 witness,
        string calldata witnessTypeString,
        bytes calldata signature
    ) external {
        uint256 amount = transferDetails.requestedAmount;
        require(block.timestamp <= permit.deadline, SignatureExpired(permit.deadline));
        require(amount <= permit.permitted.amount, InvalidAmount(permit.permitted.amount));
        _useNonce(owner, permit.nonce);
        _verify(signature, _digest(permit, witness, witnessTypeString), owner);
        IERC20(permit.permitted.token).safeTransferFrom(owner, transferDetails.to, amount);
    }

    /// @notice Of EIP-712, without a version.
    function DOMAIN_SEPARATOR() public view returns (bytes32) {
        bytes32 typehash = keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)");
        return keccak256(abi.encode(typehash, keccak256("Permit2"), block.chainid, address(this)));
    }

    function _useNonce(address owner, uint256 nonce) private {
        uint256 bit = 1 << uint8(nonce);
        uint256 bits = nonceBitmap[owner][nonce >> 8];
        require(bits & bit == 0, InvalidNonce());
        nonceBitmap[owner][nonce >> 8] = bits | bit;
    }

    function _digest(PermitTransferFrom calldata permit, bytes32 witness, string calldata witnessTypeString)
        private
        view
        returns (bytes32)
    {
        bytes32 permitted = keccak256(
            abi.encode(
                keccak256("TokenPermissions(address token,uint256 amount)"),
                permit.permitted.token,
                permit.permitted.amount
            )
        );
        bytes32 typehash = keccak256(abi.encodePacked(TYPE_UP_TO_WITNESS, witnessTypeString));
        bytes32 content = keccak256(abi.encode(typehash, permitted, msg.sender, permit.nonce, permit.deadline, witness));
        return keccak256(abi.encodePacked(hex"1901", DOMAIN_SEPARATOR(), content));
    }

    /// @dev An account with code is asked as a contract, also when the code is delegated (EIP-7702).
    function _verify(bytes calldata signature, bytes32 digest, address owner) private view {
        if (owner.code.length != 0) {
            bytes4 answer = IERC1271(owner).isValidSignature(digest, signature);
            require(answer == IERC1271.isValidSignature.selector, InvalidContractSignature());
            return;
        }
        (bytes32 r, bytes32 s, uint8 v) = _split(signature);
        address signer = ecrecover(digest, v, r, s);
        require(signer != address(0), InvalidSignature());
        require(signer == owner, InvalidSigner());
    }

    /// @dev The long form, or the short one of EIP-2098, which keeps v in the highest bit of s.
    function _split(bytes calldata signature) private pure returns (bytes32 r, bytes32 s, uint8 v) {
        require(signature.length == 65 || signature.length == 64, InvalidSignatureLength());
        r = bytes32(signature[:32]);
        s = bytes32(signature[32:64]);
        if (signature.length == 65) return (r, s, uint8(signature[64]));
        v = 27 + uint8(uint256(s) >> 255);
        s = s & ~bytes32(uint256(1) << 255);
    }
}
