// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Cbor} from "../../src/evidence/Cbor.sol";
import {Test} from "../kit/Test.sol";

/// @title  Cbor item by item: what is read, and what is refused under which error
contract CborTest is Test {
    using Cbor for bytes;

    // ---- the library from outside

    /// End of the one item of [0, end).
    function skip(bytes calldata b, uint256 end) external pure returns (uint256) {
        return b.skip(0, end, 0);
    }

    function head(bytes calldata b, uint256 end, uint8 kind) external pure returns (uint256 value, uint256 next) {
        return b.head(0, end, kind);
    }

    function text(bytes calldata b, uint256 end, uint8 kind) external pure returns (uint256 start, uint256 stop) {
        return b.text(0, end, kind);
    }

    function takeNull(bytes calldata b, uint256 end) external pure returns (bool yes, uint256 next) {
        return b.takeNull(0, end);
    }

    function open(bytes calldata b, uint256 end, uint8 kind) external pure returns (uint256 left, uint256 next) {
        Cbor.Group memory g;
        (g, next) = b.open(0, end, kind, 1);
        left = g.left;
    }

    // ---- what is expected

    function reads(bytes memory b) internal view {
        eq(this.skip(b, b.length), b.length, "the item's end");
        // what stands behind it is none of it
        eq(this.skip(bytes.concat(b, hex"ff"), b.length + 1), b.length, "the item's end before another byte");
    }

    function refuses(bytes memory call, bytes4 cause, string memory what) internal view {
        (bool good, bytes memory answer) = address(this).staticcall(call);
        ok(!good, what);
        eq(bytes32(bytes4(answer)), bytes32(cause), what);
    }

    function bad(bytes memory b, bytes4 cause, string memory what) internal view {
        refuses(abi.encodeCall(this.skip, (b, b.length)), cause, what);
    }

    /// Cut at each of its bytes, with the rest still behind the end.
    function cut(bytes memory b) internal view {
        for (uint256 end = 0; end < b.length; ++end) {
            refuses(abi.encodeCall(this.skip, (b, end)), Cbor.CborTruncated.selector, "cut");
        }
    }

    // ---- numbers

    function test_numbers() external view {
        bytes[10] memory good = [
            bytes(hex"00"), hex"17", hex"1818", hex"18ff", hex"190100", hex"19ffff", hex"1a00010000", hex"1affffffff",
            hex"1b0000000100000000", hex"1bffffffffffffffff"
        ];
        uint64[10] memory values =
            [0, 23, 24, 255, 256, 65535, 65536, type(uint32).max, 1 << 32, type(uint64).max];
        for (uint256 i = 0; i < 10; ++i) {
            reads(good[i]);
            cut(good[i]);
            (uint256 value, uint256 next) = this.head(good[i], good[i].length, Cbor.UINT);
            eq(value, values[i], "value");
            eq(next, good[i].length, "end");
        }
        bytes4 form = Cbor.CborForm.selector;
        bytes[8] memory longer = [
            bytes(hex"1800"), hex"1817", hex"190000", hex"1900ff", hex"1a0000ffff", hex"1b00000000ffffffff", hex"3817", hex"5817"
        ];
        for (uint256 i = 0; i < 8; ++i) bad(longer[i], form, "a longer form");
        for (uint256 info = 28; info < 32; ++info) {
            bad(bytes.concat(abi.encodePacked(uint8(info)), new bytes(16)), form, "reserved");
            bad(bytes.concat(abi.encodePacked(uint8(0x40 | info)), new bytes(16)), form, "a string of no length");
        }
        bad(bytes.concat(hex"1c", new bytes(6), hex"ff", new bytes(16)), form, "sixteen bytes");
    }

    function test_kinds() external view {
        refuses(abi.encodeCall(this.head, (hex"00", 1, Cbor.NEGATIVE)), Cbor.CborKind.selector, "a number below zero");
        refuses(abi.encodeCall(this.text, (hex"40", 1, Cbor.TEXT)), Cbor.CborKind.selector, "bytes for text");
        refuses(abi.encodeCall(this.open, (hex"80", 1, Cbor.MAP)), Cbor.CborKind.selector, "an array for a map");
        refuses(abi.encodeCall(this.open, (hex"9f", 1, Cbor.MAP)), Cbor.CborKind.selector, "an indefinite one");
        refuses(abi.encodeCall(this.open, (hex"05", 1, Cbor.MAP)), Cbor.CborKind.selector, "a number for a map");
        (uint256 left, uint256 next) = this.open(hex"a2", 1, Cbor.MAP);
        eq(left, 2, "pairs");
        eq(next, 1, "where they start");
    }

    // ---- strings, simple values, tags

    function test_strings() external view {
        reads(hex"40");
        reads(hex"63616263");
        reads(bytes.concat(hex"5818", new bytes(24)));
        cut(hex"63616263");
        cut(bytes.concat(hex"5818", new bytes(24)));
        (uint256 start, uint256 stop) = this.text(hex"4301020304", 5, Cbor.BYTES);
        ok(start == 1 && stop == 4, "content");
        refuses(abi.encodeCall(this.text, (hex"430102", 3, Cbor.BYTES)), Cbor.CborTruncated.selector, "a byte less");
        refuses(
            abi.encodeCall(this.text, (hex"5bffffffffffffffff00", 10, Cbor.BYTES)), Cbor.CborTruncated.selector, "2^64 bytes"
        );
    }

    function test_simpleValues() external view {
        for (uint256 w = 0xe0; w < 0x100; ++w) {
            bytes memory b = bytes.concat(abi.encodePacked(uint8(w)), new bytes(8));
            if (w >= 0xf4 && w <= 0xf6) eq(this.skip(b, b.length), 1, "false, true, null");
            else refuses(abi.encodeCall(this.skip, (b, b.length)), Cbor.CborForm.selector, "a simple value or float");
        }
        for (uint256 tag = 0xc0; tag < 0xd8; ++tag) {
            bad(bytes.concat(abi.encodePacked(uint8(tag)), hex"00"), Cbor.CborKind.selector, "a tag");
        }
    }

    function test_null() external view {
        (bool yes, uint256 next) = this.takeNull(hex"f6", 1);
        ok(yes && next == 1, "null");
        (yes, next) = this.takeNull(hex"f5", 1);
        ok(!yes && next == 0, "no null");
        refuses(abi.encodeCall(this.takeNull, (hex"f6", 0)), Cbor.CborTruncated.selector, "the end before null");
    }

    // ---- maps and arrays

    function test_groups() external view {
        bytes[8] memory good = [
            bytes(hex"80"), hex"9fff", hex"a0", hex"bfff", hex"8301f640", hex"9f01f640ff", hex"a20102616103", hex"bf0102616103ff"
        ];
        for (uint256 i = 0; i < 8; ++i) {
            reads(good[i]);
            cut(good[i]);
        }
        bad(hex"81ff", Cbor.CborForm.selector, "a break in a definite array");
        bad(hex"bf01ff", Cbor.CborForm.selector, "a break for a value");
        bad(hex"81", Cbor.CborTruncated.selector, "a definite array that ends early");
        // the next byte is there, but behind the end
        refuses(abi.encodeCall(this.skip, (hex"8101", 1)), Cbor.CborTruncated.selector, "its item is another's");
        refuses(abi.encodeCall(this.skip, (hex"9fff", 1)), Cbor.CborTruncated.selector, "its break is another's");
    }

    /// At most four open at once.
    function test_depth() external view {
        reads(hex"8181818100");
        bad(hex"818181818100", Cbor.CborTooLarge.selector, "five arrays");
        reads(hex"a101a101a101a10100");
        bad(hex"a101a101a101a101a10100", Cbor.CborTooLarge.selector, "five maps");
        bad(hex"9f9f9f9f9fffffffffff", Cbor.CborTooLarge.selector, "five indefinite ones");
        // side by side they are not nested
        reads(hex"8381818100818181008181f6");
    }

    function pairs(uint256 count, bool numbers) internal pure returns (bytes memory b) {
        b = hex"bf";
        for (uint256 i = 0; i < count; ++i) {
            b = numbers ? bytes.concat(b, hex"1903", abi.encodePacked(uint8(i)), hex"00")
                : bytes.concat(b, hex"42", abi.encodePacked(uint16(i)), hex"00");
        }
        b = bytes.concat(b, hex"ff");
    }

    function test_pairs() external view {
        reads(pairs(32, true));
        reads(pairs(32, false));
        bad(pairs(33, true), Cbor.CborTooLarge.selector, "33 numbers");
        bad(pairs(33, false), Cbor.CborTooLarge.selector, "33 strings");
    }

    function test_keys() external view {
        bytes4 twice = Cbor.CborKeyTwice.selector;
        bad(hex"a200000000", twice, "0");
        bad(hex"a218ff0018ff00", twice, "255");
        bad(hex"a2190100001901000000", twice, "256");
        bad(hex"a220002000", twice, "-1");
        bad(hex"a2616100616100", twice, "text");
        bad(hex"a2416100416100", twice, "bytes");
        bad(hex"bf616100616200616100ff", twice, "the first and the last");
        // alike, and not the same
        reads(hex"a400002000610000410000");
        reads(hex"a30000190100001a0001000000");
        for (uint256 i = 0; i < 4; ++i) {
            bytes memory key = [bytes(hex"80"), hex"a0", hex"f6", hex"c100"][i];
            bad(bytes.concat(hex"a1", key, hex"00"), Cbor.CborKind.selector, "no key");
        }
        // one map's keys are not another's
        reads(hex"82a10000a10000");
    }
}
