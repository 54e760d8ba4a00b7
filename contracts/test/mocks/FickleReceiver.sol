// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A contract that is paid in the native coin and takes it well or badly, as told
contract FickleReceiver {
    enum Way {
        Accept,
        Revert,
        BurnAllGas,
        SpendFortyFiveThousandGas,
        SpendSixtyThousandGas,
        RevertWithHugeAnswer,
        CallOut
    }

    Way private _way;
    address private _callee;
    bytes private _call;

    /// @notice What came of the last call out.
    bytes public outcome;

    function treat(Way way) external {
        _way = way;
    }

    function callOut(address callee, bytes calldata call) external {
        _way = Way.CallOut;
        _callee = callee;
        _call = call;
    }

    receive() external payable {
        require(_way != Way.Revert, "refused");
        if (_way == Way.BurnAllGas) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        if (_way == Way.SpendFortyFiveThousandGas) _spend(45_000);
        if (_way == Way.SpendSixtyThousandGas) _spend(60_000);
        if (_way == Way.CallOut) (, outcome) = _callee.call(_call);
        if (_way == Way.RevertWithHugeAnswer) {
            assembly ("memory-safe") {
                // As much memory as the gas of one push can pay for.
                revert(0, 120000)
            }
        }
    }

    function _spend(uint256 gas) private view {
        uint256 start = gasleft();
        while (start - gasleft() < gas) {}
    }
}
