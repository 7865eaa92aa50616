// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PckExtension} from "./PckExtension.sol";
import {X509} from "./X509.sol";

/// @title  CertificateReader - Intel's certificates and revocation lists, from DER to fields
/// @notice Pure code behind TdxVerifier, which trusts it as itself; it holds nothing.
///         Total: fields or a revert that names place and cause. Signatures are the caller's.
contract CertificateReader {
    using X509 for bytes;

    /// @notice Fields, SHA-256 of the signed part, and the SGX extension (all zero if there is none).
    function certificate(bytes calldata der)
        external
        pure
        returns (X509.Certificate memory c, bytes32 digest, PckExtension.Platform memory p)
    {
        c = X509.certificate(der);
        digest = sha256(der[c.tbsStart:c.tbsEnd]);
        if (c.sgxEnd != c.sgxStart) p = PckExtension.read(der, c.sgxStart, c.sgxEnd);
    }

    /// @notice Fields, SHA-256 of the signed part, keccak256 of all entries.
    function revocationList(bytes calldata der)
        external
        pure
        returns (X509.RevocationList memory l, bytes32 digest, bytes32 entriesHash)
    {
        l = X509.revocationList(der);
        digest = sha256(der[l.tbsStart:l.tbsEnd]);
        entriesHash = keccak256(der[l.entriesStart:l.entriesEnd]);
    }

    /// @notice Number of entries in [start, end) of a list, and the serials of entries from..from+limit-1.
    function entries(bytes calldata der, uint256 start, uint256 end, uint256 from, uint256 limit)
        external
        pure
        returns (uint256 count, uint256[] memory serials)
    {
        // an entry takes at least 18 bytes: 30 10, 02 01 xx, 17 0d and 13 digits
        uint256 room = (end - start) / 18;
        serials = new uint256[](limit < room ? limit : room);
        uint256 found;
        while (start < end) {
            uint256 serial;
            (serial, start) = der.entry(start, end);
            if (count >= from && found < serials.length) serials[found++] = serial;
            ++count;
        }
        assembly ("memory-safe") {
            // shortened to what was found
            mstore(serials, found)
        }
    }

    /// @notice Index of the first of `serials` that no entry in [start, end) has; their number if none.
    function firstAbsent(bytes calldata der, uint256 start, uint256 end, uint256[] calldata serials)
        external
        pure
        returns (uint256 index)
    {
        for (; index < serials.length; ++index) {
            bool found = false;
            uint256 pos = start;
            while (pos < end && !found) {
                uint256 serial;
                (serial, pos) = der.entry(pos, end);
                found = serial == serials[index];
            }
            if (!found) return index;
        }
    }
}
