// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TestDollar} from "../../src/local/TestDollar.sol";

/// @title A dollar that refuses without a word
/// @notice Tokens from before custom errors revert with no data at all: here where nothing was allowed, and where the
/// receiver is on the issuer's denylist.
contract MuteDollar is TestDollar {
    mapping(address account => bool) private _denied;

    function deny(address account, bool on) external {
        _denied[account] = on;
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (allowance(from, msg.sender) < amount) revert();
        return super.transferFrom(from, to, amount);
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (_denied[to]) revert();
        super._update(from, to, amount);
    }
}
