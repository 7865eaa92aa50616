// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  Table - a byte string in memory that grows up to a capacity fixed when it is created
/// @notice Positions are memory addresses. Callers bound what they append by the capacity: each list
///         has a greatest count, checked before an item is appended.
library Table {
    uint256 internal constant LEVEL_SIZE = 35;
    uint256 internal constant SVN_LEVEL_SIZE = 3;
    /// id, mrsigner, attributes, mask, count of levels
    uint256 internal constant MODULE_SIZE = 66;

    /// @notice An empty table with room for `capacity` bytes.
    function create(uint256 capacity) internal pure returns (bytes memory t) {
        assembly ("memory-safe") {
            // length word, capacity, and a word that partial writes may touch
            t := mload(0x40)
            mstore(0x40, and(add(add(t, capacity), 95), not(31)))
            mstore(t, 0)
        }
    }

    /// @notice Lengthens the table by `size` bytes; where they start.
    function reserve(bytes memory t, uint256 size) internal pure returns (uint256 place) {
        assembly ("memory-safe") {
            let length := mload(t)
            place := add(add(t, 32), length)
            mstore(t, add(length, size))
        }
    }

    /// @notice Where the next byte goes.
    function tip(bytes memory t) internal pure returns (uint256 place) {
        return reserve(t, 0);
    }

    /// @notice Writes the first `size` (1 to 32) bytes of a left-aligned word, and no others.
    function writeBytes(uint256 place, uint256 word, uint256 size) internal pure {
        assembly ("memory-safe") {
            let rest := shr(mul(8, size), not(0))
            mstore(place, or(and(word, not(rest)), and(mload(place), rest)))
        }
    }

    function readByte(uint256 place) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := byte(0, mload(place))
        }
    }

    /// @notice Appends another table.
    function append(bytes memory t, bytes memory more) internal pure {
        uint256 place = reserve(t, more.length);
        assembly ("memory-safe") {
            mcopy(place, add(more, 32), mload(more))
        }
    }

    /// @notice The table without its first byte; takes the place of the given one, which is not to be
    ///         used any more. Not for an empty table.
    function withoutFirst(bytes memory t) internal pure returns (bytes memory rest) {
        assembly ("memory-safe") {
            rest := add(t, 1)
            mstore(rest, sub(mload(t), 1))
        }
    }
}
