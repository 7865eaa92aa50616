// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IntelLevels} from "./IntelLevels.sol";
import {Json} from "./Json.sol";
import {Table} from "./Table.sol";

/// @title  IntelCollateral - TCB info and QE identity, from signed JSON to a packed table
/// @notice Reads the inner object exactly as signed. Members may come in any order; known ones are
///         typed, bounded and may not repeat; unknown ones are skipped. The table (see TdxTcb) holds
///         what evidence is judged by, in list order; `content` is a digest of the lists as signed, so that
///         equal table and content mean equal verdicts, dates of levels and advisories included.
/// @custom:source attestation.md 1.3; attest/tdx_collateral.h has the same bounds
library IntelCollateral {
    using Json for bytes;

    uint256 internal constant MAX_IDENTITIES = 8;
    uint256 internal constant MAX_NUMBER = 0xffff;
    uint256 internal constant MAX_INTEGER = 999_999_999;

    /// @param product   FMSPC and PCEID, left-aligned; zero for a QE identity
    /// @param table     packed table
    /// @param content   XOR over the lists tcbLevels (1) and tdxModuleIdentities (2) of
    ///                  keccak256(abi.encode(uint256 which, keccak256(JSON of the list)))
    struct Object {
        bytes32 product;
        uint256 number;
        uint256 issueDate;
        uint256 nextUpdate;
        bytes table;
        bytes32 content;
    }

    /// @notice the object is for something else than TDX
    error NotForTdx(bytes32 id, uint256 version);

    /// @notice Reads `tcbInfo`.
    function tcbInfo(bytes calldata json) internal pure returns (Object memory o) {
        // found: 1 id, 2 version, 4 issueDate, 8 nextUpdate, 16 fmspc, 32 pceId, 64 number,
        // 128 tdxModule, 256 tcbLevels, 512 tdxModuleIdentities, 1024 tcbType
        uint256 found;
        bytes32 id;
        uint256 version;
        bytes memory unnumbered;
        bytes memory identities;
        bytes memory levels;
        bytes32 digest;
        (bool any, uint256 next) = json.enter(0, 0x7b, 0x7d);
        uint256 first = next;
        while (any) {
            uint256 pos = next;
            bytes32 name;
            (name, next) = json.key(next);
            uint256 flag;
            if (name == "id") {
                flag = 1;
                (id, next) = json.shortText(next);
            } else if (name == "version") {
                flag = 2;
                (version, next) = json.integer(next, MAX_INTEGER);
            } else if (name == "issueDate") {
                flag = 4;
                (o.issueDate, next) = IntelLevels.date(json, next);
            } else if (name == "nextUpdate") {
                flag = 8;
                (o.nextUpdate, next) = IntelLevels.date(json, next);
            } else if (name == "fmspc") {
                flag = 16;
                bytes32 fmspc;
                (fmspc, next) = json.hexBytes(next, 6);
                o.product |= fmspc;
            } else if (name == "pceId") {
                flag = 32;
                bytes32 pceid;
                (pceid, next) = json.hexBytes(next, 2);
                o.product |= pceid >> 48;
            } else if (name == "tcbEvaluationDataNumber") {
                flag = 64;
                (o.number, next) = json.integer(next, MAX_NUMBER);
            } else if (name == "tdxModule") {
                flag = 128;
                unnumbered = Table.create(Table.MODULE_SIZE);
                next = _module(json, next, unnumbered, false);
            } else if (name == "tcbLevels") {
                flag = 256;
                pos = next;
                (levels, next) = IntelLevels.platformLevels(json, next);
                digest = _mix(digest, 1, json, pos, next);
            } else if (name == "tdxModuleIdentities") {
                flag = 512;
                pos = next;
                (identities, next) = _identities(json, next);
                digest = _mix(digest, 2, json, pos, next);
            } else if (name == "tcbType") {
                flag = 1024;
                uint256 kind;
                (kind, next) = json.integer(next, MAX_INTEGER);
                if (kind != 0) revert IntelLevels.MemberValue(pos);
            } else {
                json.requireFirst(first, pos, name);
                next = json.skip(next, 1);
            }
            if (found & flag != 0) revert Json.JsonKeyTwice(pos);
            found |= flag;
            (any, next) = json.more(next, 0x7d);
        }
        _end(json, next);
        if (id != "TDX" || version != 3) revert NotForTdx(id, version);
        if (found & 0x1ff != 0x1ff) revert IntelLevels.MemberMissing(found, 0x1ff);
        o.table = abi.encodePacked(
            bytes1(uint8(1 + (identities.length == 0 ? 0 : uint256(uint8(identities[0]))))),
            unnumbered,
            identities.length == 0 ? identities : Table.withoutFirst(identities),
            levels
        );
        o.content = digest;
    }

    /// @notice Reads `enclaveIdentity`.
    function qeIdentity(bytes calldata json) internal pure returns (Object memory o) {
        // found: 1 id, 2 version, 4 issueDate, 8 nextUpdate, 16 number, 32 miscselect, 64 its mask,
        // 128 attributes, 256 their mask, 512 mrsigner, 1024 isvprodid, 2048 tcbLevels
        uint256 found;
        bytes32 id;
        uint256 version;
        bytes32[5] memory fields;
        uint256 product;
        bytes memory levels = Table.create(1 + IntelLevels.MAX_SVN_LEVELS * Table.SVN_LEVEL_SIZE);
        bytes32 digest;
        (bool any, uint256 next) = json.enter(0, 0x7b, 0x7d);
        uint256 first = next;
        while (any) {
            uint256 pos = next;
            bytes32 name;
            (name, next) = json.key(next);
            uint256 flag;
            if (name == "id") {
                flag = 1;
                (id, next) = json.shortText(next);
            } else if (name == "version") {
                flag = 2;
                (version, next) = json.integer(next, MAX_INTEGER);
            } else if (name == "issueDate") {
                flag = 4;
                (o.issueDate, next) = IntelLevels.date(json, next);
            } else if (name == "nextUpdate") {
                flag = 8;
                (o.nextUpdate, next) = IntelLevels.date(json, next);
            } else if (name == "tcbEvaluationDataNumber") {
                flag = 16;
                (o.number, next) = json.integer(next, MAX_NUMBER);
            } else if (name == "miscselect") {
                flag = 32;
                (fields[0], next) = json.hexBytes(next, 4);
            } else if (name == "miscselectMask") {
                flag = 64;
                (fields[1], next) = json.hexBytes(next, 4);
            } else if (name == "attributes") {
                flag = 128;
                (fields[2], next) = json.hexBytes(next, 16);
            } else if (name == "attributesMask") {
                flag = 256;
                (fields[3], next) = json.hexBytes(next, 16);
            } else if (name == "mrsigner") {
                flag = 512;
                (fields[4], next) = json.hexBytes(next, 32);
            } else if (name == "isvprodid") {
                flag = 1024;
                (product, next) = json.integer(next, 0xffff);
            } else if (name == "tcbLevels") {
                flag = 2048;
                pos = next;
                next = IntelLevels.svnLevels(json, next, levels, 0xffff);
                digest = _mix(digest, 1, json, pos, next);
            } else {
                json.requireFirst(first, pos, name);
                next = json.skip(next, 1);
            }
            if (found & flag != 0) revert Json.JsonKeyTwice(pos);
            found |= flag;
            (any, next) = json.more(next, 0x7d);
        }
        _end(json, next);
        if (id != "TD_QE" || version != 2) revert NotForTdx(id, version);
        if (found != 0xfff) revert IntelLevels.MemberMissing(found, 0xfff);
        o.table = abi.encodePacked(
            bytes4(fields[0]),
            bytes4(fields[1]),
            bytes16(fields[2]),
            bytes16(fields[3]),
            fields[4],
            uint16(product),
            levels
        );
        o.content = digest;
    }

    /// The object fills the slice.
    function _end(bytes calldata json, uint256 next) private pure {
        if (next != json.length) revert Json.JsonSyntax(next);
    }

    /// Chains a span into a digest, so that which list stood where is part of it.
    function _mix(bytes32 digest, uint256 which, bytes calldata json, uint256 start, uint256 end)
        private
        pure
        returns (bytes32)
    {
        // two lists at most, each at most once: their order in the object does not matter
        return digest ^ keccak256(abi.encode(which, keccak256(json[start:end])));
    }

    /// {id?, mrsigner, attributes, attributesMask, tcbLevels?}: appended to out as one module.
    function _module(bytes calldata json, uint256 pos, bytes memory out, bool numbered)
        private
        pure
        returns (uint256 next)
    {
        uint256 found;
        uint256 module = Table.reserve(out, Table.MODULE_SIZE - 1);
        bool any;
        (any, next) = json.enter(pos, 0x7b, 0x7d);
        uint256 first = next;
        bytes memory levels;
        while (any) {
            pos = next;
            bytes32 name;
            (name, next) = json.key(next);
            uint256 flag;
            if (name == "mrsigner") {
                flag = 1;
                next = _hexInto(json, next, 48, module + 1);
            } else if (name == "attributes") {
                flag = 2;
                next = _hexInto(json, next, 8, module + 49);
            } else if (name == "attributesMask") {
                flag = 4;
                next = _hexInto(json, next, 8, module + 57);
            } else if (numbered && name == "id") {
                flag = 8;
                next = _moduleId(json, next, module);
            } else if (numbered && name == "tcbLevels") {
                flag = 16;
                levels = Table.create(1 + IntelLevels.MAX_SVN_LEVELS * Table.SVN_LEVEL_SIZE);
                next = IntelLevels.svnLevels(json, next, levels, 0xff);
            } else {
                json.requireFirst(first, pos, name);
                next = json.skip(next, 3);
            }
            if (found & flag != 0) revert Json.JsonKeyTwice(pos);
            found |= flag;
            (any, next) = json.more(next, 0x7d);
        }
        uint256 needed = numbered ? 31 : 7;
        if (found != needed) revert IntelLevels.MemberMissing(found, needed);
        if (numbered) {
            Table.append(out, levels);
        } else {
            Table.writeBytes(module, 0, 1);
            Table.writeBytes(Table.reserve(out, 1), 0, 1);
        }
    }

    /// "TDX_%02X", prefix in upper or lower case.
    function _moduleId(bytes calldata json, uint256 pos, uint256 module) private pure returns (uint256 next) {
        bytes32 text;
        (text, next) = json.shortText(pos);
        uint256 prefix = uint256(text) >> 224;
        if (uint256(text) << 48 != 0 || (prefix != 0x5444585f && prefix != 0x7464785f)) revert IntelLevels.MemberValue(pos);
        // the text is inside the string just read: 6 characters, of which the last two are digits
        unchecked {
            Table.writeBytes(module, uint256(json.hexAt(next - 3, 1)), 1);
        }
    }

    function _hexInto(bytes calldata json, uint256 pos, uint256 length, uint256 target)
        private
        pure
        returns (uint256 next)
    {
        uint256 start;
        uint256 end;
        (start, end, next) = json.text(pos);
        if (end - start != 2 * length) revert Json.JsonString(start);
        unchecked {
            for (uint256 done = 0; done < length; done += 32) {
                uint256 part = length - done > 32 ? 32 : length - done;
                Table.writeBytes(target + done, uint256(json.hexAt(start + 2 * done, part)), part);
            }
        }
    }

    /// Array of numbered modules: count, then each module; ids differ.
    function _identities(bytes calldata json, uint256 pos) private pure returns (bytes memory out, uint256 next) {
        out = Table.create(
            1 + MAX_IDENTITIES * (Table.MODULE_SIZE + IntelLevels.MAX_SVN_LEVELS * Table.SVN_LEVEL_SIZE)
        );
        uint256 counter = Table.reserve(out, 1);
        uint256 count;
        uint256 ids;
        bool any;
        (any, next) = json.enter(pos, 0x5b, 0x5d);
        while (any) {
            if (count == MAX_IDENTITIES) revert IntelLevels.TooManyItems(next);
            uint256 module = Table.tip(out);
            pos = next;
            next = _module(json, next, out, true);
            uint256 bit = 1 << Table.readByte(module);
            if (ids & bit != 0) revert IntelLevels.MemberValue(pos);
            ids |= bit;
            ++count;
            (any, next) = json.more(next, 0x5d);
        }
        Table.writeBytes(counter, count << 248, 1);
    }
}
