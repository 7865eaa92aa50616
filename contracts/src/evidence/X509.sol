// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Der} from "./Der.sol";

/// @title  X509 - strict reading of the P-256 certificates and revocation lists of Intel's SGX PKI
/// @notice Structure, algorithms and extensions; who issued what, dates and revocation are the
///         caller's. Names are compared as DER bytes (by hash), never as text, except the common name.
/// @custom:source RFC 5280 4.1, 5.1; attestation.md 1.2-1.3
library X509 {
    using Der for bytes;

    uint16 internal constant USAGE_DIGITAL_SIGNATURE = 0x8000;
    uint16 internal constant USAGE_CERT_SIGN = 0x0400;
    uint16 internal constant USAGE_CRL_SIGN = 0x0200;

    uint256 internal constant MAX_EXTENSIONS = 16;

    /// @param tbsStart, tbsEnd   the signed bytes
    /// @param issuer, subject    keccak256 of the Name's DER
    /// @param commonName         left-aligned, at most 32 bytes
    /// @param pathLength         of a CA; the greatest number if it has none
    /// @param usage              first two bytes of keyUsage, bit 0 at the top; 0 if absent
    /// @param sgxStart, sgxEnd   content of the SGX extension; equal if absent
    struct Certificate {
        uint256 tbsStart;
        uint256 tbsEnd;
        uint256 serial;
        bytes32 issuer;
        bytes32 subject;
        bytes32 commonName;
        uint256 notBefore;
        uint256 notAfter;
        uint256 x;
        uint256 y;
        uint256 r;
        uint256 s;
        bool isCa;
        uint256 pathLength;
        uint16 usage;
        uint256 sgxStart;
        uint256 sgxEnd;
    }

    /// @param entriesStart, entriesEnd  content of revokedCertificates; equal if absent
    struct RevocationList {
        uint256 tbsStart;
        uint256 tbsEnd;
        bytes32 issuer;
        uint256 thisUpdate;
        uint256 nextUpdate;
        uint256 entriesStart;
        uint256 entriesEnd;
        uint256 r;
        uint256 s;
    }

    /// @notice an extension is marked critical and unknown
    error ExtensionUnknown(uint256 offset);
    /// @notice an extension stands there twice
    error ExtensionTwice(uint256 offset);
    /// @notice the subject has no or two common names, or one over 32 bytes
    error CommonName(uint256 offset);

    /// @notice Reads a certificate that fills the whole slice.
    function certificate(bytes calldata der) internal pure returns (Certificate memory c) {
        (uint256 pos, uint256 end) = der.open(0, der.length, Der.SEQUENCE);
        Der.requireEnd(end, der.length);
        c.tbsStart = pos;
        uint256 tbs;
        (tbs, c.tbsEnd) = der.open(pos, end, Der.SEQUENCE);
        pos = der.requireEcdsaSha256(c.tbsEnd, end);
        (c.r, c.s) = der.ecdsaSignature(pos, end);

        end = c.tbsEnd;
        // [0] { INTEGER 2 }: version 3
        if (tbs + 5 > end || uint40(bytes5(der.word(tbs))) != 0xa003020102) revert Der.DerValue(tbs);
        (c.serial, pos) = der.unsigned(tbs + 5, end, 20);
        pos = der.requireEcdsaSha256(pos, end);
        uint256 stop = der.skip(pos, end);
        if (der.peek(pos, end) != Der.SEQUENCE) revert Der.DerTag(pos, der.peek(pos, end), Der.SEQUENCE);
        c.issuer = keccak256(der[pos:stop]);
        (pos, stop) = der.open(stop, end, Der.SEQUENCE);
        (c.notBefore, pos) = der.time(pos, stop);
        (c.notAfter, pos) = der.time(pos, stop);
        Der.requireEnd(pos, stop);
        (uint256 name, uint256 nameEnd) = der.open(stop, end, Der.SEQUENCE);
        c.subject = keccak256(der[stop:nameEnd]);
        c.commonName = _commonName(der, name, nameEnd);
        pos = _publicKey(der, nameEnd, end, c);
        _extensions(der, pos, end, c);
    }

    /// @notice Reads a version 2 revocation list that fills the whole slice; entries stay unread.
    function revocationList(bytes calldata der) internal pure returns (RevocationList memory l) {
        (uint256 pos, uint256 end) = der.open(0, der.length, Der.SEQUENCE);
        Der.requireEnd(end, der.length);
        l.tbsStart = pos;
        uint256 tbs;
        (tbs, l.tbsEnd) = der.open(pos, end, Der.SEQUENCE);
        pos = der.requireEcdsaSha256(l.tbsEnd, end);
        (l.r, l.s) = der.ecdsaSignature(pos, end);

        end = l.tbsEnd;
        // INTEGER 1: version 2
        if (tbs + 3 > end || uint24(bytes3(der.word(tbs))) != 0x020101) revert Der.DerValue(tbs);
        pos = der.requireEcdsaSha256(tbs + 3, end);
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
        while (pos < stop) pos = _listExtension(der, pos, stop, true);
    }

    /// @notice One entry of a revocation list: its serial and where the next one starts.
    function entry(bytes calldata der, uint256 pos, uint256 end)
        internal
        pure
        returns (uint256 serial, uint256 next)
    {
        (pos, next) = der.open(pos, end, Der.SEQUENCE);
        (serial, pos) = der.unsigned(pos, next, 20);
        (, pos) = der.time(pos, next);
        if (pos == next) return (serial, next);
        uint256 stop;
        (pos, stop) = der.open(pos, next, Der.SEQUENCE);
        Der.requireEnd(stop, next);
        // reasonCode, invalidityDate: nothing that changes whom the entry is about
        while (pos < stop) pos = _listExtension(der, pos, stop, false);
    }

    /// An extension of a list or entry. A critical one that is unknown changes what the list means (an
    /// indirect or partial one); of a list, the known ones are cRLNumber and authorityKeyIdentifier.
    function _listExtension(bytes calldata der, uint256 pos, uint256 end, bool ofList)
        internal
        pure
        returns (uint256 next)
    {
        uint256 inner;
        (inner, next) = der.open(pos, end, Der.SEQUENCE);
        uint256 oid;
        (oid, inner) = der.open(inner, next, Der.OID);
        uint256 name = inner - oid == 3 ? Der.number(der, oid, inner) : 0;
        bool critical;
        (critical, inner) = _critical(der, inner, next);
        if (critical && !(ofList && (name == 0x551d14 || name == 0x551d23))) revert ExtensionUnknown(pos);
        (, inner) = der.open(inner, next, Der.OCTET_STRING);
        Der.requireEnd(inner, next);
    }

    /// Optional BOOLEAN critical; FALSE is the default and must not be written.
    function _critical(bytes calldata der, uint256 pos, uint256 end) internal pure returns (bool, uint256) {
        if (der.peek(pos, end) != Der.BOOLEAN) return (false, pos);
        if (pos + 3 > end || uint24(bytes3(der.word(pos))) != 0x0101ff) revert Der.DerValue(pos);
        return (true, pos + 3);
    }

    /// RDNSequence: SETs of one or more {OID, text}; exactly one common name (2.5.4.3).
    function _commonName(bytes calldata der, uint256 pos, uint256 end) internal pure returns (bytes32 name) {
        uint256 origin = pos;
        while (pos < end) {
            uint256 stop;
            (pos, stop) = der.open(pos, end, Der.SET);
            while (pos < stop) {
                (uint256 inner, uint256 innerEnd) = der.open(pos, stop, Der.SEQUENCE);
                (, uint256 value) = der.open(inner, innerEnd, Der.OID);
                bool isName = value == inner + 5 && uint40(bytes5(der.word(inner))) == 0x0603550403;
                uint8 tag = der.peek(value, innerEnd);
                if (tag & 0x1f == 0x1f) revert Der.DerTag(value, tag, 0);
                (uint256 text, uint256 textEnd) = der.open(value, innerEnd, tag);
                Der.requireEnd(textEnd, innerEnd);
                if (isName) {
                    uint256 length = textEnd - text;
                    // UTF8String or PrintableString; a zero at the end would be lost left-aligned
                    if (
                        name != 0 || length == 0 || length > 32 || (tag != 0x0c && tag != 0x13)
                            || Der.number(der, textEnd - 1, textEnd) == 0
                    ) {
                        revert CommonName(pos);
                    }
                    name = bytes32(Der.number(der, text, textEnd) << (256 - 8 * length));
                }
                pos = innerEnd;
            }
        }
        if (name == 0) revert CommonName(origin);
    }

    /// RDNSequence: SETs of {OID, value}; form only.
    function _requireName(bytes calldata der, uint256 pos, uint256 end) internal pure {
        while (pos < end) {
            uint256 stop;
            (pos, stop) = der.open(pos, end, Der.SET);
            while (pos < stop) {
                (uint256 inner, uint256 innerEnd) = der.open(pos, stop, Der.SEQUENCE);
                (, inner) = der.open(inner, innerEnd, Der.OID);
                Der.requireEnd(der.skip(inner, innerEnd), innerEnd);
                pos = innerEnd;
            }
        }
    }

    /// SubjectPublicKeyInfo of an uncompressed P-256 point: 27 fixed bytes, then x and y.
    function _publicKey(bytes calldata der, uint256 pos, uint256 end, Certificate memory c)
        private
        pure
        returns (uint256)
    {
        if (
            pos + 91 > end
                || uint256(der.word(pos)) >> 40 != 0x3059301306072a8648ce3d020106082a8648ce3d03010703420004
        ) revert Der.DerValue(pos);
        c.x = uint256(der.word(pos + 27));
        c.y = uint256(der.word(pos + 59));
        return pos + 91;
    }

    function _extensions(bytes calldata der, uint256 pos, uint256 end, Certificate memory c) private pure {
        uint256 stop;
        (pos, stop) = der.open(pos, end, 0xa3);
        Der.requireEnd(stop, end);
        (pos, stop) = der.open(pos, stop, Der.SEQUENCE);
        Der.requireEnd(stop, end);
        uint256[MAX_EXTENSIONS] memory seen;
        uint256 count;
        if (pos == stop) revert Der.DerValue(pos);
        while (pos < stop) {
            (uint256 inner, uint256 next) = der.open(pos, stop, Der.SEQUENCE);
            (uint256 oid, uint256 value) = der.open(inner, next, Der.OID);
            if (value == oid || value - oid > 31) revert Der.DerValue(inner);
            // length beside the digits: OIDs that differ in leading zeros differ here
            uint256 mark = Der.number(der, oid, value) << 8 | (value - oid);
            for (uint256 i = 0; i < count; ++i) {
                if (seen[i] == mark) revert ExtensionTwice(pos);
            }
            if (count == MAX_EXTENSIONS) revert Der.DerValue(pos);
            seen[count++] = mark;
            bool critical;
            (critical, value) = _critical(der, value, next);
            uint256 valueEnd;
            (value, valueEnd) = der.open(value, next, Der.OCTET_STRING);
            Der.requireEnd(valueEnd, next);
            if (mark == 0x551d1303) {
                (c.isCa, c.pathLength) = _basicConstraints(der, value, valueEnd);
            } else if (mark == 0x551d0f03) {
                c.usage = _keyUsage(der, value, valueEnd);
            } else if (mark == 0x2a864886f84d010d0109) {
                (c.sgxStart, c.sgxEnd) = (value, valueEnd);
            } else if (critical) {
                revert ExtensionUnknown(pos);
            }
            pos = next;
        }
    }

    /// SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLen INTEGER OPTIONAL, only for a CA }
    function _basicConstraints(bytes calldata der, uint256 pos, uint256 end)
        internal
        pure
        returns (bool isCa, uint256 pathLength)
    {
        uint256 stop;
        pathLength = type(uint256).max;
        (pos, stop) = der.open(pos, end, Der.SEQUENCE);
        Der.requireEnd(stop, end);
        (isCa, pos) = _critical(der, pos, stop);
        if (isCa && pos < stop) (pathLength, pos) = der.unsigned(pos, stop, 4);
        Der.requireEnd(pos, stop);
    }

    /// Named bits, first one at the top of the result.
    function _keyUsage(bytes calldata der, uint256 pos, uint256 end) internal pure returns (uint16 usage) {
        uint256 stop;
        (pos, stop) = der.open(pos, end, Der.BIT_STRING);
        Der.requireEnd(stop, end);
        if (stop - pos < 2 || stop - pos > 3 || uint8(bytes1(der.word(pos))) > 7) revert Der.DerValue(pos);
        usage = uint16(Der.number(der, pos + 1, stop) << (8 * (3 - (stop - pos))));
    }
}
