// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  IEpochs - who holds the key now, and who will next
/// @notice Callers: announce, open, activate, fail, slash - anybody; enrol, commit, vote, complain, ready
///         - a node's account by EIP-712 signature (a NodeCall), sent and paid by anybody;
///         target, setProtocol, demand, nameSuccessor - Timelock; cancelSlash - guardian council;
///         keysSet - NodeRegistry. No call moves money.
///
///         Life of a change to epoch e+1, in blocks (all bounds inclusive):
///         announce at A: enrol in A..A+W; open in A+W+1..A+W+P (else it lapsed) · open at O: commit in
///         O+1..O+P, or until the block in which the last dealer commits (B1) · vote in B1+1..B2 = B1+P ·
///         complain in B1+1..B2c = B2+P · ready in B2c+1..B3 = B2c+R · activate at n equal hashes, or at a
///         equal ones after B2c · fail after B3. W, P, R: windowBlocks, phaseBlocks, readyBlocks.
///         Indices count from 1; bit i-1 of a bitmap is index i. Dealers have the indices of the old
///         committee (at genesis of the new one), everybody else those of the new.
///
///         Words, read by nodes (abi/layout.json), low bit first:
///         _now: the active epoch, all zero before the first
///         | 0..63    | epoch       | 1, 2, ...                                               |
///         | 64..95   | attempt     | the one that became active                              |
///         | 96..111  | n           |                                                         |
///         | 112..127 | t           | T                                                       |
///         | 128..135 | degraded    |                                                         |
///         | 136..143 | demanded    | governance wants a change                               |
///         | 144..183 | activatedAt | Unix seconds                                            |
///         | 184..199 | fullN       | n of the last committee that was not DEGRADED           |
///         _attempt: the change under way
///         | 0..63    | epoch       | now.epoch + 1                                           |
///         | 64..95   | attempt     | counts from 1 in each epoch                             |
///         | 96..127  | tag         | counts all attempts; marks what belongs to this one     |
///         | 128..135 | state       | 0 none, 1 announced, 2 open                             |
///         | 136..151 | n           |                                                         |
///         | 152..167 | t           |                                                         |
///         | 168..175 | flags       | 1 complaint recorded, 2 DEGRADED                        |
///         | 176..215 | start       | block A while announced, O once open                    |
///         | 216..255 | b1          | B1 once all dealers committed before O+P; else 0        |
///         _opening: protocol u32 | reasons u8 | announcedAt u40
///         _dealers, _missing: bitmap of all dealers, and of those who have not committed
///         _accs[phase]: running hash of 0 enrolments, 1 commits, 2 votes, 3 complaints, 4 READYs of even
///         epochs, 5 READYs of odd epochs:
///             acc <- keccak256(abi.encode(acc, structHash)), structHash = EIP-712 hash of the call's struct;
///             it starts at keccak256(abi.encode(epoch, attempt)) with announce (0), at the member root
///             with open (1-5), at the transcript with ACTIVE (6; READYs go on after ACTIVE)
///         _committees[epoch % 2].ids: uint32 x 256, 8 to a word, index 1 first, 0 = empty seat;
///         .reserved: likewise, whose an empty seat is. They hold the active epoch's and the attempt's.
///         _epochs[epoch]: 0 memberRoot · 1 transcript · 2 yHash of key 0 · 3 ready bitmap (clear =
///         `recovering`) · 4 attempt u32 | n u16 | t u16 | degraded u8 | openedAt u40 | activatedAt u40 |
///         newSeats u16
///         _pks[index]: PK of a key; 0 = not yet
///         _seats[id]: 0 seq u64 | tag u32 | flags u8 | indexEven u16 | indexOdd u16 | enrolTag u32 |
///         memberTag u32 | vendor u8 | benched u32 · 1 keysHash · 2 vote · 3 ready · 4 ekDigest ·
///         5 next u32 | bond u96 | listTag u32
///         leaf of an empty seat: (tag, index, 0, 0, 0, []); of another one as SPEC 7, with keysHash and
///         ekDigest of its enrolment and INodeRegistry.domainsOf(id)
///
/// @custom:invariant EP1 n and T never fall but to a target that the Timelock lowered, or in DEGRADED
/// @custom:invariant EP2 every domain keeps its cap at open; DEGRADED keeps |D| <= T'-1
/// @custom:invariant EP3 at most one attempt is under way; epoch and attempt only grow
/// @custom:invariant EP4 what was opened is never changed: members, n, T, EKs, root of an attempt
/// @custom:invariant EP5 the PK of a key is written once
/// @custom:invariant EP6 ACTIVE takes n equal hashes, or a equal ones after B2c; after a complaint only READYs
/// @custom:invariant EP7 fail is impossible while a hash has a
/// @custom:invariant EP8 a node's seq only grows; no call of another epoch or attempt counts
/// @custom:invariant EP9 at most min(T, T')-1 new seats per regular epoch length, genesis excepted
/// @custom:invariant EP10 without a candidate the seat of an incumbent, unless it is gone, stays its own
/// @custom:source    SPEC 6, 7; crypto.md 1
interface IEpochs {
    /// A node's call: whose, for which change, and the signature. The two other keys are given because
    /// the chain holds the hash of all three; the account is recovered. Low s, v 27 or 28.
    struct NodeCall {
        uint32 id;
        uint64 epoch;
        uint32 attempt;
        uint64 seq;
        bytes32 ed25519;
        bytes32 x25519;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    /// Periods in blocks, or in seconds where the name says so.
    struct Parameters {
        address registry;
        address seating;
        address counting;
        address council;
        address timelock;
        address predecessor;
        uint16 targetN;
        uint8 margin;
        uint16 slashParts;
        uint32 protocol;
        uint40 windowBlocks;
        uint40 phaseBlocks;
        uint40 readyBlocks;
        uint40 finalityBlocks;
        uint40 deliveryBlocks;
        uint40 epochSeconds;
        uint40 cooldownSeconds;
        uint40 absenceSeconds;
        uint40 slashDelaySeconds;
        uint40 sealWaitSeconds;
        uint40 joinWaitSeconds;
        uint40 successorSeconds;
    }

