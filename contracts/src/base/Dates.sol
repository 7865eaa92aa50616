// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  Dates - strict reading of the three spellings of a UTC time in vendors' objects
/// @notice Unix seconds of years 1970 to 9999; whoever stores 32 bits clamps. Callers bound the bytes; `offset` only names the place in an error.
library Dates {
    /// @notice not a date and time, or out of range
    error DateMalformed(uint256 offset);

    /// @notice "YYYY-MM-DDThh:mm:ssZ", 20 bytes, left-aligned in word.
    function iso(bytes32 word, uint256 offset) internal pure returns (uint256) {
        uint256 w = uint256(word);
        // punctuation at 4, 7, 10, 13, 16, 19
        if (
            _byte(w, 4) != 0x2d || _byte(w, 7) != 0x2d || _byte(w, 10) != 0x54 || _byte(w, 13) != 0x3a
                || _byte(w, 16) != 0x3a || _byte(w, 19) != 0x5a
        ) revert DateMalformed(offset);
        return _seconds(
            _two(w, 0, offset) * 100 + _two(w, 2, offset),
            _two(w, 5, offset),
            _two(w, 8, offset),
            _two(w, 11, offset) * 3600 + _two(w, 14, offset) * 60 + _two(w, 17, offset),
            _two(w, 11, offset) < 24 && _two(w, 14, offset) < 60 && _two(w, 17, offset) < 60,
            offset
        );
    }

    /// @notice "YYYYMMDDhhmmssZ", 15 bytes (DER GeneralizedTime), left-aligned.
    function generalized(bytes32 word, uint256 offset) internal pure returns (uint256) {
        uint256 w = uint256(word);
        return _compact(w << 16, _two(w, 0, offset) * 100 + _two(w, 2, offset), offset);
    }

    /// @notice "YYMMDDhhmmssZ", 13 bytes (DER UTCTime; 50..99 are 19xx), left-aligned.
    function utc(bytes32 word, uint256 offset) internal pure returns (uint256) {
        uint256 w = uint256(word);
        uint256 year = _two(w, 0, offset);
        return _compact(w, year < 50 ? 2000 + year : 1900 + year, offset);
    }

    /// w holds two characters that are not looked at, then MMDDhhmmssZ.
    function _compact(uint256 w, uint256 year, uint256 offset) private pure returns (uint256) {
        if (_byte(w, 12) != 0x5a) revert DateMalformed(offset);
        uint256 hour = _two(w, 6, offset);
        uint256 minute = _two(w, 8, offset);
        uint256 second = _two(w, 10, offset);
        return _seconds(
            year,
            _two(w, 2, offset),
            _two(w, 4, offset),
            hour * 3600 + minute * 60 + second,
            hour < 24 && minute < 60 && second < 60,
            offset
        );
    }

    function _seconds(
        uint256 year,
        uint256 month,
        uint256 day,
        uint256 secondOfDay,
        bool timeInRange,
        uint256 offset
    ) private pure returns (uint256) {
        if (!timeInRange || year < 1970 || year > 9999 || month == 0 || month > 12 || day == 0) {
            revert DateMalformed(offset);
        }
        bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        uint256 length = month == 2 ? (leap ? 29 : 28) : 30 + ((month + month / 8) & 1);
        if (day > length) revert DateMalformed(offset);
        // Days since 1970-01-01: years count from March, so that the leap day is the last one.
        uint256 y = month <= 2 ? year - 1 : year;
        uint256 m = month <= 2 ? month + 9 : month - 3;
        uint256 days_ = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
        return days_ * 86_400 + secondOfDay;
    }

    function _byte(uint256 w, uint256 i) private pure returns (uint256) {
        return (w >> (248 - 8 * i)) & 0xff;
    }

    function _two(uint256 w, uint256 i, uint256 offset) private pure returns (uint256) {
        uint256 pair = (w >> (240 - 8 * i)) & 0xffff;
        uint256 tens = pair >> 8;
        uint256 ones = pair & 0xff;
        if (tens < 0x30 || tens > 0x39 || ones < 0x30 || ones > 0x39) revert DateMalformed(offset);
        return (tens - 0x30) * 10 + ones - 0x30;
    }
}
