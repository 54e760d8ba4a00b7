// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TestDollar} from "../../src/local/TestDollar.sol";

/// @title A token that behaves as the accounts in its transfers are told to be treated
/// @notice Each way is one that tokens in use have shown: denylists and a pause that revert, or denials that answer
/// false, no return value, a share kept on each transfer or added to it, a hook that calls out, a permit that never
/// fails. A way holds for transfers by allowance, by permit and by authorization alike.
contract FickleToken is TestDollar {
    enum Way {
        Move,
        Revert,
        AnswerFalse,
        AnswerTrueWithoutMoving,
        MoveButAnswerFalse,
        MoveAndAnswerNothing,
        KeepOnePercent,
        AddOnePercent,
        RefuseUnderHundredThousandGas,
        BurnAllGas,
        CallOut,
        CallOutInPermit,
        IgnorePermits
    }

    /// @notice Reverts all transfers while it is set.
    bool public paused;

    mapping(address account => Way) private _ways;
    address private _callee;
    bytes private _call;

    /// @notice What came of the last call out.
    bytes public outcome;

    function treat(address account, Way way) external {
        _ways[account] = way;
    }

    function callOut(address account, address callee, bytes calldata call) external {
        _callOut(account, Way.CallOut, callee, call);
    }

    function callOutInPermit(address spender, address callee, bytes calldata call) external {
        _callOut(spender, Way.CallOutInPermit, callee, call);
    }

    function pause(bool on) external {
        paused = on;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        super.transfer(to, amount);
        return _answer(to);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        super.transferFrom(from, to, amount);
        return _answer(to);
    }

    function approve(address spender, uint256 amount) public override returns (bool) {
        super.approve(spender, amount);
        if (_ways[spender] == Way.MoveAndAnswerNothing) _answerNothing();
        return true;
    }

    function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        public
        override
    {
        // As a token without permits whose fallback takes every call.
        if (_ways[spender] == Way.IgnorePermits) return;
        super.permit(owner, spender, value, deadline, v, r, s);
        if (_ways[spender] == Way.CallOutInPermit) (, outcome) = _callee.call(_call);
    }

    function _update(address from, address to, uint256 amount) internal override {
        Way way = _ways[to];
        require(!paused, "paused");
        require(way != Way.Revert && _ways[from] != Way.Revert, "denied");
        if (way == Way.AnswerFalse || way == Way.AnswerTrueWithoutMoving) return;
        require(way != Way.RefuseUnderHundredThousandGas || gasleft() >= 100_000, "too little gas");
        // A failed assertion in old code: the invalid opcode takes all gas.
        if (way == Way.BurnAllGas) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        if (way == Way.CallOut) (, outcome) = _callee.call(_call);
        super._update(from, to, amount);
        if (way == Way.KeepOnePercent) super._update(to, address(0), amount / 100);
        if (way == Way.AddOnePercent) super._update(address(0), to, amount / 100);
    }

    function _callOut(address account, Way way, address callee, bytes calldata call) private {
        _ways[account] = way;
        _callee = callee;
        _call = call;
    }

    function _answer(address to) private view returns (bool) {
        Way way = _ways[to];
        if (way == Way.MoveAndAnswerNothing) _answerNothing();
        return way != Way.AnswerFalse && way != Way.MoveButAnswerFalse;
    }

    /// @dev Ends the call.
    function _answerNothing() private pure {
        assembly ("memory-safe") {
            return(0, 0)
        }
    }
}
