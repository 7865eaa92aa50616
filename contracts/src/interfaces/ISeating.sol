// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISeatRule} from "./ISeatRule.sol";

/// @title  ISeating - gathers what open needs to know, and applies the seat rule
/// @notice Holds nothing and changes nothing: it reads Epochs, NodeRegistry, Measurements and TcbPolicy at
///         this block. Epochs believes it, so its address is fixed there; anybody may ask what an open
///         would do now.
interface ISeating {
    /// @param out         the committee
    /// @param reasons     why it may change now (IEpochs.Opened)
    /// @param absentSince Epochs' word of missing vendors after this window
    /// @param root        member root (SPEC 7)
    struct Plan {
        ISeatRule.Output out;
        uint8 reasons;
        uint256 absentSince;
        bytes32 root;
    }

    /// @notice no reason to change the committee
    error NothingDue();
    /// @notice no committee under the rules: seats filled at the smallest size, and needed there
    error CommitteeNotFilled(uint256 n, uint256 filled, uint256 needed);
    /// @notice genesis: measurements are not sealed, or not since long enough
    error NotSealedYet(uint256 from);

    /// @notice The committee that open would freeze now; reverts if there is none, or nothing is due.
    function plan() external view returns (Plan memory);
    /// @notice Epochs' word of missing vendors once the present enrolment window is over, and the vendors
    ///         that are absent (bit v).
    function windowResult() external view returns (uint256 absentSince, uint256 absent);
    /// @notice Size rules of SPEC 6 for a target.
    function sizeAllowed(uint16 n, uint8 margin) external view returns (bool);
}
