// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TestEnsNameWrapper} from "./TestEnsNameWrapper.sol";
import {TestEnsRegistrar} from "./TestEnsRegistrar.sol";
import {TestEnsRegistry} from "./TestEnsRegistry.sol";
import {TestEnsResolver} from "./TestEnsResolver.sol";
import {TestEnsReverseRegistrar} from "./TestEnsReverseRegistrar.sol";

/// @title A small ENS for local chains, with a few names in it
/// @notice Once deployed it is opened by anybody: then registry, registrar, wrapper, resolver and reverse registrar come
/// to stand, and four names of one holder. `figandolive.eth` holds for ten years; `wrapped-fig.eth` does as well,
/// wrapped; `graced.eth` has expired and can be renewed; and `lapsed.eth` is free again and resolves all the same. Never
/// list it on a chain where money is real.
contract TestEns {
    /// @notice It stands already.
    error AlreadyOpen();

    bytes32 private constant ETH = keccak256("eth");
    uint256 private constant LONG = 3650 days;

    /// @notice Owns the first names, which all stand for this account.
    address public immutable holder;

    /// @notice Who owns each name, and where it is resolved; 0 before it is opened, as the others.
    TestEnsRegistry public registry;
    /// @notice Who holds each name below `eth` and until when.
    TestEnsRegistrar public registrar;
    /// @notice Who owns wrapped names.
    TestEnsNameWrapper public wrapper;
    /// @notice What names stand for.
    TestEnsResolver public resolver;
    /// @notice What accounts are called.
    TestEnsReverseRegistrar public reverseRegistrar;

    /// @param holder_ gets the first names
    constructor(address holder_) {
        holder = holder_;
    }

    /// @notice Puts everything there. Not done by the constructor, which can be tried again at the same address only if
    /// it creates nothing; that is how a deployment finds out whether exactly this stands.
    function open() external {
        require(address(registry) == address(0), AlreadyOpen());
        registry = new TestEnsRegistry(address(this));
        registrar = new TestEnsRegistrar(registry, keccak256(abi.encodePacked(bytes32(0), ETH)));
        wrapper = new TestEnsNameWrapper(registrar);
        resolver = new TestEnsResolver(registry, wrapper);
        registry.setSubnodeOwner(0, ETH, address(registrar));
        reverseRegistrar = _openReverse();

        _open("figandolive", block.timestamp + LONG);
        _open("graced", block.timestamp - 1);
        _open("lapsed", block.timestamp - registrar.GRACE_PERIOD() - 1);
        _openWrapped("wrapped-fig");
    }

    function _openReverse() private returns (TestEnsReverseRegistrar opened) {
        bytes32 reverse = registry.setSubnodeOwner(0, keccak256("reverse"), address(this));
        bytes32 label = keccak256("addr");
        opened = new TestEnsReverseRegistrar(resolver, keccak256(abi.encodePacked(reverse, label)));
        registry.setSubnodeOwner(reverse, label, address(opened));
    }

    function _open(string memory label, uint256 expires) private {
        registrar.open(label, address(this), expires);
        _point(label);
        registrar.open(label, holder, expires);
    }

    function _openWrapped(string memory label) private {
        registrar.open(label, address(this), block.timestamp + LONG);
        _point(label);
        registrar.approve(address(wrapper), uint256(keccak256(bytes(label))));
        wrapper.wrapETH2LD(label, holder);
    }

    function _point(string memory label) private {
        bytes32 node = keccak256(abi.encodePacked(registrar.baseNode(), keccak256(bytes(label))));
        registry.setResolver(node, address(resolver));
        resolver.setAddr(node, holder);
    }
}
