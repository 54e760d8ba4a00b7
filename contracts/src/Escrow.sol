// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @title Escrow of a marketplace order, owned by nobody
/// @notice Holds a buyer's payment until the seller has delivered. The hash of an order is the authorisation: a party
/// may always give away its own claim; anything else needs the clock. There is no admin, pause, upgrade or operator.
/// @dev Terms travel in calldata, and one storage slot is kept per order. Whoever loses the terms of an order cannot
/// move it, but `pay` calldata carries them in full. Every function checks, writes state, emits and only then sends.
/// Views are not safe against re-entrancy: during a payout they show the state from after it.
contract Escrow is EIP712, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice Where an order stands. The numbers are part of the interface.
    enum Status {
        None,
        Paid,
        Fulfilled,
        Disputed,
        Settled
    }

    /// @notice The terms that buyer and seller agreed on.
    /// @param buyer pays, and gets refunds
    /// @param seller fulfils, and gets releases
    /// @param token ERC-20 contract, or 0 for the native coin
    /// @param amount in the token's smallest unit
    /// @param arbiter rules disputes, or 0 when there are none
    /// @param feeTo is credited with the fee on what the seller gets
    /// @param feeBps that fee in hundredths of a percent
    /// @param silentBps share of the buyer when the arbiter stays silent, in hundredths of a percent
    /// @param payBy last second in which the order can be paid
    /// @param fulfilBy last second in which the seller can fulfil, or 0 when nothing is to be fulfilled
    /// @param window seconds from fulfilment until anyone may release
    /// @param ref sha2-256 of the document that states these terms in full
    struct Order {
        address buyer;
        address seller;
        address token;
        uint96 amount;
        address arbiter;
        address feeTo;
        uint16 feeBps;
        uint16 silentBps;
        uint40 payBy;
        uint40 fulfilBy;
        uint32 window;
        bytes32 ref;
    }

    /// @notice What is kept per order.
    /// @param remaining held for this order
    /// @param released gone to the seller, fee included
    /// @param deadline last second of the party whose turn it is
    /// @param status where the order stands
    struct State {
        uint96 remaining;
        uint96 released;
        uint40 deadline;
        Status status;
    }

    /// @notice An order was paid.
    event Paid(
        bytes32 indexed id, address indexed buyer, address indexed seller, address token, uint96 amount, bytes32 ref
    );
    /// @notice The seller fulfilled; from `deadline` on, exclusive, anyone may release.
    event Fulfilled(bytes32 indexed id, uint40 deadline);
    /// @notice Held money left the order. `kind` is 1 for a release and 2 for a refund. `toSeller` includes `fee`.
    event Settled(bytes32 indexed id, uint8 kind, uint96 toBuyer, uint96 toSeller, uint96 fee, uint96 remaining);
    /// @notice A payout could not be delivered and waits for `withdraw`. Fees are credited without this event.
    event Credited(address indexed token, address indexed who, uint256 amount);
    /// @notice Credits of `who` were paid out to `to`.
    event Withdrawn(address indexed token, address indexed who, address to, uint256 amount);

    /// @notice The order's field at this position, counted from 0, is refused; 255 stands for an empty array.
    error BadOrder(uint8 field);
    /// @notice The order's status does not allow the call.
    error BadState(bytes32 id, Status status);
    /// @notice The call is allowed after `deadline` only.
    error TooEarly(uint40 deadline);
    /// @notice The call was allowed until `deadline` only.
    error TooLate(uint40 deadline);
    /// @notice The call belongs to a party that `sender` is not.
    error NotParty(address sender);
    /// @notice `got` arrived or is there where `want` was due.
    error BadAmount(uint256 got, uint256 want);
    /// @notice The call would change nothing.
    error NothingDue();
    /// @notice Money cannot be withdrawn to this address.
    error BadRecipient(address to);
    /// @notice Too little gas was given to tell a payee that refuses from one that ran out of gas.
    error MoreGasNeeded(uint256 gasNeeded);

    bytes32 private constant ORDER_TYPEHASH = keccak256(
        "Order(address buyer,address seller,address token,uint96 amount,address arbiter,address feeTo,uint16 feeBps,"
        "uint16 silentBps,uint40 payBy,uint40 fulfilBy,uint32 window,bytes32 ref)"
    );

    uint256 private constant BPS = 10_000;
    uint256 private constant MAX_FEE_BPS = 1_000;
    uint256 private constant MAX_TIME_TO_PAY = 30 days;
    uint256 private constant MAX_TIME_TO_FULFIL = 365 days;
    uint256 private constant MAX_WINDOW = 180 days;

    uint8 private constant RELEASE = 1;
    uint8 private constant REFUND = 2;

    /// @dev A receiver of the native coin gets this much gas: enough for a wallet contract, too little for mischief.
    uint256 private constant COIN_PUSH_GAS = 50_000;
    /// @dev A call passes on at most 63/64 of what is left, and the call itself and the credit after it cost gas too.
    uint256 private constant COIN_PUSH_GAS_LEFT = COIN_PUSH_GAS * 64 / 63 + 30_000;
    uint256 private constant TOKEN_PUSH_GAS_LEFT = 120_000;

    /// @notice State of an order by its id; all zero for an order that was never paid.
    mapping(bytes32 id => State) public states;
    /// @notice Money that waits for `withdraw`: fees and payouts that could not be delivered.
    mapping(address token => mapping(address account => uint256)) public credits;

    /// @notice The EIP-712 domain is this name and version, the chain and this contract.
    constructor() EIP712("Souk Escrow", "1") {}

    /// @notice Pays one order or a cart of them: one buyer, who is the sender, one token, one transfer.
    /// @dev The native coin is to be sent along exactly; a token is to be approved for the sum before.
    /// @param orders to pay; from here on each goes its own way
    function pay(Order[] calldata orders) external payable nonReentrant {
        _some(orders);
        address token = orders[0].token;
        uint256 sum = 0;
        for (uint256 i = 0; i < orders.length; ++i) {
            Order calldata order = orders[i];
            require(order.buyer == msg.sender, NotParty(msg.sender));
            require(order.token == token, BadOrder(2));
            _hold(order);
            sum += order.amount;
        }
        if (token == address(0)) {
            require(msg.value == sum, BadAmount(msg.value, sum));
        } else {
            require(msg.value == 0, BadAmount(msg.value, 0));
            _pull(token, sum);
        }
    }

    /// @notice The seller says that the orders are fulfilled; from now the buyer has `window` seconds.
    /// @param orders all of the sender; those already settled are skipped
    function fulfil(Order[] calldata orders) external nonReentrant {
        _some(orders);
        bool changed = false;
        for (uint256 i = 0; i < orders.length; ++i) {
            if (_fulfil(orders[i])) changed = true;
        }
        require(changed, NothingDue());
    }

    /// @notice Gives all that remains to the seller, less the fee: by the buyer at any time, by anyone once an order
    /// is fulfilled and its deadline has passed.
    /// @param orders to release; those already settled are skipped
    function release(Order[] calldata orders) external nonReentrant {
        _some(orders);
        bool changed = false;
        for (uint256 i = 0; i < orders.length; ++i) {
            if (_release(orders[i])) changed = true;
        }
        require(changed, NothingDue());
    }

    /// @notice Gives all that remains to the buyer, without a fee: by the seller at any time, by anyone when the
    /// seller let `fulfilBy` pass.
    /// @param orders to refund; those already settled are skipped
    function refund(Order[] calldata orders) external nonReentrant {
        _some(orders);
        bool changed = false;
        for (uint256 i = 0; i < orders.length; ++i) {
            if (_refund(orders[i])) changed = true;
        }
        require(changed, NothingDue());
    }

    /// @notice Pays out all credits that the sender has in `token`.
    /// @param token ERC-20 contract, or 0 for the native coin
    /// @param to receives them; neither 0 nor this contract
    function withdraw(address token, address to) external nonReentrant {
        require(to != address(0) && to != address(this), BadRecipient(to));
        uint256 amount = credits[token][msg.sender];
        require(amount != 0, NothingDue());
        credits[token][msg.sender] = 0;
        emit Withdrawn(token, msg.sender, to, amount);
        if (token == address(0)) {
            Address.sendValue(payable(to), amount);
        } else {
            IERC20(token).safeTransfer(to, amount);
        }
    }

    /// @notice The id of an order: its EIP-712 digest under this contract's domain.
    function orderId(Order calldata order) external view returns (bytes32) {
        return _orderId(order);
    }

    /// @notice The id of a cart: that of its only order, or keccak256 of the packed ids.
    function cartHash(Order[] calldata orders) external view returns (bytes32) {
        _some(orders);
        if (orders.length == 1) return _orderId(orders[0]);
        bytes32[] memory ids = new bytes32[](orders.length);
        for (uint256 i = 0; i < orders.length; ++i) {
            ids[i] = _orderId(orders[i]);
        }
        return keccak256(abi.encodePacked(ids));
    }

    function _fulfil(Order calldata order) private returns (bool) {
        bytes32 id = _orderId(order);
        State storage state = states[id];
        Status status = state.status;
        if (status == Status.Settled) return false;
        require(msg.sender == order.seller, NotParty(msg.sender));
        require(status == Status.Paid, BadState(id, status));
        require(block.timestamp <= state.deadline, TooLate(state.deadline));
        uint40 deadline = uint40(block.timestamp + order.window);
        state.deadline = deadline;
        state.status = Status.Fulfilled;
        emit Fulfilled(id, deadline);
        return true;
    }

    function _release(Order calldata order) private returns (bool) {
        bytes32 id = _orderId(order);
        State storage state = states[id];
        Status status = state.status;
        if (status == Status.Settled) return false;
        if (msg.sender == order.buyer) {
            require(status != Status.None, BadState(id, status));
        } else {
            require(status == Status.Fulfilled, BadState(id, status));
            require(block.timestamp > state.deadline, TooEarly(state.deadline));
        }
        _settle(order, id, state, RELEASE, 0, state.remaining);
        return true;
    }

    function _refund(Order calldata order) private returns (bool) {
        bytes32 id = _orderId(order);
        State storage state = states[id];
        Status status = state.status;
        if (status == Status.Settled) return false;
        if (msg.sender == order.seller) {
            require(status != Status.None, BadState(id, status));
        } else {
            require(status == Status.Paid, BadState(id, status));
            require(block.timestamp > state.deadline, TooEarly(state.deadline));
        }
        _settle(order, id, state, REFUND, state.remaining, 0);
        return true;
    }

    /// @dev Checks the terms of an order that is being paid, and writes its state.
    function _hold(Order calldata order) private {
        _checkParties(order);
        _checkTimes(order);
        bytes32 id = _orderId(order);
        State storage state = states[id];
        Status status = state.status;
        require(status == Status.None, BadState(id, status));
        uint96 amount = order.amount;
        if (order.fulfilBy == 0) {
            _save(state, amount, 0, uint40(block.timestamp + order.window), Status.Fulfilled);
        } else {
            _save(state, amount, 0, order.fulfilBy, Status.Paid);
        }
        emit Paid(id, order.buyer, order.seller, order.token, amount, order.ref);
    }

    function _checkParties(Order calldata order) private view {
        address buyer = order.buyer;
        address seller = order.seller;
        address arbiter = order.arbiter;
        address feeTo = order.feeTo;
        require(seller != address(0) && seller != buyer && seller != address(this), BadOrder(1));
        require(order.token == address(0) || order.token.code.length != 0, BadOrder(2));
        require(order.amount != 0, BadOrder(3));
        // An arbiter of 0, which is none, passes: neither the sender nor a seller accepted above is 0.
        require(arbiter != buyer && arbiter != seller && arbiter != address(this), BadOrder(4));
        require(order.feeBps == 0 || (feeTo != address(0) && feeTo != address(this)), BadOrder(5));
        require(order.feeBps <= MAX_FEE_BPS, BadOrder(6));
        require(order.silentBps <= BPS, BadOrder(7));
    }

    function _checkTimes(Order calldata order) private view {
        uint256 payBy = order.payBy;
        uint256 fulfilBy = order.fulfilBy;
        require(block.timestamp <= payBy, TooLate(uint40(payBy)));
        require(payBy <= block.timestamp + MAX_TIME_TO_PAY, BadOrder(8));
        require(fulfilBy == 0 || (fulfilBy > payBy && fulfilBy <= payBy + MAX_TIME_TO_FULFIL), BadOrder(9));
        require(order.window <= MAX_WINDOW, BadOrder(10));
    }

    /// @dev Ends an order: `toBuyer` and `toSeller` together are all that remains. The fee is what everything released
    /// by now owes, less what was owed before, so that it does not depend on the number of parts.
    function _settle(Order calldata order, bytes32 id, State storage state, uint8 kind, uint96 toBuyer, uint96 toSeller)
        private
    {
        uint96 released = state.released;
        uint96 fee = toSeller == 0 ? 0 : _fee(released + toSeller, order.feeBps) - _fee(released, order.feeBps);
        address token = order.token;
        _save(state, 0, released + toSeller, state.deadline, Status.Settled);
        if (fee != 0) credits[token][order.feeTo] += fee;
        emit Settled(id, kind, toBuyer, toSeller, fee, 0);
        if (toBuyer != 0) _push(token, order.buyer, toBuyer);
        if (toSeller != fee) _push(token, order.seller, toSeller - fee);
    }

    function _fee(uint96 released, uint16 feeBps) private pure returns (uint96) {
        return uint96(uint256(released) * feeBps / BPS);
    }

    /// @dev One write for the whole slot; assigning the members one by one costs 100 gas and more for each.
    function _save(State storage state, uint96 remaining, uint96 released, uint40 deadline, Status status) private {
        uint256 word =
            uint256(remaining) | uint256(released) << 96 | uint256(deadline) << 192 | uint256(uint8(status)) << 232;
        assembly ("memory-safe") {
            sstore(state.slot, word)
        }
    }

    /// @dev Takes exactly `amount` from the sender, or reverts: a token that keeps a part of a transfer is refused here.
    function _pull(address token, uint256 amount) private {
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        uint256 got = IERC20(token).balanceOf(address(this)) - before;
        require(got == amount, BadAmount(got, amount));
    }

    /// @dev Sends, and credits what cannot be delivered, so that no payee can hold up the other party or a batch.
    function _push(address token, address to, uint256 amount) private {
        bool delivered = token == address(0) ? _pushCoin(to, amount) : _pushToken(token, to, amount);
        if (!delivered) {
            credits[token][to] += amount;
            emit Credited(token, to, amount);
        }
    }

    /// @dev No output is copied, so that a payee cannot make the caller pay for the memory of a huge answer.
    function _pushCoin(address to, uint256 amount) private returns (bool delivered) {
        require(gasleft() >= COIN_PUSH_GAS_LEFT, MoreGasNeeded(COIN_PUSH_GAS_LEFT));
        assembly ("memory-safe") {
            delivered := call(COIN_PUSH_GAS, to, amount, 0, 0, 0, 0)
        }
    }

    /// @dev A token that says no but moved money all the same would be paid twice by a credit; it reverts instead.
    function _pushToken(address token, address to, uint256 amount) private returns (bool delivered) {
        uint256 want = IERC20(token).balanceOf(address(this));
        require(gasleft() >= TOKEN_PUSH_GAS_LEFT, MoreGasNeeded(TOKEN_PUSH_GAS_LEFT));
        delivered = IERC20(token).trySafeTransfer(to, amount);
        if (!delivered) {
            uint256 got = IERC20(token).balanceOf(address(this));
            require(got == want, BadAmount(got, want));
        }
    }

    /// @dev Refuses an empty array.
    function _some(Order[] calldata orders) private pure {
        require(orders.length != 0, BadOrder(255));
    }

    /// @dev An order has no dynamic field, so its calldata is its EIP-712 encoding. Bits outside a field's type would
    /// change the hash; `pay` reads every field, which refuses them, so such an id is never paid.
    function _orderId(Order calldata order) private view returns (bytes32) {
        bytes32 typehash = ORDER_TYPEHASH;
        bytes32 structHash;
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, typehash)
            calldatacopy(add(data, 0x20), order, 0x180)
            structHash := keccak256(data, 0x1a0)
        }
        return _hashTypedDataV4(structHash);
    }
}
