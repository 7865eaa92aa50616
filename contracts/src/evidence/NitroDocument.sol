// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Vendor} from "../base/Types.sol";
import {INitroVerifier} from "../interfaces/INitroVerifier.sol";
import {Cbor} from "./Cbor.sol";

/// @title  NitroDocument - a Nitro attestation document taken apart, the twin of attest/nitro_doc.c
/// @notice Positions are offsets into the document. Unknown fields are skipped and change nothing.
/// @custom:source attestation.md 3.1, 3.3
library NitroDocument {
    using Cbor for bytes;

    uint256 internal constant MAX_SIZE = 16_384;
    uint256 private constant MAX_CERTIFICATE = 1024;
    uint256 private constant MAX_CHAIN = 8;
    uint256 private constant MAX_PUBLIC_KEY = 1024;
    uint256 private constant MAX_DATA = 512;
    uint256 private constant MAX_PCRS = 32;
    uint256 private constant PCR_SIZE = 48;
    uint256 private constant SIGNATURE_SIZE = 96;

    // fields, as bits of what was found
    uint256 private constant MODULE_ID = 1;
    uint256 private constant DIGEST = 2;
    uint256 private constant TIMESTAMP = 4;
    uint256 private constant PCRS = 8;
    uint256 private constant CERTIFICATE = 16;
    uint256 private constant CABUNDLE = 32;
    uint256 private constant PUBLIC_KEY = 64;
    uint256 private constant USER_DATA = 128;
    uint256 private constant NONCE = 256;
    uint256 private constant ALL = 511;

    /// ["Signature1", << {1: -35} >>, h'', payload] up to the payload's length
    bytes private constant SIGNED_PREFIX = hex"846a5369676e61747572653144a101382240";

    /// @param payload, payloadEnd    the payload's bytes
    /// @param signature              where r and s stand
    /// @param module, moduleEnd      module_id
    /// @param timestamp              milliseconds
    /// @param pcrs                   where PCR 0, 1, 2 and 8 stand; 0: absent
    /// @param path                   p(root) = SHA-256(root), p(c) = SHA-256(p(parent) || c), down to the target
    /// @param hasData                user_data is not null: [data, dataEnd)
    /// @param extra                  public_key or nonce is not null
    struct Document {
        uint256 payload;
        uint256 payloadEnd;
        uint256 signature;
        uint256 module;
        uint256 moduleEnd;
        uint256 timestamp;
        uint256[4] pcrs;
        bytes32 path;
        uint256 certificate;
        uint256 certificateEnd;
        bool hasData;
        uint256 data;
        uint256 dataEnd;
        bool extra;
    }

    function read(bytes calldata b) internal pure returns (Document memory d) {
        if (b.length > MAX_SIZE) revert INitroVerifier.DocumentTooLarge(b.length, MAX_SIZE);
        _envelope(b, d);
        (Cbor.Group memory g, uint256 pos) = b.open(d.payload, d.payloadEnd, Cbor.MAP, 1);
        uint256 found;
        while (true) {
            (bool yes, uint256 key, uint256 value) = b.moreKeys(pos, d.payloadEnd, g);
            if (!yes) {
                pos = value;
                break;
            }
            (uint256 name, uint256 nameEnd) = b.text(key, value, Cbor.TEXT);
            uint256 field = _fieldOf(b, name, nameEnd);
            found |= field;
            pos = field == 0 ? b.skip(value, d.payloadEnd, 1) : _take(b, value, d, field);
        }
        if (pos != d.payloadEnd) revert Cbor.CborTrailing(pos);
        if (found != ALL) revert INitroVerifier.FieldMissing(found, ALL);
        d.path = sha256(abi.encodePacked(d.path, b[d.certificate:d.certificateEnd]));
    }

    /// @notice What is signed: SIGNED_PREFIX, then the payload as a byte string.
    function signedBytes(bytes calldata b, Document memory d) internal pure returns (bytes memory) {
        uint256 size = d.payloadEnd - d.payload;
        bytes memory length = size < 24
            ? abi.encodePacked(uint8(0x40 | size))
            : size < 256 ? abi.encodePacked(uint8(0x58), uint8(size)) : abi.encodePacked(uint8(0x59), uint16(size));
        return bytes.concat(SIGNED_PREFIX, length, b[d.payload:d.payloadEnd]);
    }

    /// @notice measurement of SPEC 4: PCR 0, 1, 2 and 8. Refuses debug mode and PCRs that say nothing.
    function measurement(bytes calldata b, Document memory d) internal pure returns (bytes32) {
        bool[4] memory zero;
        for (uint256 i = 0; i < 4; ++i) {
            uint256 at = d.pcrs[i];
            if (at == 0) revert INitroVerifier.PcrMissing(i == 3 ? 8 : uint8(i));
            zero[i] = b.word(at) | (b.word(at + 16) & type(uint128).max) == 0;
        }
        if (zero[0] && zero[1] && zero[2]) revert INitroVerifier.EnclaveDebug();
        for (uint256 i = 0; i < 3; ++i) {
            if (zero[i]) revert INitroVerifier.PcrZero(uint8(i));
        }
        // PCR 8 zero: the image is not signed
        return keccak256(abi.encode(Vendor.NITRO, bytes.concat(_pcr(b, d, 0), _pcr(b, d, 1), _pcr(b, d, 2), _pcr(b, d, 3))));
    }

    /// @notice platform of SPEC 4: module_id up to its one "-enc"; zero if it has none or two.
    function platform(bytes calldata b, Document memory d) internal pure returns (bytes32) {
        uint256 found;
        uint256 at;
        unchecked {
            uint256 end = d.moduleEnd;
            for (uint256 i = d.module; i + 4 <= end; ++i) {
                if (b.word(i) >> 224 != 0x2d656e63) continue;
                ++found;
                at = i;
            }
        }
        if (found != 1 || at == d.module) return 0;
        return keccak256(abi.encode(Vendor.NITRO, b[d.module:at]));
    }

    function _pcr(bytes calldata b, Document memory d, uint256 i) private pure returns (bytes calldata) {
        return b[d.pcrs[i]:d.pcrs[i] + PCR_SIZE];
    }

    /// Optional tag 18, array of four: a1 01 38 22, a0, payload, signature.
    function _envelope(bytes calldata b, Document memory d) private pure {
        uint256 pos;
        uint256 end = b.length;
        if (b.kindAt(0, end) == Cbor.TAG) {
            (uint256 tag, uint256 next) = b.head(0, end, Cbor.TAG);
            if (tag != 18) revert INitroVerifier.CoseForm(0);
            pos = next;
        }
        (uint256 count, uint256 at) = b.head(pos, end, Cbor.ARRAY);
        if (count != 4) revert INitroVerifier.CoseForm(pos);
        (uint256 start, uint256 stop) = b.text(at, end, Cbor.BYTES);
        if (stop - start != 4 || b.word(start) >> 224 != 0xa1013822) revert INitroVerifier.CoseHeader(at);
        if (stop >= end) revert Cbor.CborTruncated(stop);
        if (b.word(stop) >> 248 != 0xa0) revert INitroVerifier.CoseHeader(stop);
        (d.payload, d.payloadEnd) = b.text(stop + 1, end, Cbor.BYTES);
        (start, stop) = b.text(d.payloadEnd, end, Cbor.BYTES);
        if (stop - start != SIGNATURE_SIZE) revert INitroVerifier.CoseForm(d.payloadEnd);
        if (stop != end) revert Cbor.CborTrailing(stop);
        d.signature = start;
    }

    function _fieldOf(bytes calldata b, uint256 name, uint256 end) private pure returns (uint256) {
        uint256 size = end - name;
        if (size > 11) return 0;
        // text and, in the last byte, its length: a name with a zero behind it is another one
        uint256 mark = (size == 0 ? 0 : b.word(name) >> (256 - 8 * size)) << 8 | size;
        if (mark == 0x6d6f64756c655f696409) return MODULE_ID;
        if (mark == 0x64696765737406) return DIGEST;
        if (mark == 0x74696d657374616d7009) return TIMESTAMP;
        if (mark == 0x7063727304) return PCRS;
        if (mark == 0x63657274696669636174650b) return CERTIFICATE;
        if (mark == 0x636162756e646c6508) return CABUNDLE;
        if (mark == 0x7075626c69635f6b65790a) return PUBLIC_KEY;
        if (mark == 0x757365725f6461746109) return USER_DATA;
        if (mark == 0x6e6f6e636505) return NONCE;
        return 0;
    }

    /// Reads the value of a known field; where the next item starts.
    function _take(bytes calldata b, uint256 pos, Document memory d, uint256 field) private pure returns (uint256 next) {
        uint256 end = d.payloadEnd;
        if (field == MODULE_ID) {
            (d.module, d.moduleEnd) = b.text(pos, end, Cbor.TEXT);
            if (d.module == d.moduleEnd) revert INitroVerifier.FieldValue(field);
            return d.moduleEnd;
        }
        if (field == DIGEST) {
            uint256 start;
            (start, next) = b.text(pos, end, Cbor.TEXT);
            if (next - start != 6 || b.word(start) >> 208 != 0x534841333834) revert INitroVerifier.FieldValue(field);
            return next;
        }
        if (field == TIMESTAMP) {
            (d.timestamp, next) = b.head(pos, end, Cbor.UINT);
            if (d.timestamp == 0) revert INitroVerifier.FieldValue(field);
            return next;
        }
        if (field == PCRS) return _takePcrs(b, pos, d);
        if (field == CERTIFICATE) {
            (d.certificate, d.certificateEnd) = _sized(b, pos, end, 1, MAX_CERTIFICATE, field);
            return d.certificateEnd;
        }
        if (field == CABUNDLE) return _takeCabundle(b, pos, d);
        bool isNull;
        (isNull, next) = b.takeNull(pos, end);
        if (isNull) return next;
        if (field != USER_DATA) {
            d.extra = true;
            (, next) = _sized(b, pos, end, field == PUBLIC_KEY ? 1 : 0, field == PUBLIC_KEY ? MAX_PUBLIC_KEY : MAX_DATA, field);
            return next;
        }
        d.hasData = true;
        (d.data, d.dataEnd) = _sized(b, pos, end, 0, MAX_DATA, field);
        return d.dataEnd;
    }

    function _sized(bytes calldata b, uint256 pos, uint256 end, uint256 least, uint256 most, uint256 field)
        private
        pure
        returns (uint256 start, uint256 stop)
    {
        (start, stop) = b.text(pos, end, Cbor.BYTES);
        if (stop - start < least || stop - start > most) revert INitroVerifier.FieldValue(field);
    }

    function _takePcrs(bytes calldata b, uint256 pos, Document memory d) private pure returns (uint256 next) {
        uint256 end = d.payloadEnd;
        Cbor.Group memory g;
        (g, next) = b.open(pos, end, Cbor.MAP, 2);
        while (true) {
            (bool yes, uint256 key, uint256 value) = b.moreKeys(next, end, g);
            if (!yes) {
                next = value;
                break;
            }
            (uint256 index,) = b.head(key, value, Cbor.UINT);
            if (index >= MAX_PCRS) revert INitroVerifier.FieldValue(PCRS);
            uint256 start;
            (start, next) = _sized(b, value, end, PCR_SIZE, PCR_SIZE, PCRS);
            if (index < 3) d.pcrs[index] = start;
            else if (index == 8) d.pcrs[3] = start;
        }
        if (g.count == 0) revert INitroVerifier.FieldValue(PCRS);
    }

    function _takeCabundle(bytes calldata b, uint256 pos, Document memory d) private pure returns (uint256 next) {
        uint256 end = d.payloadEnd;
        Cbor.Group memory g;
        (g, next) = b.open(pos, end, Cbor.ARRAY, 2);
        uint256 count;
        while (true) {
            bool yes;
            (yes, next) = b.more(next, end, g);
            if (!yes) break;
            if (count == MAX_CHAIN) revert INitroVerifier.FieldValue(CABUNDLE);
            uint256 start;
            (start, next) = _sized(b, next, end, 1, MAX_CERTIFICATE, CABUNDLE);
            d.path = count == 0 ? sha256(b[start:next]) : sha256(abi.encodePacked(d.path, b[start:next]));
            ++count;
        }
        if (count == 0) revert INitroVerifier.FieldValue(CABUNDLE);
    }
}
