// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Tokens with pictures (ERC-721 and ERC-1155 at once), all of one owner and with one description
contract PictureToken {
    address private immutable _owner;
    string private _uri;

    constructor(address owner, string memory described) {
        _owner = owner;
        _uri = described;
    }

    function ownerOf(uint256) external view returns (address) {
        return _owner;
    }

    function balanceOf(address owner, uint256) external view returns (uint256) {
        return owner == _owner ? 1 : 0;
    }

    function tokenURI(uint256) external view returns (string memory) {
        return _uri;
    }

    function uri(uint256) external view returns (string memory) {
        return _uri;
    }
}
