// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Certificate384} from "./Certificate384.sol";
import {Der} from "./Der.sol";

/// @title  AmdKey - what a VCEK or VLEK says of a chip, in extensions under 1.3.6.1.4.1.3704.1
/// @notice Extensions are found by OID, never by position; Certificate384 has refused duplicates.
/// @custom:source attestation.md 2.3
library AmdKey {
    using Der for bytes;

    uint8 private constant IA5_STRING = 0x16;
    /// 1.3.6.1.4.1.3704.1 as 8 content bytes
    uint256 private constant ARC = 0x2b060104019c7801;
    /// patch levels that every key has: boot loader, TEE, SNP, microcode
    uint256 private constant NEEDED = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 8;

    /// @param product   productName left-aligned
    /// @param levels    patch level i (.3.i) in byte i from the right, i = 1..9
    /// @param present   bit i: that level is there
    /// @param hwid      64 or 8 bytes, or none
    /// @param csp       CSP id of a VLEK, or none
    struct Key {
        bytes32 product;
        uint256 levels;
        uint256 present;
        bytes hwid;
        bytes csp;
    }

    /// @notice a patch level or the product name is missing
    error AmdItemMissing(uint256 found, uint256 needed);

    function read(bytes calldata der, uint256 pos, uint256 end) internal pure returns (Key memory k) {
        while (pos < end) {
            (uint256 mark,, uint256 value, uint256 next) = Certificate384.extension(der, pos, end);
            uint256 size = mark & 0xff;
            uint256 digits = mark >> 8;
            if (size == 9 && digits >> 8 == ARC) _item(der, digits & 0xff, value, next, k);
            else if (size == 10 && digits >> 8 == (ARC << 8 | 3)) _level(der, digits & 0xff, value, next, k);
            pos = next;
        }
        if (k.present & NEEDED != NEEDED || k.product == 0) revert AmdItemMissing(k.present, NEEDED);
    }

    function _item(bytes calldata der, uint256 item, uint256 value, uint256 end, Key memory k) private pure {
        if (item == 1) {
            (uint256 version, uint256 stop) = der.unsigned(value, end, 4);
            if (version > 1) revert Der.DerValue(value);
            Der.requireEnd(stop, end);
        } else if (item == 2) {
            (uint256 start, uint256 stop) = _text(der, value, end);
            // a zero at the end would be lost left-aligned
            if (stop - start > 32 || Der.number(der, stop - 1, stop) == 0) revert Der.DerValue(value);
            k.product = bytes32(Der.number(der, start, stop) << (256 - 8 * (stop - start)));
        } else if (item == 4) {
            k.hwid = _hwid(der, value, end);
        } else if (item == 5) {
            (uint256 start, uint256 stop) = _text(der, value, end);
            k.csp = der[start:stop];
        }
    }

    function _level(bytes calldata der, uint256 i, uint256 value, uint256 end, Key memory k) private pure {
        if (i == 0 || i > 9) return;
        (uint256 level, uint256 stop) = der.unsigned(value, end, 1);
        Der.requireEnd(stop, end);
        k.levels |= level << (8 * i);
        k.present |= 1 << i;
    }

    function _text(bytes calldata der, uint256 pos, uint256 end) private pure returns (uint256 start, uint256 stop) {
        (start, stop) = der.open(pos, end, IA5_STRING);
        Der.requireEnd(stop, end);
        if (start == stop) revert Der.DerValue(pos);
    }

    /// Raw, or in an OCTET STRING: decided by the length, for chips' ids start with any byte.
    function _hwid(bytes calldata der, uint256 pos, uint256 end) private pure returns (bytes memory) {
        uint256 size = end - pos;
        uint256 head = uint256(der.word(pos)) >> 240;
        if ((size == 66 && head == 0x0440) || (size == 10 && head == 0x0408)) return der[pos + 2:end];
        if (size != 64 && size != 8) revert Der.DerValue(pos);
        return der[pos:end];
    }
}