    struct Now {
        uint64 epoch;
        uint32 attempt;
        uint16 n;
        uint16 t;
        uint8 degraded;
        uint8 demanded;
        uint40 activatedAt;
        uint16 fullN;
    }

    struct Attempt {
        uint64 epoch;
        uint32 attempt;
        uint32 tag;
        uint8 state;
        uint16 n;
        uint16 t;
        uint8 flags;
        uint40 start;
        uint40 b1;
    }

    struct Opening {
        uint32 protocol;
        uint8 reasons;
        uint40 announcedAt;
    }

    struct Epoch {
        bytes32 memberRoot;
        bytes32 transcript;
        bytes32 yHash;
        uint256 ready;
        uint32 attempt;
        uint16 n;
        uint16 t;
        uint8 degraded;
        uint40 openedAt;
        uint40 activatedAt;
        uint16 newSeats;
    }

    /// What a node said in the attempt with that tag. flags: 1 voted, 2 the vote is a transcript, 4 READY,
    /// 8 void (re-attested). vote: its transcript, or its bitmap.
    struct Ballot {
        uint32 tag;
        uint8 flags;
        bytes32 vote;
        bytes32 ready;
    }

    /// What a node enrolled. enrolTag: the attempt it did so for; benched: the epoch (its low 32 bits) in
    /// a failed attempt at which it was struck.
    struct Enrolment {
        uint32 enrolTag;
        uint32 benched;
        uint8 vendor;
        bytes32 keysHash;
        bytes32 ekDigest;
    }

    /// @notice the caller has no right to this call
    error NotTimelock(address caller);
    error NotRegistry(address caller);
    error NotCouncil(address caller);
    /// @notice an attempt is under way; it lapses or can fail after that block
    error AttemptUnderWay(uint8 state, uint256 until);
    /// @notice the cool-down after an ACTIVE ends then
    error CoolingDown(uint256 until);
    /// @notice the call is for another epoch or attempt
    error WrongAttempt(uint64 epoch, uint32 attempt, uint64 neededEpoch, uint32 neededAttempt);
    /// @notice nothing is announced, or nothing open
    error WrongState(uint8 found, uint8 needed);
    /// @notice the call belongs to blocks first..last
    error OutsidePhase(uint256 blockNumber, uint256 first, uint256 last);
    /// @notice the signature is not of the account in the node's keysHash
    error SignatureInvalid(uint32 id);
    /// @notice the sequence number does not grow
    error SeqNotNewer(uint64 found, uint64 last);
    /// @notice the node has no seat there
    error NotMember(uint32 id);
    error NotDealer(uint32 id);
    /// @notice the node re-attested after this attempt was opened
    error MemberVoid(uint32 id);
    /// @notice not live, or on probation
    error NotEligible(uint32 id);
    /// @notice the hint is not a node after which this one stands in its vendor's list
    error HintInvalid(uint32 hint);
    /// @notice a PoP or proof has 64 bytes
    error LengthInvalid(uint256 found, uint256 needed);
    error CommittedBefore(uint32 id);
    error HashZero();
    /// @notice a bit for no dealer, for a dealer without commit, or (with a transcript) not for all of them
    error BitmapInvalid(uint256 bitmap, uint256 commits);
    /// @notice this member complained about this dealer before, or that dealer has no commit
    error ComplaintInvalid(uint32 id, uint16 dealer);
    /// @notice not the transcript of the active epoch
    error TranscriptMismatch(bytes32 found, bytes32 needed);
    /// @notice nothing to slash in that epoch, or not before that time
    error NothingToSlash(uint64 epoch);
    error SlashDelayed(uint64 epoch, uint256 from);
    /// @notice a size that equal vendors cannot fill, or below the smallest, or above 256
    error SizeInvalid(uint256 n);
    /// @notice constructor: a parameter is out of its range
    error ParameterOutOfRange(bytes32 name, uint256 found, uint256 least);
    error SuccessorInvalid(address next);

