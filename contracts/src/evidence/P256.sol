// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  P256 - ECDSA over P-256 by the precompile of EIP-7951
/// @notice The precompile refuses r or s out of [1, n-1], coordinates >= p, points off the curve and
///         the point at infinity. High s is accepted: about half of genuine signatures have one, so a
///         signature is never an identifier.
library P256 {
    uint256 internal constant PRECOMPILE = 0x100;
    /// EIP-7951's price and room for the call itself; caps what a broken precompile could burn.
    uint256 internal constant GAS_CAP = 20_000;

    /// @notice the chain has no P-256 precompile
    error P256Missing();

    /// @notice Is (r, s) a signature of that digest under (x, y)? False also where there is no
    ///         precompile: see requirePresent.
    function verify(bytes32 digest, uint256 r, uint256 s, uint256 x, uint256 y) internal view returns (bool good) {
        assembly ("memory-safe") {
            // inputs at [m, m+160), answer in scratch space [0, 32)
            let m := mload(0x40)
            mstore(m, digest)
            mstore(add(m, 0x20), r)
            mstore(add(m, 0x40), s)
            mstore(add(m, 0x60), x)
            mstore(add(m, 0x80), y)
            mstore(0x00, 0)
            let done := staticcall(GAS_CAP, PRECOMPILE, m, 0xa0, 0x00, 0x20)
            good := and(and(done, eq(returndatasize(), 0x20)), eq(mload(0x00), 1))
        }
    }

    /// @notice For constructors: an absent precompile answers like a wrong signature, so a signature
    ///         known to be good tells them apart (RFC 6979 A.2.5, SHA-256, "sample").
    function requirePresent() internal view {
        if (
            !verify(
                0xaf2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf,
                0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716,
                0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8,
                0x60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6,
                0x7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299
            )
        ) revert P256Missing();
    }
}
