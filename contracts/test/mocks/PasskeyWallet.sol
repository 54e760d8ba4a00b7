// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {WebAuthn} from "@openzeppelin/contracts/utils/cryptography/WebAuthn.sol";

/// @title A wallet whose owner signs with a passkey, which can be exchanged for another
contract PasskeyWallet is IERC1271 {
    bytes32 private _x;
    bytes32 private _y;

    constructor(bytes32 x, bytes32 y) {
        (_x, _y) = (x, y);
    }

    /// @notice Gives the wallet to the holder of another passkey.
    function rotate(bytes32 x, bytes32 y) external {
        (_x, _y) = (x, y);
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        (bool decoded, WebAuthn.WebAuthnAuth calldata auth) = WebAuthn.tryDecodeAuth(signature);
        bool isOwner = decoded && WebAuthn.verify(bytes.concat(digest), auth, _x, _y, false);
        return isOwner ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
