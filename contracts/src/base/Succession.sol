// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// What a contract that can have a successor answers.
interface ISuccessive {
    function successor() external view returns (address next, uint40 from);
}

/// @title  Succession - one timelocked pointer to the next contract in line (SPEC 10)
/// @notice Ids stay bound to the first of the line; nodes follow the pointers from `from` on. A pointer is
///         set once: who follows it can rely on it. A successor's constructor checks that it was named.
library Succession {
    struct Pointer {
        address next;
        uint40 from;
    }

    /// @notice the pointer is set, or would be set to nothing or to the contract itself
    error SuccessorInvalid(address next);
    /// @notice the predecessor names another contract
    error NotNamedBy(address predecessor, address named);

    function name(Pointer storage pointer, address next, uint40 delaySeconds) internal returns (uint40 from) {
        if (pointer.next != address(0) || next == address(0) || next == address(this)) {
            revert SuccessorInvalid(next);
        }
        from = uint40(block.timestamp) + delaySeconds;
        pointer.next = next;
        pointer.from = from;
    }

    /// For constructors; zero = first of its line.
    function requireNamed(address predecessor) internal view {
        if (predecessor == address(0)) return;
        (address named,) = ISuccessive(predecessor).successor();
        if (named != address(this)) revert NotNamedBy(predecessor, named);
    }
}
