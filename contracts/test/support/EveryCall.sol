// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../../src/Escrow.sol";

/// @notice A call of each function of the escrow that changes state, none of which is let in during another.
function everyCall(Escrow.Order memory order) pure returns (bytes[] memory calls) {
    Escrow.Order[] memory orders = new Escrow.Order[](1);
    orders[0] = order;
    calls = new bytes[](12);
    calls[0] = abi.encodeCall(Escrow.pay, (orders));
    calls[1] = abi.encodeCall(Escrow.payWithPermit, (orders, 0, 0, 0, 0));
    calls[2] = abi.encodeCall(Escrow.payWithAuthorization, (orders, 0, 0, ""));
    calls[3] = abi.encodeCall(Escrow.payWithPermit2, (orders, 0, 0, ""));
    calls[4] = abi.encodeCall(Escrow.fulfil, (orders));
    calls[5] = abi.encodeCall(Escrow.release, (orders));
    calls[6] = abi.encodeCall(Escrow.refund, (orders));
    calls[7] = abi.encodeCall(Escrow.dispute, (order));
    calls[8] = abi.encodeCall(Escrow.resolve, (order, 1));
    calls[9] = abi.encodeCall(Escrow.settle, (order, 1, 1, order.payBy, "", ""));
    calls[10] = abi.encodeCall(Escrow.reimburse, (order, 1));
    calls[11] = abi.encodeCall(Escrow.withdraw, (order.token, order.seller));
}
