// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  Tally - counting votes
/// @notice Pure functions of Epochs. Lists have at most 256 entries; bit i of a bitmap is entry i.
library Tally {
    uint8 internal constant VOTED = 1; // IEpochs.Seat.flags
    uint8 internal constant TRANSCRIPT = 2;
    uint8 internal constant READY = 4;
    uint8 internal constant VOID = 8;

    /// a = T + b, b = (n - T) / 2 (SPEC 6)
    function quorum(uint256 n, uint256 t) internal pure returns (uint256) {
        return t + (n - t) / 2;
    }

    /// Order of candidates, the greater first: bond, then the lower id.
    function rank(uint96 bond, uint32 id) internal pure returns (uint256) {
        return uint256(bond) << 32 | ~id;
    }

    /// The only hash that more than half of the entries can have, and how many have it; zero hashes do not
    /// count. (0, 0) or a hash with fewer if there is none.
    function majority(bytes32[] memory hashes) internal pure returns (bytes32 hash, uint256 count) {
        uint256 lead;
        for (uint256 i; i < hashes.length; ++i) {
            if (lead == 0) (hash, lead) = (hashes[i], 1);
            else if (hashes[i] == hash) ++lead;
            else --lead;
        }
        if (hash == 0) return (0, 0);
        for (uint256 i; i < hashes.length; ++i) {
            if (hashes[i] == hash) ++count;
        }
    }

    /// Non-zero ids whose hash is another one.
    function without(uint32[] memory ids, bytes32[] memory hashes, bytes32 hash)
        internal
        pure
        returns (uint32[] memory list)
    {
        uint256 bitmap;
        for (uint256 i; i < ids.length; ++i) {
            if (hashes[i] != hash) bitmap |= 1 << i;
        }
        return select(ids, bitmap);
    }

    /// Non-zero ids whose bit is set.
    function select(uint32[] memory ids, uint256 bitmap) internal pure returns (uint32[] memory list) {
        list = new uint32[](ids.length);
        uint256 count;
        for (uint256 i; i < ids.length; ++i) {
            if (ids[i] != 0 && (bitmap >> i) & 1 == 1) list[count++] = ids[i];
        }
        assembly ("memory-safe") {
            mstore(list, count) // shortens the array to what was filled
        }
    }

    /// Entries of both lists, each once.
    function join(uint32[] memory a, uint32[] memory b) internal pure returns (uint32[] memory list) {
        list = new uint32[](a.length + b.length);
        uint256 count;
        for (uint256 i; i < a.length; ++i) list[count++] = a[i];
        for (uint256 i; i < b.length; ++i) {
            bool known;
            for (uint256 j; j < a.length && !known; ++j) known = a[j] == b[i];
            if (!known) list[count++] = b[i];
        }
        assembly ("memory-safe") {
            mstore(list, count) // shortens the array to what was filled
        }
    }

    function ones(uint256 bitmap) internal pure returns (uint256 count) {
        for (; bitmap != 0; bitmap &= bitmap - 1) ++count;
    }

    function mask(uint32[] memory ids) internal pure returns (uint256 bitmap) {
        for (uint256 i; i < ids.length; ++i) {
            if (ids[i] != 0) bitmap |= 1 << i;
        }
    }

    /// Bits that are set in at least `least` of the bitmaps (1 <= least <= 511). Column counters stand in
    /// nine words, one for each binary digit; adding a bitmap ripples a carry through them.
    function atLeast(uint256[] memory bitmaps, uint256 least) internal pure returns (uint256 result) {
        uint256[9] memory digits;
        for (uint256 i; i < bitmaps.length; ++i) {
            uint256 carry = bitmaps[i];
            for (uint256 d; carry != 0; ++d) {
                uint256 before = digits[d];
                digits[d] = before ^ carry;
                carry &= before;
            }
        }
        // compare each column with `least`, from the highest digit: greater, or equal so far
        uint256 greater;
        uint256 equal = type(uint256).max;
        for (uint256 d = 9; d > 0; --d) {
            uint256 digit = digits[d - 1];
            if ((least >> (d - 1)) & 1 == 1) {
                equal &= digit;
            } else {
                greater |= equal & digit;
                equal &= ~digit;
            }
        }
        return greater | equal;
    }
}
