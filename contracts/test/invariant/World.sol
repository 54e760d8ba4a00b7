// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../../src/Escrow.sol";
import {ContractWallet} from "../mocks/ContractWallet.sol";
import {FickleToken} from "../mocks/FickleToken.sol";
import {PayingTest} from "../support/PayingTest.sol";
import {vm} from "../support/Vm.sol";

/// @title The small market that the invariants are checked on: who and what there is, and the dice
/// @notice Everything that happens in a call follows from the number that the fuzzer gives it.
abstract contract World is PayingTest {
    /// @dev More orders would meet each other less often, and cost time at every check.
    uint256 internal constant ROOM = 12;

    /// @dev A second escrow, for what is signed for the first one.
    Escrow internal twin;

    /// @dev The native coin first.
    address[] internal tokens;
    /// @dev Each of them buys here and sells there. The last is a contract.
    address[] internal people;
    address[] internal arbiters;
    address[] internal collectors;
    address[] internal everyone;
    address internal keeper = _account("keeper");

    mapping(address who => uint256) internal places;
    mapping(address token => uint256) internal shelves;
    mapping(address who => uint256) private _keys;
    mapping(address who => bytes) private _codes;

    Escrow.Order[] internal orders;
    bytes32[] internal ids;

    uint256 private _dice;

    function setUp() public virtual override {
        super.setUp();
        twin = _deploy(address(permit2));
        _open(address(0));
        _open(address(new FickleToken()));
        _open(address(new FickleToken()));
        address wallet = address(new ContractWallet(vm.addr(4)));
        _codes[wallet] = wallet.code;
        for (uint256 key = 1; key < 5; ++key) {
            address who = key == 4 ? wallet : vm.addr(key);
            _keys[who] = key;
            people.push(who);
            _enter(who);
        }
        arbiters = [arbiter, _account("other arbiter")];
        collectors = [feeTo, _account("other feeTo")];
        _enter(arbiters[0]);
        _enter(arbiters[1]);
        _enter(collectors[0]);
        _enter(collectors[1]);
        _enter(stranger);
        _enter(keeper);
    }

    function _open(address token) private {
        shelves[token] = tokens.length;
        tokens.push(token);
    }

    function _enter(address who) private {
        places[who] = everyone.length;
        everyone.push(who);
    }

    /// @dev The first thing in every call: the clock is where the last one left it.
    function _begin(uint256 seed) internal {
        _dice = seed;
        vm.warp(time);
    }

    function _roll(uint256 sides) internal returns (uint256) {
        _dice = uint256(keccak256(abi.encode(_dice)));
        return _dice % sides;
    }

    function _pick(address[] storage group) internal returns (address) {
        return group[_roll(group.length)];
    }

    /// @dev Mostly who ought to, at times somebody else.
    function _sender(address proper) internal returns (address) {
        return _roll(8) == 0 ? _pick(everyone) : proper;
    }

    /// @dev Terms as people may agree on them, with the edges drawn as often as what lies between.
    function _drawOrder(address payer, address token) internal returns (Escrow.Order memory order) {
        order.buyer = payer;
        order.seller = people[(places[payer] + 1 + _roll(people.length - 1)) % people.length];
        order.token = token;
        order.amount = _drawAmount();
        if (_roll(4) != 0) order.arbiter = _pick(arbiters);
        order.feeBps = [uint16(0), 1, 250, 1_000][_roll(4)];
        if (order.feeBps != 0 || _roll(2) == 0) order.feeTo = _roll(8) == 0 ? _pick(people) : _pick(collectors);
        order.silentBps = [uint16(0), 3_333, 5_000, 10_000][_roll(4)];
        order.payBy = time + [uint40(0), 10 minutes, 30 days][_roll(3)];
        if (_roll(3) != 0) order.fulfilBy = order.payBy + [uint40(1), 10 days, 365 days][_roll(3)];
        order.window = [uint32(0), 3 days, 14 days, 180 days][_roll(4)];
        order.ref = bytes32(_dice);
    }

    function _drawAmount() private returns (uint96) {
        uint256 kind = _roll(4);
        if (kind == 0) return uint96(1 + _roll(3));
        if (kind == 1) return uint96(1 + _roll(20_000));
        if (kind == 2) return uint96(PRICE + _roll(PRICE));
        return uint96(1 + _roll(type(uint96).max));
    }

    /// @dev The key of an account, or of a wallet's owner.
    function _keyOf(address who) internal view returns (uint256) {
        return _keys[who];
    }

    /// @dev A wallet adds a byte of its own, so that no two kinds of signature have the same length.
    function _asOf(address who, bytes memory signature) internal view returns (bytes memory) {
        return _isWallet(who) ? bytes.concat(signature, hex"00") : signature;
    }

    function _isWallet(address who) internal view returns (bool) {
        return _codes[who].length != 0;
    }

    /// @dev From now on nothing that is sent to them arrives.
    function _refuse(address who, address token, uint256 way) internal {
        if (token == address(0)) {
            vm.etch(who, way == 0 ? bytes(hex"60006000fd") : bytes(hex"fe"));
        } else {
            FickleToken(token).treat(who, way == 0 ? FickleToken.Way.Revert : FickleToken.Way.AnswerFalse);
        }
    }

    function _relent(address who, address token, uint256 way) internal {
        if (token == address(0)) {
            vm.etch(who, _codes[who]);
        } else {
            FickleToken(token).treat(who, way == 0 ? FickleToken.Way.Move : FickleToken.Way.MoveAndAnswerNothing);
        }
    }
}
