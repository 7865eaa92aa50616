// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  Dates - strict reading of the three spellings of a UTC time in vendors' objects
/// @notice Unix seconds of years 1970 to 9999; whoever stores 32 bits clamps. Callers bound the bytes; `offset` only names the place in an error.
library Dates {
    uint256 private constant HIGH_NIBBLES = 0xf0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0;
    uint256 private constant LOW_NIBBLES = ~HIGH_NIBBLES;
    uint256 private constant THREES = 0x3030303030303030303030303030303030303030303030303030303030303030;
    uint256 private constant SIXES = 0x0606060606060606060606060606060606060606060606060606060606060606;
    uint256 private constant ISO_MARKS = 0x0000000000ff0000ff0000ff0000ff0000ff0000ff << 96;
    uint256 private constant ISO_DIGITS = 0x00ffffffff00ffff00ffff00ffff00ffff00ffff00 << 96;
    uint256 private constant ISO_PUNCTUATION = 0x00000000002d00002d00005400003a00003a00005a << 96;

    /// @notice not a date and time, or out of range
    error DateMalformed(uint256 offset);

    /// @notice "YYYY-MM-DDThh:mm:ssZ", 20 bytes, left-aligned in word.
    function iso(bytes32 word, uint256 offset) internal pure returns (uint256) {
        uint256 w = uint256(word);
        unchecked {
            // punctuation at 4, 7, 10, 13, 16, 19; the rest are digits
            if (w & ISO_MARKS != ISO_PUNCTUATION || !_digits(w, ISO_DIGITS)) revert DateMalformed(offset);
            return _seconds(
                _two(w, 0) * 100 + _two(w, 2), _two(w, 5), _two(w, 8), _two(w, 11), _two(w, 14), _two(w, 17), offset
            );
        }
    }

    /// @notice "YYYYMMDDhhmmssZ", 15 bytes (DER GeneralizedTime), left-aligned.
    function generalized(bytes32 word, uint256 offset) internal pure returns (uint256) {
        uint256 w = uint256(word);
        unchecked {
            if (!_digits(w, type(uint256).max << 240)) revert DateMalformed(offset);
            return _compact(w << 16, _two(w, 0) * 100 + _two(w, 2), offset);
        }
    }

    /// @notice "YYMMDDhhmmssZ", 13 bytes (DER UTCTime; 50..99 are 19xx), left-aligned.
    function utc(bytes32 word, uint256 offset) internal pure returns (uint256) {
        uint256 w = uint256(word);
        unchecked {
            if (!_digits(w, type(uint256).max << 240)) revert DateMalformed(offset);
            uint256 year = _two(w, 0);
            return _compact(w, year < 50 ? 2000 + year : 1900 + year, offset);
        }
    }

    /// w holds two digits of the year, then MMDDhhmmssZ.
    function _compact(uint256 w, uint256 year, uint256 offset) private pure returns (uint256) {
        unchecked {
            if ((w >> 152) & 0xff != 0x5a || !_digits(w, type(uint256).max << 160)) revert DateMalformed(offset);
            return _seconds(year, _two(w, 2), _two(w, 4), _two(w, 6), _two(w, 8), _two(w, 10), offset);
        }
    }

    function _seconds(
        uint256 year,
        uint256 month,
        uint256 day,
        uint256 hour,
        uint256 minute,
        uint256 second,
        uint256 offset
    ) private pure returns (uint256) {
        unchecked {
            // every argument has at most four digits, so nothing below overflows
            if (
                year < 1970 || month == 0 || month > 12 || day == 0 || hour > 23 || minute > 59 || second > 59
            ) revert DateMalformed(offset);
            if (day > 28) {
                bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
                uint256 length = month == 2 ? (leap ? 29 : 28) : 30 + ((month + month / 8) & 1);
                if (day > length) revert DateMalformed(offset);
            }
            // Days since 1970-01-01: years count from March, so that the leap day is the last one.
            uint256 y = month <= 2 ? year - 1 : year;
            uint256 m = month <= 2 ? month + 9 : month - 3;
            uint256 d = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
            return d * 86_400 + hour * 3600 + minute * 60 + second;
        }
    }

    /// Are all bytes of w under the mask (whole bytes) decimal digits?
    function _digits(uint256 w, uint256 mask) private pure returns (bool) {
        unchecked {
            // high nibble 3, and low nibble + 6 does not reach the high one
            return (w & mask & HIGH_NIBBLES) == (THREES & mask) && ((w & LOW_NIBBLES) + SIXES) & HIGH_NIBBLES & mask == 0;
        }
    }

    /// Two digits at byte i.
    function _two(uint256 w, uint256 i) private pure returns (uint256) {
        unchecked {
            uint256 pair = w >> (240 - 8 * i);
            return ((pair >> 8) & 0x0f) * 10 + (pair & 0x0f);
        }
    }
}