    event Announced(uint64 indexed epoch, uint32 indexed attempt, uint256 enrolUntil, uint256 openUntil);
    /// acc: the running hash after this call, here and below
    event Enrolled(
        uint64 indexed epoch,
        uint32 indexed attempt,
        uint32 indexed id,
        uint64 seq,
        bytes32 ek,
        bytes pop,
        bytes32 keysHash,
        bytes signature,
        bytes32 acc
    );
    /// reasons: bits 1 genesis, 2 due, 4 too few live with READY, 8 revoked or frozen, 16 leaves DEGRADED,
    /// 32 governance. keyList: SPEC 7's encoding. ids and reserved by index - 1.
    event Opened(
        uint64 indexed epoch,
        uint32 indexed attempt,
        uint16 n,
        uint16 t,
        bool degraded,
        uint8 reasons,
        uint32 protocol,
        bytes32 memberRoot,
        bytes keyList,
        uint32[] ids,
        uint32[] reserved
    );
    event Committed(
        uint64 indexed epoch,
        uint32 indexed attempt,
        uint32 indexed id,
        uint16 index,
        uint64 seq,
        bytes32 blobHash,
        uint32 length,
        bytes32 acc
    );
    /// the last dealer committed: B1 is this block
    event CommitsComplete(uint64 indexed epoch, uint32 indexed attempt, uint256 b1);
    event Voted(
        uint64 indexed epoch,
        uint32 indexed attempt,
        uint32 indexed id,
        uint16 index,
        uint64 seq,
        uint256 bitmap,
        bytes32 transcript,
        bytes32 acc
    );
    event Complained(
        uint64 indexed epoch,
        uint32 indexed attempt,
        uint32 indexed id,
        uint16 index,
        uint64 seq,
        uint16 dealer,
        bytes32 k,
        bytes proof,
        bytes32 acc
    );
    event ReadySet(
        uint64 indexed epoch,
        uint32 indexed attempt,
        uint32 indexed id,
        uint16 index,
        uint64 seq,
        bytes32 transcript,
        bytes32 acc
    );
    event Voided(uint64 indexed epoch, uint32 indexed attempt, uint32 indexed id);
    event Activated(
        uint64 indexed epoch,
        uint32 indexed attempt,
        bytes32 transcript,
        uint256 ready,
        bytes preimage
    );
    event Failed(uint64 indexed epoch, uint32 indexed attempt, bytes32 hash, uint32[] struck);
    event Recovering(uint64 indexed epoch, uint32 indexed id);
    event SlashPending(uint64 indexed epoch, uint40 from, uint32[] ids);
    event SlashCancelled(uint64 indexed epoch);
    event Slashed(uint64 indexed epoch, uint32[] ids);
    event TargetSet(uint16 oldN, uint16 newN);
    event ProtocolSet(uint32 oldProtocol, uint32 newProtocol);
    event Demanded();
    event SuccessorNamed(address indexed successor, uint40 from);

    // ---- anybody

    /// @notice Starts the enrolment window of the next attempt. Refused while one is under way, and in the
    ///         cool-down after an ACTIVE. It does not ask whether a change is due: open does.
    function announce() external;
    /// @notice Ends the window and freezes the committee, if a change is due and one fits the rules
    ///         (ISeating.plan, ISeatRule). Takes nothing from its caller.
    function open() external;
    /// @notice Makes the attempt the active epoch. preimage: crypto/ids.h, id_dkg_preimage;
    ///         rules: ICounting.outcome. sid, QUAL and blame are believed as a members state them.
    function activate(bytes calldata preimage) external;
    /// @notice Ends an attempt that did not become active.
    function fail() external;
    /// @notice Burns what the transcript of that epoch blames for, after the delay, once.
    function slash(uint64 epoch) external;

