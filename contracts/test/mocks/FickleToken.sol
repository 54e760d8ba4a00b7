// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A token that behaves as its receivers are told to be treated
/// @notice Each way is one that tokens in use have shown: denylists that revert or answer false, no return value,
/// a share kept on each transfer, a hook that calls out.
contract FickleToken is ERC20 {
    enum Way {
        Move,
        Revert,
        AnswerFalse,
        MoveButAnswerFalse,
        MoveAndAnswerNothing,
        KeepOnePercent,
        BurnAllGas,
        SpendHundredThousandGas,
        CallOut
    }

    mapping(address to => Way) private _ways;
    address private _callee;
    bytes private _call;

    /// @notice What came of the last call out.
    bytes public outcome;

    constructor() ERC20("Fickle", "FICKLE") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function treat(address to, Way way) external {
        _ways[to] = way;
    }

    function callOut(address to, address callee, bytes calldata call) external {
        _ways[to] = Way.CallOut;
        _callee = callee;
        _call = call;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        _spendAllowance(from, msg.sender, amount);
        return _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private returns (bool) {
        Way way = _ways[to];
        require(way != Way.Revert, "denied");
        if (way == Way.AnswerFalse) return false;
        // A failed assertion in old code: the invalid opcode takes all gas.
        if (way == Way.BurnAllGas) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        if (way == Way.SpendHundredThousandGas) _spend(100_000);
        if (way == Way.CallOut) (, outcome) = _callee.call(_call);
        _transfer(from, to, amount);
        if (way == Way.KeepOnePercent) _burn(to, amount / 100);
        if (way == Way.MoveAndAnswerNothing) {
            assembly ("memory-safe") {
                return(0, 0)
            }
        }
        return way != Way.MoveButAnswerFalse;
    }

    function _spend(uint256 gas) private view {
        uint256 start = gasleft();
        while (start - gasleft() < gas) {}
    }
}
