// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TestEnsRegistrar} from "./TestEnsRegistrar.sol";
import {TestEnsRegistry} from "./TestEnsRegistry.sol";

/// @title Names as tokens, whose parents may have given up their power over them, on local chains
/// @notice The part of ENS's NameWrapper that Souk calls. The registry says that this contract owns a wrapped name; who
/// really does is asked here.
contract TestEnsNameWrapper {
    struct Name {
        address owner;
        uint32 fuses;
        uint64 expiry;
    }

    /// @notice `sender` does not own `node`.
    error NotOwner(bytes32 node, address sender);
    /// @notice The parent has given up its power over `node`.
    error OutOfReach(bytes32 node);

    /// @notice The fuse that ends the parent's power.
    uint32 public constant PARENT_CANNOT_CONTROL = 1 << 16;

    /// @notice Says who owns a node.
    TestEnsRegistry public immutable registry;
    /// @notice Holds the names below `eth`.
    TestEnsRegistrar public immutable registrar;

    mapping(bytes32 node => Name) private _names;

    /// @param registrar_ and its registry are those whose names can be wrapped
    constructor(TestEnsRegistrar registrar_) {
        registrar = registrar_;
        registry = registrar_.registry();
    }

    /// @notice Takes a name below `eth` that this contract may pass on, and gives it to `owner` wrapped.
    function wrapETH2LD(string calldata label, address owner) external returns (bytes32 node) {
        uint256 id = uint256(keccak256(bytes(label)));
        registrar.transferFrom(msg.sender, address(this), id);
        registrar.reclaim(id, address(this));
        node = keccak256(abi.encodePacked(registrar.baseNode(), bytes32(id)));
        uint256 expiry = registrar.nameExpires(id) + registrar.GRACE_PERIOD();
        _names[node] = Name(owner, PARENT_CANNOT_CONTROL, uint64(expiry));
    }

    /// @notice Gives the name `label` below a wrapped one to `owner`. It expires no later than its parent.
    function setSubnodeOwner(bytes32 parent, string calldata label, address owner, uint32 fuses, uint64 expiry)
        external
        returns (bytes32 node)
    {
        (address holder,, uint64 latest) = getData(uint256(parent));
        require(holder == msg.sender, NotOwner(parent, msg.sender));
        bytes32 hash = keccak256(bytes(label));
        node = keccak256(abi.encodePacked(parent, hash));
        (, uint32 burned,) = getData(uint256(node));
        require(burned & PARENT_CANNOT_CONTROL == 0, OutOfReach(node));
        _names[node] = Name(owner, fuses, expiry < latest ? expiry : latest);
        registry.setSubnodeOwner(parent, hash, address(this));
    }

    /// @notice Names the contract that answers for a node.
    function setResolver(bytes32 node, address resolver) external {
        require(ownerOf(uint256(node)) == msg.sender, NotOwner(node, msg.sender));
        registry.setResolver(node, resolver);
    }

    /// @notice Who owns a wrapped name; 0 for none.
    function ownerOf(uint256 id) public view returns (address owner) {
        (owner,,) = getData(id);
    }

    /// @notice Owner, fuses and expiry of a wrapped name. One that has expired has no fuses any more, and no owner
    /// either if its parent could not take it back.
    function getData(uint256 id) public view returns (address owner, uint32 fuses, uint64 expiry) {
        Name memory found = _names[bytes32(id)];
        (owner, fuses, expiry) = (found.owner, found.fuses, found.expiry);
        if (expiry < block.timestamp) {
            if (fuses & PARENT_CANNOT_CONTROL != 0) owner = address(0);
            fuses = 0;
        }
    }
}
