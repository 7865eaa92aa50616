// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  Json - strict cursor over JSON in calldata
/// @notice One position goes forward; every function takes it and returns the next one. Text is ASCII
///         without escapes, as vendors' machines print it; numbers are plain decimal integers.
///         Reading beyond the end is refused by the callers' last check: bytes past the end of the
///         slice may be read but never make a whole document.
library Json {
    uint256 private constant ONES = 0x0101010101010101010101010101010101010101010101010101010101010101;
    uint256 private constant LOWS = 0x7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f;
    uint256 private constant QUOTES = ONES * 0x22;
    uint256 private constant BACKSLASHES = ONES * 0x5c;
    /// top three bits: zero in control characters
    uint256 private constant CONTROLS = ONES * 0xe0;
    uint256 internal constant MAX_DEPTH = 8;

    /// @notice another character is needed here
    error JsonSyntax(uint256 offset);
    /// @notice a string has an escape, a control character or one that is not ASCII, or is too long
    error JsonString(uint256 offset);
    /// @notice a number is not a plain integer or over its maximum
    error JsonNumber(uint256 offset);
    /// @notice a key stands twice in one object
    error JsonKeyTwice(uint256 offset);
    /// @notice nesting is too deep
    error JsonDepth(uint256 offset);

    function word(bytes calldata json, uint256 pos) internal pure returns (uint256 w) {
        assembly {
            w := calldataload(add(json.offset, pos))
        }
    }

    /// @notice First position from `pos` on that is not white space; must lie inside the slice.
    function space(bytes calldata json, uint256 pos) internal pure returns (uint256) {
        unchecked {
            // nearly always there is none
            if (pos < json.length && word(json, pos) >> 248 > 0x20) return pos;
            while (pos < json.length) {
                uint256 c = word(json, pos) >> 248;
                if (c > 0x20) return pos;
                if (c != 0x20 && c != 0x0a && c != 0x0d && c != 0x09) break;
                ++pos;
            }
        }
        revert JsonSyntax(pos);
    }

    /// @notice Takes one character, white space before it allowed.
    function take(bytes calldata json, uint256 pos, uint256 character) internal pure returns (uint256) {
        pos = space(json, pos);
        if (word(json, pos) >> 248 != character) revert JsonSyntax(pos);
        unchecked {
            return pos + 1;
        }
    }

    /// @notice After a member or item: true and the next position at ",", false at the closing one.
    function more(bytes calldata json, uint256 pos, uint256 closing) internal pure returns (bool, uint256) {
        uint256 c = word(json, pos) >> 248;
        if (c <= 0x20) {
            pos = space(json, pos);
            c = word(json, pos) >> 248;
        }
        unchecked {
            if (c == 0x2c) return (true, pos + 1);
            if (c == closing) return (false, pos + 1);
        }
        revert JsonSyntax(pos);
    }

    /// @notice Opens an object or array: false if it is empty (and then already closed).
    function enter(bytes calldata json, uint256 pos, uint256 opening, uint256 closing)
        internal
        pure
        returns (bool any, uint256 next)
    {
        next = take(json, pos, opening);
        uint256 inside = space(json, next);
        if (word(json, inside) >> 248 == closing) {
            unchecked {
                return (false, inside + 1);
            }
        }
        return (true, next);
    }

    /// @notice A string: where its text starts and ends, and the position behind it.
    function text(bytes calldata json, uint256 pos)
        internal
        pure
        returns (uint256 start, uint256 end, uint256 next)
    {
        if (word(json, pos) >> 248 == 0x22) {
            unchecked {
                start = pos + 1;
                next = closing(json, start);
                if (next != 0) return (start, next - 1, next);
            }
        }
        start = take(json, pos, 0x22);
        end = start;
        // Bounds: end <= json.length + 32 always, since each turn starts inside the slice.
        unchecked {
            while (end < json.length) {
                uint256 w = word(json, end);
                uint256 quotes = _zeroBytes(w ^ QUOTES);
                // characters before the first quote: all 32 if there is none
                uint256 count = quotes == 0 ? 32 : _leadingZeros(quotes) >> 3;
                // forbidden: >= 0x80, < 0x20 (top three bits zero), backslash
                uint256 bad = (w & ~LOWS) | _zeroBytes(w & CONTROLS) | _zeroBytes(w ^ BACKSLASHES);
                if (count != 0 && bad >> (256 - 8 * count) != 0) revert JsonString(end);
                end += count;
                if (quotes != 0) {
                    if (end >= json.length) break;
                    return (start, end, end + 1);
                }
            }
        }
        revert JsonSyntax(start);
    }

    /// @notice For text that starts at `start`, behind its quote: the position behind its closing quote, or 0
    ///         if one word cannot tell (longer text, or anything unusual within 32 characters of its start).
    function closing(bytes calldata json, uint256 start) internal pure returns (uint256) {
        unchecked {
            uint256 w = word(json, start);
            uint256 quotes = _zeroBytes(w ^ QUOTES);
            // every one of the 32 characters has bit 5 or 6 (no control character), not bit 7, is no backslash
            if (
                quotes == 0 || ((w >> 5) | (w >> 6)) & ONES != ONES || w & ~LOWS != 0
                    || _zeroBytes(w ^ BACKSLASHES) != 0 || start + 32 > json.length
            ) return 0;
            return start + (_leadingZeros(quotes) >> 3) + 1;
        }
    }

    /// @notice A string of at most 32 characters as a left-aligned word; longer ones give 1, which is
    ///         no text.
    function shortText(bytes calldata json, uint256 pos) internal pure returns (bytes32 value, uint256 next) {
        uint256 start;
        uint256 end;
        (start, end, next) = text(json, pos);
        unchecked {
            uint256 length = end - start;
            if (length > 32) return (bytes32(uint256(1)), next);
            if (length != 0) value = bytes32(word(json, start) >> (256 - 8 * length) << (256 - 8 * length));
        }
    }

    /// @notice A member's key as shortText, the colon taken.
    function key(bytes calldata json, uint256 pos) internal pure returns (bytes32 name, uint256 next) {
        (name, next) = shortText(json, pos);
        unchecked {
            if (word(json, next) >> 248 == 0x3a) return (name, next + 1);
        }
        next = take(json, next, 0x3a);
    }

    /// @notice A plain integer in [0, max], max < 10^9.
    function integer(bytes calldata json, uint256 pos, uint256 max)
        internal
        pure
        returns (uint256 value, uint256 next)
    {
        next = space(json, pos);
        uint256 w = word(json, next);
        unchecked {
            uint256 first = next;
            while (true) {
                uint256 digit = (w >> 248) - 0x30;
                if (digit > 9) break;
                value = value * 10 + digit;
                ++next;
                w <<= 8;
                if (next - first > 9) revert JsonNumber(first);
            }
            uint256 length = next - first;
            if (length == 0 || value > max || (length > 1 && word(json, first) >> 248 == 0x30)) {
                revert JsonNumber(first);
            }
            // a fraction or exponent would make it another kind of number
            uint256 c = w >> 248;
            if (c == 0x2e || c == 0x65 || c == 0x45) revert JsonNumber(first);
        }
    }

    /// @notice Hexadecimal string of exactly `length` (<= 32) bytes, either case, left-aligned.
    function hexBytes(bytes calldata json, uint256 pos, uint256 length)
        internal
        pure
        returns (bytes32 value, uint256 next)
    {
        uint256 start;
        uint256 end;
        (start, end, next) = text(json, pos);
        if (end - start != 2 * length) revert JsonString(start);
        value = hexAt(json, start, length);
    }

    /// @notice `length` (<= 32) bytes of hexadecimal at a place known to be inside a string.
    function hexAt(bytes calldata json, uint256 start, uint256 length) internal pure returns (bytes32) {
        uint256 value;
        unchecked {
            for (uint256 i = 0; i < 2 * length; i += 32) {
                uint256 w = word(json, start + i);
                uint256 digits = 2 * length - i;
                if (digits < 32) {
                    // the rest of the word is other text: read it as zeros
                    uint256 cut = 256 - 8 * digits;
                    w = (w >> cut << cut) | ((ONES * 0x30) & ((1 << cut) - 1));
                }
                value |= _nibbles(w, start) << (128 - 4 * i);
            }
        }
        return bytes32(value);
    }

    /// @notice For keys that a reader does not know: refuses if the object that starts (behind its brace)
    ///         at `first` has the same key before `pos`. Reads that object again: rare and bounded by it.
    function requireFirst(bytes calldata json, uint256 first, uint256 pos, bytes32 name) internal pure {
        uint256 next = first;
        while (next < pos) {
            bytes32 earlier;
            (earlier, next) = key(json, next);
            if (earlier == name) revert JsonKeyTwice(pos);
            next = skip(json, next, 1);
            (, next) = more(json, next, 0x7d);
        }
    }

    /// @notice Skips any value: the position behind it.
    function skip(bytes calldata json, uint256 pos, uint256 depth) internal pure returns (uint256 next) {
        if (depth > MAX_DEPTH) revert JsonDepth(pos);
        pos = space(json, pos);
        uint256 c = word(json, pos) >> 248;
        if (c == 0x22) {
            (,, next) = text(json, pos);
        } else if (c == 0x7b) {
            next = _skipObject(json, pos, depth);
        } else if (c == 0x5b) {
            bool any;
            (any, next) = enter(json, pos, 0x5b, 0x5d);
            while (any) {
                next = skip(json, next, depth + 1);
                (any, next) = more(json, next, 0x5d);
            }
        } else {
            next = _skipLiteral(json, pos);
        }
    }

    function _skipObject(bytes calldata json, uint256 pos, uint256 depth) private pure returns (uint256 next) {
        bytes32[] memory seen = new bytes32[](16);
        uint256 count;
        bool any;
        (any, next) = enter(json, pos, 0x7b, 0x7d);
        while (any) {
            bytes32 name;
            pos = next;
            (name, next) = key(json, next);
            for (uint256 i = 0; i < count; ++i) {
                if (seen[i] == name) revert JsonKeyTwice(pos);
            }
            if (count == seen.length) revert JsonDepth(pos);
            seen[count++] = name;
            next = skip(json, next, depth + 1);
            (any, next) = more(json, next, 0x7d);
        }
    }

    /// true, false, null, or an integer.
    function _skipLiteral(bytes calldata json, uint256 pos) private pure returns (uint256 next) {
        uint256 w = word(json, pos);
        if (w >> 224 == 0x74727565 || w >> 224 == 0x6e756c6c) return pos + 4;
        if (w >> 216 == 0x66616c7365) return pos + 5;
        (, next) = integer(json, pos, 999_999_999);
    }

    /// 32 hexadecimal digits to 16 bytes (right-aligned). Each lane holds one character.
    function _nibbles(uint256 w, uint256 offset) private pure returns (uint256 v) {
        unchecked {
            // fold case: digits stay, A-F become a-f; then per lane value = digit, or letter - 'a' + 10
            uint256 isLetter = (w >> 6) & ONES;
            v = (w & (ONES * 0x0f)) + isLetter * 9;
            // rebuild the character (lower case for letters) and compare: anything else differs
            uint256 folded = w | (isLetter * 0x20);
            uint256 back = v + ONES * 0x30 + isLetter * 0x27;
            if (folded != back || _tooLarge(v, isLetter) != 0) revert JsonString(offset);
            v = ((v >> 4) | v) & 0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff;
            v = ((v >> 8) | v) & 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff;
            v = ((v >> 16) | v) & 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;
            v = ((v >> 32) | v) & 0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff;
            v = ((v >> 64) | v) & ((1 << 128) - 1);
        }
    }

    /// Lanes whose value is not a digit's (> 9) or not a letter's (< 10 or > 15).
    function _tooLarge(uint256 v, uint256 isLetter) private pure returns (uint256) {
        unchecked {
            uint256 over9 = ((v + ONES * 0x76) >> 7) & ONES;
            uint256 over15 = (v >> 4) & (ONES * 0x0f);
            return (over9 ^ isLetter) | over15;
        }
    }

    /// 0x80 in every byte that is zero, exactly.
    function _zeroBytes(uint256 w) private pure returns (uint256) {
        unchecked {
            return ~(((w & LOWS) + LOWS) | w | LOWS);
        }
    }

    function _leadingZeros(uint256 w) private pure returns (uint256 n) {
        assembly {
            n := clz(w)
        }
    }
}
