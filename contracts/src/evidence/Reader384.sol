// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AmdKey} from "./AmdKey.sol";
import {Certificate384} from "./Certificate384.sol";
import {X509} from "./X509.sol";

/// @title  Reader384 - AMD's and AWS's certificates and revocation lists, from DER to fields
/// @notice Pure code behind SnpVerifier and NitroVerifier, which trust it as themselves; it holds nothing.
///         Total: fields or a revert that names place and cause. Signatures are the caller's.
contract Reader384 {
    /// @notice Fields, and the public key's bytes (modulus of 512, or x and y of 48).
    function certificate(bytes calldata der)
        external
        pure
        returns (Certificate384.Certificate memory c, bytes memory key)
    {
        c = Certificate384.certificate(der);
        key = der[c.keyStart:c.keyStart + (c.keyKind == Certificate384.RSA_KEY ? 512 : 96)];
    }

    /// @notice What AMD's extensions of a VCEK or VLEK say; [start, end) as certificate() gave it.
    function amdKey(bytes calldata der, uint256 start, uint256 end) external pure returns (AmdKey.Key memory) {
        return AmdKey.read(der, start, end);
    }

    /// @notice Fields of a revocation list, and the serials of all its entries.
    function revocationList(bytes calldata der)
        external
        pure
        returns (Certificate384.RevocationList memory l, uint256[] memory serials)
    {
        l = Certificate384.revocationList(der);
        // an entry takes at least 18 bytes: 30 10, 02 01 xx, 17 0d and 13 digits
        serials = new uint256[]((l.entriesEnd - l.entriesStart) / 18);
        uint256 count;
        uint256 pos = l.entriesStart;
        while (pos < l.entriesEnd) (serials[count++], pos) = X509.entry(der, pos, l.entriesEnd);
        assembly ("memory-safe") {
            // shortened to what was found
            mstore(serials, count)
        }
    }
}
