// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Der} from "./Der.sol";
import {X509} from "./X509.sol";

/// @title  Certificate384 - strict reading of AMD's and AWS's certificates and AMD's revocation lists
/// @notice Signed with RSASSA-PSS (SHA-384, salt 48) or ECDSA with SHA-384; keys RSA-4096 with exponent
///         65537 or P-384. Structure, algorithms and extensions; who issued what, dates and revocation are
///         the caller's. Names are compared as DER bytes (by hash).
/// @custom:source RFC 5280 4.1, 5.1; attestation.md 2.3, 3.2
library Certificate384 {
    using Der for bytes;

    /// PSS twice: AMD writes the default trailerField in some certificates and leaves it out in others
    uint8 internal constant PSS_TRAILER = 1;
    uint8 internal constant PSS = 2;
    uint8 internal constant ECDSA = 3;

    uint8 internal constant RSA_KEY = 1;
    uint8 internal constant P384_KEY = 2;

    uint256 private constant MAX_EXTENSIONS = 16;
    uint256 private constant RSA_SIZE = 512;
    uint256 private constant POINT_SIZE = 96;

    bytes32 private constant PSS_TRAILER_HASH = keccak256(
        hex"304606092a864886f70d01010a3039a00f300d06096086480165030402020500a11c301a06092a864886f70d010108300d06096086480165030402020500a203020130a303020101"
    );
    bytes32 private constant PSS_HASH = keccak256(
        hex"304106092a864886f70d01010a3034a00f300d06096086480165030402020500a11c301a06092a864886f70d010108300d06096086480165030402020500a203020130"
    );

    /// @param algorithm          PSS_TRAILER, PSS or ECDSA
    /// @param commonName         left-aligned, at most 32 bytes; not read under ECDSA
    /// @param keyStart           where the modulus (512 bytes) or the point (96) stands
    /// @param signature          512 bytes, or r and s of 48
    /// @param pathLength         of a CA; the greatest number if it has none
    /// @param usage              as in X509
    /// @param extensionsStart, extensionsEnd  the extensions
    struct Certificate {
        uint256 tbsStart;
        uint256 tbsEnd;
        uint8 algorithm;
        uint256 serial;
        bytes32 issuer;
        bytes32 subject;
        bytes32 commonName;
        uint256 notBefore;
        uint256 notAfter;
        uint8 keyKind;
        uint256 keyStart;
        bytes signature;
        bool isCa;
        uint256 pathLength;
        uint16 usage;
        uint256 extensionsStart;
        uint256 extensionsEnd;
    }

    struct RevocationList {
        uint256 tbsStart;
        uint256 tbsEnd;
        bytes32 issuer;
        uint256 thisUpdate;
        uint256 nextUpdate;
        uint256 entriesStart;
        uint256 entriesEnd;
        bytes signature;
    }

    /// @notice Reads a certificate that fills the whole slice.
    function certificate(bytes calldata der) internal pure returns (Certificate memory c) {
        uint256 pos;
        uint256 end;
        (pos, c.tbsStart, c.tbsEnd, c.algorithm, c.signature) = _signed(der);
        end = c.tbsEnd;
        // [0] { INTEGER 2 }: version 3
        if (pos + 5 > end || uint40(bytes5(der.word(pos))) != 0xa003020102) revert Der.DerValue(pos);
        (c.serial, pos) = der.unsigned(pos + 5, end, 20);
        uint8 inner;
        (inner, pos) = _algorithm(der, pos, end);
        if (inner != c.algorithm) revert Der.DerValue(pos);
        (, uint256 stop) = der.open(pos, end, Der.SEQUENCE);
        c.issuer = keccak256(der[pos:stop]);
        (pos, stop) = der.open(stop, end, Der.SEQUENCE);
        (c.notBefore, pos) = der.time(pos, stop);
        (c.notAfter, pos) = der.time(pos, stop);
        Der.requireEnd(pos, stop);
        (uint256 name, uint256 nameEnd) = der.open(stop, end, Der.SEQUENCE);
        c.subject = keccak256(der[stop:nameEnd]);
        if (c.algorithm != ECDSA) c.commonName = X509._commonName(der, name, nameEnd);
        else X509._requireName(der, name, nameEnd);
        pos = _publicKey(der, nameEnd, end, c);
        _extensions(der, pos, end, c);
    }

    /// @notice Reads a version 2 revocation list that fills the whole slice; entries stay unread.
    function revocationList(bytes calldata der) internal pure returns (RevocationList memory l) {
        uint256 pos;
        uint8 outer;
        (pos, l.tbsStart, l.tbsEnd, outer, l.signature) = _signed(der);
        uint256 end = l.tbsEnd;
        // INTEGER 1: version 2
        if (pos + 3 > end || uint24(bytes3(der.word(pos))) != 0x020101) revert Der.DerValue(pos);
        uint8 inner;
        (inner, pos) = _algorithm(der, pos + 3, end);
        if (inner != outer) revert Der.DerValue(pos);
        (, uint256 stop) = der.open(pos, end, Der.SEQUENCE);
        l.issuer = keccak256(der[pos:stop]);
        (l.thisUpdate, pos) = der.time(stop, end);
        (l.nextUpdate, pos) = der.time(pos, end);
        l.entriesStart = l.entriesEnd = pos;
        if (der.peek(pos, end) == Der.SEQUENCE) {
            (l.entriesStart, l.entriesEnd) = der.open(pos, end, Der.SEQUENCE);
            // an empty list is written by leaving it out
            if (l.entriesStart == l.entriesEnd) revert Der.DerValue(pos);
            pos = l.entriesEnd;
        }
        if (pos == end) return l;
        (pos, stop) = der.open(pos, end, 0xa0);
        Der.requireEnd(stop, end);
        (pos, stop) = der.open(pos, stop, Der.SEQUENCE);
        Der.requireEnd(stop, end);
        while (pos < stop) pos = X509._listExtension(der, pos, stop, true);
    }

    /// SEQUENCE { to be signed, algorithm, signature }; content = where the signed SEQUENCE's content is.
    function _signed(bytes calldata der)
        private
        pure
        returns (uint256 content, uint256 tbsStart, uint256 tbsEnd, uint8 algorithm, bytes memory signature)
    {
        uint256 end;
        (tbsStart, end) = der.open(0, der.length, Der.SEQUENCE);
        Der.requireEnd(end, der.length);
        (content, tbsEnd) = der.open(tbsStart, end, Der.SEQUENCE);
        uint256 pos;
        (algorithm, pos) = _algorithm(der, tbsEnd, end);
        (uint256 start, uint256 stop) = der.open(pos, end, Der.BIT_STRING);
        Der.requireEnd(stop, end);
        if (start == stop || uint8(bytes1(der.word(start))) != 0) revert Der.DerValue(pos);
        ++start;
        if (algorithm != ECDSA) {
            if (stop - start != RSA_SIZE) revert Der.DerValue(pos);
            return (content, tbsStart, tbsEnd, algorithm, der[start:stop]);
        }
        (start, stop) = der.open(start, stop, Der.SEQUENCE);
        Der.requireEnd(stop, end);
        signature = new bytes(POINT_SIZE);
        start = _integer384(der, start, stop, signature, 0);
        start = _integer384(der, start, stop, signature, 48);
        Der.requireEnd(start, stop);
    }

    /// Non-negative INTEGER of at most 48 significant bytes, to 48 bytes at `at` of `to`.
    function _integer384(bytes calldata der, uint256 pos, uint256 end, bytes memory to, uint256 at)
        private
        pure
        returns (uint256 stop)
    {
        uint256 start;
        (start, stop) = der.open(pos, end, Der.INTEGER);
        uint256 length = stop - start;
        if (length == 0) revert Der.DerInteger(pos);
        uint256 w = uint256(der.word(start));
        if (w >> 255 != 0) revert Der.DerInteger(pos);
        if (w >> 248 == 0 && length > 1) {
            // a leading zero only where the next bit would be a sign
            if ((w >> 247) & 1 == 0) revert Der.DerInteger(pos);
            ++start;
            --length;
        }
        if (length > 48) revert Der.DerInteger(pos);
        assembly ("memory-safe") {
            // at + 48 <= 96, the size of `to`
            calldatacopy(add(add(to, 32), add(at, sub(48, length))), add(der.offset, start), length)
        }
    }

    function _algorithm(bytes calldata der, uint256 pos, uint256 end)
        private
        pure
        returns (uint8 algorithm, uint256 stop)
    {
        uint256 w = uint256(der.word(pos));
        if (pos + 12 <= end && w >> 160 == 0x300a06082a8648ce3d040303) return (ECDSA, pos + 12);
        (, stop) = der.open(pos, end, Der.SEQUENCE);
        bytes32 hash = keccak256(der[pos:stop]);
        if (hash == PSS_TRAILER_HASH) return (PSS_TRAILER, stop);
        if (hash == PSS_HASH) return (PSS, stop);
        revert Der.DerValue(pos);
    }

    /// SubjectPublicKeyInfo in the one form that each kind of key has.
    function _publicKey(bytes calldata der, uint256 pos, uint256 end, Certificate memory c)
        private
        pure
        returns (uint256)
    {
        uint256 w = uint256(der.word(pos));
        // P-384, uncompressed: 24 bytes, then x and y
        if (pos + 120 <= end && w >> 64 == 0x3076301006072a8648ce3d020106052b8104002203620004) {
            c.keyKind = P384_KEY;
            c.keyStart = pos + 24;
            return pos + 120;
        }
        // RSA: 33 bytes, modulus without a sign bit, exponent 65537
        if (
            pos + 550 <= end && w == 0x30820222300d06092a864886f70d01010105000382020f003082020a02820201
                && uint16(bytes2(der.word(pos + 32))) >> 7 == 1
                && uint40(bytes5(der.word(pos + 545))) == 0x0203010001
        ) {
            c.keyKind = RSA_KEY;
            c.keyStart = pos + 33;
            return pos + 550;
        }
        revert Der.DerValue(pos);
    }

    function _extensions(bytes calldata der, uint256 pos, uint256 end, Certificate memory c) private pure {
        uint256 stop;
        (pos, stop) = der.open(pos, end, 0xa3);
        Der.requireEnd(stop, end);
        (pos, stop) = der.open(pos, stop, Der.SEQUENCE);
        Der.requireEnd(stop, end);
        (c.extensionsStart, c.extensionsEnd) = (pos, stop);
        uint256[MAX_EXTENSIONS] memory seen;
        uint256 count;
        if (pos == stop) revert Der.DerValue(pos);
        while (pos < stop) {
            (uint256 mark, bool critical, uint256 value, uint256 next) = extension(der, pos, stop);
            for (uint256 i = 0; i < count; ++i) {
                if (seen[i] == mark) revert X509.ExtensionTwice(pos);
            }
            if (count == MAX_EXTENSIONS) revert Der.DerValue(pos);
            seen[count++] = mark;
            if (mark == 0x551d1303) (c.isCa, c.pathLength) = X509._basicConstraints(der, value, next);
            else if (mark == 0x551d0f03) c.usage = X509._keyUsage(der, value, next);
            else if (critical) revert X509.ExtensionUnknown(pos);
            pos = next;
        }
    }

    /// @notice One extension: its OID's digits and, below them, their number; its value is [value, next).
    function extension(bytes calldata der, uint256 pos, uint256 end)
        internal
        pure
        returns (uint256 mark, bool critical, uint256 value, uint256 next)
    {
        uint256 oid;
        (oid, next) = der.open(pos, end, Der.SEQUENCE);
        (oid, value) = der.open(oid, next, Der.OID);
        if (value == oid || value - oid > 31) revert Der.DerValue(pos);
        mark = Der.number(der, oid, value) << 8 | (value - oid);
        (critical, value) = X509._critical(der, value, next);
        uint256 stop;
        (value, stop) = der.open(value, next, Der.OCTET_STRING);
        Der.requireEnd(stop, next);
    }
}
