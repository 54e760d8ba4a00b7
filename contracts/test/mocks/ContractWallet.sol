// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title A wallet that is a contract: its owner's key signs for it, and it takes the native coin
contract ContractWallet is IERC1271 {
    enum Way {
        CheckOwner,
        Refuse,
        Revert,
        AnswerNothing
    }

    address private immutable _owner;
    Way private _way;

    constructor(address owner) {
        _owner = owner;
    }

    receive() external payable {}

    /// @notice How it answers from now on, whatever it is shown.
    function treat(Way way) external {
        _way = way;
    }

    /// @notice The owner's r, s, v, and after them whatever one likes, as wallets carry data of their own there.
    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        require(_way != Way.Revert, "refused");
        if (_way == Way.AnswerNothing) {
            assembly ("memory-safe") {
                return(0, 0)
            }
        }
        if (_way == Way.Refuse || signature.length < 65) return 0xffffffff;
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(digest, signature[:65]);
        bool isOwner = failure == ECDSA.RecoverError.NoError && signer == _owner;
        return isOwner ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
