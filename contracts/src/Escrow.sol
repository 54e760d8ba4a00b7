// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IERC3009} from "./interfaces/IERC3009.sol";
import {IPermit2} from "./interfaces/IPermit2.sol";

/// @dev A `State` as the word it is stored as. In memory, member by member, it would cost some 900 gas more for each order.
type Slot is uint256;

using Slots for Slot global;

/// @title The members of a `State` in its word
library Slots {
    uint256 private constant AMOUNTS = (1 << 192) - 1;
    uint256 private constant ALL_BUT_STATUS = (1 << 232) - 1;

    function pack(uint96 remaining_, uint96 released_, uint40 deadline_, Escrow.Status status_)
        internal
        pure
        returns (Slot)
    {
        return Slot.wrap(
            uint256(remaining_) | uint256(released_) << 96 | uint256(deadline_) << 192 | uint256(uint8(status_)) << 232
        );
    }

    function remaining(Slot slot) internal pure returns (uint96) {
        return uint96(Slot.unwrap(slot));
    }

    function released(Slot slot) internal pure returns (uint96) {
        return uint96(Slot.unwrap(slot) >> 96);
    }

    function deadline(Slot slot) internal pure returns (uint40) {
        return uint40(Slot.unwrap(slot) >> 192);
    }

    function status(Slot slot) internal pure returns (Escrow.Status) {
        return Escrow.Status(uint8(Slot.unwrap(slot) >> 232));
    }

    /// @dev Cheaper than to compare `status()`, whose range the compiler checks each time.
    function isIn(Slot slot, Escrow.Status status_) internal pure returns (bool) {
        return uint8(Slot.unwrap(slot) >> 232) == uint8(status_);
    }

    /// @dev After a turn of the order that moves no money.
    function turned(Slot slot, uint256 deadline_, Escrow.Status status_) internal pure returns (Slot) {
        return Slot.wrap(Slot.unwrap(slot) & AMOUNTS | deadline_ << 192 | uint256(uint8(status_)) << 232);
    }

    /// @dev After a payout. The two shares are not more than what remains, so no member runs over into the next.
    function paidOut(Slot slot, uint96 toBuyer, uint96 toSeller) internal pure returns (Slot) {
        unchecked {
            uint256 word = Slot.unwrap(slot) - toBuyer - toSeller + (uint256(toSeller) << 96);
            if (uint96(word) != 0) return Slot.wrap(word);
            return Slot.wrap(word & ALL_BUT_STATUS | uint256(uint8(Escrow.Status.Settled)) << 232);
        }
    }
}

