// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Dates} from "../base/Dates.sol";

/// @title  Der - strict reader of DER in calldata
/// @notice Positions are offsets into the caller's slice; every read is given the end of what encloses
///         it. Only low tag numbers, definite minimal lengths up to 65,535. Errors carry the offset.
library Der {
    uint8 internal constant BOOLEAN = 0x01;
    uint8 internal constant INTEGER = 0x02;
    uint8 internal constant BIT_STRING = 0x03;
    uint8 internal constant OCTET_STRING = 0x04;
    uint8 internal constant OID = 0x06;
    uint8 internal constant ENUMERATED = 0x0a;
    uint8 internal constant UTC_TIME = 0x17;
    uint8 internal constant GENERALIZED_TIME = 0x18;
    uint8 internal constant SEQUENCE = 0x30;
    uint8 internal constant SET = 0x31;

    uint256 private constant YEAR_2050 = 2_524_608_000;

    /// @notice the input ends inside an element
    error DerTruncated(uint256 offset);
    /// @notice an element has another tag than its place demands
    error DerTag(uint256 offset, uint8 found, uint8 needed);
    /// @notice a length is indefinite, not minimal or over 65,535
    error DerLength(uint256 offset);
    /// @notice an element ends before or after what it should
    error DerEnd(uint256 found, uint256 needed);
    /// @notice an INTEGER is negative, padded or too large
    error DerInteger(uint256 offset);
    /// @notice a value is not allowed in its place
    error DerValue(uint256 offset);

    /// 32 bytes of the slice from `pos`; zeros beyond the end of calldata.
    function word(bytes calldata der, uint256 pos) internal pure returns (bytes32 w) {
        assembly {
            w := calldataload(add(der.offset, pos))
        }
    }

    /// Tag at `pos`; 0 at the end.
    function peek(bytes calldata der, uint256 pos, uint256 end) internal pure returns (uint8) {
        return pos < end ? uint8(bytes1(word(der, pos))) : 0;
    }

    /// @notice Opens the element at `pos`, which must have that tag and end within `end`.
    /// @return start first byte of the content  @return stop end of the element
    function open(bytes calldata der, uint256 pos, uint256 end, uint8 tag)
        internal
        pure
        returns (uint256 start, uint256 stop)
    {
        // Bounds: at, end <= der.length < 2^32 (calldata), so nothing below overflows.
        unchecked {
            if (pos + 2 > end) revert DerTruncated(pos);
            uint256 w = uint256(word(der, pos));
            if (w >> 248 != tag) revert DerTag(pos, uint8(w >> 248), tag);
            uint256 length = (w >> 240) & 0xff;
            if (length < 0x80) {
                start = pos + 2;
            } else if (length == 0x81) {
                length = (w >> 232) & 0xff;
                if (length < 0x80) revert DerLength(pos);
                start = pos + 3;
            } else if (length == 0x82) {
                length = (w >> 224) & 0xffff;
                if (length < 0x100) revert DerLength(pos);
                start = pos + 4;
            } else {
                revert DerLength(pos);
            }
            stop = start + length;
            if (stop > end) revert DerTruncated(pos);
        }
    }

    /// @notice End of the element at `pos`, whatever its tag.
    function skip(bytes calldata der, uint256 pos, uint256 end) internal pure returns (uint256 stop) {
        uint8 tag = peek(der, pos, end);
        if (tag & 0x1f == 0x1f) revert DerTag(pos, tag, 0);
        (, stop) = open(der, pos, end, tag);
    }

    /// @notice Refuses unless a reader stands exactly at the end.
    function requireEnd(uint256 pos, uint256 end) internal pure {
        if (pos != end) revert DerEnd(pos, end);
    }

    /// @notice Content of at most 32 bytes as a big-endian number.
    function number(bytes calldata der, uint256 start, uint256 stop) internal pure returns (uint256) {
        uint256 length = stop - start;
        return length == 0 ? 0 : uint256(word(der, start)) >> (256 - 8 * length);
    }

    /// @notice Non-negative INTEGER of at most maxBytes (<= 32) significant bytes, minimally encoded.
    function unsigned(bytes calldata der, uint256 pos, uint256 end, uint256 maxBytes)
        internal
        pure
        returns (uint256 value, uint256 stop)
    {
        uint256 start;
        (start, stop) = open(der, pos, end, INTEGER);
        uint256 length = stop - start;
        if (length == 0) revert DerInteger(pos);
        uint256 w = uint256(word(der, start));
        if (w >> 255 != 0) revert DerInteger(pos);
        if (w >> 248 == 0 && length > 1) {
            // a leading zero only where the next bit would be a sign
            if ((w >> 247) & 1 == 0) revert DerInteger(pos);
            ++start;
            --length;
        }
        if (length > maxBytes) revert DerInteger(pos);
        value = number(der, start, stop);
    }

    /// @notice UTCTime or GeneralizedTime in the one form that DER allows, as Unix seconds.
    function time(bytes calldata der, uint256 pos, uint256 end)
        internal
        pure
        returns (uint256 unixSeconds, uint256 stop)
    {
        uint256 start;
        if (peek(der, pos, end) == GENERALIZED_TIME) {
            (start, stop) = open(der, pos, end, GENERALIZED_TIME);
            if (stop - start != 15) revert DerValue(pos);
            unixSeconds = Dates.generalized(word(der, start), pos);
            // RFC 5280 4.1.2.5: earlier ones are written as UTCTime
            if (unixSeconds < YEAR_2050) revert DerValue(pos);
        } else {
            (start, stop) = open(der, pos, end, UTC_TIME);
            if (stop - start != 13) revert DerValue(pos);
            unixSeconds = Dates.utc(word(der, start), pos);
        }
    }

    /// @notice Refuses unless the element at `pos` is exactly AlgorithmIdentifier ecdsa-with-SHA256.
    function requireEcdsaSha256(bytes calldata der, uint256 pos, uint256 end) internal pure returns (uint256 stop) {
        // 30 0a 06 08 2a 86 48 ce 3d 04 03 02
        if (pos + 12 > end || uint256(word(der, pos)) >> 160 != 0x300a06082a8648ce3d040302) revert DerValue(pos);
        return pos + 12;
    }

    /// @notice BIT STRING that holds an ECDSA signature and ends exactly at `end`.
    function ecdsaSignature(bytes calldata der, uint256 pos, uint256 end)
        internal
        pure
        returns (uint256 r, uint256 s)
    {
        (uint256 start, uint256 stop) = open(der, pos, end, BIT_STRING);
        requireEnd(stop, end);
        if (start == stop || uint8(bytes1(word(der, start))) != 0) revert DerValue(pos);
        (start, stop) = open(der, start + 1, stop, SEQUENCE);
        requireEnd(stop, end);
        (r, start) = unsigned(der, start, stop, 32);
        (s, start) = unsigned(der, start, stop, 32);
        requireEnd(start, stop);
    }
}
