// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Looks at a wallet on a chain where nothing of ours stands
/// @notice Never deployed: an `eth_call` without a receiver runs its creation code, and what would become the code of a
/// contract is the answer. All of it is as of one block, and nothing asked can keep the rest from being answered: each
/// question has its own gas, and one word of what comes back is taken.
contract WalletReading {
    struct Question {
        address target;
        bytes data;
    }

    /// @dev `given`: the call went through and returned one word, as a view of one number does.
    struct Answer {
        bool given;
        uint256 word;
    }

    /// @notice The node gives less gas than the questions may take, and a token could spoil the answers of others.
    error TooLittleGas();

    /// @dev Ten times what the common tokens take.
    uint256 private constant GAS_EACH = 150_000;
    /// @dev What remains to be done after the last question.
    uint256 private constant RESERVE = 50_000;

    /// @dev Returns `(chain id, timestamp, balance, size of the code, its first 32 bytes, answers)`. The chain id goes
    /// first because no code may begin with the byte 0xef (EIP-3541).
    constructor(address wallet, Question[] memory questions) {
        Answer[] memory answers = new Answer[](questions.length);
        for (uint256 i = 0; i < questions.length; i++) {
            answers[i] = _ask(questions[i]);
        }
        bytes memory seen =
            abi.encode(block.chainid, block.timestamp, wallet.balance, wallet.code.length, _beginning(wallet), answers);
        assembly ("memory-safe") {
            return(add(seen, 0x20), mload(seen))
        }
    }

    function _ask(Question memory question) private view returns (Answer memory answer) {
        // A call gets at most 63 of 64 parts of what is left (EIP-150), without a word when that is less than asked.
        require(gasleft() >= GAS_EACH + GAS_EACH / 63 + RESERVE, TooLittleGas());
        address target = question.target;
        bytes memory data = question.data;
        bool given;
        uint256 word;
        assembly ("memory-safe") {
            let done := staticcall(GAS_EACH, target, add(data, 0x20), mload(data), 0x00, 0x20)
            given := and(done, eq(returndatasize(), 0x20))
            word := mload(0x00)
        }
        if (given) answer = Answer(true, word);
    }

    /// @dev 0xef0100 and an address where an account has delegated to code (EIP-7702).
    function _beginning(address account) private view returns (bytes32 beginning) {
        assembly ("memory-safe") {
            mstore(0x00, 0)
            extcodecopy(account, 0x00, 0, 0x20)
            beginning := mload(0x00)
        }
    }
}
