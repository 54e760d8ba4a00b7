// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TestEnsRegistry} from "./TestEnsRegistry.sol";

/// @title Who holds each name below `eth` and until when, on local chains
/// @notice Answers the calls of ENS's registrar and of its controller in one contract. A name that has expired is its
/// holder's to renew for 90 days, in which it has no owner and nobody else can have it; registry and resolver go on as
/// before until somebody registers it anew.
contract TestEnsRegistrar {
    struct Price {
        uint256 base;
        uint256 premium;
    }

    /// @notice The name is held, or was until less than 90 days ago.
    error NotAvailable(string label);
    /// @notice The name is free, so there is nothing to renew.
    error Lapsed(uint256 id);
    /// @notice A name needs three characters.
    error TooShort(string label);
    /// @notice The name costs `price` for this time.
    error WrongPrice(uint256 price, uint256 sent);
    /// @notice `sender` may not dispose of the name.
    error NotHolder(uint256 id, address sender);
    /// @notice Only `opener` writes names down that nobody pays for.
    error NotOpener(address sender);
    /// @notice The name has expired, or was never held.
    error Expired(uint256 id);

    /// @notice How long a name is kept for its holder after it has expired.
    uint256 public constant GRACE_PERIOD = 90 days;
    /// @notice What a name of five or more characters costs a year, in wei.
    uint256 public constant PRICE_A_YEAR = 0.002 ether;
    uint256 private constant SHORTEST = 3;

    /// @notice Where names are given to their holders.
    TestEnsRegistry public immutable registry;
    /// @notice The node of `eth`.
    bytes32 public immutable baseNode;
    /// @notice Puts the first names there.
    address public immutable opener;

    /// @notice When a name expires, in seconds since 1970; 0 for one that was never held. `id` is the label's hash.
    mapping(uint256 id => uint256) public nameExpires;
    /// @notice Who else may pass a name on.
    mapping(uint256 id => address) public getApproved;
    mapping(uint256 id => address) private _holders;

    /// @param registry_ knows this contract as the owner of `baseNode_`
    /// @param baseNode_ of `eth`
    constructor(TestEnsRegistry registry_, bytes32 baseNode_) {
        registry = registry_;
        baseNode = baseNode_;
        opener = msg.sender;
    }

    /// @notice Takes a name for `duration` seconds and gives it to `holder`.
    function register(string calldata label, address holder, uint256 duration) external payable {
        require(valid(label), TooShort(label));
        require(available(_id(label)), NotAvailable(label));
        _take(label, duration);
        _give(label, holder, block.timestamp + duration);
    }

    /// @notice Lets a name expire later. Anyone may pay for that.
    function renew(string calldata label, uint256 duration) external payable {
        uint256 id = _id(label);
        require(!available(id), Lapsed(id));
        _take(label, duration);
        nameExpires[id] += duration;
    }

    /// @notice Writes a name down as it shall be, which may have expired already.
    function open(string calldata label, address holder, uint256 expires) external {
        require(msg.sender == opener, NotOpener(msg.sender));
        _give(label, holder, expires);
    }

    /// @notice Lets somebody else pass a name on.
    function approve(address other, uint256 id) external {
        require(ownerOf(id) == msg.sender, NotHolder(id, msg.sender));
        getApproved[id] = other;
    }

    /// @notice Passes a name on. The registry's owner stays until the new holder claims the name.
    function transferFrom(address from, address to, uint256 id) external {
        address holder = ownerOf(id);
        bool may = msg.sender == holder || msg.sender == getApproved[id];
        require(holder == from && may, NotHolder(id, msg.sender));
        delete getApproved[id];
        _holders[id] = to;
    }

    /// @notice Makes `owner` the owner of a name in the registry, too.
    function reclaim(uint256 id, address owner) external {
        require(ownerOf(id) == msg.sender, NotHolder(id, msg.sender));
        registry.setSubnodeOwner(baseNode, bytes32(id), owner);
    }

    /// @notice What a name costs for `duration` seconds, in wei. There is never a premium.
    function rentPrice(string calldata label, uint256 duration) external pure returns (Price memory) {
        return Price(_price(label, duration), 0);
    }

    /// @notice Who holds a name. Reverts for one that has expired, also while it can be renewed.
    function ownerOf(uint256 id) public view returns (address) {
        require(nameExpires[id] > block.timestamp, Expired(id));
        return _holders[id];
    }

    /// @notice Whether anyone may register a name.
    function available(uint256 id) public view returns (bool) {
        return nameExpires[id] + GRACE_PERIOD < block.timestamp;
    }

    /// @notice Whether a name is long enough, counted in code points of UTF-8.
    function valid(string calldata label) public pure returns (bool) {
        return _length(label) >= SHORTEST;
    }

    function _take(string calldata label, uint256 duration) private {
        uint256 price = _price(label, duration);
        require(msg.value == price, WrongPrice(price, msg.value));
    }

    function _give(string calldata label, address holder, uint256 expires) private {
        uint256 id = _id(label);
        _holders[id] = holder;
        delete getApproved[id];
        nameExpires[id] = expires;
        registry.setSubnodeOwner(baseNode, bytes32(id), holder);
    }

    /// @dev Three characters cost 64 times as much, four 16 times.
    function _price(string calldata label, uint256 duration) private pure returns (uint256) {
        uint256 length = _length(label);
        uint256 factor = length <= SHORTEST ? 64 : length == SHORTEST + 1 ? 16 : 1;
        return PRICE_A_YEAR * factor * duration / 365 days;
    }

    function _length(string calldata label) private pure returns (uint256 length) {
        bytes calldata text = bytes(label);
        for (uint256 i = 0; i < text.length; i++) {
            // All bytes of a code point but the first begin with the bits 10.
            if (text[i] & 0xc0 != 0x80) length += 1;
        }
    }

    function _id(string calldata label) private pure returns (uint256) {
        return uint256(keccak256(bytes(label)));
    }
}
