// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The part of Uniswap's Permit2 that moves a token by a signature over a witness
/// @notice Source: https://github.com/Uniswap/permit2, `ISignatureTransfer`.
interface IPermit2 {
    struct TokenPermissions {
        address token;
        uint256 amount;
    }

    struct PermitTransferFrom {
        TokenPermissions permitted;
        uint256 nonce;
        uint256 deadline;
    }

    struct SignatureTransferDetails {
        address to;
        uint256 requestedAmount;
    }

    /// @notice Moves a token of `owner`, who signed `permit` and `witness` for the caller as spender.
    /// @param witnessTypeString what follows `deadline,` in the signed type, the type of the witness first
    function permitWitnessTransferFrom(
        PermitTransferFrom calldata permit,
        SignatureTransferDetails calldata transferDetails,
        address owner,
        bytes32 witness,
        string calldata witnessTypeString,
        bytes calldata signature
    ) external;
}
