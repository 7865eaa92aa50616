// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {Objects} from "../../src/base/Objects.sol";
import {NetworkGovernor} from "../../src/governance/NetworkGovernor.sol";
import {Ratifier} from "../../src/governance/Ratifier.sol";
import {Timelock} from "../../src/governance/Timelock.sol";
import {IEpochs} from "../../src/interfaces/IEpochs.sol";
import {IGuardianCouncil} from "../../src/interfaces/IGuardianCouncil.sol";
import {IRatifier} from "../../src/interfaces/IRatifier.sol";
import {NetWorld} from "../kit/NetWorld.sol";
import {vm} from "../kit/Vm.sol";

/// @title  Governor, Timelock, council, Ratifier: who may what, how late, how often
contract GovernanceTest is NetWorld {
    function setUp() external {
        deployNet();
        genesis(6);
        mine(PROBATION);
        for (uint32 id = 1; id <= 6; ++id) registry.mature(id);
        mine(1);
    }

    function actionTarget(uint16 n)
        private
        view
        returns (address[] memory targets, uint256[] memory values, bytes[] memory calldatas)
    {
        (targets, values, calldatas) = action(address(epochs), abi.encodeCall(IEpochs.target, (n)));
    }

    function action(address to, bytes memory data)
        private
        pure
        returns (address[] memory targets, uint256[] memory values, bytes[] memory calldatas)
    {
        targets = new address[](1);
        values = new uint256[](1);
        calldatas = new bytes[](1);
        (targets[0], calldatas[0]) = (to, data);
    }

    function propose(address to, bytes memory data, string memory text) private returns (uint256 id) {
        (address[] memory t, uint256[] memory v, bytes[] memory c) = action(to, data);
        vm.prank(ownerOf(1));
        return governor.propose(t, v, c, text);
    }

    function voteBy(IGovernor g, uint256 id, uint32 first, uint32 last) private {
        for (uint32 i = first; i <= last; ++i) {
            vm.prank(ownerOf(i));
            g.castVote(id, 1);
        }
    }

    function passed(address to, bytes memory data, string memory text) private returns (uint256 id) {
        id = propose(to, data, text);
        mine(1 days + 1);
        voteBy(governor, id, 1, 6);
        mine(3 days + 1);
    }

    function queue(address to, bytes memory data, string memory text) private {
        (address[] memory t, uint256[] memory v, bytes[] memory c) = action(to, data);
        governor.queue(t, v, c, keccak256(bytes(text)));
    }

    function execute(address to, bytes memory data, string memory text) private {
        (address[] memory t, uint256[] memory v, bytes[] memory c) = action(to, data);
        governor.execute(t, v, c, keccak256(bytes(text)));
    }

    // ---- vote, notice, act

    function test_voteNoticeAct() external {
        bytes memory data = abi.encodeCall(IEpochs.target, (9));
        passed(address(epochs), data, "grow");
        queue(address(epochs), data, "grow");
        mine(NOTICE - 1);
        vm.expectPartialRevert(TimelockController.TimelockUnexpectedOperationState.selector);
        this.executeOut(address(epochs), data, "grow");
        mine(1);
        execute(address(epochs), data, "grow");
        eq(epochs.targetN(), 9, "done");
    }

    function executeOut(address to, bytes memory data, string memory text) external {
        execute(to, data, text);
    }

    function queueOut(address to, bytes memory data, string memory text) external {
        queue(to, data, text);
    }

    function test_anOperationLapses() external {
        bytes memory data = abi.encodeCall(IEpochs.target, (9));
        uint256 id = passed(address(epochs), data, "grow");
        queue(address(epochs), data, "grow");
        mine(NOTICE + 14 days);
        uint256 snapshot = vm.snapshotState();
        execute(address(epochs), data, "grow");
        vm.revertToState(snapshot);
        mine(1);
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        this.executeOut(address(epochs), data, "grow");
        eq(uint256(governor.state(id)), uint256(IGovernor.ProposalState.Canceled), "as if never queued");
    }

    function test_quorumNeverFallsBelowItsFloor() external {
        eq(governor.quorum(block.timestamp - 1), 25 ether, "34 % of 60 would be less");
        bytes memory data = abi.encodeCall(IEpochs.target, (9));
        uint256 id = propose(address(epochs), data, "few");
        mine(1 days + 1);
        voteBy(governor, id, 1, 2);
        mine(3 days + 1);
        eq(uint256(governor.state(id)), uint256(IGovernor.ProposalState.Defeated), "two of six are 20");
    }

    function test_lateQuorumExtendsTheVote() external {
        uint256 id = propose(address(epochs), abi.encodeCall(IEpochs.target, (9)), "late");
        mine(1 days + 1);
        uint256 deadline = governor.proposalDeadline(id);
        vm.warp(deadline - 1 hours);
        voteBy(governor, id, 1, 6);
        eq(governor.proposalDeadline(id), block.timestamp + 1 days, "time to answer");
    }

    function test_noSetterShortensAnything() external {
        vm.startPrank(address(timelock));
        vm.expectRevert(NetworkGovernor.PeriodsAreFixed.selector);
        governor.setLateQuorumVoteExtension(0);
        vm.expectRevert(NetworkGovernor.PeriodsAreFixed.selector);
        governor.updateTimelock(TimelockController(payable(address(1))));
        vm.expectRevert(Timelock.NoticeIsFixed.selector);
        timelock.updateDelay(0);
        bytes32 role = timelock.PROPOSER_ROLE();
        vm.expectRevert(Timelock.RolesAreFixed.selector);
        timelock.grantRole(role, address(1));
        vm.expectRevert(Timelock.RolesAreFixed.selector);
        timelock.revokeRole(role, address(governor));
        vm.expectRevert(Timelock.RolesAreFixed.selector);
        timelock.renounceRole(role, address(timelock));
        vm.stopPrank();
    }

    function test_timelockWantsANotice() external {
        vm.chainId(1);
        vm.expectRevert(abi.encodeWithSelector(Timelock.NoticeTooShort.selector, 7 days - 1, 7 days));
        new Timelock(7 days - 1, 14 days, address(1));
        new Timelock(7 days, 14 days, address(1));
    }

    function test_bondIsLockedPastWhatItVotedFor() external {
        NetworkGovernor.Parameters memory g = NetworkGovernor.Parameters({
            registry: address(registry),
            epochs: address(epochs),
            timelock: payable(address(timelock)),
            council: address(council),
            delaySeconds: 10 days,
            periodSeconds: 12 days,
            extensionSeconds: 1 days,
            threshold: 0,
            quorumFloor: 1,
            quorumPercent: 1
        });
        vm.expectRevert(
            abi.encodeWithSelector(
                NetworkGovernor.ParameterOutOfRange.selector, bytes32("bondLockSeconds"), BOND_LOCK, 31 days
            )
        );
        new NetworkGovernor(g);
    }

    // ---- council: freeze

    function test_freezeRefusals() external {
        vm.expectRevert(abi.encodeWithSelector(IGuardianCouncil.NotGuardian.selector, address(this)));
        council.freeze(Objects.NODE, Objects.nodeId(1), 1 days);
        vm.startPrank(guardian(0));
        vm.expectRevert(abi.encodeWithSelector(IGuardianCouncil.KindUnknown.selector, 0));
        council.freeze(0, 0, 1 days);
        vm.expectRevert(abi.encodeWithSelector(IGuardianCouncil.KindUnknown.selector, 8));
        council.freeze(8, 0, 1 days);
        vm.expectRevert(abi.encodeWithSelector(IGuardianCouncil.FreezeLengthInvalid.selector, 7 days + 1, 7 days));
        council.freeze(Objects.NODE, Objects.nodeId(1), 7 days + 1);
        vm.expectRevert(abi.encodeWithSelector(IGuardianCouncil.FreezeLengthInvalid.selector, 0, 7 days));
        council.freeze(Objects.NODE, Objects.nodeId(1), 0);
        council.freeze(Objects.NODE, Objects.nodeId(1), 1 days);
        vm.expectPartialRevert(IGuardianCouncil.AlreadyApproved.selector);
        council.freeze(Objects.NODE, Objects.nodeId(1), 1 days);
        vm.stopPrank();
        eq(council.frozenUntil(Objects.objectOf(Objects.NODE, Objects.nodeId(1))), 0, "one of two is none");
    }

    function test_freezeLapsesAndCannotBeRepeatedFor30Days() external {
        bytes32 object = Objects.objectOf(Objects.NODE, Objects.nodeId(1));
        uint256 begun = block.timestamp;
        freezeBy2(Objects.NODE, Objects.nodeId(1), 7 days);
        uint32[] memory ids = new uint32[](1);
        ids[0] = 1;
        vm.warp(begun + 7 days - 1);
        ok(!registry.candidates(ids)[0].live && registry.candidates(ids)[0].frozen, "frozen to its last second");
        vm.warp(begun + 7 days);
        ok(registry.candidates(ids)[0].live, "the earlier state returns");
        vm.warp(begun + 30 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IGuardianCouncil.FrozenRecently.selector, object, begun + 30 days));
        vm.prank(guardian(0));
        council.freeze(Objects.NODE, Objects.nodeId(1), 1 days);
        vm.warp(begun + 30 days);
        freezeBy2(Objects.NODE, Objects.nodeId(1), 1 days);
    }

    function test_atMostNMinusTMembersTogether() external {
        freezeBy2(Objects.NODE, Objects.nodeId(1), 5 days);
        freezeBy2(Objects.PLATFORM, platformOfNode(2), 5 days);
        vm.prank(guardian(0));
        council.freeze(Objects.NODE, Objects.nodeId(3), 5 days);
        vm.expectRevert(abi.encodeWithSelector(IGuardianCouncil.MembersFrozen.selector, 3, 2));
        vm.prank(guardian(1));
        council.freeze(Objects.NODE, Objects.nodeId(3), 5 days);
        // what lapsed does not count
        mine(5 days);
        freezeBy2(Objects.NODE, Objects.nodeId(4), 5 days);
    }

    function test_atMostOneVendor() external {
        freezeBy2(Objects.VENDOR, Objects.vendorId(9), 5 days);
        vm.prank(guardian(0));
        council.freeze(Objects.VENDOR, Objects.vendorId(TDX), 5 days);
        vm.expectRevert(abi.encodeWithSelector(IGuardianCouncil.VendorsFrozen.selector, 2, 1));
        vm.prank(guardian(1));
        council.freeze(Objects.VENDOR, Objects.vendorId(TDX), 5 days);
        // nor by another name: its measurement hits every member of the vendor
        vm.prank(guardian(0));
        council.freeze(Objects.MEASUREMENT, measurementOf(SNP), 5 days);
        vm.expectRevert(abi.encodeWithSelector(IGuardianCouncil.VendorsFrozen.selector, 2, 1));
        vm.prank(guardian(1));
        council.freeze(Objects.MEASUREMENT, measurementOf(SNP), 5 days);
    }

    function test_atMost32Freezes() external {
        for (uint256 i; i < 32; ++i) freezeBy2(Objects.PLATFORM, bytes32(1000 + i), 5 days);
        vm.prank(guardian(0));
        council.freeze(Objects.PLATFORM, bytes32(uint256(1)), 6 days);
        vm.expectRevert(abi.encodeWithSelector(IGuardianCouncil.TooManyFreezes.selector, 32));
        vm.prank(guardian(1));
        council.freeze(Objects.PLATFORM, bytes32(uint256(1)), 6 days);
        mine(5 days);
        freezeBy2(Objects.PLATFORM, bytes32(uint256(1)), 6 days);
    }

    function test_serialFreezeCountsByItsTag() external {
        bytes32 serial = keccak256(abi.encode(platformOfNode(1)));
        freezeBy2(Objects.SERIAL, serial, 5 days);
        uint32[] memory ids = new uint32[](1);
        ids[0] = 1;
        ok(!registry.candidates(ids)[0].live, "its node is not live");
    }

    function test_approvalsLapseAndDieWithTheCouncil() external {
        vm.prank(guardian(0));
        council.freeze(Objects.NODE, Objects.nodeId(1), 1 days);
        mine(1 days + 1);
        vm.prank(guardian(1));
        council.freeze(Objects.NODE, Objects.nodeId(1), 1 days);
        bytes32 object = Objects.objectOf(Objects.NODE, Objects.nodeId(1));
        eq(council.frozenUntil(object), 0, "the first approval is too old");
        (address[] memory members,) = council.guardians();
        vm.expectRevert(abi.encodeWithSelector(IGuardianCouncil.NotTimelock.selector, address(this)));
        council.setMembers(members, 2);
        vm.prank(address(timelock));
        council.setMembers(members, 2);
        vm.prank(guardian(0));
        council.freeze(Objects.NODE, Objects.nodeId(1), 1 days);
        eq(council.frozenUntil(object), 0, "nor does the former council's count");
    }

    function test_councilRules() external {
        vm.startPrank(address(timelock));
        address[] memory members = new address[](2);
        (members[0], members[1]) = (address(2), address(1));
        vm.expectRevert(abi.encodeWithSelector(IGuardianCouncil.MembersUnsorted.selector, address(2), address(1)));
        council.setMembers(members, 1);
        vm.expectRevert(abi.encodeWithSelector(IGuardianCouncil.MembersInvalid.selector, 2, 3));
        council.setMembers(members, 3);
        vm.expectRevert(abi.encodeWithSelector(IGuardianCouncil.MembersInvalid.selector, 2, 0));
        council.setMembers(members, 0);
        vm.stopPrank();
    }

    // ---- council: cancel

    function cancelBy2(address to, bytes memory data, string memory text) private {
        (address[] memory t, uint256[] memory v, bytes[] memory c) = action(to, data);
        for (uint256 i; i < 2; ++i) {
            vm.prank(guardian(i));
            council.cancel(t, v, c, keccak256(bytes(text)));
        }
    }

    function test_aListIsCancelledOnceWhateverItsDescription() external {
        bytes memory data = abi.encodeCall(IEpochs.target, (9));
        uint256 id = passed(address(epochs), data, "grow");
        queue(address(epochs), data, "grow");
        cancelBy2(address(epochs), data, "grow");
        eq(uint256(governor.state(id)), uint256(IGovernor.ProposalState.Canceled), "in the Timelock too");
        passed(address(epochs), data, "grow, once more");
        (address[] memory t, uint256[] memory v, bytes[] memory c) = actionTarget(9);
        bytes32 list = keccak256(abi.encode(t, v, c));
        vm.expectRevert(abi.encodeWithSelector(IGuardianCouncil.AlreadyCancelled.selector, list));
        vm.prank(guardian(0));
        council.cancel(t, v, c, keccak256("grow, once more"));
        queue(address(epochs), data, "grow, once more");
        mine(NOTICE);
        execute(address(epochs), data, "grow, once more");
        eq(epochs.targetN(), 9, "the second time it stands");
    }

    function test_itsOwnReplacementCannotBeCancelled() external {
        address[] memory members = new address[](1);
        members[0] = address(5);
        bytes memory data = abi.encodeCall(IGuardianCouncil.setMembers, (members, 1));
        propose(address(council), data, "replace");
        (address[] memory t, uint256[] memory v, bytes[] memory c) = action(address(council), data);
        vm.expectRevert(IGuardianCouncil.OnlyReplacesCouncil.selector);
        vm.prank(guardian(0));
        council.cancel(t, v, c, keccak256("replace"));
    }

    function test_aStrangerCancelsNothing() external {
        propose(address(epochs), abi.encodeCall(IEpochs.target, (9)), "grow");
        (address[] memory t, uint256[] memory v, bytes[] memory c) = actionTarget(9);
        vm.expectPartialRevert(IGovernor.GovernorUnableToCancel.selector);
        governor.cancel(t, v, c, keccak256("grow"));
    }

    // ---- Ratifier

    function ratified(uint8 kind, bytes32 id) private returns (uint256 proposal) {
        vm.prank(ownerOf(1));
        proposal = ratifier.ratify(kind, id);
        mine(1 hours + 1);
        voteBy(ratifier, proposal, 1, 6);
        mine(3 days + 1);
    }

    function carryOut(uint8 kind, bytes32 id, uint40 begun) public {
        (address[] memory t, uint256[] memory v, bytes[] memory c, bytes32 d) = ratifier.actions(kind, id, begun);
        ratifier.execute(t, v, c, d);
    }

    function test_aVoteMakesAFreezePermanent() external {
        bytes32 id = Objects.nodeId(1);
        freezeBy2(Objects.NODE, id, 7 days);
        uint40 begun = uint40(block.timestamp);
        ratified(Objects.NODE, id);
        carryOut(Objects.NODE, id, begun);
        ok(registry.isRevoked(Objects.NODE, id), "revoked");
        eq(council.freezeOf(Objects.objectOf(Objects.NODE, id)).ratified, block.timestamp, "noted");
    }

    function ratifierWith(uint32 period, uint256 floor, uint256 percent) private returns (Ratifier) {
        return new Ratifier(
            Ratifier.Parameters({
                registry: address(registry),
                epochs: address(epochs),
                council: address(council),
                measurements: address(measurements),
                tcbPolicy: address(tcb),
                router: address(tcb),
                delaySeconds: 1 hours,
                periodSeconds: period,
                threshold: 1 ether,
                quorumFloor: floor,
                quorumPercent: percent
            })
        );
    }

    function test_aRatificationEndsInsideTheLongestFreeze() external {
        vm.expectRevert(abi.encodeWithSelector(IRatifier.PeriodsTooLong.selector, 7 days, 7 days));
        ratifierWith(7 days - 1 hours, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(IRatifier.PeriodsTooLong.selector, 1 hours, 7 days));
        ratifierWith(0, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(IRatifier.QuorumInvalid.selector, 0, 1));
        ratifierWith(1 days, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(IRatifier.QuorumInvalid.selector, 1, 0));
        ratifierWith(1 days, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IRatifier.QuorumInvalid.selector, 1, 101));
        ratifierWith(1 days, 1, 101);
        ratifierWith(7 days - 1 hours - 1, 1, 100);
    }

    function test_ratifyRefusals() external {
        bytes32 id = Objects.nodeId(1);
        vm.expectRevert(abi.encodeWithSelector(IGuardianCouncil.NotRatifier.selector, address(this)));
        council.noteRatified(Objects.NODE, id);
        uint256 end = block.timestamp + 1 hours + 3 days;
        vm.startPrank(ownerOf(1));
        vm.expectRevert(abi.encodeWithSelector(IRatifier.FreezeEndsBefore.selector, 0, end + 1));
        ratifier.ratify(Objects.NODE, id);
        vm.expectRevert(abi.encodeWithSelector(IRatifier.KindUnknown.selector, 8));
        ratifier.ratify(8, id);
        (address[] memory t, uint256[] memory v, bytes[] memory c) = actionTarget(9);
        vm.expectRevert(IRatifier.OnlyRatify.selector);
        ratifier.propose(t, v, c, "anything else");
        vm.expectRevert(abi.encodeWithSelector(IRatifier.NotVoted.selector, ownerOf(1)));
        ratifier.revokeFrozen(Objects.NODE, id, 0);
        vm.stopPrank();
        freezeBy2(Objects.NODE, id, 3 days + 1 hours + 1);
        vm.expectPartialRevert(IRatifier.FreezeEndsBefore.selector);
        vm.prank(ownerOf(1));
        ratifier.ratify(Objects.NODE, id);
    }

    function test_theProposerCannotTakeARatificationBack() external {
        bytes32 id = Objects.nodeId(1);
        freezeBy2(Objects.NODE, id, 7 days);
        uint40 begun = uint40(block.timestamp);
        vm.prank(ownerOf(1));
        ratifier.ratify(Objects.NODE, id);
        (address[] memory t, uint256[] memory v, bytes[] memory c, bytes32 d) = ratifier.actions(Objects.NODE, id, begun);
        vm.expectPartialRevert(IGovernor.GovernorUnableToCancel.selector);
        vm.prank(ownerOf(1));
        ratifier.cancel(t, v, c, d);
    }

    function test_afterTheFreezeAVoteIsWorthNothing() external {
        bytes32 id = Objects.nodeId(1);
        freezeBy2(Objects.NODE, id, 7 days);
        uint40 begun = uint40(block.timestamp);
        ratified(Objects.NODE, id);
        vm.warp(begun + 7 days);
        vm.expectRevert(abi.encodeWithSelector(IRatifier.NotFrozen.selector, Objects.NODE, id));
        this.carryOut(Objects.NODE, id, begun);
    }

    function test_vendorRatificationLeavesEnoughAndCountsFor60Days() external {
        bytes32 id = Objects.vendorId(NITRO);
        freezeBy2(Objects.VENDOR, id, 7 days);
        uint40 begun = uint40(block.timestamp);
        uint256 snapshot = vm.snapshotState();
        // three live members of two vendors: below T = 4
        vm.prank(ownerOf(1));
        registry.leave(1);
        ratified(Objects.VENDOR, id);
        vm.expectRevert(abi.encodeWithSelector(IRatifier.TooFewLeft.selector, 3, 4, 2));
        this.carryOut(Objects.VENDOR, id, begun);
        vm.revertToState(snapshot);
        ratified(Objects.VENDOR, id);
        carryOut(Objects.VENDOR, id, begun);
        ok(tcb.isRevoked(Objects.VENDOR, id), "revoked");
        // for 60 d it counts as the one frozen vendor, whatever the freeze
        mine(30 days);
        vm.prank(guardian(0));
        council.freeze(Objects.VENDOR, Objects.vendorId(TDX), 1 days);
        vm.expectPartialRevert(IGuardianCouncil.MembersFrozen.selector);
        vm.prank(guardian(1));
        council.freeze(Objects.VENDOR, Objects.vendorId(TDX), 1 days);
    }
}
