// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Claims} from "../base/Types.sol";
import {IRevocable} from "./IRevocable.sol";

/// @title  INodeRegistry - which nodes there are, what they have at stake, and who answers for them
/// @notice Callers: join, reattest, leave, withdraw, setPayer - the operator's cold `owner` (reattest on
///         the same platform also the hot `payer`); setEndpoint - the node's account by signature, sent
///         by anybody; expire, mature - anybody; slash, strike - Epochs; revoke - Timelock or Ratifier.
///         It is IVotes: an owner's votes are the bonds of its matured nodes.
///
///         Words of a node, read by nodes (abi/layout.json: _nodes[id]), low bit first; all zero = absent:
///         | word | bits     | field       |                                                     |
///         |------|----------|-------------|-----------------------------------------------------|
///         | 0    | 0..159   | owner       |                                                     |
///         | 0    | 160..199 | leftAt      | Unix seconds; 0 = did not leave                     |
///         | 0    | 200..207 | strikes     | since the last probation                            |
///         | 0    | 208..215 | matured     | 1 = its bond votes                                  |
///         | 1    | 0..87    | bond        | wei                                                 |
///         | 1    | 88..127  | joinedAt    | Unix seconds                                        |
///         | 1    | 128..167 | eligibleAt  | end of probation, Unix seconds                      |
///         | 1    | 168..175 | vendor      |                                                     |
///         | 1    | 176..183 | state       | 1 in, 2 left, 3 withdrawn                           |
///         | 1    | 184..191 | revoked     | 1 = for ever                                        |
///         | 1    | 192..223 | domain0     | number of the first declared domain (_domains)      |
///         | 1    | 224..255 | domain1     | number of the second one; 0 = no such kind          |
///         | 2    | 0..159   | payer       |                                                     |
///         | 2    | 160..223 | seq         | of the last setEndpoint                             |
///         | 3    |          | keysHash    | Ids.keysNode of the keys now                        |
///         | 4    |          | measurement |                                                     |
///         | 5    |          | platform    |                                                     |
///         | 6    | 0..159   | verifier    |                                                     |
///         | 6    | 160..199 | unlockAt    | of a leaver: Unix seconds                           |
///         | 7    |          | product     |                                                     |
///         | 8    |          | endpoint    | keccak256 of the string                             |
///         | 9    |          | record      | key in Attestations                                 |
///         _domains[number]: the declared value. Numbers count from 1, over both kinds.
///         _platforms[platform]: id u32 | released u8 | lastEpoch u64.
///
/// @custom:invariant NR1 the contract's balance is the sum of the bonds of nodes not withdrawn
/// @custom:invariant NR2 a platform has at most one node that is in, and none other holds a share on it
/// @custom:invariant NR3 an owner's voting units are the bonds of its nodes that matured and are in
/// @custom:invariant NR4 nothing matures before the first ACTIVE
/// @custom:invariant NR5 a bond leaves only to its owner, after `bondLockSeconds` since leaving and when
///                       the node holds no seat, or is burnt by Epochs
/// @custom:invariant NR6 owner, vendor, domains and joinedAt of a node never change
/// @custom:source    SPEC 2, 4, 6, 10; contracts.md 8
interface INodeRegistry is IRevocable {
    /// The public keys of a node's vault (SPEC 2).
    struct Keys {
        bytes32 ed25519;
        bytes32 x25519;
        address account;
    }

    /// @param kinds            "vendor" first if it is there, then one or two declared kinds
    /// @param bondLockSeconds  vote + notice + slash delay at least (NetworkGovernor checks)
    /// @param expireSeconds    so long after its record's end anybody may end a node
    /// @param strikeParts      of 10,000 of the bond, burnt by a strike
    struct Parameters {
        address attestations;
        address measurements;
        address tcbPolicy;
        address council;
        address epochs;
        address timelock;
        address ratifier;
        address predecessor;
        bytes32[] kinds;
        uint96 minBond;
        uint40 probationSeconds;
        uint40 bondLockSeconds;
        uint40 expireSeconds;
        uint40 successorSeconds;
        uint16 strikeParts;
        uint8 strikeLimit;
    }

