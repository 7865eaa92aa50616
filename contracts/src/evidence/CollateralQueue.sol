// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The evaluation numbers of one collateral object, in one word: the number in force and up to
///         three higher ones that wait, ascending by number and (so) by time of effect.
///         | bits               | field                                             |
///         |--------------------|---------------------------------------------------|
///         | 0..15              | number in force; 0 = nothing was ever posted      |
///         | 16..47             | issueDate of the object in force                  |
///         | 48+48i .. 63+48i   | number of pending i = 0, 1, 2; 0 = none           |
///         | 64+48i .. 95+48i   | its time of effect, Unix seconds                  |
///         | 192..255           | content of the object in force, truncated         |
type CollateralQueue is uint256;

using CollateralQueueLib for CollateralQueue global;

/// @title  CollateralQueueLib - reading and changing that word
library CollateralQueueLib {
    uint256 internal constant PENDING = 3;
    uint256 private constant PENDING_MASK = (1 << 144) - 1;

    /// @notice three higher numbers wait already, all of them above this one
    error TooManyPending(uint256 number);

    function number(CollateralQueue q) internal pure returns (uint256) {
        return CollateralQueue.unwrap(q) & 0xffff;
    }

    function issueDate(CollateralQueue q) internal pure returns (uint256) {
        return (CollateralQueue.unwrap(q) >> 16) & 0xffffffff;
    }

    /// @notice Number (0: none) and time of effect of pending i < 3.
    function pending(CollateralQueue q, uint256 i) internal pure returns (uint256 n, uint256 effectAt) {
        uint256 part = CollateralQueue.unwrap(q) >> (48 + 48 * i);
        return (part & 0xffff, (part >> 16) & 0xffffffff);
    }

    function content(CollateralQueue q) internal pure returns (uint256) {
        return CollateralQueue.unwrap(q) >> 192;
    }

    /// @notice With that object in force; pending numbers unchanged.
    function withCurrent(CollateralQueue q, uint256 n, uint256 issued, uint256 c)
        internal
        pure
        returns (CollateralQueue)
    {
        return CollateralQueue.wrap((CollateralQueue.unwrap(q) & (PENDING_MASK << 48)) | c << 192 | issued << 16 | n);
    }

    /// @notice Without the first `count` pending numbers.
    function withoutFirst(CollateralQueue q, uint256 count) internal pure returns (CollateralQueue) {
        uint256 word = CollateralQueue.unwrap(q);
        uint256 waiting = ((word >> 48) & PENDING_MASK) >> (48 * count);
        return CollateralQueue.wrap((word & ~(PENDING_MASK << 48)) | waiting << 48);
    }

    /// @notice With a number that was not pending, in its place. It takes effect no later than a higher
    ///         one that waits already: grace runs from the first posting of this or any higher number.
    ///         Where three wait, the lowest gives way.
    /// @return next the queue  @return dropped number that gave way (0: none)  @return at its effect
    function withPending(CollateralQueue q, uint256 n, uint256 effectAt)
        internal
        pure
        returns (CollateralQueue next, uint256 dropped, uint256 effect)
    {
        uint256[4] memory numbers;
        uint256[4] memory effects;
        uint256 count;
        bool placed;
        for (uint256 i = 0; i < PENDING; ++i) {
            (uint256 other, uint256 otherEffect) = pending(q, i);
            if (other == 0) break;
            if (!placed && n < other) {
                if (otherEffect < effectAt) effectAt = otherEffect;
                (numbers[count], effects[count]) = (n, effectAt);
                ++count;
                placed = true;
            }
            (numbers[count], effects[count]) = (other, otherEffect);
            ++count;
        }
        if (!placed) {
            (numbers[count], effects[count]) = (n, effectAt);
            ++count;
        }
        uint256 first;
        if (count > PENDING) {
            if (numbers[0] == n) revert TooManyPending(n);
            dropped = numbers[0];
            first = 1;
        }
        uint256 word = CollateralQueue.unwrap(q) & ~(PENDING_MASK << 48);
        for (uint256 i = first; i < count; ++i) {
            word |= (effects[i] << 16 | numbers[i]) << (48 + 48 * (i - first));
        }
        return (CollateralQueue.wrap(word), dropped, effectAt);
    }
}
