// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A resolver that returns more than anybody wants to every question
contract EndlessAnswer {
    fallback() external {
        assembly ("memory-safe") {
            return(0, 20000)
        }
    }
}
