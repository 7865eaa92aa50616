// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AppId} from "../base/Types.sol";

/// @title  IApps - which applications there are, and which enclaves may have their keys
/// @notice Callers: register - anybody; freeze, revoke, queue, queueEnd, cancel - the app's owner. No
///         power of governance reaches an application here.
///
///         An app has one policy of its own (scope hash 0) and optionally one for each scope
///         (keccak256(scope)); a scope's policy replaces the app's. A policy is a list, so the slot
///         holds its hash, and the bytes travel in the event: hash = keccak256(bytes),
///         bytes = abi.encode(tag, Policy), tag = Labels.POLICY.
///
///         Words, read by nodes (abi/layout.json), low bit first; zero = absent:
///         _apps[app]:
///         | word | bits     | field         |                                                    |
///         | 0    | 0..159   | owner         |                                                    |
///         | 0    | 160..199 | notice        | seconds; never changes                             |
///         | 0    | 200..239 | registeredAt  | Unix seconds                                       |
///         | 0    | 240..247 | revokeWaits   | 1 = revocations wait the notice too                |
///         | 1    | 0..39    | frozenUntil   | last second in which all of the app is frozen      |
///         | 1    | 40..79   | freezeBegun   | start of the 72 h in which it may be frozen        |
///         _policies[app][scopeHash]:
///         | 0    |          | current       | hash of the policy in force before `at`            |
///         | 1    |          | next          | hash of the policy in force from `at` on           |
///         | 2    | 0..39    | at            | Unix seconds; 0 = no change pending                |
///         | 2    | 40..47   | kind          | 1 policy, 2 end of the app, 3 move                 |
///         | 2    | 48..207  | target        | of a move: the Apps that the app moves to          |
///         In force at time t: kind 1 and at <= t: next; kinds 2, 3 and at <= t: the app is gone for ever
///         (they stand under scope hash 0 only); else current.
///         _revoked[app][measurement]: when, Unix seconds. From that second on it holds in every scope.
///
/// @custom:invariant AP1 no policy takes effect sooner than the app's notice after it was queued, the
///                       one given at registration excepted
/// @custom:invariant AP2 a pending change that took effect is never undone but by another after the notice
/// @custom:invariant AP3 an app is frozen at most 72 h in any 30 d
/// @custom:invariant AP4 without the notice a measurement is revoked only while another one of the app's
///                       policy has been in force for the notice, and never with revokeWaits
/// @custom:invariant AP5 what is gone never comes back
/// @custom:source    SPEC 8, 9
interface IApps {
    /// @param measurement of the app's enclave
    /// @param activeFrom  when the approval took effect; checked by this contract
    /// @param sunset      first second in which it does not count; 0 = none
    struct Approval {
        bytes32 measurement;
        uint40 activeFrom;
        uint40 sunset;
    }

    /// Least rawTcb of a product (attestation.md C7's layout); a pair that is absent is refused.
    struct MinTcb {
        uint8 vendor;
        bytes32 product;
        bytes rawTcb;
    }

    /// @param vendorMask     bit v = vendor v accepted
    /// @param acceptUnplaced evidence without a platform passes a platform list
    /// @param maxAge         seconds since attestedAt; 0 = the record's own end alone
    /// @param versionLo      first and last key version that is handed out
    /// @param subjectQuota   answers per enclave and hour, answers of the app per hour, by each node
    /// @param platformRoot   root of the platform list; 0 = any
    /// @param approvals      ascending by measurement, no two alike, at most 32
    /// @param minTcbs        ascending by (vendor, product), no two alike, at most 32
    struct Policy {
        uint16 vendorMask;
        bool acceptUnplaced;
        uint32 maxAge;
        uint32 versionLo;
        uint32 versionHi;
        uint32 subjectQuota;
        uint32 appQuota;
        bytes32 platformRoot;
        Approval[] approvals;
        MinTcb[] minTcbs;
    }

    struct App {
        address owner;
        uint40 notice;
        uint40 registeredAt;
        uint8 revokeWaits;
        uint40 frozenUntil;
        uint40 freezeBegun;
    }

    struct Slot {
        bytes32 current;
        bytes32 next;
        uint40 at;
        uint8 kind;
        address target;
    }

