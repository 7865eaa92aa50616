// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hash384} from "./Hash384.sol";

/// @title  RsaPss - RSASSA-PSS with SHA-384, MGF1-SHA-384, a salt of 48 bytes, keys of 4096 bits and
///         exponent 65537: what AMD signs certificates and revocation lists with
/// @notice 131,000 gas of MODEXP (EIP-7883) and 11 blocks of SHA-384.
/// @custom:source RFC 8017 8.1.2, 9.1.2, B.2.1
library RsaPss {
    uint256 internal constant SIZE = 512;
    uint256 private constant MODEXP = 0x05;
    /// EIP-7883's price, and room for the call
    uint256 private constant MODEXP_GAS = 140_000;
    /// maskedDB; the digest and 0xbc follow
    uint256 private constant DB_SIZE = 463;
    uint256 private constant DIGEST_SIZE = 48;
    /// zeros, 0x01; the salt follows
    uint256 private constant SALT_AT = 415;
    uint256 private constant MASK_BLOCKS = 10;
    uint256 private constant TOP_BIT = 1 << 255;

    /// @notice Is it a signature of that SHA-384 digest? False for a key or signature of another size, a
    ///         key whose top bit is not set, and a signature that is not below the modulus.
    function verify(
        address hasher,
        bytes32 digestHigh,
        bytes16 digestLow,
        bytes calldata modulus,
        bytes memory signature
    ) internal view returns (bool) {
        if (modulus.length != SIZE || signature.length != SIZE) return false;
        if (_word(modulus, 0) < TOP_BIT || !_isBelow(signature, modulus)) return false;
        (bool done, uint256 em) = _power(modulus, signature);
        // 4095 bits of message: the first one is none of them
        if (!done || _at(em) >= TOP_BIT || _at(em + 480) & 0xff != 0xbc) return false;
        uint256 db = _unmasked(hasher, em);
        uint256 rest;
        for (uint256 i = 0; i < 12; ++i) rest |= _at(db + 32 * i);
        if (rest != 0 || _at(db + 384) >> 8 != 1) return false;
        return _isDigestOf(hasher, em + DB_SIZE, digestHigh, digestLow, db + SALT_AT);
    }

    function _word(bytes calldata b, uint256 at) private pure returns (uint256 w) {
        assembly ("memory-safe") {
            w := calldataload(add(b.offset, at))
        }
    }

    function _at(uint256 place) private pure returns (uint256 w) {
        assembly ("memory-safe") {
            w := mload(place)
        }
    }

    function _isBelow(bytes memory a, bytes calldata b) private pure returns (bool) {
        uint256 place;
        assembly ("memory-safe") {
            place := add(a, 32)
        }
        for (uint256 at = 0; at < SIZE; at += 32) {
            uint256 x = _at(place + at);
            uint256 y = _word(b, at);
            if (x != y) return x < y;
        }
        return false;
    }

    /// signature^65537 mod modulus: 512 bytes at `em`, which are allocated.
    function _power(bytes calldata modulus, bytes memory signature)
        private
        view
        returns (bool done, uint256 em)
    {
        assembly ("memory-safe") {
            // three lengths, base, exponent of 3 bytes, modulus; the answer takes the same place
            em := mload(0x40)
            mstore(0x40, add(em, 1152))
            mstore(em, SIZE)
            mstore(add(em, 32), 3)
            mstore(add(em, 64), SIZE)
            mcopy(add(em, 96), add(signature, 32), SIZE)
            mstore(add(em, 608), shl(232, 0x010001))
            calldatacopy(add(em, 611), modulus.offset, SIZE)
            done := staticcall(MODEXP_GAS, MODEXP, em, 1123, em, SIZE)
            done := and(done, eq(returndatasize(), SIZE))
        }
    }

    /// DB: 480 bytes at the returned place, of which 463 count; its first bit cleared.
    function _unmasked(address hasher, uint256 em) private view returns (uint256 db) {
        bool good = true;
        assembly ("memory-safe") {
            // seed and counter, then the mask
            let seed := mload(0x40)
            db := add(seed, 96)
            mstore(0x40, add(db, 480))
            mcopy(seed, add(em, DB_SIZE), DIGEST_SIZE)
            for { let i := 0 } lt(i, MASK_BLOCKS) { i := add(i, 1) } {
                // four bytes behind the digest
                mstore(add(seed, DIGEST_SIZE), shl(224, i))
                let answered := staticcall(gas(), hasher, seed, 52, add(db, mul(i, DIGEST_SIZE)), DIGEST_SIZE)
                good := and(good, and(answered, eq(returndatasize(), DIGEST_SIZE)))
            }
            for { let at := 0 } lt(at, 480) { at := add(at, 32) } {
                mstore(add(db, at), xor(mload(add(db, at)), mload(add(em, at))))
            }
            mstore(db, and(mload(db), not(TOP_BIT)))
        }
        if (!good) revert Hash384.Sha384Failed(hasher);
    }

    /// Is the digest at `found` that of eight zeros, the message's digest and the salt?
    function _isDigestOf(address hasher, uint256 found, bytes32 high, bytes16 low, uint256 salt)
        private
        view
        returns (bool)
    {
        uint256 m;
        assembly ("memory-safe") {
            m := mload(0x40)
            mstore(m, 0)
            mstore(add(m, 8), high)
            mstore(add(m, 40), low)
            mcopy(add(m, 56), salt, DIGEST_SIZE)
            mstore(0x40, add(m, 128))
        }
        (bytes32 h, bytes16 l) = Hash384.ofMemory(hasher, m, 104);
        return uint256(h) == _at(found) && uint256(uint128(l)) == _at(found + 32) >> 128;
    }
}
