// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {GovernorCountingSimple} from
    "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {Labels} from "../base/Labels.sol";
import {Objects} from "../base/Objects.sol";
import {IEpochs} from "../interfaces/IEpochs.sol";
import {IGuardianCouncil} from "../interfaces/IGuardianCouncil.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {IRatifier} from "../interfaces/IRatifier.sol";
import {IRevocable} from "../interfaces/IRevocable.sol";

/// @title  Ratifier - a vote that makes a freeze permanent, inside the freeze
/// @notice Manual and invariants: IRatifier.
contract Ratifier is IRatifier, Governor, GovernorCountingSimple, GovernorVotes {
    struct Parameters {
        address registry;
        address epochs;
        address council;
        address measurements;
        address tcbPolicy;
        address router;
        uint48 delaySeconds;
        uint32 periodSeconds;
        uint256 threshold;
        uint256 quorumFloor;
        uint256 quorumPercent;
    }

    string private constant DESCRIPTION = "ratify";
    uint256 private constant VENDORS_LEFT = 2;

    INodeRegistry public immutable registry;
    IEpochs public immutable epochs;
    IGuardianCouncil public immutable council;
    address public immutable measurements;
    address public immutable tcbPolicy;
    address public immutable router;
    uint256 public immutable quorumFloor;
    uint256 public immutable quorumPercent;
    uint48 private immutable _delay;
    uint32 private immutable _period;
    uint256 private immutable _threshold;

    constructor(Parameters memory p) Governor(Labels.DOMAIN_NAME) GovernorVotes(IVotes(p.registry)) {
        uint256 most = IGuardianCouncil(p.council).longestFreezeSeconds();
        uint256 length = uint256(p.delaySeconds) + p.periodSeconds;
        if (p.periodSeconds == 0 || length >= most) revert PeriodsTooLong(length, most);
        if (p.quorumFloor == 0 || p.quorumPercent == 0 || p.quorumPercent > 100) {
            revert QuorumInvalid(p.quorumFloor, p.quorumPercent);
        }
        registry = INodeRegistry(p.registry);
        epochs = IEpochs(p.epochs);
        council = IGuardianCouncil(p.council);
        measurements = p.measurements;
        tcbPolicy = p.tcbPolicy;
        router = p.router;
        quorumFloor = p.quorumFloor;
        quorumPercent = p.quorumPercent;
        _delay = p.delaySeconds;
        _period = p.periodSeconds;
        _threshold = p.threshold;
    }

    // ---- whoever has enough votes

    /// @inheritdoc IRatifier
    function ratify(uint8 kind, bytes32 id) external returns (uint256) {
        _register(kind);
        uint256 votes = getVotes(msg.sender, clock() - 1);
        if (votes < _threshold) {
            revert GovernorInsufficientProposerVotes(msg.sender, votes, _threshold);
        }
        IGuardianCouncil.Freeze memory f = council.freezeOf(Objects.objectOf(kind, id));
        uint256 end = block.timestamp + _delay + _period;
        if (f.until <= end) revert FreezeEndsBefore(f.until, end + 1);
        (address[] memory targets, uint256[] memory values, bytes[] memory calldatas,) =
            actions(kind, id, f.begun);
        return _propose(targets, values, calldatas, DESCRIPTION, msg.sender);
    }

    // ---- a successful vote

    /// @inheritdoc IRatifier
    function revokeFrozen(uint8 kind, bytes32 id, uint40 begun) external {
        if (msg.sender != address(this)) revert NotVoted(msg.sender);
        IGuardianCouncil.Freeze memory f = council.freezeOf(Objects.objectOf(kind, id));
        if (f.begun != begun || f.until < block.timestamp) revert NotFrozen(kind, id);
        if (kind == Objects.VENDOR || kind == Objects.PRODUCT) _checkLeft();
        council.noteRatified(kind, id);
        IRevocable(_register(kind)).revoke(kind, id);
    }

    // ---- views

    /// @inheritdoc IRatifier
    function actions(uint8 kind, bytes32 id, uint40 begun)
        public
        view
        returns (
            address[] memory targets,
            uint256[] memory values,
            bytes[] memory calldatas,
            bytes32 descriptionHash
        )
    {
        targets = new address[](1);
        values = new uint256[](1);
        calldatas = new bytes[](1);
        targets[0] = address(this);
        calldatas[0] = abi.encodeCall(IRatifier.revokeFrozen, (kind, id, begun));
        descriptionHash = keccak256(bytes(DESCRIPTION));
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

    function quorum(uint256 timepoint) public view override returns (uint256) {
        uint256 part = token().getPastTotalSupply(timepoint) * quorumPercent / 100;
        return part > quorumFloor ? part : quorumFloor;
    }

    /// @notice Always reverts: ratify is the only way to a vote.
    function propose(address[] memory, uint256[] memory, bytes[] memory, string memory)
        public
        pure
        override
        returns (uint256)
    {
        revert OnlyRatify();
    }

    // ---- internals

    /// Nobody cancels: a freeze can be put to the vote once, so its proposer could undo that for everybody.
    function _validateCancel(uint256, address) internal pure override returns (bool) {
        return false;
    }

    function _register(uint8 kind) private view returns (address) {
        if (kind == Objects.MEASUREMENT) return measurements;
        if (kind == Objects.NODE) return address(registry);
        if (kind == Objects.VERIFIER) return router;
        if (kind >= Objects.VENDOR && kind <= Objects.SERIAL) return tcbPolicy;
        revert KindUnknown(kind);
    }

    /// Under the freeze its members are not live: what is left must be able to go on.
    function _checkLeft() private view {
        IEpochs.Now memory current = epochs.now_();
        if (current.epoch == 0) return;
        (uint32[] memory ids,) = epochs.members(current.epoch);
        INodeRegistry.Candidate[] memory nodes = registry.candidates(ids);
        uint256 live;
        uint256 seen;
        uint256 vendors;
        for (uint256 i; i < nodes.length; ++i) {
            if (!nodes[i].live) continue;
            ++live;
            uint256 bit = 1 << uint256(nodes[i].vendor);
            if (seen & bit == 0) ++vendors;
            seen |= bit;
        }
        if (live < current.t || vendors < VENDORS_LEFT) revert TooFewLeft(live, current.t, vendors);
    }
}
