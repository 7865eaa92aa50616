// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Dates} from "../base/Dates.sol";
import {TcbStatus} from "../base/Types.sol";
import {Json} from "./Json.sol";
import {Table} from "./Table.sol";

/// @title  IntelLevels - lists of TCB levels in Intel's JSON, to rows of a table
/// @notice Rows keep the list's order: the first one that matches decides. Rules for members as in
///         IntelCollateral.
/// @custom:source attestation.md 1.3; attest/tdx_collateral.h has the same bounds
library IntelLevels {
    using Json for bytes;

    uint256 internal constant MAX_LEVELS = 48;
    uint256 internal constant MAX_SVN_LEVELS = 16;
    uint256 internal constant MAX_ADVISORIES = 24;

    /// @notice a member is missing (bit set in found = present, order of the reader's table)
    error MemberMissing(uint256 found, uint256 needed);
    /// @notice a value is not one that this format knows
    error MemberValue(uint256 offset);
    /// @notice a list has more items than any genuine one
    error TooManyItems(uint256 offset);

    /// @notice "YYYY-MM-DDThh:mm:ssZ" as Unix seconds.
    function date(bytes calldata json, uint256 pos) internal pure returns (uint256 unixSeconds, uint256 next) {
        bytes32 word;
        (word, next) = json.shortText(pos);
        // 20 characters, no more: the 21st byte is zero, the 20th is checked to be "Z"
        if (uint256(word) << 160 != 0) revert MemberValue(pos);
        unixSeconds = Dates.iso(word, pos);
    }

    /// @notice tcbLevels of a TCB info: count, then {sgx 16, tdx 16, pcesvn u16, status u8} each.
    function platformLevels(bytes calldata json, uint256 pos) internal pure returns (bytes memory out, uint256 next) {
        out = Table.create(1 + MAX_LEVELS * Table.LEVEL_SIZE);
        uint256 counter = Table.reserve(out, 1);
        uint256 count;
        bool any;
        (any, next) = json.enter(pos, 0x5b, 0x5d);
        while (any) {
            if (count == MAX_LEVELS) revert TooManyItems(next);
            uint256 components;
            uint256 svn;
            uint256 status;
            (components, svn, status, next) = _level(json, next, 0);
            uint256 row = Table.reserve(out, Table.LEVEL_SIZE);
            Table.writeBytes(row, components, 32);
            Table.writeBytes(row + 32, svn << 240 | status << 232, 3);
            ++count;
            (any, next) = json.more(next, 0x5d);
        }
        Table.writeBytes(counter, count << 248, 1);
    }

    /// @notice tcbLevels of a module or of the QE: count, then {isvsvn u16, status u8} each, appended to out.
    function svnLevels(bytes calldata json, uint256 pos, bytes memory out, uint256 maxSvn)
        internal
        pure
        returns (uint256 next)
    {
        uint256 counter = Table.reserve(out, 1);
        uint256 count;
        bool any;
        (any, next) = json.enter(pos, 0x5b, 0x5d);
        while (any) {
            if (count == MAX_SVN_LEVELS) revert TooManyItems(next);
            uint256 svn;
            uint256 status;
            (, svn, status, next) = _level(json, next, maxSvn);
            Table.writeBytes(Table.reserve(out, Table.SVN_LEVEL_SIZE), svn << 240 | status << 232, 3);
            ++count;
            (any, next) = json.more(next, 0x5d);
        }
        Table.writeBytes(counter, count << 248, 1);
    }

    /// {tcb, tcbDate, tcbStatus, advisoryIDs?}. maxSvn 0: a platform's level, whose tcb has components
    /// and pcesvn; else one isvsvn of at most maxSvn.
    function _level(bytes calldata json, uint256 pos, uint256 maxSvn)
        private
        pure
        returns (uint256 components, uint256 svn, uint256 status, uint256 next)
    {
        uint256 found;
        bool any;
        (any, next) = json.enter(pos, 0x7b, 0x7d);
        uint256 first = next;
        while (any) {
            pos = next;
            bytes32 name;
            (name, next) = json.key(next);
            uint256 flag;
            if (name == "tcb") {
                flag = 1;
                if (maxSvn == 0) (components, svn, next) = _platformTcb(json, next);
                else (svn, next) = _isvsvn(json, next, maxSvn);
            } else if (name == "tcbDate") {
                flag = 2;
                (, next) = date(json, next);
            } else if (name == "tcbStatus") {
                flag = 4;
                (status, next) = _status(json, next);
            } else if (name == "advisoryIDs") {
                flag = 8;
                next = _advisories(json, next);
            } else {
                json.requireFirst(first, pos, name);
                next = json.skip(next, 3);
            }
            if (found & flag != 0) revert Json.JsonKeyTwice(pos);
            found |= flag;
            (any, next) = json.more(next, 0x7d);
        }
        if (found & 7 != 7) revert MemberMissing(found, 7);
    }

    /// {sgxtcbcomponents, pcesvn, tdxtcbcomponents}: components = sgx 16 bytes, tdx 16 bytes.
    function _platformTcb(bytes calldata json, uint256 pos)
        private
        pure
        returns (uint256 components, uint256 pcesvn, uint256 next)
    {
        uint256 found;
        bool any;
        (any, next) = json.enter(pos, 0x7b, 0x7d);
        uint256 first = next;
        while (any) {
            pos = next;
            bytes32 name;
            (name, next) = json.key(next);
            uint256 flag;
            uint256 list;
            if (name == "sgxtcbcomponents") {
                flag = 1;
                (list, next) = _components(json, next);
                components |= list << 128;
            } else if (name == "pcesvn") {
                flag = 2;
                (pcesvn, next) = json.integer(next, 0xffff);
            } else if (name == "tdxtcbcomponents") {
                flag = 4;
                (list, next) = _components(json, next);
                components |= list;
            } else {
                json.requireFirst(first, pos, name);
                next = json.skip(next, 4);
            }
            if (found & flag != 0) revert Json.JsonKeyTwice(pos);
            found |= flag;
            (any, next) = json.more(next, 0x7d);
        }
        if (found != 7) revert MemberMissing(found, 7);
    }

    /// Exactly 16 objects with an svn each; the first one ends up at the top of 16 bytes. Nearly all are
    /// printed as {"svn":N} or with category and type behind it, which is read in a few words; anything
    /// else takes the general way.
    function _components(bytes calldata json, uint256 pos) private pure returns (uint256 list, uint256 next) {
        next = json.take(pos, 0x5b);
        unchecked {
            for (uint256 i = 0; i < 16; ++i) {
                if (i != 0) {
                    if (json.word(next) >> 248 == 0x2c) ++next;
                    else next = json.take(next, 0x2c);
                }
                uint256 svn;
                uint256 end;
                (svn, end) = _plainComponent(json, next);
                if (end == 0) (svn, end) = _component(json, next);
                next = end;
                list = list << 8 | svn;
            }
        }
        next = json.take(next, 0x5d);
    }

    /// {"svn":D} or {"svn":DD}, then maybe ,"category":"..." and ,"type":"...", exactly so; end 0: otherwise.
    function _plainComponent(bytes calldata json, uint256 pos) private pure returns (uint256 svn, uint256 end) {
        unchecked {
            uint256 w = json.word(pos);
            svn = ((w >> 192) & 0xff) - 0x30;
            if (w >> 200 != 0x7b2273766e223a || svn > 9) return (0, 0);
            end = pos + 8;
            uint256 digit = ((w >> 184) & 0xff) - 0x30;
            if (digit < 10) {
                if (svn == 0) return (0, 0);
                svn = svn * 10 + digit;
                ++end;
            }
            w = json.word(end);
            if (w >> 248 == 0x7d) return (svn, end + 1);
            if (w >> 152 == 0x2c2263617465676f7279223a22) {
                end = json.closing(end + 13);
                if (end == 0) return (0, 0);
                w = json.word(end);
            }
            if (w >> 184 == 0x2c2274797065223a22) {
                end = json.closing(end + 9);
                if (end == 0) return (0, 0);
                w = json.word(end);
            }
            if (w >> 248 != 0x7d) return (0, 0);
            return (svn, end + 1);
        }
    }

    /// {svn, category?, type?, ...}
    function _component(bytes calldata json, uint256 pos) private pure returns (uint256 svn, uint256 next) {
        uint256 found;
        bool any;
        (any, next) = json.enter(pos, 0x7b, 0x7d);
        uint256 first = next;
        while (any) {
            pos = next;
            bytes32 name;
            (name, next) = json.key(next);
            uint256 flag;
            if (name == "svn") {
                flag = 1;
                (svn, next) = json.integer(next, 0xff);
            } else {
                if (name == "category") flag = 2;
                else if (name == "type") flag = 4;
                else json.requireFirst(first, pos, name);
                if (json.word(next) >> 248 == 0x22) (,, next) = json.text(next);
                else next = json.skip(next, 6);
            }
            if (found & flag != 0) revert Json.JsonKeyTwice(pos);
            found |= flag;
            (any, next) = json.more(next, 0x7d);
        }
        if (found & 1 == 0) revert MemberMissing(found, 1);
    }

    /// {isvsvn}
    function _isvsvn(bytes calldata json, uint256 pos, uint256 max) private pure returns (uint256 svn, uint256 next) {
        uint256 found;
        bool any;
        (any, next) = json.enter(pos, 0x7b, 0x7d);
        uint256 first = next;
        while (any) {
            pos = next;
            bytes32 name;
            (name, next) = json.key(next);
            if (name == "isvsvn") {
                if (found != 0) revert Json.JsonKeyTwice(pos);
                found = 1;
                (svn, next) = json.integer(next, max);
            } else {
                json.requireFirst(first, pos, name);
                next = json.skip(next, 5);
            }
            (any, next) = json.more(next, 0x7d);
        }
        if (found == 0) revert MemberMissing(0, 1);
    }

    function _status(bytes calldata json, uint256 pos) private pure returns (uint256 status, uint256 next) {
        uint256 start;
        uint256 end;
        (start, end, next) = json.text(pos);
        uint256 length = end - start;
        bytes32 head = bytes32(json.word(start));
        // a spelling of up to 32 characters is its first word; the one that is longer has 33
        if (length < 32) head = bytes32(uint256(head) >> (256 - 8 * length) << (256 - 8 * length));
        if (length == 0) revert MemberValue(pos);
        if (length == 33) {
            if (head != "ConfigurationAndSWHardeningNeede" || json.word(start + 32) >> 248 != 0x64) {
                revert MemberValue(pos);
            }
            return (TcbStatus.CONFIGURATION_SW_HARDENING, next);
        }
        if (length > 32) revert MemberValue(pos);
        if (head == "UpToDate") return (TcbStatus.UP_TO_DATE, next);
        if (head == "OutOfDate") return (TcbStatus.OUT_OF_DATE, next);
        if (head == "OutOfDateConfigurationNeeded") return (TcbStatus.OUT_OF_DATE_CONFIGURATION, next);
        if (head == "SWHardeningNeeded") return (TcbStatus.SW_HARDENING, next);
        if (head == "ConfigurationNeeded") return (TcbStatus.CONFIGURATION, next);
        if (head == "Revoked") return (TcbStatus.REVOKED, next);
        revert MemberValue(pos);
    }

    /// Array of up to 24 non-empty strings of up to 19 characters. The contract judges none of them;
    /// their bytes are in the table's digest.
    function _advisories(bytes calldata json, uint256 pos) private pure returns (uint256 next) {
        bool any;
        uint256 count;
        (any, next) = json.enter(pos, 0x5b, 0x5d);
        while (any) {
            if (count == MAX_ADVISORIES) revert TooManyItems(next);
            uint256 start;
            uint256 end;
            (start, end, next) = json.text(next);
            if (end == start || end - start > 19) revert MemberValue(start);
            ++count;
            (any, next) = json.more(next, 0x5d);
        }
    }
}
