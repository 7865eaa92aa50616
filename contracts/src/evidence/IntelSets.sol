// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Vendor} from "../base/Types.sol";
import {ITcbPolicy} from "../interfaces/ITcbPolicy.sol";
import {ITdxVerifier} from "../interfaces/ITdxVerifier.sol";
import {CollateralQueue, CollateralQueueLib} from "./CollateralQueue.sol";

/// @title  IntelSets - which of the objects that Intel signed is in force: grace, veto, dates
/// @notice The half of TdxVerifier that reads no vendor's bytes. The manual is ITdxVerifier.
/// @custom:invariant TV2 per object, the evaluation number in force falls only from one that is vetoed to
///                   the one that was in force before it, and rises again when the veto ends
/// @custom:invariant TV4 a higher number takes effect no earlier than its grace, the first excepted
/// @custom:storage   _inForce, read by nodes (abi/layout.json)
/// @custom:source    SPEC 5, 10
abstract contract IntelSets is ITdxVerifier {
    using CollateralQueueLib for CollateralQueue;

    /// What verify needs of the object in force.
    struct Active {
        uint160 tableTag;
        uint32 until;
        uint32 nextRipe;
        uint32 authorityEpoch;
    }

    /// An object that is not in force: it waits for its effect, or was in force before the present one.
    struct Posted {
        bytes32 digest;
        uint160 tableTag;
        uint32 until;
        uint32 issueDate;
        uint32 authorityEpoch;
        uint64 content;
    }

    ITcbPolicy public immutable policy;

    mapping(bytes32 object => bytes32 digest) internal _inForce;
    mapping(bytes32 object => Active) private _active;
    mapping(bytes32 object => CollateralQueue) private _queues;
    mapping(bytes32 object => mapping(uint256 number => Posted)) private _posted;
    /// number that was in force before the present one, kept in _posted; 0 = none
    mapping(bytes32 object => uint256 number) private _former;

    constructor(address policy_) {
        policy = ITcbPolicy(policy_);
    }

    /// @inheritdoc ITdxVerifier
    function settle(bytes32 object) external {
        _settle(object);
    }

    // ---- views

    /// @inheritdoc ITdxVerifier
    function inForce(bytes32 object) external view returns (bytes32) {
        return _inForce[object];
    }

    /// @inheritdoc ITdxVerifier
    function active(bytes32 object)
        external
        view
        returns (uint256 number, bytes20 tableTag, uint256 until, uint256 nextRipe, uint256 authorityEpoch)
    {
        Active memory a = _active[object];
        return (_queues[object].number(), bytes20(a.tableTag), a.until, a.nextRipe, a.authorityEpoch);
    }

    /// @inheritdoc ITdxVerifier
    function pending(bytes32 object, uint256 index) external view returns (uint256 number, uint256 effectAt) {
        if (index < CollateralQueueLib.PENDING) return _queues[object].pending(index);
    }

    // ---- internals

    /// Puts a verified object where its number belongs.
    function _place(bytes32 object, uint256 number, Posted memory p) internal {
        Active memory a = _active[object];
        if (a.nextRipe != 0 && block.timestamp >= a.nextRipe) _settle(object);
        CollateralQueue q = _queues[object];
        uint256 current = q.number();
        // under a veto the one before may be posted anew, so that it can be in date when it returns
        bool former = number < current;
        if (former && (number != _former[object] || !_vetoed(current))) {
            revert EvaluationSuperseded(number, current);
        }
        // the first of its object is in force at once, unless its number is vetoed
        if (number == current || (current == 0 && !_vetoed(number))) {
            if (p.issueDate < q.issueDate()) revert CollateralNotNewer(p.issueDate, q.issueDate());
            _queues[object] = _enforce(object, q, number, p);
            return;
        }
        bool kept = former;
        uint256 effectAt;
        for (uint256 i = 0; i < CollateralQueueLib.PENDING && !kept; ++i) {
            uint256 waiting;
            (waiting, effectAt) = q.pending(i);
            kept = waiting == number;
        }
        if (kept) {
            uint256 issued = _posted[object][number].issueDate;
            if (p.issueDate < issued) revert CollateralNotNewer(p.issueDate, issued);
            _posted[object][number] = p;
            if (former) _settle(object);
            else emit CollateralPending(object, number, p.digest, effectAt, p.until);
            return;
        }
        uint256 grace = current == 0 ? 0 : policy.graceSeconds();
        CollateralQueue next;
        uint256 dropped;
        (next, dropped, effectAt) = q.withPending(number, _clamp(block.timestamp + grace));
        if (dropped != 0) _forget(object, dropped);
        _posted[object][number] = p;
        _queues[object] = next;
        _active[object].nextRipe = uint32(_nextRipe(next));
        emit CollateralPending(object, number, p.digest, effectAt, p.until);
    }

    /// Brings the highest number into force whose time has come and that is not vetoed. If there is none
    /// and the one in force is vetoed, the one before it returns.
    function _settle(bytes32 object) private {
        CollateralQueue q = _queues[object];
        uint256 current = q.number();
        uint256 former = _former[object];
        uint256 chosen;
        uint256 place;
        for (uint256 i = 0; i < CollateralQueueLib.PENDING; ++i) {
            (uint256 number, uint256 effectAt) = q.pending(i);
            if (number == 0 || block.timestamp < effectAt || _vetoed(number)) continue;
            // a copy that ran out while it waited is to be posted anew first
            if (block.timestamp <= _posted[object][number].until) (chosen, place) = (number, i + 1);
        }
        if (chosen != 0) {
            for (uint256 i = 0; i + 1 < place; ++i) {
                (uint256 skipped,) = q.pending(i);
                _forget(object, skipped);
            }
            q = q.withoutFirst(place);
            _forget(object, former);
            _former[object] = current;
            _shelve(object, q, current);
        } else if (_mayReturn(object, current, former)) {
            chosen = former;
            delete _former[object];
            q = _wait(object, q, current);
        }
        if (chosen != 0) {
            Posted memory p = _posted[object][chosen];
            _forget(object, chosen);
            q = _enforce(object, q, chosen, p);
            _queues[object] = q;
        }
        _active[object].nextRipe = uint32(_nextRipe(q));
    }

    /// Not if the one before has run out, is stale or vetoed too: no machine at all would be left. Nor if it
    /// could not be posted any more.
    function _mayReturn(bytes32 object, uint256 current, uint256 former) private view returns (bool) {
        if (former == 0 || !_vetoed(current) || _vetoed(former)) return false;
        if (former < policy.minEvaluation(Vendor.TDX)) return false;
        Posted storage p = _posted[object][former];
        return block.timestamp <= p.until && p.authorityEpoch == policy.authorityEpoch(Vendor.TDX);
    }

    /// A number in force that is vetoed waits for the end of its veto. If three wait already, all of them
    /// higher, it is forgotten.
    function _wait(bytes32 object, CollateralQueue q, uint256 number) private returns (CollateralQueue next) {
        (uint256 last,) = q.pending(CollateralQueueLib.PENDING - 1);
        if (last != 0) return q;
        uint256 effectAt = _vetoUntil(number) + 1;
        (next,,) = q.withPending(number, effectAt);
        _shelve(object, q, number);
        emit CollateralPending(object, number, _inForce[object], effectAt, _active[object].until);
    }

    /// Keeps what is in force, for when it is not.
    function _shelve(bytes32 object, CollateralQueue q, uint256 number) private {
        Active memory a = _active[object];
        _posted[object][number] = Posted(
            _inForce[object], a.tableTag, a.until, uint32(q.issueDate()), a.authorityEpoch, uint64(q.content())
        );
    }

    function _forget(bytes32 object, uint256 number) private {
        delete _posted[object][number];
    }

    /// Makes an object the one in force; the queue to store. Levels that differ advance the epoch.
    function _enforce(bytes32 object, CollateralQueue q, uint256 number, Posted memory p)
        private
        returns (CollateralQueue)
    {
        Active memory old = _active[object];
        bytes32 oldDigest = _inForce[object];
        _active[object] = Active(p.tableTag, p.until, old.nextRipe, p.authorityEpoch);
        _inForce[object] = p.digest;
        emit CollateralInForce(object, number, p.digest, oldDigest, p.until);
        // where nothing was in force nobody relied on anything
        if (old.tableTag != 0 && (p.tableTag != old.tableTag || p.content != q.content())) {
            policy.advance(Vendor.TDX);
        }
        return q.withCurrent(number, p.issueDate, p.content);
    }

    function _vetoed(uint256 number) private view returns (bool) {
        return _vetoUntil(number) >= block.timestamp;
    }

    function _vetoUntil(uint256 number) private view returns (uint256) {
        return policy.vetoedUntil(Vendor.TDX, uint32(number));
    }

    /// Earliest time at which settle may find something: after effect and, if vetoed, veto.
    function _nextRipe(CollateralQueue q) private view returns (uint256 ripe) {
        for (uint256 i = 0; i < CollateralQueueLib.PENDING; ++i) {
            (uint256 number, uint256 effectAt) = q.pending(i);
            if (number == 0) break;
            uint256 veto = _vetoUntil(number);
            if (veto >= block.timestamp && veto >= effectAt) effectAt = veto + 1;
            if (ripe == 0 || effectAt < ripe) ripe = effectAt;
        }
    }

    /// The table is the one in force, in date, and posted at the same authority epoch.
    function _checkTable(bytes32 object, bytes calldata table, uint256 epoch) internal {
        Active memory a = _active[object];
        if (a.nextRipe != 0 && block.timestamp >= a.nextRipe) {
            _settle(object);
            a = _active[object];
        }
        if (a.tableTag == 0) revert CollateralMissing(object);
        if (block.timestamp > a.until) revert CollateralExpired(object, a.until);
        if (a.authorityEpoch != epoch) revert AuthorityStale(object);
        if (uint160(bytes20(keccak256(table))) != a.tableTag) revert TableMismatch(object);
    }

    /// 32 bits end in 2106; certificates may be made for longer.
    function _clamp(uint256 time) internal pure returns (uint256) {
        return time > type(uint32).max ? type(uint32).max : time;
    }
}
