// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  Ecdsa384 - calls of the P384 contract
library Ecdsa384 {
    /// hash, r, s, x, y
    uint256 internal constant STATEMENT = 240;

    /// @notice Is (r, s) a signature of that digest under the key? Hints as P384 says; false ones give false.
    /// @param rs   r and s, 48 bytes each  @param key  x and y
    function verify(
        address p384,
        bytes32 digestHigh,
        bytes16 digestLow,
        bytes memory rs,
        bytes memory key,
        bytes calldata hints
    ) internal view returns (bool good) {
        if (rs.length != 96 || key.length != 96) return false;
        assembly ("memory-safe") {
            // above free memory, given up at the end
            let m := mload(0x40)
            mstore(m, digestHigh)
            mstore(add(m, 32), digestLow)
            mcopy(add(m, 48), add(rs, 32), 96)
            mcopy(add(m, 144), add(key, 32), 96)
            calldatacopy(add(m, STATEMENT), hints.offset, hints.length)
            good := staticcall(gas(), p384, m, add(STATEMENT, hints.length), 0, 32)
            good := and(good, and(eq(returndatasize(), 32), eq(mload(0), 1)))
        }
    }
}