    // ---- nodes

    /// @notice Type ENROL. A candidate stands in its vendor's list by (bond descending, id); hint: the
    ///         node before it there (0 = none), not signed. A later call replaces EK.
    ///         A frozen member may enrol, so that a freeze does not make its vendor absent; it gets no seat.
    function enrol(NodeCall memory call, bytes32 ek, bytes calldata pop, uint32 hint) external;
    /// @notice Type COMMIT. Dealers, once: SHA-256 of the blob and its length.
    function commit(NodeCall memory call, bytes32 blobHash, uint32 length) external;
    /// @notice Type VOTE. Members; replaceable. transcript 0 = none.
    function vote(NodeCall memory call, uint256 bitmap, bytes32 transcript) external;
    /// @notice Type COMPLAIN. Members, one per dealer. Judged by the nodes, not here.
    function complain(NodeCall memory call, uint16 dealer, bytes32 k, bytes calldata proof) external;
    /// @notice Type READY. Members of the attempt after B2c, replaceable; members of the active epoch at any
    ///         time, for its transcript alone: that clears `recovering`.
    function ready(NodeCall memory call, bytes32 transcript) external;

    // ---- NodeRegistry, council, Timelock

    /// @notice A node joined or changed its keys. In an open attempt that voids its hash; it loses READY.
    function keysSet(uint32 id, uint8 vendor, bytes32 keysHash) external;
    function cancelSlash(uint64 epoch) external;
    function target(uint16 n) external;
    function setProtocol(uint32 protocol) external;
    /// @notice Makes the next change due at once.
    function demand() external;
    function nameSuccessor(address next) external;

    // ---- views

    function now_() external view returns (Now memory);
    function attempt() external view returns (Attempt memory);
    function opening() external view returns (Opening memory);
    function epochOf(uint64 epoch) external view returns (Epoch memory);
    function enrolmentsOf(uint32[] calldata ids) external view returns (Enrolment[] memory);
    function ballotsOf(uint32[] calldata ids) external view returns (Ballot[] memory);
    /// @notice Last sequence number of a node's calls, and its index in the active epoch and the attempt.
    function seqOf(uint32 id) external view returns (uint64 seq, uint16 indexEven, uint16 indexOdd);
    /// @notice Members of the active epoch or the open attempt; reserved: whose the empty seats are.
    function members(uint64 epoch) external view returns (uint32[] memory ids, uint32[] memory reserved);
    function acc(uint8 phase) external view returns (bytes32);
    /// @notice Bitmaps of all dealers of the attempt, and of those who have not committed.
    function dealers() external view returns (uint256 all, uint256 missing);
    /// @notice B1, B2, B2c, B3 of the open attempt, as they stand.
    function phases() external view returns (uint256 b1, uint256 b2, uint256 b2c, uint256 b3);
    /// @notice Last epoch in which the node holds, or may come to hold, a share; 0 = none.
    function lastEpochOf(uint32 id) external view returns (uint64);
    /// @notice A node that a transcript blames keeps its bond in place until then; 0 = nobody blamed it.
    function lockedUntil(uint32 id) external view returns (uint40);
    function pkOf(uint32 key) external view returns (bytes32);
    function targetN() external view returns (uint16);
    function protocol() external view returns (uint32);
    function networkId() external view returns (bytes32);
    function slashOf(uint64 epoch) external view returns (uint40 from, uint32[] memory ids);
    /// @notice The first candidates in a vendor's list of the attempt, best first, and the bonds with which
    ///         they stand there; at most `most`.
    function waiting(uint8 vendor, uint256 most)
        external
        view
        returns (uint32[] memory ids, uint96[] memory bonds);
    /// @notice 40 bits for each vendor: announcement of the first window in a row that it missed; 0 = none.
    function absentSince() external view returns (uint256);
    function margin() external view returns (uint8);
    function epochSeconds() external view returns (uint40);
    function absenceSeconds() external view returns (uint40);
    function sealWaitSeconds() external view returns (uint40);
    function joinWaitSeconds() external view returns (uint40);
    function slashDelaySeconds() external view returns (uint40);
    function successor() external view returns (address next, uint40 from);
}
