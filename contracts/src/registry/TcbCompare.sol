// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Vendor} from "../base/Types.sol";

/// @title  TcbCompare - is every security version of a machine at least the minimum?
/// @notice Layout of rawTcb per vendor (attestation.md C7). TDX: 48 one-byte versions (TEE_TCB_SVN,
///         TEE_TCB_SVN2, PCK component SVNs), then PCESVN and QE ISVSVN as u16 big-endian. SNP: 32 one-byte
///         versions (CURRENT, REPORTED, COMMITTED, LAUNCH_TCB), then 24 bytes of masks (PLATFORM_INFO, two
///         mitigation vectors), of which all bits of the minimum must be set. Component by component: a
///         version never makes up for another one. Nitro has none.
/// @custom:source SPEC 8
library TcbCompare {
    uint8 internal constant NONE_BELOW = 255;
    uint8 internal constant LENGTH_DIFFERS = 254;

    /// @notice no minimum can be set for that vendor, or its length is not the vendor's
    error MinimumLength(uint8 vendor, uint256 found, uint256 needed);

    function requireLength(uint8 vendor, uint256 length) internal pure {
        uint256 needed = _length(vendor);
        if (needed == 0 || length != needed) revert MinimumLength(vendor, length, needed);
    }

    /// @notice Index of the first component below its minimum; NONE_BELOW if there is none.
    ///         TDX: 0..47 the bytes, 48 PCESVN, 49 QE ISVSVN. SNP: the byte.
    function firstBelow(uint8 vendor, bytes calldata raw, bytes memory minimum) internal pure returns (uint8) {
        uint256 length = _length(vendor);
        if (length == 0 || raw.length != length || minimum.length != length) return LENGTH_DIFFERS;
        uint256 bytewise = vendor == Vendor.SNP ? 32 : 48;
        for (uint256 i = 0; i < bytewise; ++i) {
            if (raw[i] < minimum[i]) return uint8(i);
        }
        if (vendor == Vendor.SNP) {
            for (uint256 i = bytewise; i < length; ++i) {
                if (raw[i] & minimum[i] != minimum[i]) return uint8(i);
            }
            return NONE_BELOW;
        }
        for (uint256 i = 48; i < 52; i += 2) {
            uint16 have = uint16(uint8(raw[i])) << 8 | uint8(raw[i + 1]);
            uint16 want = uint16(uint8(minimum[i])) << 8 | uint8(minimum[i + 1]);
            if (have < want) return uint8(48 + (i - 48) / 2);
        }
        return NONE_BELOW;
    }

    function _length(uint8 vendor) private pure returns (uint256) {
        return vendor == Vendor.TDX ? 52 : vendor == Vendor.SNP ? 56 : 0;
    }
}