    /// @notice the app exists
    error AppKnown(AppId app);
    /// @notice there is no such app
    error AppUnknown(AppId app);
    /// @notice the app has ended or moved
    error AppGone(AppId app);
    /// @notice the caller is not the app's owner
    error NotOwner(AppId app, address caller);
    /// @notice the notice is shorter than the network's, or longer than a year
    error NoticeOutOfRange(uint256 found, uint256 least, uint256 most);
    /// @notice the policy in calldata is not the one in force
    error PolicyMismatch(bytes32 found, bytes32 needed);
    /// @notice a rule of IApps.Policy is broken; `field` is its name
    error PolicyInvalid(bytes32 field, uint256 position);
    /// @notice an approval says that it is active since another time than it is
    error ActiveFromInvalid(bytes32 measurement, uint256 found, uint256 needed);
    /// @notice the measurement was revoked for this app
    error MeasurementRevoked(bytes32 measurement);
    /// @notice the measurement is not in the policy, or not yet, or no longer
    error MeasurementNotActive(bytes32 measurement);
    /// @notice no other measurement has been active for the notice
    error NoOtherMeasurement(bytes32 other, uint256 activeFrom, uint256 needed);
    /// @notice this app's revocations wait: queue a policy without the measurement
    error RevokeWaits(AppId app);
    /// @notice nothing is pending there
    error NothingPending(AppId app, bytes32 scopeHash);
    /// @notice longer than what is left of 72 h in these 30 d
    error FreezeTooLong(uint256 until, uint256 most);
    /// @notice end and move concern the whole app
    error MoveTargetInvalid(address target);

    event Registered(
        AppId indexed app, address indexed owner, bytes32 salt, uint40 notice, bool revokeWaits, bytes policy
    );
    event Queued(AppId indexed app, bytes32 indexed scopeHash, uint40 at, bytes policy);
    event EndQueued(AppId indexed app, uint40 at, address target);
    event ChangeCancelled(AppId indexed app, bytes32 indexed scopeHash, bytes32 hash);
    event AppFrozen(AppId indexed app, uint40 oldUntil, uint40 newUntil);
    event RevokedMeasurement(AppId indexed app, bytes32 indexed measurement);

    /// @notice Registers an app: app_id of SPEC 1 by caller and salt. Its policy is in force at once;
    ///         activeFrom of each approval must be 0 in calldata and is set to now.
    function register(bytes32 salt, uint40 notice, bool revokeWaits, Policy memory policy)
        external
        returns (AppId app);

    /// @notice Queues a policy for the app (scope hash 0) or a scope; in force by itself after the notice.
    ///         Replaces what is pending there, and waits anew.
    /// @param  inForce the policy in force there now (empty approvals if the scope has none)
    /// @param  policy  an approval that `inForce` has keeps its activeFrom; a new one says 0 in calldata
    ///                 and gets the time at which the policy takes effect
    function queue(AppId app, bytes32 scopeHash, Policy calldata inForce, Policy memory policy) external;
    /// @notice Queues the end of the app (target 0), or its move to another Apps.
    function queueEnd(AppId app, address target) external;
    /// @notice Takes a pending change back.
    function cancel(AppId app, bytes32 scopeHash) external;
    /// @notice Freezes all of the app until then (inclusive); an earlier time or 0 ends a freeze.
    function freeze(AppId app, uint40 until) external;
    /// @notice Revokes a measurement in every scope, at once and for ever.
    /// @param  inForce the app's policy in force
    /// @param  other   the approval that has been active for the notice and stays
    function revoke(AppId app, bytes32 measurement, Policy memory inForce, bytes32 other) external;

    function appOf(AppId app) external view returns (App memory);
    function slotOf(AppId app, bytes32 scopeHash) external view returns (Slot memory);
    /// @notice Hash of the policy in force now; zero if none or the app is gone.
    function policyHash(AppId app, bytes32 scopeHash) external view returns (bytes32);
    function isGone(AppId app) external view returns (bool);
    function revokedAt(AppId app, bytes32 measurement) external view returns (uint40);
    function appId(address creator, bytes32 salt) external view returns (AppId);
    function minNoticeSeconds() external view returns (uint40);
}
