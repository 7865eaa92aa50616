// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {GovernorCountingSimple} from
    "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {GovernorPreventLateQuorum} from
    "@openzeppelin/contracts/governance/extensions/GovernorPreventLateQuorum.sol";
import {GovernorTimelockControl} from
    "@openzeppelin/contracts/governance/extensions/GovernorTimelockControl.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {Labels} from "../base/Labels.sol";
import {IEpochs} from "../interfaces/IEpochs.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";

/// @title  NetworkGovernor - the operators' bonds decide, after a vote and a notice
/// @notice OpenZeppelin's Governor with its periods fixed: every setter reverts. Quorum is a part of all
///         votes, but never below an absolute floor, or the first joiner would govern. The guardian council
///         may cancel a proposal at any stage; the proposer while it is pending.
/// @custom:invariant GV1 no period, threshold or quorum ever changes
/// @custom:invariant GV2 quorum >= quorumFloor
/// @custom:invariant GV3 a bond that voted stays locked until what it voted for may have been slashed for
/// @custom:source    SPEC 10
contract NetworkGovernor is
    Governor,
    GovernorCountingSimple,
    GovernorVotes,
    GovernorPreventLateQuorum,
    GovernorTimelockControl
{
    struct Parameters {
        address registry;
        address epochs;
        address payable timelock;
        address council;
        uint48 delaySeconds;
        uint32 periodSeconds;
        uint48 extensionSeconds;
        uint256 threshold;
        uint256 quorumFloor;
        uint256 quorumPercent;
    }

    /// @notice the periods are fixed
    error PeriodsAreFixed();
    /// @notice constructor: a parameter is out of its range
    error ParameterOutOfRange(bytes32 name, uint256 found, uint256 least);

    uint256 private constant DEVELOPMENT = 31_337;

    address public immutable council;
    uint256 public immutable quorumFloor;
    uint256 public immutable quorumPercent;
    uint48 private immutable _delay;
    uint32 private immutable _period;
    uint256 private immutable _threshold;
    uint48 private immutable _extension;

    constructor(Parameters memory p)
        Governor(Labels.DOMAIN_NAME)
        GovernorVotes(IVotes(p.registry))
        GovernorPreventLateQuorum(0)
        GovernorTimelockControl(TimelockController(p.timelock))
    {
        if (p.periodSeconds == 0) revert ParameterOutOfRange("periodSeconds", 0, 1);
        if (p.quorumFloor == 0) revert ParameterOutOfRange("quorumFloor", 0, 1);
        if (p.quorumPercent == 0 || p.quorumPercent > 100) {
            revert ParameterOutOfRange("quorumPercent", p.quorumPercent, 1);
        }
        // longest way of a vote to a slash: a bond must be there at its end
        uint256 lock = uint256(p.delaySeconds) + p.periodSeconds + p.extensionSeconds
            + TimelockController(p.timelock).getMinDelay() + IEpochs(p.epochs).slashDelaySeconds();
        uint256 locked = INodeRegistry(p.registry).bondLockSeconds();
        if (locked < lock) revert ParameterOutOfRange("bondLockSeconds", locked, lock);
        if (block.chainid != DEVELOPMENT) {
            if (p.periodSeconds < 3 days) {
                revert ParameterOutOfRange("periodSeconds", p.periodSeconds, 3 days);
            }
            if (p.delaySeconds < 1 days) revert ParameterOutOfRange("delaySeconds", p.delaySeconds, 1 days);
        }
        if (p.extensionSeconds > p.periodSeconds) {
            revert ParameterOutOfRange("extensionSeconds", p.extensionSeconds, p.periodSeconds);
        }
        council = p.council;
        _extension = p.extensionSeconds;
        quorumFloor = p.quorumFloor;
        quorumPercent = p.quorumPercent;
        _delay = p.delaySeconds;
        _period = p.periodSeconds;
        _threshold = p.threshold;
    }

    function votingDelay() public view override returns (uint256) {
        return _delay;
    }

    function votingPeriod() public view override returns (uint256) {
        return _period;
    }

    function proposalThreshold() public view override returns (uint256) {
        return _threshold;
    }

    /// @notice A quorum reached late leaves at least this much time to answer it.
    function lateQuorumVoteExtension() public view override returns (uint48) {
        return _extension;
    }

    /// @notice The larger of the floor and quorumPercent of all votes at that time.
    function quorum(uint256 timepoint) public view override returns (uint256) {
        uint256 part = token().getPastTotalSupply(timepoint) * quorumPercent / 100;
        return part > quorumFloor ? part : quorumFloor;
    }

    /// @notice Always reverts.
    function setLateQuorumVoteExtension(uint48) public pure override {
        revert PeriodsAreFixed();
    }

    /// @notice Always reverts.
    function updateTimelock(TimelockController) public pure override {
        revert PeriodsAreFixed();
    }

    function state(uint256 proposalId)
        public
        view
        override(Governor, GovernorTimelockControl)
        returns (ProposalState)
    {
        return super.state(proposalId);
    }

    function proposalDeadline(uint256 proposalId)
        public
        view
        override(Governor, GovernorPreventLateQuorum)
        returns (uint256)
    {
        return super.proposalDeadline(proposalId);
    }

    function proposalNeedsQueuing(uint256 proposalId)
        public
        view
        override(Governor, GovernorTimelockControl)
        returns (bool)
    {
        return super.proposalNeedsQueuing(proposalId);
    }

    function _validateCancel(uint256 proposalId, address caller) internal view override returns (bool) {
        return caller == council || super._validateCancel(proposalId, caller);
    }

    function _tallyUpdated(uint256 proposalId) internal override(Governor, GovernorPreventLateQuorum) {
        super._tallyUpdated(proposalId);
    }

    function _queueOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint48) {
        return super._queueOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _executeOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) {
        super._executeOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint256) {
        return super._cancel(targets, values, calldatas, descriptionHash);
    }

    function _executor() internal view override(Governor, GovernorTimelockControl) returns (address) {
        return super._executor();
    }
}
