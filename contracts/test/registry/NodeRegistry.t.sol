// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Labels} from "../../src/base/Labels.sol";
import {Objects} from "../../src/base/Objects.sol";
import {Succession} from "../../src/base/Succession.sol";
import {Claims} from "../../src/base/Types.sol";
import {INodeRegistry} from "../../src/interfaces/INodeRegistry.sol";
import {IRevocable} from "../../src/interfaces/IRevocable.sol";
import {Deploys} from "../kit/Deploys.sol";
import {NetWorld} from "../kit/NetWorld.sol";
import {vm} from "../kit/Vm.sol";

interface IVotesView {
    function getVotes(address account) external view returns (uint256);
    function delegates(address account) external view returns (address);
}

/// Refuses to be paid.
contract Miser {
    function join(INodeRegistry registry, INodeRegistry.Keys calldata keys, bytes32[] calldata d, address v, Claims calldata c)
        external
        payable
        returns (uint32)
    {
        return registry.join{value: msg.value}(keys, d, "h:1:2", v, c, address(0));
    }

    function leave(INodeRegistry registry, uint32 id) external {
        registry.leave(id);
    }

    function withdraw(INodeRegistry registry, uint32 id) external {
        registry.withdraw(id);
    }
}

/// Tries to be paid twice.
contract Reentrant {
    INodeRegistry private immutable _registry;
    uint32 private _id;
    uint256 public received;

    constructor(INodeRegistry registry) {
        _registry = registry;
    }

    function join(INodeRegistry.Keys calldata keys, bytes32[] calldata d, address v, Claims calldata c) external payable {
        _id = _registry.join{value: msg.value}(keys, d, "h:1:2", v, c, address(0));
    }

    function leave() external {
        _registry.leave(_id);
    }

    function withdraw() external {
        _registry.withdraw(_id);
    }

    receive() external payable {
        received += msg.value;
        try _registry.withdraw(_id) {} catch {}
    }
}

