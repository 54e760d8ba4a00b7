// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TestDollar} from "../../src/local/TestDollar.sol";

/// @title A dollar whose allowances are raised from nothing only, as Tether's are
/// @notice Nor does it answer an approval, as that one does not; or it refuses one by answering false, as other tokens do.
contract StubbornDollar is TestDollar {
    bool private immutable _answers;

    constructor(bool answers) {
        _answers = answers;
    }

    function approve(address spender, uint256 amount) public override returns (bool) {
        bool refused = amount != 0 && allowance(msg.sender, spender) != 0;
        if (refused && _answers) return false;
        require(!refused);
        super.approve(spender, amount);
        if (_answers) return true;
        assembly ("memory-safe") {
            return(0, 0)
        }
    }
}