/// @title Escrow of a marketplace order, owned by nobody
/// @notice Holds a buyer's payment until the seller has delivered. The hash of an order is the authorisation: a party
/// may always give away its own claim; anything else needs both parties, the arbiter that they named, or the clock.
/// There is no admin, pause, upgrade or operator.
/// @dev Terms travel in calldata, and one storage slot is kept per order. Whoever loses the terms of an order cannot
/// move it, but the calldata of its payment carries them in full. For one order after the other, a function checks,
/// writes state, emits and only then sends; what cannot be sent is credited afterwards. Views are not safe against
/// re-entrancy: while money moves they show the state from after it. Refusals are `require` unless their arguments cost
/// gas, as `require` computes them also when it passes.
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
    /// @param released gone to the seller, fee included, less what the seller gave back
    /// @param deadline last second of the party whose turn it is
    /// @param status where the order stands
    struct State {
        uint96 remaining;
        uint96 released;
        uint40 deadline;
        Status status;
    }

    /// @dev What is paid at once.
    /// @param buyer of all its orders
    /// @param token of all its orders
    /// @param sum of their amounts
    /// @param hash as `cartHash` gives it
    struct Cart {
        address buyer;
        address token;
        uint256 sum;
        bytes32 hash;
    }

    /// @dev What this contract should have of a token, known from the payouts of the same call: asking the token each
    /// time is what a batch can save.
    /// @param token 0 while nothing is known
    /// @param balance of this contract, at least
    struct Till {
        address token;
        uint256 balance;
    }

    /// @notice An order was paid.
    event Paid(
        bytes32 indexed id, address indexed buyer, address indexed seller, address token, uint96 amount, bytes32 ref
    );
    /// @notice The seller fulfilled; from `deadline` on, exclusive, anyone may release.
    event Fulfilled(bytes32 indexed id, uint40 deadline);
    /// @notice A party called the arbiter, who has until `deadline`.
    event Disputed(bytes32 indexed id, address by, uint40 deadline);
    /// @notice Held money left the order. `kind` is 1 for a release, 2 for a refund, 3 when the arbiter stayed silent,
    /// 4 for a ruling and 5 for a settlement of the parties. `toSeller` includes `fee`.
    event Settled(bytes32 indexed id, uint8 kind, uint96 toBuyer, uint96 toSeller, uint96 fee, uint96 remaining);
    /// @notice The seller gave `amount` back to the buyer after the order was settled.
    event Reimbursed(bytes32 indexed id, uint96 amount);
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
    /// @notice `got` arrived, is there, or was asked for, where exactly or at most `want` is right.
    error BadAmount(uint256 got, uint256 want);
    /// @notice `party` did not consent: it is not the sender, and the signature given for it is not its own over this.
    error BadSignature(address party);
    /// @notice This contract was deployed on a chain without Permit2.
    error NoPermit2();
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

    bytes32 private constant SETTLE_TYPEHASH = keccak256(
        "Settle(bytes32 order,uint96 toBuyer,uint96 toSeller,uint96 remaining,uint8 status,uint40 validUntil)"
    );
    string private constant WITNESS_TYPE = "bytes32 cartHash)TokenPermissions(address token,uint256 amount)";

    uint256 private constant BPS = 10_000;
    uint256 private constant MAX_FEE_BPS = 1_000;
    uint256 private constant MAX_TIME_TO_PAY = 30 days;
    uint256 private constant MAX_TIME_TO_FULFIL = 365 days;
    uint256 private constant MAX_WINDOW = 180 days;
    uint256 private constant TIME_TO_RULE = 30 days;

    uint8 private constant RELEASE = 1;
    uint8 private constant REFUND = 2;
    uint8 private constant ARBITER_SILENT = 3;
    uint8 private constant RULING = 4;
    uint8 private constant SETTLEMENT = 5;

    /// @dev A receiver of the native coin gets this much gas: enough for a wallet contract, too little for mischief.
    uint256 private constant COIN_PUSH_GAS = 50_000;
    /// @dev A call passes on at most 63/64 of what is left, and the call itself and the credit after it cost gas too.
    uint256 private constant COIN_PUSH_GAS_LEFT = COIN_PUSH_GAS * 64 / 63 + 30_000;
    uint256 private constant TOKEN_PUSH_GAS_LEFT = 120_000;

    /// @notice State of an order by its id; all zero for an order that was never paid.
    mapping(bytes32 id => State) public states;
    /// @notice Money that waits for `withdraw`: fees and payouts that could not be delivered.
    mapping(address token => mapping(address account => uint256)) public credits;

    /// @notice Permit2 on this chain, or 0 when it has none.
    address public immutable permit2;

    /// @dev The domain separator, and the chain on which it holds. The base contract has both too, and compares its own
    /// address each time, for the sake of proxies; there is none here.
    uint256 private immutable _chain;
    bytes32 private immutable _separator;

    /// @notice The EIP-712 domain is this name and version, the chain and this contract.
    /// @param permit2_ Permit2 on this chain, or 0 when it has none; what it is cannot be checked here
    constructor(address permit2_) EIP712("Souk Escrow", "1") {
        permit2 = permit2_;
        _chain = block.chainid;
        _separator = _domainSeparatorV4();
    }

    /// @notice Pays one order or a cart of them: one buyer, who is the sender, one token, one transfer.
    /// @dev The native coin is to be sent along exactly; a token is to be approved for the sum before.
    /// @param orders to pay; from here on each goes its own way
    function pay(Order[] calldata orders) external payable nonReentrant {
        Cart memory cart = _holdAll(orders);
        require(cart.buyer == msg.sender, NotParty(msg.sender));
        _take(cart.token, cart.sum);
    }

    /// @notice As `pay`, in a token whose allowance the buyer gives by a signature (EIP-2612).
    /// @dev A permit that fails is ignored: whoever saw it may have used it before, and then the allowance is there.
    /// @param orders to pay
    /// @param deadline last second of the permit, whose value is the sum of the orders
    /// @param v of the permit's signature
    /// @param r of the permit's signature
    /// @param s of the permit's signature
    function payWithPermit(Order[] calldata orders, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
        nonReentrant
    {
        Cart memory cart = _holdAll(orders);
        require(cart.buyer == msg.sender, NotParty(msg.sender));
        require(cart.token != address(0), BadOrder(2));
        try IERC20Permit(cart.token).permit(msg.sender, address(this), cart.sum, deadline, v, r, s) {} catch {}
        _take(cart.token, cart.sum);
    }

    /// @notice Pays by the buyer's signed transfer (EIP-3009), which anyone may bring.
    /// @dev The nonce of the authorization is the cart's hash, so that it pays these orders and no others.
    /// @param orders to pay
    /// @param validAfter of the authorization, in seconds
    /// @param validBefore of the authorization, in seconds
    /// @param signature r, s, v of an account; any other length is passed on for the token to check (ERC-1271)
    function payWithAuthorization(
        Order[] calldata orders,
        uint256 validAfter,
        uint256 validBefore,
        bytes calldata signature
    ) external nonReentrant {
        Cart memory cart = _holdAll(orders);
        require(cart.token != address(0), BadOrder(2));
        uint256 before = _balance(cart.token);
        _receive(cart, validAfter, validBefore, signature);
        _requireArrived(cart.token, before, cart.sum);
    }

    /// @notice Pays by the buyer's signed Permit2 transfer, which anyone may bring.
    /// @dev The witness is the cart's hash and the spender is this contract, so that it pays these orders and no others.
    /// @param orders to pay
    /// @param nonce of the permit, unordered
    /// @param deadline last second of the permit
    /// @param signature as Permit2 takes it
    function payWithPermit2(Order[] calldata orders, uint256 nonce, uint256 deadline, bytes calldata signature)
        external
        nonReentrant
    {
        Cart memory cart = _holdAll(orders);
        require(cart.token != address(0), BadOrder(2));
        require(permit2 != address(0), NoPermit2());
        uint256 before = _balance(cart.token);
        IPermit2(permit2)
            .permitWitnessTransferFrom(
                IPermit2.PermitTransferFrom(IPermit2.TokenPermissions(cart.token, cart.sum), nonce, deadline),
                IPermit2.SignatureTransferDetails(address(this), cart.sum),
                cart.buyer,
                cart.hash,
                WITNESS_TYPE,
                signature
            );
        _requireArrived(cart.token, before, cart.sum);
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
        Till memory till;
        bool changed = false;
        for (uint256 i = 0; i < orders.length; ++i) {
            if (_release(orders[i], till)) changed = true;
        }
        require(changed, NothingDue());
    }

    /// @notice Gives all that remains to the buyer, without a fee: by the seller at any time, by anyone when the
    /// seller let `fulfilBy` pass. When the arbiter of a dispute let the deadline pass, whoever calls, the buyer gets
    /// the share that the terms name for that, and the seller the rest, less the fee.
    /// @param orders to refund; those already settled are skipped
    function refund(Order[] calldata orders) external nonReentrant {
        _some(orders);
        Till memory till;
        bool changed = false;
        for (uint256 i = 0; i < orders.length; ++i) {
            if (_refund(orders[i], till)) changed = true;
        }
        require(changed, NothingDue());
    }

    /// @notice Buyer or seller of a fulfilled order calls the arbiter, who has at least 30 days from now.
    /// @dev The deadline never comes nearer, or a seller could cut a long window short by disputing.
    function dispute(Order calldata order) external nonReentrant {
        if (msg.sender != order.buyer) require(msg.sender == order.seller, NotParty(msg.sender));
        require(order.arbiter != address(0), BadOrder(4));
        (bytes32 id, State storage state, Slot slot) = _load(order);
        if (!slot.isIn(Status.Fulfilled)) revert BadState(id, slot.status());
        uint256 deadline = slot.deadline();
        if (block.timestamp > deadline) revert TooLate(uint40(deadline));
        unchecked {
            uint256 ruleBy = block.timestamp + TIME_TO_RULE;
            if (ruleBy > deadline) deadline = ruleBy;
        }
        _save(state, slot.turned(deadline, Status.Disputed));
        emit Disputed(id, msg.sender, uint40(deadline));
    }

    /// @notice The arbiter of a dispute divides what remains between buyer and seller.
    /// @dev A share too large is cut to what remains: if it reverted, a party could block a ruling by settling one
    /// unit in front of it.
    /// @param order in dispute
    /// @param toBuyer what the buyer gets; the seller gets the rest, less the fee
    function resolve(Order calldata order, uint96 toBuyer) external nonReentrant {
        require(msg.sender == order.arbiter, NotParty(msg.sender));
        (bytes32 id, State storage state, Slot slot) = _load(order);
        if (!slot.isIn(Status.Disputed)) revert BadState(id, slot.status());
        if (block.timestamp > slot.deadline()) revert TooLate(slot.deadline());
        uint96 remaining = slot.remaining();
        if (toBuyer > remaining) toBuyer = remaining;
        _settle(order, id, state, slot, RULING, toBuyer, remaining - toBuyer, Till(address(0), 0));
    }

    /// @notice Divides what remains, or a part of it, as buyer and seller agree: who gives away its claim must be the
    /// sender or have signed. Anyone may bring what both signed.
    /// @dev What is signed is `Settle(bytes32 order,uint96 toBuyer,uint96 toSeller,uint96 remaining,uint8 status,uint40
    /// validUntil)` in this contract's EIP-712 domain. `remaining` falls with every settlement, so it is the nonce, and
    /// an offer of before a fulfilment or a dispute is void after it.
    /// @param order paid and not yet settled
    /// @param toBuyer needs the seller's consent unless 0
    /// @param toSeller needs the buyer's consent unless 0; the fee is taken from it
    /// @param validUntil last second of the offer
    /// @param buyerSignature r, s, v of an account, or whatever a contract takes (ERC-1271); unused when not needed
    /// @param sellerSignature likewise
    function settle(
        Order calldata order,
        uint96 toBuyer,
        uint96 toSeller,
        uint40 validUntil,
        bytes calldata buyerSignature,
        bytes calldata sellerSignature
    ) external nonReentrant {
        bytes32 id = _agreed(order, toBuyer, toSeller, validUntil, buyerSignature, sellerSignature);
        State storage state = states[id];
        _settle(order, id, state, _read(state), SETTLEMENT, toBuyer, toSeller, Till(address(0), 0));
    }

    /// @notice The seller gives back to the buyer from what was released to them. The fee is not returned.
    /// @dev `released` falls by it, so that all reimbursements together never exceed what was released.
    /// @param order settled
    /// @param amount to give back, sent along in the native coin or approved before
    function reimburse(Order calldata order, uint96 amount) external payable nonReentrant {
        require(msg.sender == order.seller, NotParty(msg.sender));
        (bytes32 id, State storage state, Slot slot) = _load(order);
        uint96 released = slot.released();
        if (!slot.isIn(Status.Settled)) revert BadState(id, slot.status());
        require(amount != 0 && amount <= released, BadAmount(amount, released));
        _save(state, Slots.pack(0, released - amount, slot.deadline(), Status.Settled));
        emit Reimbursed(id, amount);
        _take(order.token, amount);
        _push(order.token, order.buyer, amount, Till(address(0), 0));
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
        bytes32[] memory ids = new bytes32[](orders.length);
        for (uint256 i = 0; i < orders.length; ++i) {
            ids[i] = _orderId(orders[i]);
        }
        return _cartHash(ids);
    }

    function _fulfil(Order calldata order) private returns (bool) {
        (bytes32 id, State storage state, Slot slot) = _load(order);
        if (slot.isIn(Status.Settled)) return false;
        require(msg.sender == order.seller, NotParty(msg.sender));
        if (!slot.isIn(Status.Paid)) revert BadState(id, slot.status());
        if (block.timestamp > slot.deadline()) revert TooLate(slot.deadline());
        uint40 deadline = uint40(block.timestamp + order.window);
        _save(state, slot.turned(deadline, Status.Fulfilled));
        emit Fulfilled(id, deadline);
        return true;
    }

    function _release(Order calldata order, Till memory till) private returns (bool) {
        (bytes32 id, State storage state, Slot slot) = _load(order);
        if (slot.isIn(Status.Settled)) return false;
        if (msg.sender == order.buyer) {
            if (slot.isIn(Status.None)) revert BadState(id, slot.status());
        } else {
            if (!slot.isIn(Status.Fulfilled)) revert BadState(id, slot.status());
            if (block.timestamp <= slot.deadline()) revert TooEarly(slot.deadline());
        }
        _settle(order, id, state, slot, RELEASE, 0, slot.remaining(), till);
        return true;
    }

    function _refund(Order calldata order, Till memory till) private returns (bool) {
        (bytes32 id, State storage state, Slot slot) = _load(order);
        if (slot.isIn(Status.Settled)) return false;
        (uint8 kind, uint96 toBuyer) = _refundable(order, id, slot);
        _settle(order, id, state, slot, kind, toBuyer, slot.remaining() - toBuyer, till);
        return true;
    }

    /// @dev Whether the sender may refund now, and how much of it.
    function _refundable(Order calldata order, bytes32 id, Slot slot)
        private
        view
        returns (uint8 kind, uint96 toBuyer)
    {
        bool late = block.timestamp > slot.deadline();
        if (slot.isIn(Status.Disputed) && late) {
            return (ARBITER_SILENT, _share(slot.remaining(), order.silentBps));
        }
        if (msg.sender == order.seller) {
            if (slot.isIn(Status.None)) revert BadState(id, slot.status());
        } else {
            if (!slot.isIn(Status.Paid) && !slot.isIn(Status.Disputed)) revert BadState(id, slot.status());
            if (!late) revert TooEarly(slot.deadline());
        }
        return (REFUND, slot.remaining());
    }

    /// @dev Checks and holds all orders of a cart, before any money has moved.
    function _holdAll(Order[] calldata orders) private returns (Cart memory cart) {
        _some(orders);
        cart.buyer = orders[0].buyer;
        cart.token = orders[0].token;
        bytes32[] memory ids = new bytes32[](orders.length);
        for (uint256 i = 0; i < orders.length; ++i) {
            Order calldata order = orders[i];
            require(order.buyer == cart.buyer, BadOrder(0));
            require(order.token == cart.token, BadOrder(2));
            ids[i] = _hold(order);
            cart.sum += order.amount;
        }
        cart.hash = _cartHash(ids);
    }

    /// @dev Checks the terms of an order that is being paid, and writes its state.
    function _hold(Order calldata order) private returns (bytes32 id) {
        _checkParties(order);
        _checkTimes(order);
        State storage state;
        Slot slot;
        (id, state, slot) = _load(order);
        if (!slot.isIn(Status.None)) revert BadState(id, slot.status());
        uint96 amount = order.amount;
        uint40 fulfilBy = order.fulfilBy;
        if (fulfilBy == 0) {
            _save(state, Slots.pack(amount, 0, uint40(block.timestamp + order.window), Status.Fulfilled));
        } else {
            _save(state, Slots.pack(amount, 0, fulfilBy, Status.Paid));
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
        require(
            arbiter == address(0) || (arbiter != buyer && arbiter != seller && arbiter != address(this)), BadOrder(4)
        );
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

    /// @dev Whether an offer stands, and who has to agree to it does; gives the order's id.
    function _agreed(
        Order calldata order,
        uint96 toBuyer,
        uint96 toSeller,
        uint40 validUntil,
        bytes calldata buyerSignature,
        bytes calldata sellerSignature
    ) private view returns (bytes32 id) {
        Slot slot;
        (id,, slot) = _load(order);
        _checkOffer(id, slot, uint256(toBuyer) + toSeller, validUntil);
        bytes32 digest = _settleDigest(id, slot, toBuyer, toSeller, validUntil);
        if (toSeller != 0) _requireConsent(order.buyer, digest, buyerSignature);
        if (toBuyer != 0) _requireConsent(order.seller, digest, sellerSignature);
    }

    function _checkOffer(bytes32 id, Slot slot, uint256 sum, uint40 validUntil) private view {
        uint96 remaining = slot.remaining();
        if (slot.isIn(Status.None) || slot.isIn(Status.Settled)) revert BadState(id, slot.status());
        require(block.timestamp <= validUntil, TooLate(validUntil));
        require(sum != 0 && sum <= remaining, BadAmount(sum, remaining));
    }

    /// @dev Divides what remains or a part of it; the caller has seen that the two shares are not more.
    function _settle(
        Order calldata order,
        bytes32 id,
        State storage state,
        Slot slot,
        uint8 kind,
        uint96 toBuyer,
        uint96 toSeller,
        Till memory till
    ) private {
        (uint96 remaining, uint96 fee) = _book(order, state, slot, toBuyer, toSeller);
        emit Settled(id, kind, toBuyer, toSeller, fee, remaining);
        if (toBuyer != 0) _push(order.token, order.buyer, toBuyer, till);
        if (toSeller != fee) _push(order.token, order.seller, toSeller - fee, till);
    }

    /// @dev Writes what a settlement leaves of an order, and credits the fee.
    function _book(Order calldata order, State storage state, Slot slot, uint96 toBuyer, uint96 toSeller)
        private
        returns (uint96 remaining, uint96 fee)
    {
        // No overflow: released and remaining are together never more than the order's amount.
        unchecked {
            remaining = slot.remaining() - toBuyer - toSeller;
            _save(state, slot.paidOut(toBuyer, toSeller));
            fee = _fee(slot.released(), toSeller, order.feeBps);
            if (fee != 0) credits[order.token][order.feeTo] += fee;
        }
    }

    /// @dev What everything released by then owes, less what was owed before, so that the fee of an order does not
    /// depend on the number of parts.
    function _fee(uint256 released, uint256 toSeller, uint256 feeBps) private pure returns (uint96) {
        unchecked {
            return _share(released + toSeller, feeBps) - _share(released, feeBps);
        }
    }

    /// @dev The one place that rounds: down. It fits, as `amount` is one of an order and `bps` is at most 10 000.
    function _share(uint256 amount, uint256 bps) private pure returns (uint96) {
        unchecked {
            return uint96(amount * bps / BPS);
        }
    }

    /// @dev One read and one write for the whole slot; the members one by one cost 100 gas and more for each.
    function _load(Order calldata order) private view returns (bytes32 id, State storage state, Slot slot) {
        id = _orderId(order);
        state = states[id];
        slot = _read(state);
    }

    function _read(State storage state) private view returns (Slot slot) {
        assembly ("memory-safe") {
            slot := sload(state.slot)
        }
    }

    function _save(State storage state, Slot slot) private {
        assembly ("memory-safe") {
            sstore(state.slot, slot)
        }
    }

    /// @dev What a party has to have signed; its present state is a part of it.
    function _settleDigest(bytes32 id, Slot slot, uint96 toBuyer, uint96 toSeller, uint40 validUntil)
        private
        view
        returns (bytes32)
    {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(SETTLE_TYPEHASH, id, toBuyer, toSeller, slot.remaining(), uint8(slot.status()), validUntil)
            )
        );
    }

    /// @dev Accounts are tried first: one with delegated code (EIP-7702) still signs as an account.
    function _requireConsent(address party, bytes32 digest, bytes calldata signature) private view {
        if (msg.sender == party) return;
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (failure == ECDSA.RecoverError.NoError && signer == party) return;
        require(SignatureChecker.isValidERC1271SignatureNowCalldata(party, digest, signature), BadSignature(party));
    }

    /// @dev Takes exactly `amount` from the sender, or reverts.
    function _take(address token, uint256 amount) private {
        if (token == address(0)) {
            require(msg.value == amount, BadAmount(msg.value, amount));
            return;
        }
        require(msg.value == 0, BadAmount(msg.value, 0));
        uint256 before = _balance(token);
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        _requireArrived(token, before, amount);
    }

    /// @dev Draws a signed transfer, in the form that its signature has.
    function _receive(Cart memory cart, uint256 validAfter, uint256 validBefore, bytes calldata signature) private {
        IERC3009 token = IERC3009(cart.token);
        if (signature.length != 65) {
            token.receiveWithAuthorization(
                cart.buyer, address(this), cart.sum, validAfter, validBefore, cart.hash, signature
            );
            return;
        }
        (uint8 v, bytes32 r, bytes32 s) = ECDSA.parseCalldata(signature);
        token.receiveWithAuthorization(cart.buyer, address(this), cart.sum, validAfter, validBefore, cart.hash, v, r, s);
    }

    /// @dev A token that keeps a part of a transfer is refused here.
    function _requireArrived(address token, uint256 before, uint256 amount) private view {
        uint256 got = _balance(token) - before;
        require(got == amount, BadAmount(got, amount));
    }

    function _balance(address token) private view returns (uint256) {
        return IERC20(token).balanceOf(address(this));
    }

    /// @dev Sends, and credits what cannot be delivered, so that no payee can hold up the other party or a batch.
    function _push(address token, address to, uint256 amount, Till memory till) private {
        bool delivered = token == address(0) ? _pushCoin(to, amount) : _pushToken(token, to, amount, till);
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
    function _pushToken(address token, address to, uint256 amount, Till memory till) private returns (bool delivered) {
        if (till.token != token) {
            till.token = token;
            till.balance = _balance(token);
        }
        require(gasleft() >= TOKEN_PUSH_GAS_LEFT, MoreGasNeeded(TOKEN_PUSH_GAS_LEFT));
        delivered = IERC20(token).trySafeTransfer(to, amount);
        if (delivered) {
            // No overflow with a token that moves what it says; with another the next failure is the one that reverts.
            unchecked {
                till.balance -= amount;
            }
        } else {
            uint256 got = _balance(token);
            require(got >= till.balance, BadAmount(got, till.balance));
        }
    }

    function _cartHash(bytes32[] memory ids) private pure returns (bytes32) {
        return ids.length == 1 ? ids[0] : keccak256(abi.encodePacked(ids));
    }

    /// @dev Refuses an empty array.
    function _some(Order[] calldata orders) private pure {
        require(orders.length != 0, BadOrder(255));
    }

    /// @dev An order has no dynamic field, so its calldata is its EIP-712 encoding. Bits outside a field's type would
    /// change the hash; `pay` reads every field, which refuses them, so such an id is never paid.
    function _orderId(Order calldata order) private view returns (bytes32 id) {
        bytes32 typehash = ORDER_TYPEHASH;
        bytes32 separator = block.chainid == _chain ? _separator : _domainSeparatorV4();
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, typehash)
            calldatacopy(add(data, 0x20), order, 0x180)
            let structHash := keccak256(data, 0x1a0)
            // As EIP-712 has it: two bytes, the domain, the struct.
            mstore(data, hex"1901")
            mstore(add(data, 0x02), separator)
            mstore(add(data, 0x22), structHash)
            id := keccak256(data, 0x42)
        }
    }
}
