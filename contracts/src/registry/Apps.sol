// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Labels} from "../base/Labels.sol";
import {AppId} from "../base/Types.sol";
import {IApps} from "../interfaces/IApps.sol";

/// @title  Apps - which applications there are, and which enclaves may have their keys
/// @notice Manual, words and invariants: IApps.
/// @custom:source SPEC 8, 9
contract Apps is IApps {
    uint8 private constant POLICY = 1; // Slot.kind
    uint8 private constant END = 2;
    uint8 private constant MOVE = 3;

    uint256 private constant LIST = 32; // approvals, minimum TCBs
    uint256 private constant RAW_TCB_BYTES = 64;
    uint256 private constant FREEZE_SECONDS = 72 hours;
    uint256 private constant FREEZE_EVERY = 30 days;
    uint256 private constant LONGEST_NOTICE = 365 days;
    uint256 private constant SHORTEST_NOTICE = 7 days; // off development chains
    uint256 private constant DEVELOPMENT = 31_337;

    uint40 public immutable minNoticeSeconds;

    mapping(AppId app => App) internal _apps;
    mapping(AppId app => mapping(bytes32 scopeHash => Slot)) internal _policies;
    mapping(AppId app => mapping(bytes32 measurement => uint256 at)) internal _revoked;

    constructor(uint40 minNoticeSeconds_) {
        uint256 least = block.chainid == DEVELOPMENT ? 1 : SHORTEST_NOTICE;
        if (minNoticeSeconds_ < least || minNoticeSeconds_ > LONGEST_NOTICE) {
            revert NoticeOutOfRange(minNoticeSeconds_, least, LONGEST_NOTICE);
        }
        minNoticeSeconds = minNoticeSeconds_;
    }

    // ---- anybody

    /// @inheritdoc IApps
    function register(bytes32 salt, uint40 notice, bool revokeWaits, Policy memory policy)
        external
        returns (AppId app)
    {
        if (notice < minNoticeSeconds || notice > LONGEST_NOTICE) {
            revert NoticeOutOfRange(notice, minNoticeSeconds, LONGEST_NOTICE);
        }
        app = appId(msg.sender, salt);
        if (_apps[app].owner != address(0)) revert AppKnown(app);
        Policy memory none;
        bytes memory encoded = _settle(app, none, policy, uint40(block.timestamp));
        _apps[app] = App({
            owner: msg.sender,
            notice: notice,
            registeredAt: uint40(block.timestamp),
            revokeWaits: revokeWaits ? 1 : 0,
            frozenUntil: 0,
            freezeBegun: 0
        });
        _policies[app][0].current = keccak256(encoded);
        emit Registered(app, msg.sender, salt, notice, revokeWaits, encoded);
    }

    // ---- app owner

    /// @inheritdoc IApps
    function queue(AppId app, bytes32 scopeHash, Policy memory inForce, Policy memory policy) external {
        uint40 from = uint40(block.timestamp) + _onlyOwner(app).notice;
        Slot storage slot = _policies[app][scopeHash];
        _advance(slot);
        if (slot.current == 0) {
            if (inForce.approvals.length != 0) revert PolicyMismatch(_hash(inForce), 0);
        } else {
            _checkInForce(slot.current, inForce);
        }
        bytes memory encoded = _settle(app, inForce, policy, from);
        slot.next = keccak256(encoded);
        slot.at = from;
        slot.kind = POLICY;
        slot.target = address(0);
        emit Queued(app, scopeHash, from, encoded);
    }

    /// @inheritdoc IApps
    function queueEnd(AppId app, address target) external {
        uint40 from = uint40(block.timestamp) + _onlyOwner(app).notice;
        if (target == address(this)) revert MoveTargetInvalid(target);
        Slot storage slot = _policies[app][0];
        _advance(slot);
        slot.next = 0;
        slot.at = from;
        slot.kind = target == address(0) ? END : MOVE;
        slot.target = target;
        emit EndQueued(app, from, target);
    }

    /// @inheritdoc IApps
    function cancel(AppId app, bytes32 scopeHash) external {
        _onlyOwner(app);
        Slot storage slot = _policies[app][scopeHash];
        if (slot.at == 0 || block.timestamp >= slot.at) revert NothingPending(app, scopeHash);
        emit ChangeCancelled(app, scopeHash, slot.next);
        _clear(slot);
    }

    /// @inheritdoc IApps
    function freeze(AppId app, uint40 until) external {
        _onlyOwner(app);
        App storage state = _apps[app];
        uint40 old = state.frozenUntil;
        if (until >= block.timestamp) {
            if (state.freezeBegun == 0 || block.timestamp >= uint256(state.freezeBegun) + FREEZE_EVERY) {
                state.freezeBegun = uint40(block.timestamp);
            }
            // the last second counts as frozen
            uint256 most = uint256(state.freezeBegun) + FREEZE_SECONDS - 1;
            if (until > most) revert FreezeTooLong(until, most);
        }
        state.frozenUntil = until;
        emit AppFrozen(app, old, until);
    }

    /// @inheritdoc IApps
    function revoke(AppId app, bytes32 measurement, Policy memory inForce, bytes32 other) external {
        App memory state = _onlyOwner(app);
        if (state.revokeWaits != 0) revert RevokeWaits(app);
        _advance(_policies[app][0]);
        _checkInForce(_policies[app][0].current, inForce);
        if (_revoked[app][measurement] != 0) revert MeasurementRevoked(measurement);
        (bool found, Approval memory kept) = _find(inForce, other);
        bool inUse = found && (kept.sunset == 0 || block.timestamp < kept.sunset);
        if (!inUse || _revoked[app][other] != 0) revert MeasurementNotActive(other);
        uint256 needed = uint256(kept.activeFrom) + state.notice;
        if (other == measurement || block.timestamp < needed) {
            revert NoOtherMeasurement(other, kept.activeFrom, needed);
        }
        _revoked[app][measurement] = block.timestamp;
        emit RevokedMeasurement(app, measurement);
    }

    // ---- views

    /// @inheritdoc IApps
    function appOf(AppId app) external view returns (App memory) {
        return _apps[app];
    }

    /// @inheritdoc IApps
    function slotOf(AppId app, bytes32 scopeHash) external view returns (Slot memory) {
        return _policies[app][scopeHash];
    }

    /// @inheritdoc IApps
    function policyHash(AppId app, bytes32 scopeHash) external view returns (bytes32) {
        if (isGone(app)) return 0;
        Slot memory slot = _policies[app][scopeHash];
        return slot.kind == POLICY && block.timestamp >= slot.at ? slot.next : slot.current;
    }

    /// @inheritdoc IApps
    function isGone(AppId app) public view returns (bool) {
        Slot memory slot = _policies[app][0];
        return slot.kind > POLICY && block.timestamp >= slot.at;
    }

    /// @inheritdoc IApps
    function revokedAt(AppId app, bytes32 measurement) external view returns (uint40) {
        return uint40(_revoked[app][measurement]);
    }

    /// @inheritdoc IApps
    function appId(address creator, bytes32 salt) public view returns (AppId) {
        return AppId.wrap(keccak256(abi.encode(Labels.APP, block.chainid, address(this), creator, salt)));
    }

    // ---- internals

    function _onlyOwner(AppId app) private view returns (App memory state) {
        state = _apps[app];
        if (state.owner == address(0)) revert AppUnknown(app);
        if (state.owner != msg.sender) revert NotOwner(app, msg.sender);
        if (isGone(app)) revert AppGone(app);
    }

    /// Writes down what took effect by itself. An end never gets here: its app is gone.
    function _advance(Slot storage slot) private {
        if (slot.kind != POLICY || block.timestamp < slot.at) return;
        slot.current = slot.next;
        _clear(slot);
    }

    function _clear(Slot storage slot) private {
        slot.next = 0;
        slot.at = 0;
        slot.kind = 0;
        slot.target = address(0);
    }

    function _encode(Policy memory policy) private pure returns (bytes memory) {
        return abi.encode(Labels.POLICY, policy);
    }

    function _hash(Policy memory policy) private pure returns (bytes32) {
        return keccak256(_encode(policy));
    }

    function _checkInForce(bytes32 needed, Policy memory inForce) private pure {
        bytes32 found = _hash(inForce);
        if (found != needed) revert PolicyMismatch(found, needed);
    }

    function _find(Policy memory policy, bytes32 measurement)
        private
        pure
        returns (bool found, Approval memory approval)
    {
        for (uint256 i; i < policy.approvals.length; ++i) {
            if (policy.approvals[i].measurement == measurement) return (true, policy.approvals[i]);
        }
    }

    /// Checks a policy that takes effect at `from`, sets activeFrom of what is new in it, and encodes it.
    function _settle(AppId app, Policy memory inForce, Policy memory policy, uint40 from)
        private
        view
        returns (bytes memory)
    {
        if (policy.versionLo > policy.versionHi) revert PolicyInvalid("version", policy.versionLo);
        if (policy.approvals.length > LIST) revert PolicyInvalid("approvals", policy.approvals.length);
        if (policy.minTcbs.length > LIST) revert PolicyInvalid("minTcbs", policy.minTcbs.length);
        bytes32 before;
        for (uint256 i; i < policy.approvals.length; ++i) {
            Approval memory a = policy.approvals[i];
            if (a.measurement <= before) revert PolicyInvalid("approvals", i);
            before = a.measurement;
            if (a.sunset != 0 && a.sunset <= from) revert PolicyInvalid("sunset", i);
            if (_revoked[app][a.measurement] != 0) revert MeasurementRevoked(a.measurement);
            (bool found, Approval memory old) = _find(inForce, a.measurement);
            // what ends before this policy begins is new in it
            bool keeps = found && (old.sunset == 0 || old.sunset >= from);
            uint40 given = keeps ? old.activeFrom : 0;
            if (a.activeFrom != given) revert ActiveFromInvalid(a.measurement, a.activeFrom, given);
            if (!keeps) a.activeFrom = from;
        }
        _checkMinTcbs(policy.minTcbs);
        return _encode(policy);
    }

    function _checkMinTcbs(MinTcb[] memory list) private pure {
        for (uint256 i; i < list.length; ++i) {
            if (list[i].rawTcb.length > RAW_TCB_BYTES) revert PolicyInvalid("rawTcb", i);
            if (list[i].vendor == 0) revert PolicyInvalid("vendor", i);
            if (i == 0) continue;
            MinTcb memory last = list[i - 1];
            bool ascends = list[i].vendor > last.vendor
                || (list[i].vendor == last.vendor && list[i].product > last.product);
            if (!ascends) revert PolicyInvalid("minTcbs", i);
        }
    }
}
