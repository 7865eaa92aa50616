// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  Hash384 - calls of the Sha384 contract
/// @notice A digest is its first 32 bytes and its last 16.
library Hash384 {
    /// @notice the hash contract is missing or ran out of gas
    error Sha384Failed(address hasher);

    /// @notice Digest of the bytes of memory [start, start + size).
    function ofMemory(address hasher, uint256 start, uint256 size)
        internal
        view
        returns (bytes32 high, bytes16 low)
    {
        bool good;
        assembly ("memory-safe") {
            // above free memory: 48 bytes of answer
            let m := mload(0x40)
            good := staticcall(gas(), hasher, start, size, m, 48)
            good := and(good, eq(returndatasize(), 48))
            high := mload(m)
            low := and(mload(add(m, 32)), not(sub(shl(128, 1), 1)))
        }
        if (!good) revert Sha384Failed(hasher);
    }

    /// @notice Digest of bytes in memory.
    function digest(address hasher, bytes memory message) internal view returns (bytes32 high, bytes16 low) {
        uint256 start;
        assembly ("memory-safe") {
            start := add(message, 32)
        }
        return ofMemory(hasher, start, message.length);
    }
}
