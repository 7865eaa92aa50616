// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Objects} from "../../src/base/Objects.sol";
import {IRevocable} from "../../src/interfaces/IRevocable.sol";
import {IVerifierRouter} from "../../src/interfaces/IVerifierRouter.sol";
import {Deploys} from "../kit/Deploys.sol";
import {Test} from "../kit/Test.sol";
import {vm} from "../kit/Vm.sol";

/// A verifier by its vendor alone.
contract VendorOnly {
    uint8 public immutable vendor;

    constructor(uint8 vendor_) {
        vendor = vendor_;
    }

    /// Those of vendor 2 are.
    function steady() external view returns (bool) {
        return vendor == 2;
    }
}

contract VerifierRouterTest is Test {
    address internal constant TIMELOCK = address(0x71);
    address internal constant RATIFIER = address(0x72);
    uint40 internal constant DELAY = 14 days;
    uint256 internal constant NOW = 1_790_000_000;

    IVerifierRouter internal router;
    address internal born;
    mapping(address verifier => uint16 id) internal noted;
    mapping(address verifier => bool) internal notedSteady;

    /// What TcbPolicy is told.
    function noteVerifier(address verifier, uint8, uint16 id, bool steady) external {
        // routers that are being made tell too; only the one under test is listened to
        if (address(router) != address(0) && msg.sender != address(router)) return;
        noted[verifier] = id;
        notedSteady[verifier] = steady;
    }

    function setUp() external {
        vm.warp(NOW);
        born = address(new VendorOnly(1));
        address[] memory list = new address[](1);
        list[0] = born;
        router = IVerifierRouter(this.make(DELAY, list));
    }

    function make(uint40 delay, address[] calldata list) external returns (address) {
        return Deploys.create(
            "VerifierRouter.sol:VerifierRouter", abi.encode(TIMELOCK, RATIFIER, address(this), delay, list)
        );
    }

    function propose(uint8 vendor) internal returns (address v) {
        v = address(new VendorOnly(vendor));
        vm.prank(TIMELOCK);
        router.propose(vendor, v);
    }

    function test_birth() external view {
        (uint8 vendor, uint16 id) = router.requireActive(born);
        eq(vendor, 1, "vendor");
        eq(id, 1, "id");
        ok(router.isActive(1), "active");
        eq(router.verifierOf(1), born, "by id");
        eq(noted[born], 1, "policy was told");
        ok(router.isVerifierOf(1, born) && !router.isVerifierOf(2, born), "of its vendor");
        ok(!router.isActive(0) && !router.isActive(2), "no other");
    }

    function test_activationWindow() external {
        address v = propose(1);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.VerifierNotActive.selector, v, 1));
        router.requireActive(v);
        vm.warp(NOW + DELAY - 1);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.VerifierNotRipe.selector, v, uint40(NOW + DELAY)));
        router.activate(v);
        uint256 before = vm.snapshotState();
        vm.warp(NOW + DELAY);
        router.activate(v);
        eq(noted[v], 2, "policy was told");
        (uint16 id, uint8 vendor, uint8 state, uint40 proposedAt, uint40 activatedAt) = router.verifierWord(v);
        eq(id, 2, "id");
        eq(vendor, 1, "vendor");
        eq(state, 2, "state");
        eq(proposedAt, NOW, "proposed");
        eq(activatedAt, NOW + DELAY, "activated");
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.VerifierInState.selector, v, 2, 1));
        router.activate(v);
        vm.revertToState(before);
        vm.warp(NOW + DELAY + 14 days);
        router.activate(v);
        vm.revertToState(before);
        vm.warp(NOW + DELAY + 14 days + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IVerifierRouter.VerifierLapsed.selector, v, uint40(NOW + DELAY + 14 days))
        );
        router.activate(v);
    }

    function test_twoPerVendor() external {
        address second = propose(1);
        address third = propose(1);
        address other = propose(2);
        vm.warp(NOW + DELAY);
        router.activate(second);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.TooManyVerifiers.selector, 1));
        router.activate(third);
        router.activate(other);
        ok(notedSteady[other] && !notedSteady[second], "what the verifier says of itself");
        vm.prank(TIMELOCK);
        router.retire(born);
        eq(noted[born], 0, "policy was told");
        router.activate(third);
        ok(!router.isActive(1), "retired");
    }

    function test_oneLife() external {
        vm.startPrank(TIMELOCK);
        router.retire(born);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.VerifierInState.selector, born, 3, 2));
        router.retire(born);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.VerifierInState.selector, born, 3, 0));
        router.propose(1, born);
        vm.stopPrank();
        address v = propose(1);
        vm.prank(TIMELOCK);
        router.retire(v);
        vm.warp(NOW + DELAY);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.VerifierInState.selector, v, 3, 1));
        router.activate(v);
    }

    function test_revoke() external {
        bytes32 id = Objects.verifierId(born);
        vm.expectRevert(abi.encodeWithSelector(IRevocable.NotTimelockOrRatifier.selector, address(this)));
        router.revoke(Objects.VERIFIER, id);
        vm.startPrank(RATIFIER);
        vm.expectRevert(abi.encodeWithSelector(IRevocable.NotRevocableHere.selector, Objects.NODE));
        router.revoke(Objects.NODE, id);
        router.revoke(Objects.VERIFIER, id);
        router.revoke(Objects.VERIFIER, id);
        vm.stopPrank();
        eq(noted[born], 0, "policy was told");
        ok(router.isRevoked(Objects.VERIFIER, id), "revoked");
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.VerifierNotActive.selector, born, 4));
        router.requireActive(born);
        // one that nobody knows yet can be revoked; then it is never proposed
        address v = address(new VendorOnly(1));
        vm.startPrank(TIMELOCK);
        router.revoke(Objects.VERIFIER, Objects.verifierId(v));
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.VerifierInState.selector, v, 4, 0));
        router.propose(1, v);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IRevocable.NotRevocableHere.selector, Objects.NODE));
        router.isRevoked(Objects.NODE, id);
    }

    function test_verifierIdsAreWhole() external {
        bytes32 id = bytes32(uint256(Objects.verifierId(born)) | 1 << 160);
        vm.expectRevert(abi.encodeWithSelector(IRevocable.IdOutOfRange.selector, Objects.VERIFIER, id));
        vm.prank(RATIFIER);
        router.revoke(Objects.VERIFIER, id);
        ok(router.isActive(1), "still active");
    }

    function test_proposals() external {
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.NotTimelock.selector, address(this)));
        router.propose(1, born);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.NotTimelock.selector, address(this)));
        router.retire(born);
        vm.startPrank(TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.VerifierHasNoCode.selector, address(0x99)));
        router.propose(1, address(0x99));
        address v = address(new VendorOnly(2));
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.VerifierOfOtherVendor.selector, v, 2, 1));
        router.propose(1, v);
        vm.stopPrank();
    }

    function test_constructor() external {
        address[] memory list = new address[](0);
        vm.chainId(1);
        try this.make(14 days - 1, list) {
            ok(false, "made");
        } catch (bytes memory cause) {
            eq(
                cause, abi.encodeWithSelector(IVerifierRouter.DelayTooShort.selector, 14 days - 1, 14 days), "cause"
            );
        }
        this.make(14 days, list);
        list = new address[](2);
        (list[0], list[1]) = (born, born);
        try this.make(14 days, list) {
            ok(false, "made");
        } catch (bytes memory cause) {
            eq(cause, abi.encodeWithSelector(IVerifierRouter.VerifierInState.selector, born, 2, 0), "cause");
        }
        list[1] = address(0x99);
        try this.make(14 days, list) {
            ok(false, "made");
        } catch (bytes memory cause) {
            eq(cause, abi.encodeWithSelector(IVerifierRouter.VerifierHasNoCode.selector, address(0x99)), "cause");
        }
    }
}
