// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A contract that is paid in the native coin and takes it well or badly, as told
contract FickleReceiver {
    enum Way {
        Accept,
        Revert,
        RefuseUnderFortyFiveThousandGas,
        BurnAllGas,
        SpendFortyFiveThousandGas,
        SpendSixtyThousandGas,
        RevertWithHugeAnswer,
        CallOut
    }

    Way private _way;
    address private _callee;
    Note private _call;

    /// @notice The first word that the last call out was answered, or "let in" when it went through.
    bytes32 public outcome;

    function treat(Way way) external {
        _way = way;
    }

    function callOut(address callee, bytes calldata call) external {
        _way = Way.CallOut;
        _callee = callee;
        _call = new Note(call);
        outcome = 0;
    }

    receive() external payable {
        require(_way != Way.Revert, "refused");
        // A wallet that forwards what it gets, say, and checks first that it can.
        require(_way != Way.RefuseUnderFortyFiveThousandGas || gasleft() >= 45_000, "too little gas");
        if (_way == Way.BurnAllGas) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        if (_way == Way.SpendFortyFiveThousandGas) _spend(45_000);
        if (_way == Way.SpendSixtyThousandGas) _spend(60_000);
        if (_way == Way.CallOut) outcome = _callOut(_callee, address(_call));
        if (_way == Way.RevertWithHugeAnswer) {
            assembly ("memory-safe") {
                // As much memory as the gas of one push can pay for.
                revert(0, 120000)
            }
        }
    }

    function _callOut(address callee, address note) private returns (bytes32 answer) {
        bool done;
        assembly ("memory-safe") {
            let size := sub(extcodesize(note), 1)
            let data := mload(0x40)
            extcodecopy(note, data, 1, size)
            mstore(0, 0)
            done := call(gas(), callee, 0, data, size, 0, 0x20)
            answer := mload(0)
        }
        if (done) answer = "let in";
    }

    function _spend(uint256 gas) private view {
        uint256 start = gasleft();
        while (start - gasleft() < gas) {}
    }
}

/// @dev Keeps bytes as code, which a push has the gas to read; as many bytes in storage would cost it too much.
contract Note {
    constructor(bytes memory content) {
        // The opcode 0 goes first, for code may not begin with any byte.
        bytes memory code = bytes.concat(hex"00", content);
        assembly ("memory-safe") {
            return(add(code, 0x20), mload(code))
        }
    }
}