    struct Node {
        address owner;
        uint40 leftAt;
        uint8 strikes;
        uint8 matured;
        uint88 bond;
        uint40 joinedAt;
        uint40 eligibleAt;
        uint8 vendor;
        uint8 state;
        uint8 revoked;
        uint32 domain0;
        uint32 domain1;
        address payer;
        uint64 seq;
        bytes32 keysHash;
        bytes32 measurement;
        bytes32 platform;
        address verifier;
        uint40 unlockAt;
        bytes32 product;
        bytes32 endpoint;
        bytes32 record;
    }

    /// What Epochs reads of a node when it fills seats.
    /// @param live     in, record live, measurement active, nothing about it frozen or revoked, not on
    ///                 probation a second time (strikes)
    /// @param frozen   a council freeze covers it, and nothing else is wrong
    /// @param left     left or withdrawn
    /// @param gone     left, or revoked for ever: itself, its measurement, platform, product or vendor
    /// @param domain0  number of the first declared domain; domain1: of the second
    struct Candidate {
        bool live;
        bool frozen;
        bool left;
        bool gone;
        uint8 vendor;
        uint32 domain0;
        uint32 domain1;
        uint40 joinedAt;
        uint40 eligibleAt;
        uint96 bond;
    }

    /// What a freeze can hit; for the council's count.
    struct Exposure {
        uint8 vendor;
        bytes32 productId;
        bytes32 platform;
        uint56 leafTag;
        bytes32 measurement;
        address verifier;
    }

    /// @notice the caller is neither the node's owner nor, where that suffices, its payer
    error NotOperator(uint32 id, address caller);
    /// @notice the caller is not Epochs
    error NotEpochs(address caller);
    /// @notice the caller is not the Timelock
    error NotTimelock(address caller);
    /// @notice there is no such node, or it has left
    error NodeNotIn(uint32 id);
    /// @notice it has not left, or has withdrawn
    error NodeNotLeft(uint32 id);
    /// @notice the bond is below the minimum, or too large to count
    error BondOutOfRange(uint256 found, uint256 least, uint256 most);
    /// @notice the number of declared domains is not that of the declared kinds
    error DomainsMismatch(uint256 found, uint256 needed);
    /// @notice a declared domain is zero
    error DomainZero(uint256 position);
    /// @notice the account key is zero
    error AccountZero();
    /// @notice an endpoint has 1 to 128 bytes
    error EndpointLength(uint256 found, uint256 most);
    /// @notice there is no live record under these keys, owner, measurement, platform and verifier
    error RecordNotLive(bytes32 record);
    /// @notice the preimage does not hash to the record's claims
    error ClaimsMismatch(bytes32 found, bytes32 needed);
    /// @notice the measurement is not approved for nodes
    error MeasurementNotActive(bytes32 measurement);
    /// @notice evidence without a platform is no good for a node
    error PlatformZero();
    /// @notice another node is, or still holds a share, on this platform
    error PlatformTaken(bytes32 platform, uint32 id);
    /// @notice a node keeps its vendor
    error VendorChanged(uint8 found, uint8 needed);
    /// @notice the product, platform or node is frozen or revoked
    error NotAccepted(uint8 kind, bytes32 id);
    /// @notice only the owner takes a node to another platform
    error OtherPlatform(bytes32 found, bytes32 needed);
    /// @notice the bond is locked until then
    error BondLocked(uint32 id, uint256 until);
    /// @notice the node still has a seat
    error SeatHeld(uint32 id, uint64 epoch);
    /// @notice the payment to the owner failed
    error PaymentFailed(address to, uint256 value);
    /// @notice its record has not been dead for long enough
    error NotExpired(uint32 id, uint256 at);
    /// @notice probation ends then
    error OnProbation(uint32 id, uint256 until);
    /// @notice it votes already
    error MaturedBefore(uint32 id);
    /// @notice nobody votes before the first ACTIVE
    error NoEpochYet();
    /// @notice the signature is not of the node's account, or high-s
    error SignatureInvalid(uint32 id);
    /// @notice the sequence number does not grow
    error SeqNotNewer(uint64 found, uint64 last);
    /// @notice the keys are not those of the node
    error KeysMismatch(bytes32 found, bytes32 needed);
    /// @notice constructor: a parameter is out of its range
    error ParameterOutOfRange(bytes32 name, uint256 found, uint256 least);
    /// @notice constructor: `vendor` must be a domain kind off chain 31337; at most two are declared
    error DomainKindsInvalid();

