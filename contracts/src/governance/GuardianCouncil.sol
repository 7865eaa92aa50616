// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {Objects} from "../base/Objects.sol";
import {IEpochs} from "../interfaces/IEpochs.sol";
import {IGuardianCouncil} from "../interfaces/IGuardianCouncil.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";

/// @title  GuardianCouncil - m of k guardians who can only take trust away, and only for a while
/// @notice Manual, words and invariants: IGuardianCouncil.
/// @custom:gas freeze with 256 members and 32 freezes below 10M
contract GuardianCouncil is IGuardianCouncil {
    struct Parameters {
        address[] members;
        uint256 threshold;
        address timelock;
        address ratifier;
        address governor;
        address epochs;
        address registry;
        uint40 longestFreezeSeconds;
        uint40 repeatSeconds;
        uint40 ratifiedSeconds;
        uint40 approvalSeconds;
    }

    /// Who approved an act: guardians by their place, while `generation` is the council's.
    struct Approval {
        uint32 generation;
        uint40 expires;
        uint32 places;
    }

    /// A freeze that counts in GC3 until `until`.
    struct Counted {
        uint8 kind;
        uint40 until;
        bytes32 id;
    }

    uint256 private constant GUARDIANS = 32;
    uint256 private constant FREEZES = 32;
    uint256 private constant VENDORS = 256;
    uint256 private constant LONGEST = 7 days;
    uint256 private constant REPEAT = 30 days;
    uint256 private constant RATIFIED = 60 days;
    uint256 private constant DEVELOPMENT = 31_337;

    address public immutable timelock;
    address public immutable ratifier;
    IGovernor public immutable governor;
    IEpochs public immutable epochs;
    INodeRegistry public immutable registry;
    uint40 public immutable longestFreezeSeconds;
    uint40 public immutable repeatSeconds;
    uint40 public immutable ratifiedSeconds;
    uint40 public immutable approvalSeconds;

    mapping(bytes32 object => Freeze) internal _freezes;
    mapping(uint56 leafTag => uint40 until) internal _leafFreezes;
    uint40 public anyFreezeUntil;
    uint32 public generation;
    uint8 internal _threshold;
    address[] internal _members;
    Counted[] internal _counted;
    mapping(bytes32 act => Approval) internal _approvals;
    mapping(bytes32 actions => bool) public cancelledBefore;

    constructor(Parameters memory p) {
        _inRange(p.longestFreezeSeconds, 1, LONGEST);
        if (block.chainid != DEVELOPMENT) {
            _inRange(p.repeatSeconds, REPEAT, type(uint40).max);
            _inRange(p.ratifiedSeconds, RATIFIED, type(uint40).max);
        }
        _inRange(p.repeatSeconds, p.longestFreezeSeconds, type(uint40).max);
        _inRange(p.approvalSeconds, 1, LONGEST);
        timelock = p.timelock;
        ratifier = p.ratifier;
        governor = IGovernor(p.governor);
        epochs = IEpochs(p.epochs);
        registry = INodeRegistry(p.registry);
        longestFreezeSeconds = p.longestFreezeSeconds;
        repeatSeconds = p.repeatSeconds;
        ratifiedSeconds = p.ratifiedSeconds;
        approvalSeconds = p.approvalSeconds;
        _setMembers(p.members, p.threshold);
    }

    // ---- guardians

    /// @inheritdoc IGuardianCouncil
    function freeze(uint8 kind, bytes32 id, uint40 seconds_) external {
        if (kind < Objects.VENDOR || kind > Objects.VERIFIER) revert KindUnknown(kind);
        if (seconds_ == 0 || seconds_ > longestFreezeSeconds) {
            revert FreezeLengthInvalid(seconds_, longestFreezeSeconds);
        }
        bytes32 object = Objects.objectOf(kind, id);
        Freeze storage f = _freezes[object];
        uint256 next = uint256(f.begun) + repeatSeconds;
        if (f.begun != 0 && block.timestamp < next) revert FrozenRecently(object, next);
        if (!_approve(keccak256(abi.encode(this.freeze.selector, kind, id, seconds_)))) return;

        uint40 until = uint40(block.timestamp) + seconds_ - 1;
        _prune();
        if (_counted.length == FREEZES) revert TooManyFreezes(FREEZES);
        _counted.push(Counted({kind: kind, until: until, id: id}));
        _checkLimits();
        f.until = until;
        f.begun = uint40(block.timestamp);
        if (kind == Objects.SERIAL) {
            uint56 tag = uint56(bytes7(id));
            if (until > _leafFreezes[tag]) _leafFreezes[tag] = until;
        }
        if (until > anyFreezeUntil) anyFreezeUntil = until;
        emit Frozen(object, kind, id, until);
    }

    /// @inheritdoc IGuardianCouncil
    function cancel(
        address[] calldata targets,
        uint256[] calldata values,
        bytes[] calldata calldatas,
        bytes32 descriptionHash
    ) external {
        bytes32 actions = keccak256(abi.encode(targets, values, calldatas));
        if (cancelledBefore[actions]) revert AlreadyCancelled(actions);
        if (_onlyReplacesCouncil(targets, calldatas)) revert OnlyReplacesCouncil();
        if (!_approve(keccak256(abi.encode(this.cancel.selector, actions, descriptionHash)))) return;
        cancelledBefore[actions] = true;
        uint256 proposal = governor.cancel(targets, values, calldatas, descriptionHash);
        emit Cancelled(actions, proposal);
    }

    /// @inheritdoc IGuardianCouncil
    function cancelSlash(uint64 epoch) external {
        if (!_approve(keccak256(abi.encode(this.cancelSlash.selector, epoch)))) return;
        emit SlashCancelled(epoch);
        epochs.cancelSlash(epoch);
    }

    // ---- Timelock, Ratifier

    /// @inheritdoc IGuardianCouncil
    function setMembers(address[] calldata members, uint256 threshold) external {
        if (msg.sender != timelock) revert NotTimelock(msg.sender);
        _setMembers(members, threshold);
    }

    /// @inheritdoc IGuardianCouncil
    function noteRatified(uint8 kind, bytes32 id) external {
        if (msg.sender != ratifier) revert NotRatifier(msg.sender);
        bytes32 object = Objects.objectOf(kind, id);
        _freezes[object].ratified = uint40(block.timestamp);
        emit Ratified(object);
        if (kind != Objects.VENDOR && kind != Objects.PRODUCT) return;
        for (uint256 i; i < _counted.length; ++i) {
            if (_counted[i].kind == kind && _counted[i].id == id) {
                _counted[i].until = uint40(block.timestamp) + ratifiedSeconds;
            }
        }
    }

    // ---- views

    /// @inheritdoc IGuardianCouncil
    function frozenUntil(bytes32 object) external view returns (uint40) {
        return _freezes[object].until;
    }

    /// @inheritdoc IGuardianCouncil
    function leafFrozenUntil(uint56 leafTag) external view returns (uint40) {
        return _leafFreezes[leafTag];
    }

    /// @inheritdoc IGuardianCouncil
    function freezeOf(bytes32 object) external view returns (Freeze memory) {
        return _freezes[object];
    }

    /// @inheritdoc IGuardianCouncil
    function guardians() external view returns (address[] memory members, uint256 threshold) {
        return (_members, _threshold);
    }

    /// @inheritdoc IGuardianCouncil
    function approvals(bytes32 act) external view returns (uint256) {
        Approval memory a = _approvals[act];
        if (a.generation != generation || a.expires < block.timestamp) return 0;
        return _ones(a.places);
    }

    // ---- internals

    function _inRange(uint256 found, uint256 least, uint256 most) private pure {
        if (found < least || found > most) revert PeriodOutOfRange(found, least, most);
    }

    function _setMembers(address[] memory members, uint256 threshold) private {
        if (members.length > GUARDIANS || threshold == 0 || threshold > members.length) {
            revert MembersInvalid(members.length, threshold);
        }
        address before;
        for (uint256 i; i < members.length; ++i) {
            if (members[i] <= before) revert MembersUnsorted(before, members[i]);
            before = members[i];
        }
        _members = members;
        _threshold = uint8(threshold);
        ++generation;
        emit MembersSet(generation, threshold, members);
    }

    /// Notes the caller's approval; true at the threshold, and then the act is used up.
    function _approve(bytes32 act) private returns (bool) {
        uint256 place = _placeOf(msg.sender);
        Approval memory a = _approvals[act];
        if (a.generation != generation || a.expires < block.timestamp) {
            a = Approval(generation, uint40(block.timestamp) + approvalSeconds, 0);
        }
        uint32 bit = uint32(1 << place);
        if (a.places & bit != 0) revert AlreadyApproved(act, msg.sender);
        a.places |= bit;
        uint256 count = _ones(a.places);
        emit Approved(act, msg.sender, count, _threshold);
        if (count < _threshold) {
            _approvals[act] = a;
            return false;
        }
        delete _approvals[act];
        return true;
    }

    function _placeOf(address caller) private view returns (uint256) {
        for (uint256 i; i < _members.length; ++i) {
            if (_members[i] == caller) return i;
        }
        revert NotGuardian(caller);
    }

    function _ones(uint32 places) private pure returns (uint256 count) {
        for (; places != 0; places &= places - 1) ++count;
    }

    function _onlyReplacesCouncil(address[] calldata targets, bytes[] calldata calldatas)
        private
        view
        returns (bool)
    {
        if (targets.length == 0 || targets.length != calldatas.length) return false;
        for (uint256 i; i < targets.length; ++i) {
            if (targets[i] != address(this) || calldatas[i].length < 4) return false;
            if (bytes4(calldatas[i][:4]) != this.setMembers.selector) return false;
        }
        return true;
    }

    /// Drops freezes that count no more.
    function _prune() private {
        uint256 i;
        while (i < _counted.length) {
            if (_counted[i].until < block.timestamp) {
                _counted[i] = _counted[_counted.length - 1];
                _counted.pop();
            } else {
                ++i;
            }
        }
    }

    /// GC3, measured on the active committee with everything that counts.
    function _checkLimits() private view {
        IEpochs.Now memory current = epochs.now_();
        Counted[] memory counted = _counted;
        uint256[] memory seats = new uint256[](VENDORS);
        uint256[] memory frozen = new uint256[](VENDORS);
        bool[] memory whole = new bool[](VENDORS);
        uint256 members;
        if (current.epoch != 0) {
            (uint32[] memory ids,) = epochs.members(current.epoch);
            INodeRegistry.Exposure[] memory exposed = registry.exposures(ids);
            for (uint256 i; i < ids.length; ++i) {
                if (ids[i] == 0) continue;
                ++seats[exposed[i].vendor];
                if (!_hit(counted, ids[i], exposed[i])) continue;
                ++frozen[exposed[i].vendor];
                ++members;
            }
            uint256 most = uint256(current.n) - current.t;
            if (members > most) revert MembersFrozen(members, most);
        }
        for (uint256 i; i < counted.length; ++i) {
            if (counted[i].kind == Objects.VENDOR && uint256(counted[i].id) < VENDORS) {
                whole[uint256(counted[i].id)] = true;
            }
        }
        uint256 vendors;
        for (uint256 v; v < VENDORS; ++v) {
            if (whole[v] || (seats[v] != 0 && frozen[v] == seats[v])) ++vendors;
        }
        if (vendors > 1) revert VendorsFrozen(vendors, 1);
    }

    function _hit(Counted[] memory counted, uint32 node, INodeRegistry.Exposure memory e)
        private
        pure
        returns (bool)
    {
        for (uint256 i; i < counted.length; ++i) {
            bytes32 id = counted[i].id;
            uint8 kind = counted[i].kind;
            if (kind == Objects.VENDOR && id == Objects.vendorId(e.vendor)) return true;
            if (kind == Objects.PRODUCT && id == e.productId) return true;
            if (kind == Objects.PLATFORM && id == e.platform) return true;
            if (kind == Objects.SERIAL && uint56(bytes7(id)) == e.leafTag) return true;
            if (kind == Objects.MEASUREMENT && id == e.measurement) return true;
            if (kind == Objects.NODE && id == Objects.nodeId(node)) return true;
            if (kind == Objects.VERIFIER && id == Objects.verifierId(e.verifier)) return true;
        }
        return false;
    }
}