/// @title  NodeRegistry, a section per verb: refusals first
contract NodeRegistryTest is NetWorld {
    address private constant STRANGER = address(0x57);

    function setUp() external {
        deployNet();
    }

    function votesOf(address owner) private view returns (uint256) {
        return IVotesView(address(registry)).getVotes(owner);
    }

    // ---- join

    function joinWith(uint32 id, uint256 bond, bytes32[] memory d, string memory endpoint, Claims memory c) private {
        INodeRegistry.Keys memory keys = keysOf(id);
        vm.deal(ownerOf(id), bond);
        vm.prank(ownerOf(id));
        registry.join{value: bond}(keys, d, endpoint, VERIFIER, c, address(0));
    }

    function test_joinRefusals() external {
        freshKey(1);
        Claims memory c = attest(1, TDX, platformOfNode(1));
        bytes32[] memory d = domains("cloud", "operator");
        vm.deal(ownerOf(1), 1 ether);
        INodeRegistry.Keys memory keys = keysOf(1);

        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.BondOutOfRange.selector, 0.5 ether, 1 ether, type(uint88).max));
        vm.prank(ownerOf(1));
        registry.join{value: 0.5 ether}(keys, d, "h:1:2", VERIFIER, c, address(0));

        bytes32[] memory one = new bytes32[](1);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.DomainsMismatch.selector, 1, 2));
        vm.prank(ownerOf(1));
        registry.join{value: 1 ether}(keys, one, "h:1:2", VERIFIER, c, address(0));

        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.DomainZero.selector, 1));
        vm.prank(ownerOf(1));
        registry.join{value: 1 ether}(keys, domains("cloud", 0), "h:1:2", VERIFIER, c, address(0));

        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.EndpointLength.selector, 0, 128));
        vm.prank(ownerOf(1));
        registry.join{value: 1 ether}(keys, d, "", VERIFIER, c, address(0));

        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.EndpointLength.selector, 129, 128));
        vm.prank(ownerOf(1));
        registry.join{value: 1 ether}(keys, d, string(new bytes(129)), VERIFIER, c, address(0));

        INodeRegistry.Keys memory nobody = keysOf(1);
        nobody.account = address(0);
        vm.expectRevert(INodeRegistry.AccountZero.selector);
        vm.prank(ownerOf(1));
        registry.join{value: 1 ether}(nobody, d, "h:1:2", VERIFIER, c, address(0));

        // evidence that binds another owner is no record of this caller
        vm.deal(STRANGER, 1 ether);
        bytes32 record = recordKey(keys, STRANGER, c);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.RecordNotLive.selector, record));
        vm.prank(STRANGER);
        registry.join{value: 1 ether}(keys, d, "h:1:2", VERIFIER, c, address(0));

        // a preimage with another TCB is not the record's
        Claims memory other = claimsOf(TDX, platformOfNode(1));
        other.rawTcb[0] = 0x01;
        vm.expectPartialRevert(INodeRegistry.ClaimsMismatch.selector);
        vm.prank(ownerOf(1));
        registry.join{value: 1 ether}(keys, d, "h:1:2", VERIFIER, other, address(0));

        measurements.set(measurementOf(TDX), false);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.MeasurementNotActive.selector, measurementOf(TDX)));
        vm.prank(ownerOf(1));
        registry.join{value: 1 ether}(keys, d, "h:1:2", VERIFIER, c, address(0));
        measurements.set(measurementOf(TDX), true);

        freezeBy2(Objects.PLATFORM, platformOfNode(1), 1 days);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NotAccepted.selector, Objects.PLATFORM, platformOfNode(1)));
        vm.prank(ownerOf(1));
        registry.join{value: 1 ether}(keys, d, "h:1:2", VERIFIER, c, address(0));
        mine(1 days);
        vm.prank(ownerOf(1));
        registry.join{value: 1 ether}(keys, d, "h:1:2", VERIFIER, c, address(0));
        eq(registry.nodeOf(1).bond, 1 ether, "joined after the freeze");
    }

    function test_platformZeroIsNoNode() external {
        freshKey(1);
        Claims memory c = attest(1, TDX, 0);
        INodeRegistry.Keys memory keys = keysOf(1);
        vm.deal(ownerOf(1), 1 ether);
        vm.expectRevert(INodeRegistry.PlatformZero.selector);
        vm.prank(ownerOf(1));
        registry.join{value: 1 ether}(keys, domains("c", "o"), "h:1:2", VERIFIER, c, address(0));
    }

    function test_onePlatformOneNode() external {
        joinNode(TDX, "c", "o", BOND);
        freshKey(2);
        Claims memory c = attest(2, TDX, platformOfNode(1));
        INodeRegistry.Keys memory keys = keysOf(2);
        vm.deal(ownerOf(2), BOND);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.PlatformTaken.selector, platformOfNode(1), 1));
        vm.prank(ownerOf(2));
        registry.join{value: BOND}(keys, domains("c", "o"), "h:1:2", VERIFIER, c, address(0));
        // free at once if the leaver never held a share
        vm.prank(ownerOf(1));
        registry.leave(1);
        vm.prank(ownerOf(2));
        registry.join{value: BOND}(keys, domains("c", "o"), "h:1:2", VERIFIER, c, address(0));
    }

    function test_platformOfAMemberIsFreeOnlyAfterItsLastEpoch() external {
        genesis(6);
        vm.prank(ownerOf(1));
        registry.leave(1);
        (, bool free) = registry.platformOf(platformOfNode(1));
        ok(!free, "it holds a share");
        passEpoch();
        epochs.announce();
        for (uint32 id = 2; id <= 6; ++id) enrol(id);
        openAfterWindow();
        (, free) = registry.platformOf(platformOfNode(1));
        ok(!free, "the old epoch serves");
        allCommit();
        passVotes();
        bytes memory p = preimage();
        for (uint32 id = 2; id <= 6; ++id) ready(id, sha256(p));
        epochs.activate(p);
        (, free) = registry.platformOf(platformOfNode(1));
        ok(free, "its last epoch has ended");
    }

    // ---- reattest

    function test_payerReattestsOnTheSamePlatformAlone() external {
        uint32 id = joinNode(TDX, "c", "o", BOND);
        vm.prank(ownerOf(id));
        registry.setPayer(id, STRANGER);
        freshKey(id);
        Claims memory c = attest(id, TDX, platformOfNode(77));
        INodeRegistry.Keys memory keys = keysOf(id);
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.OtherPlatform.selector, platformOfNode(77), platformOfNode(id))
        );
        vm.prank(STRANGER);
        registry.reattest(id, keys, VERIFIER, c);
        vm.prank(ownerOf(id));
        registry.reattest(id, keys, VERIFIER, c);
        eq(registry.nodeOf(id).platform, platformOfNode(77), "the owner may");
        (uint32 holder, bool free) = registry.platformOf(platformOfNode(id));
        ok(holder == id && free, "the old one is free");
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NotOperator.selector, id, address(this)));
        registry.reattest(id, keys, VERIFIER, c);
    }

    function test_vendorStays() external {
        uint32 id = joinNode(TDX, "c", "o", BOND);
        freshKey(id);
        Claims memory c = attest(id, SNP, platformOfNode(id));
        INodeRegistry.Keys memory keys = keysOf(id);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.VendorChanged.selector, SNP, TDX));
        vm.prank(ownerOf(id));
        registry.reattest(id, keys, VERIFIER, c);
    }

    function test_sameKeysChangeNothingInEpochs() external {
        genesis(6);
        Claims memory c = attest(1, registry.nodeOf(1).vendor, platformOfNode(1));
        INodeRegistry.Keys memory keys = keysOf(1);
        vm.prank(ownerOf(1));
        registry.reattest(1, keys, VERIFIER, c);
        eq(epochs.epochOf(1).ready, 63, "still READY");
        freshKey(1);
        c = attest(1, registry.nodeOf(1).vendor, platformOfNode(1));
        keys = keysOf(1);
        vm.prank(ownerOf(1));
        registry.reattest(1, keys, VERIFIER, c);
        ok(epochs.epochOf(1).ready != 63, "recovering");
    }

    // ---- votes

    function test_nobodyVotesBeforeGenesis() external {
        uint32 id = joinNode(TDX, "c", "o", BOND);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.OnProbation.selector, id, START + PROBATION));
        registry.mature(id);
        mine(PROBATION);
        vm.expectRevert(INodeRegistry.NoEpochYet.selector);
        registry.mature(id);
    }

    function test_matureThenLeave() external {
        genesis(6);
        mine(PROBATION);
        registry.mature(1);
        uint256 bond = registry.nodeOf(1).bond;
        eq(votesOf(ownerOf(1)), bond, "delegated to itself");
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.MaturedBefore.selector, 1));
        registry.mature(1);
        vm.prank(ownerOf(1));
        registry.leave(1);
        eq(votesOf(ownerOf(1)), 0, "votes end at once");
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NodeNotIn.selector, 1));
        registry.mature(1);
    }

    // ---- leave, withdraw

    function test_withdrawAfterTheLockAlone() external {
        uint32 id = joinNode(TDX, "c", "o", BOND);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NotOperator.selector, id, address(this)));
        registry.leave(id);
        vm.startPrank(ownerOf(id));
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NodeNotLeft.selector, id));
        registry.withdraw(id);
        registry.leave(id);
        uint256 unlock = block.timestamp + BOND_LOCK;
        vm.warp(unlock - 1);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.BondLocked.selector, id, unlock));
        registry.withdraw(id);
        vm.warp(unlock);
        registry.withdraw(id);
        eq(ownerOf(id).balance, BOND, "paid");
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NodeNotLeft.selector, id));
        registry.withdraw(id);
        vm.stopPrank();
    }

    function test_aSeatKeepsTheBond() external {
        genesis(6);
        vm.prank(ownerOf(1));
        registry.leave(1);
        mine(BOND_LOCK);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.SeatHeld.selector, 1, 1));
        vm.prank(ownerOf(1));
        registry.withdraw(1);
    }

    function test_reentrantOwnerIsPaidOnce() external {
        joinNode(TDX, "c", "o", BOND);
        Reentrant owner = new Reentrant(registry);
        freshKey(2);
        Claims memory c = claimsOf(TDX, platformOfNode(2));
        INodeRegistry.Keys memory keys = keysOf(2);
        attestations.state(recordKey(keys, address(owner), c), c, type(uint40).max);
        vm.deal(address(this), BOND);
        owner.join{value: BOND}(keys, domains("c", "p"), VERIFIER, c);
        owner.leave();
        mine(BOND_LOCK);
        owner.withdraw();
        eq(owner.received(), BOND, "once");
        eq(address(registry).balance, BOND, "the other bond is there");
    }

    function test_ownerThatCannotBePaidHurtsItselfAlone() external {
        Miser owner = new Miser();
        freshKey(1);
        Claims memory c = claimsOf(TDX, platformOfNode(1));
        INodeRegistry.Keys memory keys = keysOf(1);
        attestations.state(recordKey(keys, address(owner), c), c, type(uint40).max);
        vm.deal(address(this), BOND);
        uint32 id = owner.join{value: BOND}(registry, keys, domains("c", "p"), VERIFIER, c);
        owner.leave(registry, id);
        mine(BOND_LOCK);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.PaymentFailed.selector, address(owner), BOND));
        owner.withdraw(registry, id);
    }

    // ---- expire, revoke

    function test_expireToTheSecond() external {
        uint32 id = joinNode(TDX, "c", "o", BOND);
        bytes32 record = registry.nodeOf(id).record;
        attestations.setValidUntil(record, uint40(block.timestamp));
        uint256 dead = block.timestamp + 7 days;
        vm.warp(dead);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NotExpired.selector, id, dead));
        registry.expire(id);
        vm.warp(dead + 1);
        registry.expire(id);
        eq(registry.nodeOf(id).state, 2, "left");
    }

    function test_revokedNodeCanBeEndedAtOnce() external {
        uint32 id = joinNode(TDX, "c", "o", BOND);
        vm.expectRevert(abi.encodeWithSelector(IRevocable.NotTimelockOrRatifier.selector, address(this)));
        registry.revoke(Objects.NODE, Objects.nodeId(id));
        vm.startPrank(address(timelock));
        vm.expectRevert(abi.encodeWithSelector(IRevocable.NotRevocableHere.selector, Objects.VENDOR));
        registry.revoke(Objects.VENDOR, Objects.vendorId(TDX));
        registry.revoke(Objects.NODE, Objects.nodeId(id));
        vm.stopPrank();
        ok(registry.isRevoked(Objects.NODE, Objects.nodeId(id)), "revoked");
        registry.expire(id);
        eq(registry.nodeOf(id).state, 2, "left");
    }

    // ---- slash, strike

    function test_onlyEpochsPunishes() external {
        uint32 id = joinNode(TDX, "c", "o", BOND);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NotEpochs.selector, address(this)));
        registry.slash(id, 1);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NotEpochs.selector, address(this)));
        registry.strike(id);
    }

    function test_burntBondVotesNoMore() external {
        genesis(6);
        mine(PROBATION);
        registry.mature(1);
        uint256 bond = registry.nodeOf(1).bond;
        vm.prank(address(epochs));
        registry.slash(1, 2500);
        eq(registry.nodeOf(1).bond, bond - bond / 4, "a quarter is burnt");
        eq(votesOf(ownerOf(1)), bond - bond / 4, "votes follow");
        vm.startPrank(address(epochs));
        registry.strike(1);
        registry.strike(1);
        eq(registry.nodeOf(1).strikes, 2, "two");
        registry.strike(1);
        vm.stopPrank();
        eq(registry.nodeOf(1).strikes, 0, "the third one is probation again");
        eq(registry.nodeOf(1).eligibleAt, block.timestamp + PROBATION, "probation");
        uint32[] memory ids = new uint32[](1);
        ids[0] = 1;
        ok(!registry.candidates(ids)[0].live, "struck out: no seat");
        mine(PROBATION);
        ok(registry.candidates(ids)[0].live, "until probation ends");
    }

    // ---- endpoint

    function endpointSignature(uint32 id, uint64 seq, string memory endpoint) private view returns (bytes memory) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Polyclave"),
                keccak256("1"),
                block.chainid,
                address(registry)
            )
        );
        bytes32 structHash =
            keccak256(abi.encode(Labels.SET_ENDPOINT_TYPEHASH, id, keccak256(bytes(endpoint)), seq));
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(accountKey[id], keccak256(abi.encodePacked(hex"1901", domain, structHash)));
        return abi.encodePacked(r, s, v);
    }

    function test_endpointByTheNodesAccount() external {
        uint32 id = joinNode(TDX, "c", "o", BOND);
        INodeRegistry.Keys memory keys = keysOf(id);
        bytes memory signature = endpointSignature(id, 5, "new:1:2");
        vm.expectPartialRevert(INodeRegistry.KeysMismatch.selector);
        registry.setEndpoint(id, 5, "evil:1:2", keys.ed25519, keys.x25519, signature);
        registry.setEndpoint(id, 5, "new:1:2", keys.ed25519, keys.x25519, signature);
        eq(registry.nodeOf(id).endpoint, keccak256("new:1:2"), "set");
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.SeqNotNewer.selector, 5, 5));
        registry.setEndpoint(id, 5, "new:1:2", keys.ed25519, keys.x25519, signature);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.SignatureInvalid.selector, id));
        registry.setEndpoint(id, 6, "new:1:2", keys.ed25519, keys.x25519, new bytes(65));
    }

    // ---- successor, constructor

    function test_successorIsNamedOnceByTheTimelock() external {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NotTimelock.selector, address(this)));
        registry.nameSuccessor(address(9));
        vm.startPrank(address(timelock));
        registry.nameSuccessor(address(9));
        (address next, uint40 from) = registry.successor();
        eq(next, address(9), "named");
        eq(from, block.timestamp + 14 days, "followed later");
        vm.expectRevert(abi.encodeWithSelector(Succession.SuccessorInvalid.selector, address(10)));
        registry.nameSuccessor(address(10));
        vm.stopPrank();
    }

    function deployRegistry(INodeRegistry.Parameters memory p) external {
        Deploys.create("NodeRegistry.sol:NodeRegistry", abi.encode(p));
    }

    function test_constructorOffDevelopmentChains() external {
        INodeRegistry.Parameters memory p = registryParameters();
        vm.chainId(1);
        this.deployRegistry(p);
        p.kinds = new bytes32[](2);
        (p.kinds[0], p.kinds[1]) = ("cloud", "operator");
        vm.expectRevert(INodeRegistry.DomainKindsInvalid.selector);
        this.deployRegistry(p);
        vm.chainId(31_337);
        this.deployRegistry(p);
        vm.chainId(1);
        p = registryParameters();
        p.bondLockSeconds = 14 days - 1;
        vm.expectRevert(
            abi.encodeWithSelector(
                INodeRegistry.ParameterOutOfRange.selector, bytes32("bondLockSeconds"), 14 days - 1, 14 days
            )
        );
        this.deployRegistry(p);
    }

    function test_namedPredecessorOnly() external {
        INodeRegistry.Parameters memory p = registryParameters();
        p.predecessor = address(registry);
        vm.expectRevert(
            abi.encodeWithSelector(Succession.NotNamedBy.selector, address(registry), address(0))
        );
        this.deployRegistry(p);
        address next = Deploys.predict(address(this), 0);
        vm.prank(address(timelock));
        registry.nameSuccessor(next);
        this.deployRegistry(p);
        ok(next.code.length != 0, "the one that was named");
    }
}