    event Joined(
        uint32 indexed id,
        address indexed owner,
        bytes32 indexed platform,
        uint8 vendor,
        Keys keys,
        bytes32 record,
        bytes32 measurement,
        address verifier,
        bytes32[] domains,
        uint96 bond,
        string endpoint
    );
    event Reattested(
        uint32 indexed id,
        bytes32 indexed platform,
        bytes32 oldKeysHash,
        Keys keys,
        bytes32 record,
        bytes32 measurement,
        address verifier
    );
    event EndpointSet(uint32 indexed id, uint64 seq, string endpoint);
    event PayerSet(uint32 indexed id, address oldPayer, address newPayer);
    event Left(uint32 indexed id, bool expired, uint40 unlockAt);
    event Withdrawn(uint32 indexed id, address indexed owner, uint256 bond);
    event Matured(uint32 indexed id, address indexed owner, uint256 bond);
    event Burnt(uint32 indexed id, uint256 amount, uint256 left);
    event Struck(uint32 indexed id, uint8 strikes, uint40 eligibleAt);
    event NodeRevoked(uint32 indexed id);
    event SuccessorNamed(address indexed successor, uint40 from);

    // ---- operator

    /// @notice Registers a node and takes its bond. Owner = caller, and the context of the evidence.
    /// @param  domains  one value per declared kind (domainKinds() without `vendor`), not zero
    /// @param  endpoint ASCII host:peerPort:httpPort, 1..128 bytes; not parsed here
    /// @param  verifier that made the record
    /// @param  preimage of the record's claims
    /// @param  payer    the relay's hot account; zero = none
    /// @dev    Refused: bond, domains, endpoint, keys out of range; no live record; measurement not
    ///         active; vendor, product, platform frozen or revoked; platform zero or taken.
    function join(
        Keys calldata keys,
        bytes32[] calldata domains,
        string calldata endpoint,
        address verifier,
        Claims calldata preimage,
        address payer
    ) external payable returns (uint32 id);

    /// @notice Replaces keys, measurement, verifier and, by the owner alone, platform. Other keys mean
    ///         another vault: the node is `recovering`, and its hash in an open attempt is void. The
    ///         same keys change nothing in Epochs. Index, bond, probation, votes stay. Works under a
    ///         council freeze (the node stays frozen).
    function reattest(uint32 id, Keys calldata keys, address verifier, Claims calldata preimage) external;

    /// @notice Ends a node: no seat from the next epoch on, votes end at once, the bond is locked.
    function leave(uint32 id) external;
    /// @notice Pays the bond of a node that left to its owner.
    function withdraw(uint32 id) external;
    function setPayer(uint32 id, address payer) external;

    // ---- node

    /// @notice Type SET_ENDPOINT. The two other keys are given so that the account is bound to them.
    function setEndpoint(
        uint32 id,
        uint64 seq,
        string calldata endpoint,
        bytes32 ed25519,
        bytes32 x25519,
        bytes calldata signature
    ) external;

    // ---- anybody

    /// @notice Lets the bond vote for its owner (who delegates to itself if to nobody yet).
    function mature(uint32 id) external;
    /// @notice As leave, for a node without a valid record since `expireSeconds`, or revoked.
    function expire(uint32 id) external;

    // ---- Epochs

    /// @notice Burns `parts` of 10,000 of the bond.
    function slash(uint32 id, uint16 parts) external;
    /// @notice One strike; burns `strikeParts`. At `strikeLimit` probation starts again.
    function strike(uint32 id) external;

    // ---- Timelock

    /// @notice Names the next contract in line, once; nodes follow it after `successorSeconds`.
    function nameSuccessor(address next) external;

    // ---- views

    function nodeOf(uint32 id) external view returns (Node memory);
    function candidates(uint32[] calldata ids) external view returns (Candidate[] memory);
    function exposures(uint32[] calldata ids) external view returns (Exposure[] memory);
    function nodeCount() external view returns (uint32);
    /// @notice The node on a platform, and whether the platform is free for another.
    function platformOf(bytes32 platform) external view returns (uint32 id, bool free);
    /// @notice "vendor", "cloud", "operator", ... as left-aligned text; `vendor` first if it is there.
    function domainKinds() external view returns (bytes32[] memory);
    function minBond() external view returns (uint96);
    function probationSeconds() external view returns (uint40);
    function bondLockSeconds() external view returns (uint40);
    /// @notice Values of nodes' domains by domainKinds(), vendor included: what a member's leaf holds.
    function domainsOf(uint32[] calldata ids) external view returns (bytes32[][] memory);
    function successor() external view returns (address next, uint40 from);
}
