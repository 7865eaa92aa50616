// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Labels} from "../base/Labels.sol";
import {Succession} from "../base/Succession.sol";
import {ICounting} from "../interfaces/ICounting.sol";
import {IEpochs} from "../interfaces/IEpochs.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {ISeating} from "../interfaces/ISeating.sol";

/// @title  EpochWords - the words of Epochs, what they are set to at birth, and who reads them
/// @notice First half of Epochs (a file has at most 600 lines); nothing here writes after construction.
///         The words are drawn in IEpochs.
/// @custom:storage   OpenZeppelin's EIP712 keeps two words below _now (abi/layout.json)
abstract contract EpochWords is IEpochs, EIP712 {
    using Succession for Succession.Pointer;

    struct Committee {
        uint32[256] ids;
        uint32[256] reserved;
    }

    /// See IEpochs, _seats.
    struct Seat {
        uint64 seq;
        uint32 tag;
        uint8 flags;
        uint16 indexEven;
        uint16 indexOdd;
        uint32 enrolTag;
        uint32 memberTag;
        uint8 vendor;
        uint32 benched;
        bytes32 keysHash;
        bytes32 vote;
        bytes32 ready;
        bytes32 ekDigest;
        uint32 next;
        uint96 bond;
        uint32 listTag;
    }

    struct Head {
        uint32 id;
        uint32 tag;
    }

    struct Slash {
        uint40 from;
        uint32[] ids;
    }

    uint8 internal constant NONE = 0;
    uint8 internal constant ANNOUNCED = 1;
    uint8 internal constant OPEN = 2;

    uint8 internal constant DEMANDED = 1; // Now.demanded: asked for, or under way
    uint8 internal constant SERVED = 2;

    uint8 internal constant COMPLAINED = 1; // Attempt.flags
    uint8 internal constant DEGRADED = 2;

    uint8 internal constant ENROLMENTS = 0; // _accs
    uint8 internal constant COMMITS = 1;
    uint8 internal constant VOTES = 2;
    uint8 internal constant COMPLAINTS = 3;
    uint8 internal constant READYS = 4;

    uint256 internal constant VENDORS = 6; // vendor numbers are below
    uint256 internal constant HINT_STEPS = 64; // that an outdated hint may cost
    uint256 internal constant PROOF_BYTES = 64;
    uint256 internal constant DEVELOPMENT = 31_337;

    INodeRegistry public immutable registry;
    ISeating public immutable seating;
    ICounting public immutable counting;
    address public immutable council;
    address public immutable timelock;
    bytes32 public immutable networkId;
    uint8 public immutable margin;
    uint16 public immutable slashParts;
    uint40 public immutable windowBlocks;
    uint40 public immutable phaseBlocks;
    uint40 public immutable readyBlocks;
    uint40 public immutable epochSeconds;
    uint40 public immutable cooldownSeconds;
    uint40 public immutable absenceSeconds;
    uint40 public immutable slashDelaySeconds;
    uint40 public immutable sealWaitSeconds;
    uint40 public immutable joinWaitSeconds;
    uint40 public immutable successorSeconds;

    Now internal _now;
    Attempt internal _attempt;
    Opening internal _opening;
    uint256 internal _dealers;
    uint256 internal _missing;
    bytes32[6] internal _accs;
    Committee[2] internal _committees;
    mapping(uint64 epoch => Epoch) internal _epochs;
    mapping(uint32 key => bytes32 pk) internal _pks;
    mapping(uint32 id => Seat) internal _seats;
    mapping(uint8 vendor => Head) internal _heads;
    mapping(uint32 tag => mapping(uint16 index => uint256 dealers)) internal _complaints;
    mapping(uint64 epoch => Slash) internal _slashes;
    uint256 public absentSince;
    uint16 public targetN;
    uint32 public protocol;
    Succession.Pointer internal _successor;
    mapping(uint32 id => uint40) public lockedUntil;

    constructor(Parameters memory p) EIP712(Labels.DOMAIN_NAME, Labels.DOMAIN_VERSION) {
        Succession.requireNamed(p.predecessor);
        registry = INodeRegistry(p.registry);
        seating = ISeating(p.seating);
        counting = ICounting(p.counting);
        council = p.council;
        timelock = p.timelock;
        networkId = p.predecessor == address(0)
            ? keccak256(abi.encode(Labels.NETWORK, block.chainid, address(this)))
            : IEpochs(p.predecessor).networkId();
        _atLeast("phaseBlocks", p.phaseBlocks, 2 * uint256(p.finalityBlocks) + p.deliveryBlocks);
        _atLeast("readyBlocks", p.readyBlocks, 3 * uint256(p.finalityBlocks) + 2 * uint256(p.deliveryBlocks));
        _atLeast("windowBlocks", p.windowBlocks, p.phaseBlocks);
        _atLeast("deliveryBlocks", p.deliveryBlocks, 1);
        _atLeast("epochSeconds", p.epochSeconds, uint256(p.cooldownSeconds) + 1);
        if (p.slashParts > 10_000) revert ParameterOutOfRange("slashParts", p.slashParts, 10_000);
        if (block.chainid != DEVELOPMENT) {
            _atLeast("margin", p.margin, 1);
            _atLeast("finalityBlocks", p.finalityBlocks, 1);
            _atLeast("absenceSeconds", p.absenceSeconds, 24 hours);
            _atLeast("sealWaitSeconds", p.sealWaitSeconds, 7 days);
            _atLeast("joinWaitSeconds", p.joinWaitSeconds, 3 days);
            _atLeast("successorSeconds", p.successorSeconds, 14 days);
            _atLeast("probationSeconds", registry.probationSeconds(), 2 * uint256(p.epochSeconds));
        }
        margin = p.margin;
        slashParts = p.slashParts;
        windowBlocks = p.windowBlocks;
        phaseBlocks = p.phaseBlocks;
        readyBlocks = p.readyBlocks;
        epochSeconds = p.epochSeconds;
        cooldownSeconds = p.cooldownSeconds;
        absenceSeconds = p.absenceSeconds;
        slashDelaySeconds = p.slashDelaySeconds;
        sealWaitSeconds = p.sealWaitSeconds;
        joinWaitSeconds = p.joinWaitSeconds;
        successorSeconds = p.successorSeconds;
        protocol = p.protocol;
        if (!seating.sizeAllowed(p.targetN, p.margin)) revert SizeInvalid(p.targetN);
        targetN = p.targetN;
    }

    // ---- views

    /// @inheritdoc IEpochs
    function now_() external view returns (Now memory) {
        return _loadNow();
    }

    /// @inheritdoc IEpochs
    function attempt() external view returns (Attempt memory) {
        return _loadAttempt();
    }

    /// @inheritdoc IEpochs
    function opening() external view returns (Opening memory) {
        return _opening;
    }

    /// @inheritdoc IEpochs
    function epochOf(uint64 epoch) external view returns (Epoch memory) {
        return _epochs[epoch];
    }

    /// @inheritdoc IEpochs
    function enrolmentsOf(uint32[] calldata ids) external view returns (Enrolment[] memory list) {
        list = new Enrolment[](ids.length);
        for (uint256 i; i < ids.length; ++i) {
            Seat storage seat = _seats[ids[i]];
            list[i] = Enrolment(seat.enrolTag, seat.benched, seat.vendor, seat.keysHash, seat.ekDigest);
        }
    }

    /// @inheritdoc IEpochs
    function ballotsOf(uint32[] calldata ids) external view returns (Ballot[] memory list) {
        list = new Ballot[](ids.length);
        for (uint256 i; i < ids.length; ++i) {
            Seat storage seat = _seats[ids[i]];
            list[i] = Ballot(seat.tag, seat.flags, seat.vote, seat.ready);
        }
    }

    /// @inheritdoc IEpochs
    function seqOf(uint32 id) external view returns (uint64 seq, uint16 indexEven, uint16 indexOdd) {
        return (_seats[id].seq, _seats[id].indexEven, _seats[id].indexOdd);
    }

    /// @inheritdoc IEpochs
    function members(uint64 epoch) external view returns (uint32[] memory ids, uint32[] memory reserved) {
        uint16 n;
        if (epoch == _now.epoch) n = _now.n;
        else if (epoch == _attempt.epoch && _attempt.state == OPEN) n = _attempt.n;
        ids = _ids(epoch, n);
        reserved = new uint32[](n);
        for (uint256 i; i < n; ++i) reserved[i] = _committees[epoch & 1].reserved[i];
    }

    /// @inheritdoc IEpochs
    function acc(uint8 phase) external view returns (bytes32) {
        return _accs[phase];
    }

    /// @inheritdoc IEpochs
    function dealers() external view returns (uint256 all, uint256 missing) {
        return (_dealers, _missing);
    }

    /// @inheritdoc IEpochs
    function phases() external view returns (uint256 b1, uint256 b2, uint256 b2c, uint256 b3) {
        return _phases(_loadAttempt());
    }

    /// @inheritdoc IEpochs
    function lastEpochOf(uint32 id) external view returns (uint64) {
        Seat storage seat = _seats[id];
        Attempt memory a = _loadAttempt();
        if (a.state == OPEN && _sits(a.epoch, a.n, seat, id)) return a.epoch;
        Now memory current = _loadNow();
        return current.epoch != 0 && _holdsSeat(current, seat, id) ? current.epoch : 0;
    }

    /// @inheritdoc IEpochs
    function pkOf(uint32 key) external view returns (bytes32) {
        return _pks[key];
    }

    /// @inheritdoc IEpochs
    function slashOf(uint64 epoch) external view returns (uint40 from, uint32[] memory ids) {
        return (_slashes[epoch].from, _slashes[epoch].ids);
    }

    /// @inheritdoc IEpochs
    function waiting(uint8 vendor, uint256 most)
        external
        view
        returns (uint32[] memory ids, uint96[] memory bonds)
    {
        Head memory head = _heads[vendor];
        ids = new uint32[](most);
        bonds = new uint96[](most);
        uint256 count;
        for (uint32 id = head.tag == _attempt.tag ? head.id : 0; id != 0 && count < most; ++count) {
            Seat storage seat = _seats[id];
            ids[count] = id;
            bonds[count] = seat.bond;
            id = seat.next;
        }
        assembly ("memory-safe") {
            mstore(ids, count) // shortens the arrays to what was filled
            mstore(bonds, count)
        }
    }

    /// @inheritdoc IEpochs
    function successor() external view returns (address next, uint40 from) {
        return (_successor.next, _successor.from);
    }

    // ---- seats

    function _index(uint64 epoch, Seat storage seat) internal view returns (uint16) {
        return epoch & 1 == 0 ? seat.indexEven : seat.indexOdd;
    }

    function _setIndex(Seat storage seat, uint64 epoch, uint16 index) internal {
        if (epoch & 1 == 0) seat.indexEven = index;
        else seat.indexOdd = index;
    }

    /// Seated in the active epoch, or the one an empty seat is reserved for.
    function _holdsSeat(Now memory current, Seat storage seat, uint32 id) internal view returns (bool) {
        return current.epoch != 0 && _sits(current.epoch, current.n, seat, id);
    }

    function _sits(uint64 epoch, uint16 n, Seat storage seat, uint32 id) internal view returns (bool) {
        uint16 index = _index(epoch, seat);
        if (index == 0 || index > n) return false;
        Committee storage committee = _committees[epoch & 1];
        return committee.ids[index - 1] == id || committee.reserved[index - 1] == id;
    }

    function _ids(uint64 epoch, uint16 n) internal view returns (uint32[] memory ids) {
        ids = new uint32[](n);
        for (uint256 i; i < n; ++i) ids[i] = _committees[epoch & 1].ids[i];
    }

    // ---- words, phases, parameters

    function _loadNow() internal view returns (Now memory) {
        return _now;
    }

    function _loadAttempt() internal view returns (Attempt memory) {
        return _attempt;
    }

    function _storeAttempt(Attempt memory a) internal {
        _attempt = a;
    }

    function _inPhase(uint256 first, uint256 last) internal view {
        if (block.number < first || block.number > last) revert OutsidePhase(block.number, first, last);
    }

    function _phases(Attempt memory a)
        internal
        view
        returns (uint256 b1, uint256 b2, uint256 b2c, uint256 b3)
    {
        // sums of a few numbers of 40 bits
        unchecked {
            b1 = a.b1 != 0 ? a.b1 : uint256(a.start) + phaseBlocks;
            b2 = b1 + phaseBlocks;
            b2c = b2 + phaseBlocks;
            b3 = b2c + readyBlocks;
        }
    }

    function _onlyTimelock() internal view {
        if (msg.sender != timelock) revert NotTimelock(msg.sender);
    }

    function _atLeast(bytes32 name, uint256 found, uint256 least) internal pure {
        if (found < least) revert ParameterOutOfRange(name, found, least);
    }
}
