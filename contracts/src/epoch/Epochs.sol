// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Ids} from "../base/Ids.sol";
import {Labels} from "../base/Labels.sol";
import {Succession} from "../base/Succession.sol";
import {ICounting} from "../interfaces/ICounting.sol";
import {IEpochs} from "../interfaces/IEpochs.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {ISeatRule} from "../interfaces/ISeatRule.sol";
import {ISeating} from "../interfaces/ISeating.sol";
import {EpochWords} from "./EpochWords.sol";
import {Tally} from "./Tally.sol";

/// @title  Epochs - who holds the key now, and who will next
/// @notice Manual, words and invariants: IEpochs. Who gets a seat: ISeating, ISeatRule.
/// @custom:assumes   at most T-1 of the members that a transcript comes from are corrupt; blocks come
///                   at the pace that phase lengths were chosen for
/// @custom:gas       commit, vote, ready 60,000 in a reused slot; vote, ready 80,000 the first time
/// @custom:storage   EpochWords.sol
contract Epochs is EpochWords {
    using Succession for Succession.Pointer;

    constructor(Parameters memory p) EpochWords(p) {}

    // ---- anybody

    /// @inheritdoc IEpochs
    function announce() external {
        Now memory current = _loadNow();
        Attempt memory a = _loadAttempt();
        if (a.state == OPEN) {
            (,,, uint256 b3) = _phases(a);
            revert AttemptUnderWay(OPEN, b3);
        }
        if (a.state == ANNOUNCED) {
            uint256 until = uint256(a.start) + windowBlocks + phaseBlocks;
            if (block.number <= until) revert AttemptUnderWay(ANNOUNCED, until);
            (absentSince,) = seating.windowResult();
        }
        uint256 cool = uint256(current.activatedAt) + cooldownSeconds;
        if (current.epoch != 0 && block.timestamp < cool) revert CoolingDown(cool);

        uint64 epoch = current.epoch + 1;
        a.attempt = a.epoch == epoch ? a.attempt + 1 : 1;
        a.epoch = epoch;
        a.tag += 1;
        a.state = ANNOUNCED;
        a.n = 0;
        a.t = 0;
        a.flags = 0;
        a.start = uint40(block.number);
        a.b1 = 0;
        _storeAttempt(a);
        _opening.announcedAt = uint40(block.timestamp);
        _accs[ENROLMENTS] = keccak256(abi.encode(epoch, a.attempt));
        emit Announced(
            epoch, a.attempt, block.number + windowBlocks, block.number + windowBlocks + phaseBlocks
        );
    }

    /// @inheritdoc IEpochs
    function open() external {
        Now memory current = _loadNow();
        Attempt memory a = _loadAttempt();
        if (a.state != ANNOUNCED) revert WrongState(a.state, ANNOUNCED);
        uint256 first = uint256(a.start) + windowBlocks + 1;
        _inPhase(first, first + phaseBlocks - 1);

        ISeating.Plan memory plan = seating.plan();
        absentSince = plan.absentSince;
        if (current.demanded != 0) _now.demanded = SERVED;
        _freezeCommittee(current, a, plan);
    }

    /// @inheritdoc IEpochs
    function activate(bytes calldata preimage) external {
        Now memory current = _loadNow();
        Attempt memory a = _loadAttempt();
        if (a.state != OPEN) revert WrongState(a.state, OPEN);
        ICounting.Outcome memory outcome = counting.outcome(preimage);

        Epoch storage e = _epochs[a.epoch];
        e.transcript = outcome.transcript;
        e.yHash = outcome.yHash;
        e.ready = outcome.ready;
        e.activatedAt = uint40(block.timestamp);
        if (a.epoch == 1) _pks[0] = outcome.pk;
        bool degraded = a.flags & DEGRADED != 0;
        current.epoch = a.epoch;
        current.attempt = a.attempt;
        current.n = a.n;
        current.t = a.t;
        current.degraded = degraded ? 1 : 0;
        if (current.demanded == SERVED) current.demanded = 0;
        current.activatedAt = uint40(block.timestamp);
        if (!degraded) current.fullN = a.n;
        _now = current;
        _attempt.state = NONE;
        emit Activated(a.epoch, a.attempt, outcome.transcript, outcome.ready, preimage);
        if (outcome.blamed.length != 0) {
            uint40 from = uint40(block.timestamp) + slashDelaySeconds;
            _slashes[a.epoch] = Slash({from: from, ids: outcome.blamed});
            emit SlashPending(a.epoch, from, outcome.blamed);
            // else a leaver whose bond is about to be free would be gone before the slash
            for (uint256 i; i < outcome.blamed.length; ++i) {
                lockedUntil[outcome.blamed[i]] = from + slashDelaySeconds;
            }
        }
        _strike(outcome.struck);
    }

    /// @inheritdoc IEpochs
    function fail() external {
        Attempt memory a = _loadAttempt();
        if (a.state != OPEN) revert WrongState(a.state, OPEN);
        (,,, uint256 b3) = _phases(a);
        if (block.number <= b3) revert OutsidePhase(block.number, b3 + 1, type(uint256).max);
        (bytes32 hash, uint32[] memory struck) = counting.failure();
        _attempt.state = NONE;
        for (uint256 i; i < struck.length; ++i) _seats[struck[i]].benched = uint32(a.epoch);
        emit Failed(a.epoch, a.attempt, hash, struck);
        _strike(struck);
    }

    /// @inheritdoc IEpochs
    function slash(uint64 epoch) external {
        Slash memory pending = _slashes[epoch];
        if (pending.ids.length == 0) revert NothingToSlash(epoch);
        if (block.timestamp < pending.from) revert SlashDelayed(epoch, pending.from);
        delete _slashes[epoch];
        emit Slashed(epoch, pending.ids);
        for (uint256 i; i < pending.ids.length; ++i) registry.slash(pending.ids[i], slashParts);
    }

    // ---- nodes

    /// @inheritdoc IEpochs
    function enrol(NodeCall memory call, bytes32 ek, bytes calldata pop, uint32 hint) external {
        Attempt memory a = _loadAttempt();
        if (a.state != ANNOUNCED) revert WrongState(a.state, ANNOUNCED);
        _sameAttempt(call, a.epoch, a.attempt);
        _inPhase(a.start, uint256(a.start) + windowBlocks);
        if (pop.length != PROOF_BYTES) revert LengthInvalid(pop.length, PROOF_BYTES);
        if (ek == 0) revert HashZero();
        bytes32 structHash =
            _structHash(call, Labels.ENROL_TYPEHASH, ek, keccak256(pop));
        Seat storage seat = _authorize(call, structHash);
        seat.seq = call.seq;
        seat.ekDigest = keccak256(abi.encode(Labels.EK, ek, pop));
        _noteEnrolment(a.tag, seat, call.id, hint);
        _emitEnrolled(call, ek, pop, seat.keysHash, _chain(ENROLMENTS, structHash));
    }

    /// @inheritdoc IEpochs
    function commit(NodeCall memory call, bytes32 blobHash, uint32 length) external {
        Attempt memory a = _openAttempt(call);
        if (a.b1 != 0) revert OutsidePhase(block.number, uint256(a.start) + 1, a.b1);
        _inPhase(uint256(a.start) + 1, uint256(a.start) + phaseBlocks);
        if (blobHash == 0) revert HashZero();
        bytes32 structHash =
            _structHash(call, Labels.COMMIT_TYPEHASH, blobHash, bytes32(uint256(length)));
        Seat storage seat = _authorize(call, structHash);
        uint16 index = _dealerIndex(a, seat, call.id);
        seat.seq = call.seq;
        bool complete = _noteCommit(index, call.id);
        bytes32 sum = _chain(COMMITS, structHash);
        emit Committed(call.epoch, call.attempt, call.id, index, call.seq, blobHash, length, sum);
        if (complete) {
            _attempt.b1 = uint40(block.number);
            emit CommitsComplete(call.epoch, call.attempt, block.number);
        }
    }

    /// @inheritdoc IEpochs
    function vote(NodeCall memory call, uint256 bitmap, bytes32 transcript) external {
        Attempt memory a = _openAttempt(call);
        (uint256 b1, uint256 b2,,) = _phases(a);
        _inPhase(b1 + 1, b2);
        uint256 commits = _commits(a);
        if (bitmap & ~commits != 0 || (transcript != 0 && bitmap != commits)) {
            revert BitmapInvalid(bitmap, commits);
        }
        bytes32 structHash =
            _structHash(call, Labels.VOTE_TYPEHASH, bytes32(bitmap), transcript);
        Seat storage seat = _authorize(call, structHash);
        uint16 index = _memberIndex(a, seat, call.id);
        seat.seq = call.seq;
        seat.tag = a.tag;
        seat.flags = transcript == 0 ? Tally.VOTED : Tally.VOTED | Tally.TRANSCRIPT;
        seat.vote = transcript == 0 ? bytes32(bitmap) : transcript;
        bytes32 sum = _chain(VOTES, structHash);
        emit Voted(call.epoch, call.attempt, call.id, index, call.seq, bitmap, transcript, sum);
    }

    /// @inheritdoc IEpochs
    function complain(NodeCall memory call, uint16 dealer, bytes32 k, bytes calldata proof) external {
        Attempt memory a = _openAttempt(call);
        (uint256 b1,, uint256 b2c,) = _phases(a);
        _inPhase(b1 + 1, b2c);
        if (proof.length != PROOF_BYTES) revert LengthInvalid(proof.length, PROOF_BYTES);
        bytes32 structHash = keccak256(
            abi.encode(
                Labels.COMPLAIN_TYPEHASH,
                call.id,
                call.epoch,
                call.attempt,
                dealer,
                k,
                keccak256(proof),
                call.seq
            )
        );
        Seat storage seat = _authorize(call, structHash);
        uint16 index = _memberIndex(a, seat, call.id);
        seat.seq = call.seq;
        _noteComplaint(a, index, call.id, dealer);
        _emitComplained(call, index, dealer, k, proof, _chain(COMPLAINTS, structHash));
    }

    /// @inheritdoc IEpochs
    function ready(NodeCall memory call, bytes32 transcript) external {
        bytes32 structHash = keccak256(
            abi.encode(Labels.READY_TYPEHASH, call.id, call.epoch, call.attempt, transcript, call.seq)
        );
        uint16 index;
        if (call.epoch == _now.epoch) {
            index = _readyActive(call, structHash, transcript);
        } else {
            Attempt memory a = _openAttempt(call);
            (,, uint256 b2c, uint256 b3) = _phases(a);
            _inPhase(b2c + 1, b3);
            if (transcript == 0) revert HashZero();
            Seat storage seat = _authorize(call, structHash);
            index = _memberIndex(a, seat, call.id);
            uint8 flags = seat.tag == a.tag ? seat.flags : 0;
            seat.seq = call.seq;
            seat.tag = a.tag;
            seat.flags = flags | Tally.READY;
            seat.ready = transcript;
        }
        bytes32 sum = _chain(READYS + uint8(call.epoch & 1), structHash);
        emit ReadySet(call.epoch, call.attempt, call.id, index, call.seq, transcript, sum);
    }

    // ---- NodeRegistry, council, Timelock

    /// @inheritdoc IEpochs
    function keysSet(uint32 id, uint8 vendor, bytes32 keysHash) external {
        if (msg.sender != address(registry)) revert NotRegistry(msg.sender);
        _atLeast("vendors", VENDORS - 1, vendor);
        Seat storage seat = _seats[id];
        bool first = seat.keysHash == 0;
        seat.keysHash = keysHash;
        seat.vendor = vendor;
        if (first) return;
        Now memory current = _loadNow();
        if (current.epoch != 0 && _holdsSeat(current, seat, id)) {
            uint256 bit = 1 << (uint256(_index(current.epoch, seat)) - 1);
            _epochs[current.epoch].ready &= ~bit;
            emit Recovering(current.epoch, id);
        }
        Attempt memory a = _loadAttempt();
        if (a.state == ANNOUNCED) {
            seat.enrolTag = 0;
        } else if (a.state == OPEN) {
            seat.flags = seat.tag == a.tag ? seat.flags | Tally.VOID : Tally.VOID;
            seat.tag = a.tag;
            emit Voided(a.epoch, a.attempt, id);
        }
    }

    /// @inheritdoc IEpochs
    function cancelSlash(uint64 epoch) external {
        if (msg.sender != council) revert NotCouncil(msg.sender);
        if (_slashes[epoch].ids.length == 0) revert NothingToSlash(epoch);
        delete _slashes[epoch];
        emit SlashCancelled(epoch);
    }

    /// @inheritdoc IEpochs
    function target(uint16 n) external {
        _onlyTimelock();
        if (!seating.sizeAllowed(n, margin)) revert SizeInvalid(n);
        uint16 old = targetN;
        targetN = n;
        emit TargetSet(old, n);
        _now.demanded = DEMANDED;
        emit Demanded();
    }

    /// @inheritdoc IEpochs
    function setProtocol(uint32 next) external {
        _onlyTimelock();
        uint32 old = protocol;
        protocol = next;
        emit ProtocolSet(old, next);
    }

    /// @inheritdoc IEpochs
    function demand() external {
        _onlyTimelock();
        _now.demanded = DEMANDED;
        emit Demanded();
    }

    /// @inheritdoc IEpochs
    function nameSuccessor(address next) external {
        _onlyTimelock();
        emit SuccessorNamed(next, _successor.name(next, successorSeconds));
    }

    // ---- open: what is written

    function _freezeCommittee(Now memory current, Attempt memory a, ISeating.Plan memory plan) private {
        ISeatRule.Output memory out = plan.out;
        _writeCommittee(a.epoch, a.tag, out);
        a.state = OPEN;
        a.n = out.n;
        a.t = out.t;
        a.flags = out.degraded ? DEGRADED : 0;
        a.start = uint40(block.number);
        _storeAttempt(a);
        uint256 all = Tally.mask(current.epoch == 0 ? out.ids : _ids(current.epoch, current.n));
        _dealers = all;
        _missing = all;
        for (uint256 i = COMMITS; i <= COMPLAINTS; ++i) _accs[i] = plan.root;
        _accs[READYS + uint8(a.epoch & 1)] = plan.root;
        _opening.protocol = protocol;
        _opening.reasons = plan.reasons;
        Epoch storage e = _epochs[a.epoch];
        e.memberRoot = plan.root;
        e.attempt = a.attempt;
        e.n = out.n;
        e.t = out.t;
        e.degraded = out.degraded ? 1 : 0;
        e.openedAt = uint40(block.timestamp);
        e.newSeats = out.newSeats;
        _emitOpened(a, plan);
    }

    function _emitOpened(Attempt memory a, ISeating.Plan memory plan) private {
        emit Opened(
            a.epoch,
            a.attempt,
            a.n,
            a.t,
            plan.out.degraded,
            plan.reasons,
            protocol,
            plan.root,
            _keyList(),
            plan.out.ids,
            plan.out.reserved
        );
    }

    /// Members and reserved seats, eight to a word, and each one's index.
    function _writeCommittee(uint64 epoch, uint32 tag, ISeatRule.Output memory out) private {
        Committee storage committee = _committees[epoch & 1];
        for (uint256 i; i < out.n; ++i) {
            uint32 id = out.ids[i];
            uint32 reserved = out.reserved[i];
            committee.ids[i] = id;
            committee.reserved[i] = reserved;
            if (id != 0) _seats[id].memberTag = tag;
            else id = reserved;
            if (id != 0) _setIndex(_seats[id], epoch, uint16(i + 1));
        }
    }

    /// SPEC 7: count u16, then (index u32, class u8, of 32) ascending. Key 0, the application key, alone.
    function _keyList() private pure returns (bytes memory) {
        return abi.encodePacked(uint16(1), uint32(0), uint8(0), bytes32(0));
    }

    // ---- calls of nodes

    function _strike(uint32[] memory ids) private {
        for (uint256 i; i < ids.length; ++i) registry.strike(ids[i]);
    }

    function _sameAttempt(NodeCall memory call, uint64 epoch, uint32 number) private pure {
        if (call.epoch != epoch || call.attempt != number) {
            revert WrongAttempt(call.epoch, call.attempt, epoch, number);
        }
    }

    function _openAttempt(NodeCall memory call) private view returns (Attempt memory a) {
        a = _loadAttempt();
        if (a.state != OPEN) revert WrongState(a.state, OPEN);
        _sameAttempt(call, a.epoch, a.attempt);
    }

    /// EIP-712 hash of {id, epoch, attempt, body, seq}, for a body of two words.
    function _structHash(NodeCall memory call, bytes32 typeHash, bytes32 first, bytes32 second)
        private
        pure
        returns (bytes32)
    {
        return keccak256(
            abi.encode(typeHash, call.id, call.epoch, call.attempt, first, second, call.seq)
        );
    }

    /// The account signed this, with a sequence number that grows; every caller stores it.
    function _authorize(NodeCall memory call, bytes32 structHash) private view returns (Seat storage seat) {
        seat = _seats[call.id];
        if (call.seq <= seat.seq) revert SeqNotNewer(call.seq, seat.seq);
        (address signer, ECDSA.RecoverError failure,) =
            ECDSA.tryRecover(_hashTypedDataV4(structHash), call.v, call.r, call.s);
        if (
            failure != ECDSA.RecoverError.NoError
                || Ids.keysNode(call.ed25519, call.x25519, signer) != seat.keysHash
        ) revert SignatureInvalid(call.id);
    }

    function _chain(uint8 phase, bytes32 structHash) private returns (bytes32 sum) {
        sum = keccak256(abi.encode(_accs[phase], structHash));
        _accs[phase] = sum;
    }

    function _readyActive(NodeCall memory call, bytes32 structHash, bytes32 transcript)
        private
        returns (uint16 index)
    {
        Now memory current = _loadNow();
        if (current.epoch == 0) revert WrongState(NONE, OPEN);
        _sameAttempt(call, current.epoch, current.attempt);
        Epoch storage e = _epochs[current.epoch];
        if (transcript != e.transcript) revert TranscriptMismatch(transcript, e.transcript);
        Seat storage seat = _authorize(call, structHash);
        if (!_holdsSeat(current, seat, call.id)) revert NotMember(call.id);
        seat.seq = call.seq;
        index = _index(current.epoch, seat);
        e.ready |= 1 << (uint256(index) - 1);
    }

    function _notVoid(Seat storage seat, uint32 tag, uint32 id) private view {
        if (seat.tag == tag && seat.flags & Tally.VOID != 0) revert MemberVoid(id);
    }

    function _memberIndex(Attempt memory a, Seat storage seat, uint32 id) private view returns (uint16 index) {
        _notVoid(seat, a.tag, id);
        if (seat.memberTag != a.tag) revert NotMember(id);
        index = _index(a.epoch, seat);
    }

    /// At genesis there is no older epoch: the members deal.
    function _dealerIndex(Attempt memory a, Seat storage seat, uint32 id) private view returns (uint16 index) {
        if (a.epoch == 1) return _memberIndex(a, seat, id);
        _notVoid(seat, a.tag, id);
        uint64 dealing = a.epoch - 1;
        index = _index(dealing, seat);
        if (index == 0 || _committees[dealing & 1].ids[index - 1] != id) revert NotDealer(id);
    }

    function _noteComplaint(Attempt memory a, uint16 index, uint32 id, uint16 dealer) private {
        uint256 bit = dealer == 0 || dealer > 256 ? 0 : 1 << (uint256(dealer) - 1);
        uint256 before = _complaints[a.tag][index];
        if (_commits(a) & bit == 0 || before & bit != 0) revert ComplaintInvalid(id, dealer);
        _complaints[a.tag][index] = before | bit;
        if (a.flags & COMPLAINED == 0) _attempt.flags = a.flags | COMPLAINED;
    }

    function _emitComplained(
        NodeCall memory call,
        uint16 index,
        uint16 dealer,
        bytes32 k,
        bytes calldata proof,
        bytes32 sum
    ) private {
        emit Complained(call.epoch, call.attempt, call.id, index, call.seq, dealer, k, proof, sum);
    }

    /// Notes a commit; true if it was the last one missing.
    function _noteCommit(uint16 index, uint32 id) private returns (bool) {
        uint256 bit = 1 << (uint256(index) - 1);
        uint256 left = _missing;
        if (left & bit == 0) revert CommittedBefore(id);
        left &= ~bit;
        _missing = left;
        return left == 0;
    }

    /// Bitmap of the dealers that committed. Two words are not read where they need not be: genesis has no
    /// empty seat, so its dealers are known; and once B1 is set, nobody is missing.
    function _commits(Attempt memory a) private view returns (uint256 all) {
        all = a.epoch == 1 ? type(uint256).max >> (256 - uint256(a.n)) : _dealers;
        if (a.b1 == 0) all &= ~_missing;
    }

    // ---- enrolment

    /// Whoever holds no seat goes into its vendor's list.
    function _noteEnrolment(uint32 tag, Seat storage seat, uint32 id, uint32 hint) private {
        Now memory current = _loadNow();
        INodeRegistry.Candidate memory node = _candidate(id);
        bool incumbent = _holdsSeat(current, seat, id);
        bool fit = node.live || (node.frozen && incumbent);
        // a first probation binds candidates alone: whoever has a seat was seated past it, or at genesis
        bool waits = current.epoch != 0 && !incumbent && block.timestamp < node.eligibleAt;
        if (!fit || waits) revert NotEligible(id);
        seat.enrolTag = tag;
        if (!incumbent && seat.listTag != tag) _insert(id, seat, node, tag, hint);
    }

    function _emitEnrolled(
        NodeCall memory call,
        bytes32 ek,
        bytes calldata pop,
        bytes32 keysHash,
        bytes32 sum
    ) private {
        bytes memory signature = abi.encodePacked(call.r, call.s, call.v);
        emit Enrolled(call.epoch, call.attempt, call.id, call.seq, ek, pop, keysHash, signature, sum);
    }

    /// Puts a candidate behind `hint` (0 = at the front), walking on while others stand before it.
    function _insert(
        uint32 id,
        Seat storage seat,
        INodeRegistry.Candidate memory node,
        uint32 tag,
        uint32 hint
    ) private {
        uint256 rank = Tally.rank(node.bond, id);
        Head storage head = _heads[node.vendor];
        uint32 next;
        if (hint == 0) {
            next = head.tag == tag ? head.id : 0;
        } else {
            Seat storage before = _seats[hint];
            bool standsThere = before.listTag == tag && before.vendor == node.vendor;
            if (!standsThere || Tally.rank(before.bond, hint) < rank) revert HintInvalid(hint);
            next = before.next;
        }
        for (uint256 i; next != 0 && Tally.rank(_seats[next].bond, next) > rank; ++i) {
            if (i == HINT_STEPS) revert HintInvalid(hint);
            hint = next;
            next = _seats[next].next;
        }
        seat.next = next;
        seat.bond = node.bond;
        seat.listTag = tag;
        if (hint == 0) {
            head.id = id;
            head.tag = tag;
        } else {
            _seats[hint].next = id;
        }
    }

    function _candidate(uint32 id) private view returns (INodeRegistry.Candidate memory) {
        uint32[] memory ids = new uint32[](1);
        ids[0] = id;
        return registry.candidates(ids)[0];
    }
}
