// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  Cbor - strict and bounded reader of CBOR in calldata, the twin of attest/cbor.c
/// @notice Positions are offsets into the caller's slice; every read is given the end of what encloses it.
///         Shortest forms only; strings of definite length; maps and arrays of either; keys are integers
///         or strings and never twice; no tags but where one is asked for; no floats. At most 32 pairs in
///         a map and four maps and arrays open at once. Errors carry the offset.
/// @custom:source RFC 8949 3, 4.2.1; attestation.md 3.1
library Cbor {
    uint8 internal constant UINT = 0;
    uint8 internal constant NEGATIVE = 1;
    uint8 internal constant BYTES = 2;
    uint8 internal constant TEXT = 3;
    uint8 internal constant ARRAY = 4;
    uint8 internal constant MAP = 5;
    uint8 internal constant TAG = 6;
    uint8 internal constant OTHER = 7;

    uint256 internal constant MAX_PAIRS = 32;
    uint256 internal constant MAX_DEPTH = 4;

    uint256 private constant BREAK = 0xff;
    uint256 private constant FALSE = 0xf4;
    uint256 private constant NULL = 0xf6;

    /// @notice the input ends inside an item
    error CborTruncated(uint256 offset);
    /// @notice an item is of another kind than its place demands
    error CborKind(uint256 offset, uint8 found, uint8 needed);
    /// @notice a length or number is not in its shortest form, reserved, or indefinite where none may be
    error CborForm(uint256 offset);
    /// @notice a map has that key twice
    error CborKeyTwice(uint256 offset);
    /// @notice a map has more than 32 pairs, or maps and arrays are nested deeper than four
    error CborTooLarge(uint256 offset);
    /// @notice bytes follow what should be the last item
    error CborTrailing(uint256 offset);

    /// A map or an array that is being read. small: its keys that are numbers below 256, as bits; keys: the
    /// hashes of the others, at most MAX_PAIRS, a table that is made for maps alone.
    struct Group {
        uint256 left;
        bool indefinite;
        uint256 count;
        uint256 small;
        uint256 keys;
        uint256 keysEnd;
    }

    function word(bytes calldata b, uint256 pos) internal pure returns (uint256 w) {
        assembly ("memory-safe") {
            w := calldataload(add(b.offset, pos))
        }
    }

    /// @notice Kind of the item at `pos`; the input must not end there.
    function kindAt(bytes calldata b, uint256 pos, uint256 end) internal pure returns (uint8) {
        if (pos >= end) revert CborTruncated(pos);
        return uint8(word(b, pos) >> 253);
    }

    /// @notice Argument of the item at `pos`, which must be of that kind.
    function head(bytes calldata b, uint256 pos, uint256 end, uint8 kind)
        internal
        pure
        returns (uint256 value, uint256 next)
    {
        unchecked {
            // end <= b.length < 2^32: nothing below overflows
            uint8 found = kindAt(b, pos, end);
            if (found != kind) revert CborKind(pos, found, kind);
            uint256 w = word(b, pos);
            uint256 info = (w >> 248) & 31;
            if (info < 24) return (info, pos + 1);
            if (info > 27) revert CborForm(pos);
            uint256 size = 1 << (info - 24);
            next = pos + 1 + size;
            if (next > end) revert CborTruncated(pos);
            value = (w << 8) >> (256 - 8 * size);
            // 24, 2^8, 2^16, 2^32: below that a shorter form exists
            if (value < (size == 1 ? 24 : 1 << (4 * size))) revert CborForm(pos);
        }
    }

    /// @notice Content [start, stop) of a string.
    function text(bytes calldata b, uint256 pos, uint256 end, uint8 kind)
        internal
        pure
        returns (uint256 start, uint256 stop)
    {
        uint256 size;
        (size, start) = head(b, pos, end, kind);
        unchecked {
            if (size > end - start) revert CborTruncated(pos);
            stop = start + size;
        }
    }

    /// @notice Is there null? Then `next` stands behind it, else at `pos`.
    function takeNull(bytes calldata b, uint256 pos, uint256 end) internal pure returns (bool yes, uint256 next) {
        kindAt(b, pos, end);
        yes = word(b, pos) >> 248 == NULL;
        next = yes ? pos + 1 : pos;
    }

    /// @notice Opens a map or an array; depth counts it.
    function open(bytes calldata b, uint256 pos, uint256 end, uint8 kind, uint256 depth)
        internal
        pure
        returns (Group memory g, uint256 next)
    {
        uint8 found = kindAt(b, pos, end);
        if (found != kind) revert CborKind(pos, found, kind);
        if ((word(b, pos) >> 248) & 31 == 31) {
            g.indefinite = true;
            next = pos + 1;
        } else {
            (g.left, next) = head(b, pos, end, kind);
        }
        if (depth > MAX_DEPTH) revert CborTooLarge(pos);
        if (kind == MAP) {
            assembly ("memory-safe") {
                // room for MAX_PAIRS hashes
                let table := mload(0x40)
                mstore(0x40, add(table, 1024))
                mstore(add(g, 128), table)
                mstore(add(g, 160), table)
            }
        }
    }

    /// @notice Is there another item? If not `next` stands behind the group.
    function more(bytes calldata b, uint256 pos, uint256 end, Group memory g)
        internal
        pure
        returns (bool yes, uint256 next)
    {
        unchecked {
            if (!g.indefinite) {
                if (g.left == 0) return (false, pos);
                --g.left;
                // that it stands before the end is for its reader to see
                return (true, pos);
            }
            if (pos >= end) revert CborTruncated(pos);
            if (word(b, pos) >> 248 == BREAK) return (false, pos + 1);
            return (true, pos);
        }
    }

    /// @notice The next key of a map, if there is one: it is [key, next), and never one that was there.
    function moreKeys(bytes calldata b, uint256 pos, uint256 end, Group memory g)
        internal
        pure
        returns (bool yes, uint256 key, uint256 next)
    {
        (yes, key) = more(b, pos, end, g);
        if (!yes) return (false, key, key);
        unchecked {
            if (g.count == MAX_PAIRS) revert CborTooLarge(key);
            ++g.count;
            uint8 kind = kindAt(b, key, end);
            uint256 value;
            if (kind == BYTES || kind == TEXT) {
                (, next) = text(b, key, end, kind);
            } else {
                if (kind != UINT && kind != NEGATIVE) revert CborKind(key, kind, TEXT);
                (value, next) = head(b, key, end, kind);
                if (kind == UINT && value < 256) {
                    if ((g.small >> value) & 1 == 1) revert CborKeyTwice(key);
                    g.small |= 1 << value;
                    return (yes, key, next);
                }
            }
            // the shortest form: equal keys are equal bytes
            bool twice;
            assembly ("memory-safe") {
                // the table has a place for each of at most MAX_PAIRS keys
                let free := mload(0x40)
                calldatacopy(free, add(b.offset, key), sub(next, key))
                let mark := keccak256(free, sub(next, key))
                let keysEnd := mload(add(g, 160))
                for { let at := mload(add(g, 128)) } lt(at, keysEnd) { at := add(at, 32) } {
                    twice := or(twice, eq(mload(at), mark))
                }
                mstore(keysEnd, mark)
                mstore(add(g, 160), add(keysEnd, 32))
            }
            if (twice) revert CborKeyTwice(key);
        }
    }

    /// @notice End of the item at `pos`, whatever it is; depth: groups open around it.
    function skip(bytes calldata b, uint256 pos, uint256 end, uint256 depth) internal pure returns (uint256 next) {
        uint8 kind = kindAt(b, pos, end);
        if (kind == UINT || kind == NEGATIVE) {
            (, next) = head(b, pos, end, kind);
        } else if (kind == BYTES || kind == TEXT) {
            (, next) = text(b, pos, end, kind);
        } else if (kind == OTHER) {
            uint256 value = word(b, pos) >> 248;
            if (value < FALSE || value > NULL) revert CborForm(pos);
            next = pos + 1;
        } else if (kind == TAG) {
            revert CborKind(pos, kind, BYTES);
        } else {
            next = _skipGroup(b, pos, end, kind, depth + 1);
        }
    }

    function _skipGroup(bytes calldata b, uint256 pos, uint256 end, uint8 kind, uint256 depth)
        private
        pure
        returns (uint256 next)
    {
        Group memory g;
        (g, next) = open(b, pos, end, kind, depth);
        while (true) {
            bool yes;
            if (kind == MAP) (yes,, next) = moreKeys(b, next, end, g);
            else (yes, next) = more(b, next, end, g);
            if (!yes) return next;
            next = skip(b, next, end, depth);
        }
    }
}
