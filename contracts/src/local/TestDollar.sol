// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title A dollar for local chains, that anyone can mint
/// @notice Takes signatures in all ways that the large dollar tokens do: EIP-2612, and EIP-3009 with those of accounts
/// and of contracts. Worth nothing by construction: never list it on a chain where money is real.
contract TestDollar is ERC20Permit, ERC3009 {
    /// @notice Symbol `tUSD`, six decimals, no supply.
    constructor() ERC20("Test Dollar", "tUSD") ERC20Permit("Test Dollar") {}

    /// @notice Gives `amount` smallest units to `to`. Open to everyone; this is the local faucet.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice Draws a transfer that `from` has signed for the caller; as `IERC3009` has it for signatures of contracts.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(RECEIVE_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce))
        );
        require(SignatureChecker.isValidSignatureNowCalldata(from, digest, signature), ERC3009InvalidSignature());
        require(to == msg.sender, ERC20InvalidReceiver(to));
        _transferWithAuthorization(from, to, value, validAfter, validBefore, nonce);
    }

    /// @notice Six, as the dollar stablecoins have.
    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
