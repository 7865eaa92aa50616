// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Der} from "./Der.sol";

/// @title  PckExtension - what Intel's PCK certificate says about a platform
/// @notice Extension 1.2.840.113741.1.13.1. Items are found by OID, never by position; duplicates and
///         missing items are refused.
/// @custom:source attestation.md 1.2
library PckExtension {
    using Der for bytes;

    /// @param ppid     16 bytes; zero if the certificate has none
    /// @param svns     16 component SVNs, first one at the top
    struct Platform {
        bytes16 ppid;
        bytes16 svns;
        uint16 pcesvn;
        bytes2 pceid;
        bytes6 fmspc;
    }

    /// 1.2.840.113741.1.13.1 as 9 content bytes
    uint256 private constant PREFIX = 0x2a864886f84d010d01;

    /// @notice an item stands there twice
    error PckItemTwice(uint256 offset);
    /// @notice an item is missing (bit (1 << number) set in found = present)
    error PckItemMissing(uint256 found, uint256 needed);

    function read(bytes calldata der, uint256 pos, uint256 end) internal pure returns (Platform memory p) {
        uint256 stop;
        (pos, stop) = der.open(pos, end, Der.SEQUENCE);
        Der.requireEnd(stop, end);
        uint256 seen;
        while (pos < stop) {
            (uint256 inner, uint256 next) = der.open(pos, stop, Der.SEQUENCE);
            uint256 item;
            uint256 value;
            (item, value) = _itemOf(der, inner, next, PREFIX, 9);
            if (item > 7) item = 0;
            if (item != 0) {
                if (seen & (1 << item) != 0) revert PckItemTwice(pos);
                seen |= 1 << item;
            }
            if (item == 1) p.ppid = bytes16(_octets(der, value, next, 16));
            else if (item == 2) _tcb(der, value, next, p);
            else if (item == 3) p.pceid = bytes2(_octets(der, value, next, 2));
            else if (item == 4) p.fmspc = bytes6(_octets(der, value, next, 6));
            else Der.requireEnd(der.skip(value, next), next);
            pos = next;
        }
        // .2, .3, .4
        if (seen & 0x1c != 0x1c) revert PckItemMissing(seen, 0x1c);
    }

    /// SEQUENCE of {.2.1 ... .2.16 component SVN, .2.17 PCESVN, .2.18 CPUSVN}
    function _tcb(bytes calldata der, uint256 pos, uint256 end, Platform memory p) private pure {
        uint256 stop;
        (pos, stop) = der.open(pos, end, Der.SEQUENCE);
        Der.requireEnd(stop, end);
        uint256 seen;
        uint256 svns;
        while (pos < stop) {
            (uint256 inner, uint256 next) = der.open(pos, stop, Der.SEQUENCE);
            (uint256 item, uint256 value) = _itemOf(der, inner, next, PREFIX << 8 | 2, 10);
            if (item > 18) item = 0;
            if (item != 0) {
                if (seen & (1 << item) != 0) revert PckItemTwice(pos);
                seen |= 1 << item;
            }
            if (item == 0) {
                Der.requireEnd(der.skip(value, next), next);
            } else if (item == 18) {
                _octets(der, value, next, 16);
            } else {
                uint256 svn;
                (svn, value) = der.unsigned(value, next, item == 17 ? 2 : 1);
                Der.requireEnd(value, next);
                if (item == 17) p.pcesvn = uint16(svn);
                else svns |= svn << (8 * (16 - item));
            }
            pos = next;
        }
        // .1 to .18; CPUSVN must be there and is not used for matching
        if (seen & 0x7fffe != 0x7fffe) revert PckItemMissing(seen, 0x7fffe);
        p.svns = bytes16(uint128(svns));
    }

    /// Last arc of an OID with that prefix (0 if it is another OID), and where the value starts.
    function _itemOf(bytes calldata der, uint256 pos, uint256 end, uint256 prefix, uint256 prefixLength)
        private
        pure
        returns (uint256 item, uint256 value)
    {
        uint256 start;
        (start, value) = der.open(pos, end, Der.OID);
        if (value - start != prefixLength + 1) return (0, value);
        uint256 oid = Der.number(der, start, value);
        if (oid >> 8 == prefix && oid & 0x80 == 0) item = oid & 0xff;
    }

    function _octets(bytes calldata der, uint256 pos, uint256 end, uint256 length) private pure returns (bytes32) {
        (uint256 start, uint256 stop) = der.open(pos, end, Der.OCTET_STRING);
        Der.requireEnd(stop, end);
        if (stop - start != length) revert Der.DerValue(pos);
        return der.word(start);
    }
}
