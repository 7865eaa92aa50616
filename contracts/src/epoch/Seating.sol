// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Labels} from "../base/Labels.sol";
import {Objects} from "../base/Objects.sol";
import {IEpochs} from "../interfaces/IEpochs.sol";
import {IMeasurements} from "../interfaces/IMeasurements.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {ISeatRule} from "../interfaces/ISeatRule.sol";
import {ISeating} from "../interfaces/ISeating.sol";
import {ITcbPolicy} from "../interfaces/ITcbPolicy.sol";
import {Tally} from "./Tally.sol";

/// @title  Seating - gathers what open needs to know, and applies the seat rule
/// @notice Manual: ISeating. View only.
/// @custom:gas    256 members and 64 candidates fit a transaction (16,777,216) with what open writes
/// @custom:source SPEC 6
contract Seating is ISeating {
    uint8 private constant GENESIS = 1; // reasons
    uint8 private constant DUE = 2;
    uint8 private constant FEW_LIVE = 4;
    uint8 private constant REVOKED = 8;
    uint8 private constant REPAIR = 16;
    uint8 private constant GOVERNANCE = 32;

    uint256 private constant VENDORS = 6; // vendor numbers are below
    uint256 private constant WALK = 64; // candidates that are looked at; at genesis the target and SPARE
    uint256 private constant SPARE = 16;
    uint256 private constant HISTORY = 32; // epochs whose new seats are counted
    uint256 private constant DEVELOPMENT = 31_337;
    uint256 private constant SMALLEST = 9; // off development chains
    uint256 private constant LARGEST = 256;

    IEpochs public immutable epochs;
    INodeRegistry public immutable registry;
    ISeatRule public immutable rule;
    IMeasurements public immutable measurements;
    ITcbPolicy public immutable tcbPolicy;
    uint8 private immutable _kinds;
    uint8 private immutable _operatorKind;

    /// What one plan reads once.
    struct View {
        IEpochs.Now current;
        IEpochs.Attempt attempt;
        uint32[] seated;
        uint32[] holders;
        IEpochs.Enrolment[] seats;
    }

    constructor(address epochs_, address registry_, address rule_, address measurements_, address tcbPolicy_) {
        epochs = IEpochs(epochs_);
        registry = INodeRegistry(registry_);
        rule = ISeatRule(rule_);
        measurements = IMeasurements(measurements_);
        tcbPolicy = ITcbPolicy(tcbPolicy_);
        (_kinds, _operatorKind) = _readKinds(INodeRegistry(registry_).domainKinds());
    }

    /// @inheritdoc ISeating
    function plan() external view returns (Plan memory result) {
        View memory v = _look();
        ISeatRule.Input memory input;
        (input.incumbents, result.reasons) = _incumbents(v);
        uint256 absent;
        (result.absentSince, absent) = _window(v);
        if (result.reasons == 0 && v.current.degraded == 0) revert NothingDue();
        input.candidates = _candidates(v);
        input.t0 = v.current.t;
        input.fullN = v.current.fullN;
        input.target = epochs.targetN();
        input.used = _usedSeats(v.current.epoch);
        input.margin = epochs.margin();
        input.slack = block.chainid == DEVELOPMENT ? 1 : 2;
        input.kinds = _kinds;
        input.operatorKind = _operatorKind;
        input.due = result.reasons & DUE != 0;
        input.degraded = v.current.degraded != 0;
        input.lost = _lostVendors();
        input.absent = absent;

        result.out = rule.choose(input);
        if (!result.out.ok) {
            revert CommitteeNotFilled(result.out.n, result.out.filled, result.out.needed);
        }
        if (input.degraded && !result.out.degraded) result.reasons |= REPAIR;
        if (result.reasons == 0) revert NothingDue();
        result.root = _root(result.out.ids);
    }

    /// @inheritdoc ISeating
    function windowResult() external view returns (uint256 absentSince, uint256 absent) {
        return _window(_look());
    }

    /// @inheritdoc ISeating
    function sizeAllowed(uint16 n, uint8 margin) external view returns (bool) {
        uint256 least = block.chainid == DEVELOPMENT ? 3 : SMALLEST;
        return n >= least && n <= LARGEST && rule.fillsByThree(n, margin);
    }

    // ---- who is there

    function _look() private view returns (View memory v) {
        v.current = epochs.now_();
        v.attempt = epochs.attempt();
        if (v.current.epoch == 0) return v;
        uint32[] memory reserved;
        (v.seated, reserved) = epochs.members(v.current.epoch);
        v.holders = reserved;
        for (uint256 i; i < v.seated.length; ++i) {
            if (v.seated[i] != 0) v.holders[i] = v.seated[i];
        }
        v.seats = epochs.enrolmentsOf(v.holders);
    }

    /// Incumbents by index, and the reasons for a change that can be seen in them.
    function _incumbents(View memory v)
        private
        view
        returns (ISeatRule.Person[] memory list, uint8 reasons)
    {
        if (v.current.epoch == 0) {
            uint256 sealedAt = measurements.sealedAt();
            uint256 from = sealedAt + epochs.sealWaitSeconds();
            if (sealedAt == 0 || block.timestamp < from) revert NotSealedYet(from);
            return (list, GENESIS);
        }
        uint256 n = v.current.n;
        uint256 readyBits = epochs.epochOf(v.current.epoch).ready;
        INodeRegistry.Candidate[] memory nodes = registry.candidates(v.holders);
        list = new ISeatRule.Person[](n);
        uint256 liveReady;
        for (uint256 i; i < n; ++i) {
            INodeRegistry.Candidate memory node = nodes[i];
            list[i] = _person(v.holders[i], node, v.seats[i], v.attempt);
            if (node.live && (readyBits >> i) & 1 == 1) ++liveReady;
            bool lost = node.frozen || (node.gone && !node.left);
            if (lost && v.seated[i] != 0) reasons |= REVOKED;
        }
        if (liveReady < Tally.quorum(n, v.current.t)) reasons |= FEW_LIVE;
        if (block.timestamp >= uint256(v.current.activatedAt) + epochs.epochSeconds()) reasons |= DUE;
        if (v.current.demanded != 0) reasons |= GOVERNANCE;
    }

    /// The first enrolled candidates by (bond descending, id), one list per vendor merged; of one vendor no
    /// more than half of what is looked at, so that none fills the view.
    function _candidates(View memory v) private view returns (ISeatRule.Person[] memory list) {
        bool genesis = v.current.epoch == 0;
        uint32[] memory ids = _walk(genesis ? epochs.targetN() + SPARE : WALK);
        IEpochs.Enrolment[] memory seats = epochs.enrolmentsOf(ids);
        INodeRegistry.Candidate[] memory nodes = registry.candidates(ids);
        uint256 joinWait = epochs.joinWaitSeconds();
        list = new ISeatRule.Person[](ids.length);
        uint256 count;
        for (uint256 i; i < ids.length; ++i) {
            uint256 from = genesis ? uint256(nodes[i].joinedAt) + joinWait : nodes[i].eligibleAt;
            if (block.timestamp < from) continue;
            ISeatRule.Person memory person = _person(ids[i], nodes[i], seats[i], v.attempt);
            if (person.eligible) list[count++] = person;
        }
        assembly ("memory-safe") {
            mstore(list, count) // shortens the array to what was filled
        }
    }

    function _walk(uint256 most) private view returns (uint32[] memory ids) {
        uint256 each = _kinds & 1 == 0 ? most : most / 2;
        uint32[][VENDORS] memory lists;
        uint96[][VENDORS] memory bonds;
        uint256[VENDORS] memory next;
        for (uint8 v = 1; v < VENDORS; ++v) (lists[v], bonds[v]) = epochs.waiting(v, each);
        ids = new uint32[](most);
        uint256 count;
        for (; count < most; ++count) {
            uint256 best;
            uint256 chosen;
            for (uint256 v = 1; v < VENDORS; ++v) {
                if (next[v] == lists[v].length) continue;
                uint256 rank = Tally.rank(bonds[v][next[v]], lists[v][next[v]]);
                if (rank > best) (best, chosen) = (rank, v);
            }
            if (best == 0) break;
            ids[count] = lists[chosen][next[chosen]++];
        }
        assembly ("memory-safe") {
            mstore(ids, count) // shortens the array to what was filled
        }
    }

    function _person(
        uint32 id,
        INodeRegistry.Candidate memory node,
        IEpochs.Enrolment memory seat,
        IEpochs.Attempt memory a
    ) private pure returns (ISeatRule.Person memory person) {
        person.id = id;
        person.vendor = node.vendor;
        person.eligible = node.live && seat.enrolTag == a.tag;
        person.benched = seat.benched == uint32(a.epoch);
        person.gone = node.gone;
        person.domain0 = node.domain0;
        person.domain1 = node.domain1;
        person.bond = node.bond;
    }

    // ---- history

    /// New seats of the epochs opened within one regular length, genesis excepted.
    function _usedSeats(uint64 epoch) private view returns (uint16 used) {
        uint256 length = epochs.epochSeconds();
        for (uint256 i; epoch > 1 && i < HISTORY; ++i) {
            IEpochs.Epoch memory e = epochs.epochOf(epoch);
            if (uint256(e.openedAt) + length <= block.timestamp) return used;
            used += e.newSeats;
            --epoch;
        }
        // more epochs within one length than are looked at: no new seat
        if (epoch > 1) used = type(uint16).max;
    }

    function _lostVendors() private view returns (uint256 lost) {
        for (uint8 v = 1; v < VENDORS; ++v) {
            if (tcbPolicy.isRevoked(Objects.VENDOR, Objects.vendorId(v))) lost |= 1 << uint256(v);
        }
    }

    /// A vendor fewer than half of whose seats enrolled is missing since the first such window in a row;
    /// absent if that began `absence` before this one. Windows are equally long, so that their beginnings
    /// stand for their ends. 40 bits for each vendor.
    function _window(View memory v) private view returns (uint256 absentSince, uint256 absent) {
        if (v.current.epoch == 0) return (0, 0);
        uint256[VENDORS] memory seats;
        uint256[VENDORS] memory enrolled;
        for (uint256 i; i < v.holders.length; ++i) {
            if (v.holders[i] == 0) continue;
            uint8 vendor = v.seats[i].vendor;
            ++seats[vendor];
            if (v.seats[i].enrolTag == v.attempt.tag) ++enrolled[vendor];
        }
        uint256 began = epochs.opening().announcedAt;
        uint256 before = epochs.absentSince();
        uint256 length = epochs.absenceSeconds();
        for (uint256 vendor = 1; vendor < VENDORS; ++vendor) {
            if (2 * enrolled[vendor] >= seats[vendor]) continue;
            uint256 since = uint40(before >> (40 * vendor));
            if (since == 0) since = began;
            else if (began >= since + length) absent |= 1 << vendor;
            absentSince |= since << (40 * vendor);
        }
    }

    // ---- what members sign about

    /// r_0 = 0, r_i = keccak256(abi.encode(r_{i-1}, leaf_i)) (SPEC 7)
    function _root(uint32[] memory ids) private view returns (bytes32 root) {
        IEpochs.Enrolment[] memory seats = epochs.enrolmentsOf(ids);
        bytes32[][] memory domains = registry.domainsOf(ids);
        for (uint256 i; i < ids.length; ++i) {
            bool empty = ids[i] == 0;
            bytes32 leaf = keccak256(
                abi.encode(
                    Labels.LEAF,
                    uint16(i + 1),
                    ids[i],
                    empty ? bytes32(0) : seats[i].keysHash,
                    empty ? bytes32(0) : seats[i].ekDigest,
                    domains[i]
                )
            );
            root = keccak256(abi.encode(root, leaf));
        }
    }

    /// Which kinds are under quota (ISeatRule.Input.kinds), and which of them is the operator.
    function _readKinds(bytes32[] memory names) private pure returns (uint8 kinds, uint8 operatorKind) {
        uint8 declared;
        for (uint256 i; i < names.length; ++i) {
            if (names[i] == "vendor") {
                kinds |= 1;
                continue;
            }
            ++declared;
            kinds |= uint8(1 << declared);
            if (names[i] == "operator") operatorKind = declared;
        }
    }
}
