// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  Pem - certificates out of PEM text, as strictly as attest/pem.h
library Pem {
    error PemMalformed(uint256 offset);

    bytes private constant BEGIN = "-----BEGIN CERTIFICATE-----";
    bytes private constant END = "-----END CERTIFICATE-----";

    /// All certificates; nothing but white space between them, at most one NUL at the very end.
    function read(bytes memory text) internal pure returns (bytes[] memory certificates) {
        bytes[] memory list = new bytes[](8);
        uint256 count;
        uint256 pos = _space(text, 0);
        while (pos < text.length && text[pos] != 0) {
            _expect(text, pos, BEGIN);
            pos += BEGIN.length;
            uint256 start = pos;
            while (pos < text.length && text[pos] != "-") ++pos;
            if (count == 8) revert PemMalformed(pos);
            list[count++] = base64(text, start, pos);
            _expect(text, pos, END);
            pos = _space(text, pos + END.length);
        }
        if (pos < text.length && (text[pos] != 0 || pos + 1 != text.length)) revert PemMalformed(pos);
        assembly {
            mstore(list, count)
        }
        return list;
    }

    function _expect(bytes memory text, uint256 pos, bytes memory want) private pure {
        if (pos + want.length > text.length) revert PemMalformed(pos);
        for (uint256 i = 0; i < want.length; ++i) {
            if (text[pos + i] != want[i]) revert PemMalformed(pos + i);
        }
    }

    function _space(bytes memory text, uint256 pos) private pure returns (uint256) {
        while (pos < text.length && (text[pos] == " " || text[pos] == "\n" || text[pos] == "\r" || text[pos] == "\t")) {
            ++pos;
        }
        return pos;
    }

    /// text[start, end): base64 in lines, padded, without bits to spare.
    function base64(bytes memory text, uint256 start, uint256 end) internal pure returns (bytes memory out) {
        out = new bytes((end - start) / 4 * 3 + 3);
        uint256 length;
        uint256 bits;
        uint256 have;
        uint256 pads;
        uint256 digits;
        for (uint256 i = start; i < end; ++i) {
            uint256 c = uint8(text[i]);
            if (c == 0x0a || c == 0x0d) continue;
            if (c == 0x3d) {
                ++pads;
                continue;
            }
            if (pads != 0) revert PemMalformed(i);
            uint256 v;
            if (c >= 0x41 && c <= 0x5a) v = c - 0x41;
            else if (c >= 0x61 && c <= 0x7a) v = c - 0x61 + 26;
            else if (c >= 0x30 && c <= 0x39) v = c - 0x30 + 52;
            else if (c == 0x2b) v = 62;
            else if (c == 0x2f) v = 63;
            else revert PemMalformed(i);
            ++digits;
            bits = bits << 6 | v;
            have += 6;
            if (have >= 8) {
                have -= 8;
                out[length++] = bytes1(uint8(bits >> have));
                bits &= (1 << have) - 1;
            }
        }
        if ((digits + pads) % 4 != 0 || pads > 2 || bits != 0) revert PemMalformed(end);
        assembly {
            mstore(out, length)
        }
    }
}
