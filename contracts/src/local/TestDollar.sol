// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A dollar for local chains, that anyone can mint
/// @notice Worth nothing by construction: never list it on a chain where money is real.
contract TestDollar is ERC20 {
    /// @notice Symbol `tUSD`, six decimals, no supply.
    constructor() ERC20("Test Dollar", "tUSD") {}

    /// @notice Gives `amount` smallest units to `to`. Open to everyone; this is the local faucet.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice Six, as the dollar stablecoins have.
    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
