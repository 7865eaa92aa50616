// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Votes} from "@openzeppelin/contracts/governance/utils/Votes.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Ids} from "../base/Ids.sol";
import {Labels} from "../base/Labels.sol";
import {Objects} from "../base/Objects.sol";
import {Succession} from "../base/Succession.sol";
import {Claims, Kind} from "../base/Types.sol";
import {IAttestations} from "../interfaces/IAttestations.sol";
import {IEpochs} from "../interfaces/IEpochs.sol";
import {IGuardianCouncil} from "../interfaces/IGuardianCouncil.sol";
import {IMeasurements} from "../interfaces/IMeasurements.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {IRevocable} from "../interfaces/IRevocable.sol";
import {ITcbPolicy} from "../interfaces/ITcbPolicy.sol";

/// @title  NodeRegistry - which nodes there are, what they have at stake, and who answers for them
/// @notice Manual, words and invariants: INodeRegistry.
/// @custom:assumes   Attestations, Measurements, TcbPolicy, council and Epochs are those of the
///                   deployment; the chain's native coin is the bond
/// @custom:storage   OpenZeppelin's EIP712, Nonces and Votes lie below _nodes (abi/layout.json)
contract NodeRegistry is INodeRegistry, Votes {
    using Succession for Succession.Pointer;

    struct Platform {
        uint32 id;
        bool released;
        uint64 lastEpoch;
    }

    uint8 private constant IN = 1;
    uint8 private constant LEFT = 2;
    uint8 private constant WITHDRAWN = 3;
    uint8 private constant GOOD = 1; // IAttestations.Record.standing
    uint256 private constant ENDPOINT_BYTES = 128;
    uint256 private constant PARTS = 10_000;
    uint256 private constant DEVELOPMENT = 31_337;
    bytes32 private constant VENDOR = "vendor";

    IAttestations public immutable attestations;
    IMeasurements public immutable measurements;
    ITcbPolicy public immutable tcbPolicy;
    IGuardianCouncil public immutable council;
    IEpochs public immutable epochs;
    address public immutable timelock;
    address public immutable ratifier;
    uint96 public immutable minBond;
    uint40 public immutable probationSeconds;
    uint40 public immutable bondLockSeconds;
    uint40 public immutable expireSeconds;
    uint40 public immutable successorSeconds;
    uint16 public immutable strikeParts;
    uint8 public immutable strikeLimit;
    bool private immutable _vendorIsKind;
    uint256 private immutable _declared;

    mapping(uint32 id => Node node) internal _nodes;
    mapping(bytes32 platform => Platform holder) internal _platforms;
    mapping(uint32 number => bytes32 value) internal _domains;
    mapping(uint256 kind => mapping(bytes32 value => uint32 number)) internal _domainNumbers;
    mapping(address owner => uint256 units) internal _units;
    bytes32[] internal _kinds;
    uint32 public nodeCount;
    uint32 public domainCount;
    Succession.Pointer internal _successor;

    constructor(Parameters memory p) EIP712(Labels.DOMAIN_NAME, Labels.DOMAIN_VERSION) {
        Succession.requireNamed(p.predecessor);
        uint256 count = p.kinds.length;
        bool vendorIsKind = count > 0 && p.kinds[0] == VENDOR;
        uint256 declared = vendorIsKind ? count - 1 : count;
        if (declared > 2 || count == 0 || (!vendorIsKind && block.chainid != DEVELOPMENT)) {
            revert DomainKindsInvalid();
        }
        for (uint256 i; i < count; ++i) {
            if (p.kinds[i] == 0 || (i > 0 && p.kinds[i] == p.kinds[i - 1])) revert DomainKindsInvalid();
            if (i > 0 && p.kinds[i] == VENDOR) revert DomainKindsInvalid();
        }
        if (p.strikeParts > PARTS / 10) revert ParameterOutOfRange("strikeParts", p.strikeParts, PARTS / 10);
        if (p.strikeLimit == 0) revert ParameterOutOfRange("strikeLimit", 0, 1);
        if (p.minBond == 0) revert ParameterOutOfRange("minBond", 0, 1);
        if (block.chainid != DEVELOPMENT) {
            _atLeast("successorSeconds", p.successorSeconds, 14 days);
            _atLeast("bondLockSeconds", p.bondLockSeconds, 14 days);
            _atLeast("expireSeconds", p.expireSeconds, 7 days);
        }
        attestations = IAttestations(p.attestations);
        measurements = IMeasurements(p.measurements);
        tcbPolicy = ITcbPolicy(p.tcbPolicy);
        council = IGuardianCouncil(p.council);
        epochs = IEpochs(p.epochs);
        timelock = p.timelock;
        ratifier = p.ratifier;
        minBond = p.minBond;
        probationSeconds = p.probationSeconds;
        bondLockSeconds = p.bondLockSeconds;
        expireSeconds = p.expireSeconds;
        successorSeconds = p.successorSeconds;
        strikeParts = p.strikeParts;
        strikeLimit = p.strikeLimit;
        _vendorIsKind = vendorIsKind;
        _declared = declared;
        _kinds = p.kinds;
    }

    // ---- operator

    /// @inheritdoc INodeRegistry
    function join(
        Keys calldata keys,
        bytes32[] calldata domains,
        string calldata endpoint,
        address verifier,
        Claims calldata preimage,
        address payer
    ) external payable returns (uint32 id) {
        if (msg.value < minBond || msg.value > type(uint88).max) {
            revert BondOutOfRange(msg.value, minBond, type(uint88).max);
        }
        if (domains.length != _declared) revert DomainsMismatch(domains.length, _declared);
        _checkEndpoint(endpoint);

        id = ++nodeCount;
        Node storage node = _nodes[id];
        (bytes32 keysHash, bytes32 record) = _checkEvidence(msg.sender, keys, verifier, preimage);
        if (!attestations.live(record)) revert RecordNotLive(record);
        if (!measurements.isActive(preimage.measurement)) revert MeasurementNotActive(preimage.measurement);
        _checkNotFrozen(id, record, preimage);
        _takePlatform(id, preimage.platform);

        node.owner = msg.sender;
        node.payer = payer;
        node.bond = uint88(msg.value);
        node.joinedAt = uint40(block.timestamp);
        node.eligibleAt = uint40(block.timestamp) + probationSeconds;
        node.vendor = preimage.vendor;
        node.state = IN;
        node.product = preimage.product;
        node.endpoint = keccak256(bytes(endpoint));
        if (_declared > 0) node.domain0 = _domainNumber(0, domains[0]);
        if (_declared > 1) node.domain1 = _domainNumber(1, domains[1]);
        _setEvidence(node, keysHash, record, verifier, preimage);
        _emitJoined(id, keys, domains, endpoint);
        epochs.keysSet(id, preimage.vendor, keysHash);
    }

    /// @inheritdoc INodeRegistry
    function reattest(uint32 id, Keys calldata keys, address verifier, Claims calldata preimage) external {
        Node storage node = _nodes[id];
        address owner = node.owner;
        if (node.state != IN) revert NodeNotIn(id);
        if (msg.sender != owner && msg.sender != node.payer) revert NotOperator(id, msg.sender);
        (bytes32 keysHash, bytes32 record) = _checkEvidence(owner, keys, verifier, preimage);
        if (preimage.vendor != node.vendor) revert VendorChanged(preimage.vendor, node.vendor);
        if (!_renewable(record)) revert RecordNotLive(record);
        if (!measurements.isRenewable(preimage.measurement)) revert MeasurementNotActive(preimage.measurement);
        bytes32 oldPlatform = node.platform;
        if (preimage.platform != oldPlatform) {
            if (msg.sender != owner) revert OtherPlatform(preimage.platform, oldPlatform);
            _takePlatform(id, preimage.platform);
            _releasePlatform(id, oldPlatform);
        }
        bytes32 oldKeysHash = node.keysHash;
        node.product = preimage.product;
        _setEvidence(node, keysHash, record, verifier, preimage);
        emit Reattested(id, preimage.platform, oldKeysHash, keys, record, preimage.measurement, verifier);
        if (keysHash != oldKeysHash) epochs.keysSet(id, node.vendor, keysHash);
    }

    /// @inheritdoc INodeRegistry
    function leave(uint32 id) external {
        if (msg.sender != _nodes[id].owner) revert NotOperator(id, msg.sender);
        _leave(id, false);
    }

    /// @inheritdoc INodeRegistry
    function withdraw(uint32 id) external {
        Node storage node = _nodes[id];
        address owner = node.owner;
        if (msg.sender != owner) revert NotOperator(id, msg.sender);
        if (node.state != LEFT) revert NodeNotLeft(id);
        if (block.timestamp < node.unlockAt) revert BondLocked(id, node.unlockAt);
        uint40 blamed = epochs.lockedUntil(id);
        if (block.timestamp < blamed) revert BondLocked(id, blamed);
        uint64 last = epochs.lastEpochOf(id);
        if (last != 0) revert SeatHeld(id, last);
        uint256 bond = node.bond;
        node.state = WITHDRAWN;
        node.bond = 0;
        emit Withdrawn(id, owner, bond);
        _pay(owner, bond);
    }

    /// @inheritdoc INodeRegistry
    function setPayer(uint32 id, address payer) external {
        Node storage node = _nodes[id];
        if (msg.sender != node.owner) revert NotOperator(id, msg.sender);
        address oldPayer = node.payer;
        node.payer = payer;
        emit PayerSet(id, oldPayer, payer);
    }

    // ---- node

    /// @inheritdoc INodeRegistry
    function setEndpoint(
        uint32 id,
        uint64 seq,
        string calldata endpoint,
        bytes32 ed25519,
        bytes32 x25519,
        bytes calldata signature
    ) external {
        Node storage node = _nodes[id];
        if (node.state != IN) revert NodeNotIn(id);
        if (seq <= node.seq) revert SeqNotNewer(seq, node.seq);
        _checkEndpoint(endpoint);
        bytes32 endpointHash = keccak256(bytes(endpoint));
        bytes32 digest =
            _hashTypedDataV4(keccak256(abi.encode(Labels.SET_ENDPOINT_TYPEHASH, id, endpointHash, seq)));
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecover(digest, signature);
        if (failure != ECDSA.RecoverError.NoError) revert SignatureInvalid(id);
        bytes32 keysHash = Ids.keysNode(ed25519, x25519, signer);
        if (keysHash != node.keysHash) revert KeysMismatch(keysHash, node.keysHash);
        node.seq = seq;
        node.endpoint = endpointHash;
        emit EndpointSet(id, seq, endpoint);
    }

    // ---- anybody

    /// @inheritdoc INodeRegistry
    function mature(uint32 id) external {
        Node storage node = _nodes[id];
        if (node.state != IN) revert NodeNotIn(id);
        if (node.matured != 0) revert MaturedBefore(id);
        if (block.timestamp < node.eligibleAt) revert OnProbation(id, node.eligibleAt);
        if (epochs.now_().epoch == 0) revert NoEpochYet();
        if (!attestations.live(node.record)) revert RecordNotLive(node.record);
        if (_nodes[id].revoked != 0) revert NotAccepted(Objects.NODE, Objects.nodeId(id));
        address owner = node.owner;
        uint256 bond = node.bond;
        node.matured = 1;
        _units[owner] += bond;
        emit Matured(id, owner, bond);
        _transferVotingUnits(address(0), owner, bond);
        if (delegates(owner) == address(0)) _delegate(owner, owner);
    }

    /// @inheritdoc INodeRegistry
    function expire(uint32 id) external {
        Node storage node = _nodes[id];
        uint256 dead = uint256(attestations.recordOf(node.record).validUntil) + expireSeconds;
        bool revoked = node.revoked != 0 || _measurementRevoked(node.measurement);
        if (!revoked && block.timestamp <= dead) revert NotExpired(id, dead);
        _leave(id, true);
    }

    // ---- Epochs

    /// @inheritdoc INodeRegistry
    function slash(uint32 id, uint16 parts) external {
        if (msg.sender != address(epochs)) revert NotEpochs(msg.sender);
        _burn(id, parts);
    }

    /// @inheritdoc INodeRegistry
    function strike(uint32 id) external {
        if (msg.sender != address(epochs)) revert NotEpochs(msg.sender);
        Node storage node = _nodes[id];
        uint8 strikes = node.strikes + 1;
        uint40 eligibleAt = node.eligibleAt;
        if (strikes >= strikeLimit) {
            strikes = 0;
            eligibleAt = uint40(block.timestamp) + probationSeconds;
            node.eligibleAt = eligibleAt;
        }
        node.strikes = strikes;
        emit Struck(id, strikes, eligibleAt);
        if (strikeParts != 0) _burn(id, strikeParts);
    }

    // ---- Timelock, Ratifier

    /// @inheritdoc IRevocable
    function revoke(uint8 kind, bytes32 id) external {
        if (msg.sender != timelock && msg.sender != ratifier) revert NotTimelockOrRatifier(msg.sender);
        if (kind != Objects.NODE || uint256(id) > type(uint32).max) revert NotRevocableHere(kind);
        uint32 node = uint32(uint256(id));
        _nodes[node].revoked = 1;
        emit NodeRevoked(node);
    }

    /// @inheritdoc INodeRegistry
    function nameSuccessor(address next) external {
        if (msg.sender != timelock) revert NotTimelock(msg.sender);
        emit SuccessorNamed(next, _successor.name(next, successorSeconds));
    }

    // ---- views

    /// @inheritdoc INodeRegistry
    function nodeOf(uint32 id) external view returns (Node memory) {
        return _nodes[id];
    }

    /// @inheritdoc IRevocable
    function isRevoked(uint8 kind, bytes32 id) external view returns (bool) {
        if (kind != Objects.NODE || uint256(id) > type(uint32).max) revert NotRevocableHere(kind);
        return _nodes[uint32(uint256(id))].revoked != 0;
    }

    /// @inheritdoc INodeRegistry
    function candidates(uint32[] calldata ids) external view returns (Candidate[] memory list) {
        bool freezes = council.anyFreezeUntil() >= block.timestamp;
        list = new Candidate[](ids.length);
        for (uint256 i; i < ids.length; ++i) {
            if (ids[i] != 0) list[i] = _candidate(ids[i], freezes);
        }
    }

    /// @inheritdoc INodeRegistry
    function exposures(uint32[] calldata ids) external view returns (Exposure[] memory list) {
        list = new Exposure[](ids.length);
        for (uint256 i; i < ids.length; ++i) {
            if (ids[i] != 0) list[i] = _exposure(_nodes[ids[i]]);
        }
    }

    /// @inheritdoc INodeRegistry
    function platformOf(bytes32 platform) external view returns (uint32 id, bool free) {
        id = _platforms[platform].id;
        free = _platformFree(_platforms[platform]);
    }

    /// @inheritdoc INodeRegistry
    function domainKinds() external view returns (bytes32[] memory) {
        return _kinds;
    }

    /// @inheritdoc INodeRegistry
    function domainsOf(uint32[] calldata ids) external view returns (bytes32[][] memory list) {
        list = new bytes32[][](ids.length);
        uint256 count = _vendorIsKind ? _declared + 1 : _declared;
        for (uint256 i; i < ids.length; ++i) {
            if (ids[i] == 0) continue;
            Node storage node = _nodes[ids[i]];
            bytes32[] memory values = new bytes32[](count);
            uint256 next;
            if (_vendorIsKind) values[next++] = bytes32(uint256(node.vendor));
            if (_declared > 0) values[next++] = _domains[node.domain0];
            if (_declared > 1) values[next] = _domains[node.domain1];
            list[i] = values;
        }
    }

    /// @inheritdoc INodeRegistry
    function successor() external view returns (address next, uint40 from) {
        return (_successor.next, _successor.from);
    }

    /// Votes are counted by time: every period of this network is in seconds.
    function clock() public view override returns (uint48) {
        return uint48(block.timestamp);
    }

    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    // ---- internals

    function _getVotingUnits(address account) internal view override returns (uint256) {
        return _units[account];
    }

    function _atLeast(bytes32 name, uint256 found, uint256 least) private pure {
        if (found < least) revert ParameterOutOfRange(name, found, least);
    }

    function _checkEndpoint(string calldata endpoint) private pure {
        uint256 length = bytes(endpoint).length;
        if (length == 0 || length > ENDPOINT_BYTES) revert EndpointLength(length, ENDPOINT_BYTES);
    }

    function _emitJoined(
        uint32 id,
        Keys calldata keys,
        bytes32[] calldata domains,
        string calldata endpoint
    ) private {
        Node storage node = _nodes[id];
        emit Joined(
            id,
            node.owner,
            node.platform,
            node.vendor,
            keys,
            node.record,
            node.measurement,
            node.verifier,
            domains,
            node.bond,
            endpoint
        );
    }

    /// The preimage is that of a record of these keys, this owner and this verifier.
    function _checkEvidence(address owner, Keys calldata keys, address verifier, Claims calldata preimage)
        private
        view
        returns (bytes32 keysHash, bytes32 record)
    {
        if (keys.account == address(0)) revert AccountZero();
        if (preimage.platform == 0) revert PlatformZero();
        keysHash = Ids.keysNode(keys.ed25519, keys.x25519, keys.account);
        record = Ids.record(
            Kind.NODE, keysHash, Ids.contextOf(owner), preimage.measurement, preimage.platform, verifier
        );
        bytes32 needed = attestations.recordOf(record).claims;
        if (needed == 0) revert RecordNotLive(record);
        bytes32 found = Ids.claims(preimage);
        if (found != needed) revert ClaimsMismatch(found, needed);
    }

    function _setEvidence(
        Node storage node,
        bytes32 keysHash,
        bytes32 record,
        address verifier,
        Claims calldata preimage
    ) private {
        node.keysHash = keysHash;
        node.record = record;
        node.verifier = verifier;
        node.measurement = preimage.measurement;
        node.platform = preimage.platform;
    }

    /// For join: what Attestations.live does not look at.
    function _checkNotFrozen(uint32 id, bytes32 record, Claims calldata preimage) private view {
        bytes32 productId = Objects.productId(preimage.vendor, preimage.product);
        if (
            !tcbPolicy.productAccepted(preimage.vendor, preimage.product)
                || _frozen(Objects.PRODUCT, productId)
        ) revert NotAccepted(Objects.PRODUCT, productId);
        if (
            tcbPolicy.isRevoked(Objects.PLATFORM, preimage.platform)
                || _frozen(Objects.PLATFORM, preimage.platform)
        ) revert NotAccepted(Objects.PLATFORM, preimage.platform);
        uint56 leafTag = attestations.recordOf(record).leafTag;
        if (council.leafFrozenUntil(leafTag) >= block.timestamp) {
            revert NotAccepted(Objects.SERIAL, bytes32(uint256(leafTag)));
        }
        if (_nodes[id].revoked != 0) revert NotAccepted(Objects.NODE, Objects.nodeId(id));
    }

    function _frozen(uint8 kind, bytes32 id) private view returns (bool) {
        return council.frozenUntil(Objects.objectOf(kind, id)) >= block.timestamp;
    }

    /// In date and in good standing, whatever is frozen: a frozen node may renew (SPEC 10).
    function _renewable(bytes32 record) private view returns (bool) {
        IAttestations.Record memory r = attestations.recordOf(record);
        return r.validUntil >= block.timestamp && r.standing == GOOD;
    }

    function _measurementRevoked(bytes32 measurement) private view returns (bool) {
        return measurements.isRevoked(Objects.MEASUREMENT, measurement);
    }

    function _platformFree(Platform storage holder) private view returns (bool) {
        if (holder.id == 0) return true;
        return holder.released && (holder.lastEpoch == 0 || epochs.now_().epoch > holder.lastEpoch);
    }

    function _takePlatform(uint32 id, bytes32 platform) private {
        Platform storage holder = _platforms[platform];
        if (holder.id != id && !_platformFree(holder)) revert PlatformTaken(platform, holder.id);
        holder.id = id;
        holder.released = false;
        holder.lastEpoch = 0;
    }

    /// A platform stays taken until the last epoch in which the node may hold a share has ended.
    function _releasePlatform(uint32 id, bytes32 platform) private {
        Platform storage holder = _platforms[platform];
        holder.released = true;
        holder.lastEpoch = epochs.lastEpochOf(id);
    }

    /// Number of a declared value; 1, 2, ... over both kinds.
    function _domainNumber(uint256 kind, bytes32 value) private returns (uint32 number) {
        if (value == 0) revert DomainZero(kind);
        number = _domainNumbers[kind][value];
        if (number == 0) {
            number = ++domainCount;
            _domainNumbers[kind][value] = number;
            _domains[number] = value;
        }
    }

    function _leave(uint32 id, bool expired) private {
        Node storage node = _nodes[id];
        if (node.state != IN) revert NodeNotIn(id);
        node.state = LEFT;
        node.leftAt = uint40(block.timestamp);
        uint40 unlockAt = uint40(block.timestamp) + bondLockSeconds;
        node.unlockAt = unlockAt;
        emit Left(id, expired, unlockAt);
        _releasePlatform(id, node.platform);
        if (node.matured != 0) {
            node.matured = 0;
            _removeUnits(node.owner, node.bond);
        }
    }

    function _removeUnits(address owner, uint256 units) private {
        _units[owner] -= units;
        _transferVotingUnits(owner, address(0), units);
    }

    function _burn(uint32 id, uint16 parts) private {
        Node storage node = _nodes[id];
        uint256 amount = uint256(node.bond) * parts / PARTS;
        uint256 left = node.bond - amount;
        if (amount == 0) return;
        node.bond = uint88(left);
        emit Burnt(id, amount, left);
        if (node.matured != 0) _removeUnits(node.owner, amount);
        _pay(address(0), amount);
    }

    /// State is final when this is called; it is the last thing its caller does.
    function _pay(address to, uint256 value) private {
        (bool done,) = to.call{value: value}("");
        if (!done) revert PaymentFailed(to, value);
    }

    function _exposure(Node storage node) private view returns (Exposure memory e) {
        e.vendor = node.vendor;
        e.productId = Objects.productId(node.vendor, node.product);
        e.platform = node.platform;
        e.leafTag = attestations.recordOf(node.record).leafTag;
        e.measurement = node.measurement;
        e.verifier = node.verifier;
    }

    function _candidate(uint32 id, bool freezes) private view returns (Candidate memory c) {
        Node storage node = _nodes[id];
        c.vendor = node.vendor;
        c.domain0 = node.domain0;
        c.domain1 = node.domain1;
        c.joinedAt = node.joinedAt;
        c.eligibleAt = node.eligibleAt;
        c.bond = node.bond;
        bytes32 measurement = node.measurement;
        if (node.state != IN || node.revoked != 0) {
            c.gone = true;
            c.left = node.state != IN;
            return c;
        }
        bool covered = freezes && _covered(id, node);
        // struck out: on probation a second time, with or without a seat
        bool suspended = block.timestamp < c.eligibleAt && c.eligibleAt > c.joinedAt + probationSeconds;
        c.live = !covered && !suspended && attestations.live(node.record) && measurements.isActive(measurement);
        if (c.live) return c;
        c.gone = _measurementRevoked(measurement) || tcbPolicy.isRevoked(Objects.PLATFORM, node.platform)
            || tcbPolicy.isRevoked(Objects.PRODUCT, Objects.productId(node.vendor, node.product))
            || tcbPolicy.isRevoked(Objects.VENDOR, Objects.vendorId(node.vendor));
        c.frozen =
            covered && !c.gone && _renewable(node.record) && measurements.isRenewable(measurement);
    }

    /// Does some council freeze cover the node?
    function _covered(uint32 id, Node storage node) private view returns (bool) {
        Exposure memory e = _exposure(node);
        return _frozen(Objects.VENDOR, Objects.vendorId(e.vendor)) || _frozen(Objects.PRODUCT, e.productId)
            || _frozen(Objects.PLATFORM, e.platform) || _frozen(Objects.MEASUREMENT, e.measurement)
            || _frozen(Objects.VERIFIER, Objects.verifierId(e.verifier))
            || _frozen(Objects.NODE, Objects.nodeId(id))
            || council.leafFrozenUntil(e.leafTag) >= block.timestamp;
    }
}
