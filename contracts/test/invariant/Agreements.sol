// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../../src/Escrow.sol";
import {FickleToken} from "../mocks/FickleToken.sol";
import {vm} from "../support/Vm.sol";
import {Batches} from "./Batches.sol";

/// @title settle, by every way to consent, and what signatures must not do
abstract contract Agreements is Batches {
    struct Offer {
        Escrow.Order order;
        uint96 toBuyer;
        uint96 toSeller;
        uint40 validUntil;
        bytes buyerSignature;
        bytes sellerSignature;
    }

    /// @dev An offer that waits, and when it may be taken.
    struct Waiting {
        Offer offer;
        uint256 remaining;
        Escrow.Status status;
    }

    uint256 private constant OTHER_CHAIN = 10;
    uint256 private constant THIS_CHAIN = 31_337;
    /// @dev Of `states` in the escrow.
    uint256 private constant SLOT = 2;

    Waiting[] private _waiting;
    /// @dev Of the order that the offer at hand was drawn for.
    bytes32 private _idOfDraw;
    uint256 private _statusOfDraw;

    function settleByBuyer(uint256 seed) external {
        _begin(seed);
        Offer memory offer = _drawOffer();
        offer.toBuyer = 0;
        _settleBy(offer.order.buyer, offer);
    }

    function settleBySeller(uint256 seed) external {
        _begin(seed);
        Offer memory offer = _drawOffer();
        offer.toSeller = 0;
        _settleBy(offer.order.seller, offer);
    }

    function settleByBuyerWithSignature(uint256 seed) external {
        _begin(seed);
        Offer memory offer = _drawOffer();
        offer.sellerSignature = _signOffer(offer, offer.order.seller);
        _settleBy(offer.order.buyer, offer);
    }

    function settleBySellerWithSignature(uint256 seed) external {
        _begin(seed);
        Offer memory offer = _drawOffer();
        offer.buyerSignature = _signOffer(offer, offer.order.buyer);
        _settleBy(offer.order.seller, offer);
    }

    function settleBySignatures(uint256 seed) external {
        _begin(seed);
        Offer memory offer = _drawOffer();
        _signBoth(offer);
        _settleBy(_pick(everyone), offer);
    }

    function signOffer(uint256 seed) external {
        _begin(seed);
        Offer memory offer = _drawOffer();
        _signBoth(offer);
        Account storage account = accounts[escrow.orderId(offer.order)];
        Waiting storage waiting = _waiting.push();
        waiting.offer = offer;
        waiting.remaining = account.remaining;
        waiting.status = account.status;
    }

    /// @dev Invariant 8: an offer is void once anything of the order has moved, or its status has changed.
    function takeOffer(uint256 seed) external {
        _begin(seed);
        require(_waiting.length != 0, "no offer");
        // Mostly the last one, as the others are void soon.
        uint256 last = _waiting.length - 1;
        Waiting memory waiting = _waiting[_roll(3) == 0 ? _roll(last + 1) : last];
        Account storage account = accounts[escrow.orderId(waiting.offer.order)];
        bool isFresh = waiting.remaining == account.remaining && waiting.status == account.status;
        bool done = _settle(keeper, waiting.offer);
        _promise(8, !done || isFresh, "an offer of before was taken");
        _conclude(done);
    }

    /// @dev Invariant 8: nothing but its own signature over just this speaks for a party.
    function settleByForgery(uint256 seed) external {
        _begin(seed);
        Offer memory offer = _drawOffer();
        _signBoth(offer);
        uint256 kind = _roll(5);
        if (kind == 0) (offer.buyerSignature, offer.sellerSignature) = (offer.sellerSignature, offer.buyerSignature);
        if (kind == 1) offer.order = _draw(LIVE);
        if (kind == 2) (offer.toBuyer, offer.toSeller) = (offer.toBuyer + 1, offer.toSeller + 1);
        if (kind == 3) offer.validUntil += 1;
        if (kind == 4) (offer.buyerSignature, offer.sellerSignature) = ("", "");
        require(kind != 1 || escrow.orderId(offer.order) != _idOfDraw, "the same order");
        (bool done,) = _call(keeper, 0, _callOf(offer));
        _promise(8, !done, "a forgery was taken");
        _conclude(!done);
    }

    /// @dev Invariant 8: what has moved money by a signature never does so again, whoever brings it.
    function replay(uint256 seed) external {
        _begin(seed);
        require(spent.length != 0, "nothing was spent");
        bytes memory data = spent[_roll(spent.length)];
        (bool done,) = _call(_roll(2) == 0 ? keeper : _pick(arbiters), 0, data);
        _promise(8, !done, "a signature moved money twice");
        uint256 snapshot = vm.snapshotState();
        vm.prank(keeper);
        (bool doneByTwin,) = address(twin).call(data);
        vm.revertToState(snapshot);
        _promise(8, !doneByTwin, "a signature moved money in another contract");
        _conclude(!done);
    }

    function _settleBy(address proper, Offer memory offer) private {
        bool done = _settle(_sender(proper), offer);
        if (done) _replayAtOnce(offer);
        _conclude(done);
    }

    /// @dev Invariant 7: a party may give away its own claim, and nobody else may.
    function _settle(address sender, Offer memory offer) private returns (bool done) {
        Escrow.Order memory order = offer.order;
        bytes memory data = _callOf(offer);
        bool byBuyer = sender == order.buyer || offer.buyerSignature.length != 0;
        bool bySeller = sender == order.seller || offer.sellerSignature.length != 0;
        int256[] memory want = _worths(_one(order));
        (done,) = _call(sender, 0, data);
        if (!done) return false;
        _promise(7, byBuyer || offer.toSeller == 0, "settled without the buyer");
        _promise(7, bySeller || offer.toBuyer == 0, "settled without the seller");
        _promise(8, time <= offer.validUntil, "settled by an offer that was over");
        _enterSettlement(order, offer.toBuyer, offer.toSeller, want);
        _assertWorths(want, _one(order));
        spent.push(data);
    }

    /// @dev Invariant 8: not again, and neither on another chain nor in another contract, though the order stands there
    /// just as it stood here.
    function _replayAtOnce(Offer memory offer) private {
        bytes memory data = _callOf(offer);
        (bool done,) = _call(stranger, 0, data);
        _promise(8, !done, "a signature moved money twice");
        if (_roll(4) != 0) return;
        uint256 snapshot = vm.snapshotState();
        Account storage account = accounts[escrow.orderId(offer.order)];
        uint256 remaining = account.remaining + offer.toBuyer + offer.toSeller;
        _place(twin, offer.order, remaining);
        vm.prank(stranger);
        (bool doneByTwin,) = address(twin).call(data);
        vm.chainId(OTHER_CHAIN);
        _place(escrow, offer.order, remaining);
        (bool doneThere,) = _call(stranger, 0, data);
        vm.chainId(THIS_CHAIN);
        vm.revertToState(snapshot);
        _promise(8, !doneByTwin, "a signature moved money in another contract");
        _promise(8, !doneThere, "a signature moved money on another chain");
    }

    /// @dev Lets the order stand in that escrow, or under the chain of now, with this much left.
    function _place(Escrow where, Escrow.Order memory order, uint256 remaining) private {
        uint256 word = remaining | uint256(time + 1 days) << 192 | _statusOfDraw << 232;
        vm.store(address(where), keccak256(abi.encode(where.orderId(order), SLOT)), bytes32(word));
        if (order.token == address(0)) vm.deal(address(where), address(where).balance + remaining);
        else FickleToken(order.token).mint(address(where), remaining);
    }

    /// @dev All that remains or a part, to one side or to both.
    function _drawOffer() private returns (Offer memory offer) {
        offer.order = _draw(LIVE);
        _idOfDraw = escrow.orderId(offer.order);
        Account storage account = accounts[_idOfDraw];
        _statusOfDraw = uint8(account.status);
        uint256 moved = _roll(4) == 0 ? account.remaining : 1 + _roll(account.remaining);
        uint256 kind = _roll(4);
        uint256 toBuyer = kind == 0 ? 0 : kind == 1 ? moved : _roll(moved + 1);
        offer.toBuyer = uint96(toBuyer);
        offer.toSeller = uint96(moved - toBuyer);
        offer.validUntil = time + uint40([uint256(0), 1 hours, 72 hours][_roll(3)]);
    }

    function _signBoth(Offer memory offer) private view {
        offer.buyerSignature = _signOffer(offer, offer.order.buyer);
        offer.sellerSignature = _signOffer(offer, offer.order.seller);
    }

    /// @dev Worked out apart from the escrow.
    function _signOffer(Offer memory offer, address party) private view returns (bytes memory) {
        bytes32 id = escrow.orderId(offer.order);
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Souk Escrow"),
                keccak256("1"),
                THIS_CHAIN,
                address(escrow)
            )
        );
        bytes32 typehash = keccak256(
            "Settle(bytes32 order,uint96 toBuyer,uint96 toSeller,uint96 remaining,uint8 status,uint40 validUntil)"
        );
        Account storage account = accounts[id];
        bytes32 content = keccak256(
            abi.encode(
                typehash, id, offer.toBuyer, offer.toSeller, account.remaining, uint8(account.status), offer.validUntil
            )
        );
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(_keyOf(party), keccak256(abi.encodePacked(hex"1901", domain, content)));
        return _asOf(party, abi.encodePacked(r, s, v));
    }

    function _callOf(Offer memory offer) private pure returns (bytes memory) {
        return abi.encodeCall(
            Escrow.settle,
            (offer.order, offer.toBuyer, offer.toSeller, offer.validUntil, offer.buyerSignature, offer.sellerSignature)
        );
    }
}
