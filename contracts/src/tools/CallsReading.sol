// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Asks many contracts in one call on a chain where nothing of ours stands
/// @notice Never deployed: an `eth_call` without a receiver runs its creation code, and what would become the code of a
/// contract is the answer. All of it is as of one block, and nothing asked can keep the rest from being answered: each
/// question has its own gas, and no more than the beginning of what comes back is taken.
contract CallsReading {
    struct Question {
        address target;
        bytes data;
    }

    /// @dev `given`: the call went through. Otherwise `data` is what it reverted with.
    struct Answer {
        bool given;
        bytes data;
    }

    /// @notice The node gives less gas than the questions may take, and one could spoil the answers of others.
    error TooLittleGas();

    /// @dev What remains to be done after the last question.
    uint256 private constant RESERVE = 100_000;

    /// @dev Returns `(chain id, timestamp, answers)`. The chain id goes first because no code may begin with the byte
    /// 0xef (EIP-3541).
    /// @param questions in the order of the answers
    /// @param gasEach may be burned by each of them
    /// @param longest is taken of each answer, in bytes; all together must not outgrow what code may have (EIP-170)
    constructor(Question[] memory questions, uint256 gasEach, uint256 longest) {
        Answer[] memory answers = new Answer[](questions.length);
        for (uint256 i = 0; i < questions.length; i++) {
            answers[i] = _ask(questions[i], gasEach, longest);
        }
        bytes memory seen = abi.encode(block.chainid, block.timestamp, answers);
        assembly ("memory-safe") {
            return(add(seen, 0x20), mload(seen))
        }
    }

    function _ask(Question memory question, uint256 gasEach, uint256 longest)
        private
        view
        returns (Answer memory answer)
    {
        // A call gets at most 63 of 64 parts of what is left (EIP-150), without a word when that is less than asked.
        require(gasleft() >= gasEach + gasEach / 63 + RESERVE, TooLittleGas());
        address target = question.target;
        bytes memory data = question.data;
        bool given;
        bytes memory said;
        assembly ("memory-safe") {
            given := staticcall(gasEach, target, add(data, 0x20), mload(data), 0, 0)
            let size := returndatasize()
            if gt(size, longest) { size := longest }
            said := mload(0x40)
            mstore(0x40, add(said, and(add(size, 0x3f), not(0x1f))))
            mstore(said, size)
            returndatacopy(add(said, 0x20), 0, size)
        }
        return Answer(given, said);
    }
}
