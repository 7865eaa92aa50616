// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Objects} from "../base/Objects.sol";
import {TcbStatus, Vendor} from "../base/Types.sol";
import {IEvidenceVerifier} from "../interfaces/IEvidenceVerifier.sol";
import {IRevocable} from "../interfaces/IRevocable.sol";
import {ITcbPolicy} from "../interfaces/ITcbPolicy.sol";
import {TcbCompare} from "./TcbCompare.sol";

/// @title  TcbPolicy - what the network demands of a machine beyond being genuine
/// @notice Callers: setters, veto, lift - Timelock; revoke - Timelock or Ratifier; advance,
///         recordRevoked - active verifiers of the vendor; reconsider - anybody. The manual is ITcbPolicy.
/// @custom:invariant TP1 epochs never fall
/// @custom:invariant TP2 a revoked vendor, product or platform stays so
/// @custom:invariant TP3 a revoked serial stays so until the Timelock lifts it, and a list that is not
///                   newer than the lifted one does not bring it back
/// @custom:invariant TP4 a set is vetoed at most once and for at most 60 days
/// @custom:invariant TP5 a revoked product, platform or serial is never spared its read: the flag of every vendor
///                   that it can be of is set with it or before, and never unset
/// @custom:assumes   VerifierRouter names only verifiers that answered to governance
/// @custom:storage   _vendors, _products, _minTcb, _revoked, _vetoes: words drawn in ITcbPolicy
/// @custom:source    SPEC 5, 8, 10; attestation.md C6
contract TcbPolicy is ITcbPolicy {
    uint8 private constant STANDING_ACCEPTED = 1;
    uint8 private constant STANDING_OFF = 1;
    uint8 private constant STANDING_REVOKED = 2;
    uint8 private constant REVOKED = 1;
    uint8 private constant LIFTED = 2;

    uint40 private constant MAX_GRACE = 60 days;
    uint40 private constant MAX_VETO = 60 days;
    uint16 private constant OUT_OF_DATE_BITS =
        uint16(1 << TcbStatus.OUT_OF_DATE | 1 << TcbStatus.OUT_OF_DATE_CONFIGURATION);
    /// statuses that policy may accept: 1..6, 9, 10
    uint16 private constant ACCEPTABLE = 0x067e;

    // bit offsets in a vendor's word, drawn in ITcbPolicy: judging reads it whole, which saves gas
    uint256 private constant AUTHORITY_EPOCH = 32;
    uint256 private constant STATUSES = 64;
    uint256 private constant OUT_OF_DATE_UNTIL = 80;
    uint256 private constant STANDING = 152;
    uint256 private constant PLATFORMS_REVOKED = 160;
    uint256 private constant PRODUCTS_SET = 168;
    uint256 private constant LIST1_UNTIL = 176;
    uint256 private constant LIST2_UNTIL = 208;
    uint256 private constant STEADY_VERIFIER = 240;
    uint256 private constant SERIALS_REVOKED = 248;

    struct Mark {
        uint8 state;
        uint40 listedAt;
    }

    struct Initial {
        uint8 vendor;
        uint16 statuses;
        uint32 minEvaluation;
    }

    address public immutable timelock;
    address public immutable ratifier;
    address public immutable router;
    /// vote and notice: a veto must be able to come before a set takes effect
    uint40 public immutable minGraceSeconds;

    uint40 public graceSeconds;
    mapping(uint8 vendor => VendorPolicy) private _vendors;
    mapping(bytes32 productId => ProductPolicy) private _products;
    mapping(bytes32 productId => bytes32[2] words) private _minTcb;
    mapping(bytes32 object => Mark) private _revoked;
    mapping(bytes32 set => uint40 until) private _vetoes;
    /// active verifiers, as VerifierRouter says: id, and vendor above it
    mapping(address verifier => uint256 word) private _verifiers;
    /// the same by id
    mapping(uint16 verifierId => address verifier) private _active;

    modifier onlyTimelock() {
        if (msg.sender != timelock) revert NotTimelock(msg.sender);
        _;
    }

    modifier onlyVerifier(uint8 vendor) {
        _verifierId(msg.sender, vendor);
        _;
    }

    /// @param minGrace longest vote plus notice; grace is never below it
    /// @param grace    grace at birth  @param vendors what is accepted at birth
    constructor(
        address timelock_,
        address ratifier_,
        address router_,
        uint40 minGrace,
        uint40 grace,
        Initial[] memory vendors
    ) {
        timelock = timelock_;
        ratifier = ratifier_;
        router = router_;
        minGraceSeconds = minGrace;
        if (grace < minGrace || grace > MAX_GRACE) revert PeriodOutOfRange(grace, minGrace, MAX_GRACE);
        graceSeconds = grace;
        for (uint256 i = 0; i < vendors.length; ++i) {
            _setVendor(vendors[i].vendor, vendors[i].statuses, 0, vendors[i].minEvaluation);
        }
    }

    // ---- VerifierRouter

    /// @inheritdoc ITcbPolicy
    function noteVerifier(address verifier, uint8 vendor, uint16 id, bool steady) external {
        if (msg.sender != router) revert NotRouter(msg.sender);
        VendorPolicy storage v = _vendors[vendor];
        if (id == 0) {
            uint16 old = uint16(_verifiers[verifier]);
            delete _verifiers[verifier];
            delete _active[old];
            if (v.steadyVerifier == old) v.steadyVerifier = 0;
            return;
        }
        _verifiers[verifier] = uint256(vendor) << 16 | id;
        _active[id] = verifier;
        if (steady && id <= type(uint8).max) v.steadyVerifier = uint8(id);
    }

    // ---- verifiers

    /// @inheritdoc ITcbPolicy
    function noteList(uint8 vendor, uint8 issuer, uint32 until) external onlyVerifier(vendor) {
        if (issuer == 1) _vendors[vendor].list1Until = until;
        else if (issuer == 2) _vendors[vendor].list2Until = until;
        else revert ListMissing(vendor, issuer, until);
    }

    /// @inheritdoc ITcbPolicy
    function advance(uint8 vendor) external onlyVerifier(vendor) {
        _advance(vendor, 0);
    }

    /// @inheritdoc ITcbPolicy
    function recordRevoked(uint8 vendor, uint8 issuer, uint256[] calldata serials, uint40 listedAt)
        external
        onlyVerifier(vendor)
    {
        bool any = false;
        for (uint256 i = 0; i < serials.length; ++i) {
            Mark storage mark = _revoked[_serialObject(vendor, issuer, serials[i])];
            uint8 state = mark.state;
            // revoked already, or lifted from this list or a newer one
            if (state == REVOKED || (state == LIFTED && listedAt <= mark.listedAt)) continue;
            mark.state = REVOKED;
            mark.listedAt = listedAt;
            any = true;
            emit SerialRevoked(vendor, issuer, serials[i], listedAt);
        }
        if (!any) return;
        _vendors[vendor].serialsRevoked = true;
        _revocationCame(vendor, issuer);
    }

    // ---- anybody

    /// @inheritdoc ITcbPolicy
    function reconsider(
        uint16 verifierId,
        uint8 vendor,
        uint8 recorded,
        bytes32 product,
        bytes32 platform,
        bytes32 leaf,
        bytes calldata rawTcb,
        bytes calldata hints
    ) external returns (bytes4 cause, uint8 status, uint32 epoch) {
        uint256 v = _word(vendor);
        status = recorded;
        if (verifierId == 0 || verifierId != uint8(v >> STEADY_VERIFIER)) {
            address verifier = _active[verifierId];
            if (verifier == address(0)) revert VerifierInactive(verifierId);
            status = IEvidenceVerifier(verifier).appraise(product, rawTcb, hints);
            // that may have brought collateral into force, which advances the epoch
            v = _word(vendor);
        }
        bytes memory refusal;
        (refusal, epoch) = _refusal(v, vendor, uint32(v >> AUTHORITY_EPOCH), status, product, platform, leaf, rawTcb);
        if (refusal.length != 0) cause = bytes4(refusal);
    }

    // ---- Timelock

    /// @inheritdoc ITcbPolicy
    function setVendor(uint8 vendor, uint16 statuses, uint40 outOfDateUntil, uint32 lowest) external onlyTimelock {
        _setVendor(vendor, statuses, outOfDateUntil, lowest);
        _advance(vendor, 0);
    }

    /// @inheritdoc ITcbPolicy
    function setProduct(uint8 vendor, bytes32 product, bool off, uint16 statuses, uint40 outOfDateUntil)
        external
        onlyTimelock
    {
        bytes32 id = Objects.productId(vendor, product);
        ProductPolicy storage p = _products[id];
        if (p.standing == STANDING_REVOKED) revert RevokedForever(Objects.PRODUCT, id);
        _requireAcceptable(statuses, true);
        p.standing = off ? STANDING_OFF : 0;
        p.statuses = statuses;
        p.outOfDateUntil = outOfDateUntil;
        _vendors[vendor].productsSet = true;
        emit ProductSet(vendor, product, off, statuses, outOfDateUntil);
        _advance(vendor, product);
    }

    /// @inheritdoc ITcbPolicy
    function setMinTcb(uint8 vendor, bytes32 product, bytes calldata minimum) external onlyTimelock {
        bytes32 id = Objects.productId(vendor, product);
        if (minimum.length != 0) TcbCompare.requireLength(vendor, minimum.length);
        bytes memory old = minTcb(vendor, product);
        _products[id].minTcbLength = uint8(minimum.length);
        _vendors[vendor].productsSet = true;
        // left-aligned, zeros behind: never longer than two words
        bytes memory padded = bytes.concat(minimum, new bytes(64 - minimum.length));
        (bytes32 high, bytes32 low) = abi.decode(padded, (bytes32, bytes32));
        _minTcb[id] = [high, low];
        emit MinTcbSet(vendor, product, old, minimum);
        _advance(vendor, product);
    }

    /// @inheritdoc ITcbPolicy
    function setGrace(uint40 grace) external onlyTimelock {
        if (grace < minGraceSeconds || grace > MAX_GRACE) revert PeriodOutOfRange(grace, minGraceSeconds, MAX_GRACE);
        emit GraceSet(graceSeconds, grace);
        graceSeconds = grace;
    }

    /// @inheritdoc ITcbPolicy
    function veto(uint8 vendor, uint32 number, uint40 until) external onlyTimelock {
        bytes32 set = keccak256(abi.encode(vendor, number));
        if (_vetoes[set] != 0) revert VetoedBefore(vendor, number);
        uint40 present = uint40(block.timestamp);
        if (until < present || until > present + MAX_VETO) revert PeriodOutOfRange(until, present, present + MAX_VETO);
        _vetoes[set] = until;
        emit SetVetoed(vendor, number, until);
        _advance(vendor, 0);
    }

    /// @inheritdoc ITcbPolicy
    function liftSerial(uint8 vendor, uint8 issuer, uint256 serial) external onlyTimelock {
        bytes32 object = _serialObject(vendor, issuer, serial);
        Mark storage mark = _revoked[object];
        if (mark.state != REVOKED) revert NotRevoked(object);
        mark.state = LIFTED;
        emit SerialLifted(vendor, issuer, serial);
        _advance(vendor, 0);
    }

    // ---- Timelock, Ratifier

    /// @inheritdoc IRevocable
    function revoke(uint8 kind, bytes32 id) external {
        if (msg.sender != timelock && msg.sender != ratifier) revert NotTimelockOrRatifier(msg.sender);
        if (isRevoked(kind, id)) return;
        if (kind == Objects.VENDOR) {
            _vendors[_vendorOf(id)].standing = STANDING_REVOKED;
        } else if (kind == Objects.PRODUCT) {
            _products[id].standing = STANDING_REVOKED;
        } else {
            // platforms and serials: of which vendor is not in the id, so every vendor's epoch advances
            _revoked[Objects.objectOf(kind, id)] = Mark(REVOKED, uint40(block.timestamp));
        }
        emit Revoked(kind, id);
        for (uint8 vendor = Vendor.TDX; vendor <= Vendor.NITRO; ++vendor) {
            if (kind == Objects.PLATFORM) _vendors[vendor].platformsRevoked = true;
            if (kind == Objects.PRODUCT) _vendors[vendor].productsSet = true;
            if (kind == Objects.SERIAL) _vendors[vendor].serialsRevoked = true;
            _advance(vendor, 0);
            if (kind == Objects.SERIAL) _advanceAuthority(vendor);
        }
    }

    // ---- views

    /// @inheritdoc ITcbPolicy
    function judge(Subject calldata s) external view returns (uint32, uint16) {
        uint256 v = _word(s.vendor);
        uint16 verifierId = _verifierId(s.verifier, s.vendor);
        uint32 until = s.issuer == 1 ? uint32(v >> LIST1_UNTIL) : s.issuer == 2 ? uint32(v >> LIST2_UNTIL) : 0;
        if (block.timestamp > until) revert ListMissing(s.vendor, s.issuer, until);
        (bytes memory refusal, uint32 epoch) =
            _refusal(v, s.vendor, s.authorityEpoch, s.status, s.product, s.platform, s.leaf, s.rawTcb);
        if (refusal.length != 0) {
            assembly ("memory-safe") {
                revert(add(refusal, 32), mload(refusal))
            }
        }
        return (epoch, verifierId);
    }

    /// @inheritdoc IRevocable
    function isRevoked(uint8 kind, bytes32 id) public view returns (bool) {
        if (kind == Objects.VENDOR) return _vendors[_vendorOf(id)].standing == STANDING_REVOKED;
        if (kind == Objects.PRODUCT) return _products[id].standing == STANDING_REVOKED;
        if (kind != Objects.PLATFORM && kind != Objects.SERIAL) revert NotRevocableHere(kind);
        return _marked(kind, id);
    }

    /// @inheritdoc ITcbPolicy
    function collateralEpoch(uint8 vendor, bytes32 product) external view returns (uint32) {
        return _vendors[vendor].epoch + _products[Objects.productId(vendor, product)].epoch;
    }

    /// @inheritdoc ITcbPolicy
    function authorityEpoch(uint8 vendor) external view returns (uint32) {
        return _vendors[vendor].authorityEpoch;
    }

    /// @inheritdoc ITcbPolicy
    function minEvaluation(uint8 vendor) external view returns (uint32) {
        return _vendors[vendor].minEvaluation;
    }

    /// @inheritdoc ITcbPolicy
    function vendorAccepted(uint8 vendor) external view returns (bool) {
        return _vendors[vendor].standing == STANDING_ACCEPTED;
    }

    /// @inheritdoc ITcbPolicy
    function productAccepted(uint8 vendor, bytes32 product) external view returns (bool) {
        return _vendors[vendor].standing == STANDING_ACCEPTED
            && _products[Objects.productId(vendor, product)].standing == 0;
    }

    /// @inheritdoc ITcbPolicy
    function vetoedUntil(uint8 vendor, uint32 number) external view returns (uint40) {
        return _vetoes[keccak256(abi.encode(vendor, number))];
    }

    /// @inheritdoc ITcbPolicy
    function vendorPolicy(uint8 vendor) external view returns (VendorPolicy memory) {
        return _vendors[vendor];
    }

    /// @inheritdoc ITcbPolicy
    function productPolicy(uint8 vendor, bytes32 product) external view returns (ProductPolicy memory) {
        return _products[Objects.productId(vendor, product)];
    }

    /// @inheritdoc ITcbPolicy
    function minTcb(uint8 vendor, bytes32 product) public view returns (bytes memory) {
        bytes32 id = Objects.productId(vendor, product);
        return _minimum(id, _products[id].minTcbLength);
    }

    // ---- internals

    /// A vendor's number; an id that only looks like one when cut off must not hit it.
    function _vendorOf(bytes32 id) private pure returns (uint8) {
        if (uint256(id) > type(uint8).max) revert IdOutOfRange(Objects.VENDOR, id);
        return uint8(uint256(id));
    }

    /// Id of an active verifier of that vendor; reverts for any other address.
    function _verifierId(address verifier, uint8 vendor) private view returns (uint16) {
        uint256 word = _verifiers[verifier];
        if (word == 0 || word >> 16 != vendor) revert NotVerifier(verifier, vendor);
        return uint16(word);
    }

    /// A vendor's VendorPolicy as it lies in storage.
    function _word(uint8 vendor) private view returns (uint256 word) {
        VendorPolicy storage v = _vendors[vendor];
        assembly ("memory-safe") {
            word := sload(v.slot)
        }
    }

    /// Revert data of the first cause, empty if there is none; and the collateral epoch. v: the vendor's word.
    function _refusal(
        uint256 v,
        uint8 vendor,
        uint32 authorityEpoch_,
        uint8 status,
        bytes32 product,
        bytes32 platform,
        bytes32 leaf,
        bytes calldata rawTcb
    ) private view returns (bytes memory refusal, uint32 epoch) {
        refusal = _vendorRefusal(v, vendor, authorityEpoch_, platform, leaf);
        epoch = uint32(v);
        uint16 accepted = uint16(v >> STATUSES);
        uint40 outOfDateUntil = uint40(v >> OUT_OF_DATE_UNTIL);
        uint256 minLength;
        bytes32 id;
        // the flag saves the read until a first product gets a policy of its own
        if (uint8(v >> PRODUCTS_SET) != 0) {
            id = Objects.productId(vendor, product);
            ProductPolicy memory p = _products[id];
            epoch += p.epoch;
            minLength = p.minTcbLength;
            if (p.statuses != 0) (accepted, outOfDateUntil) = (p.statuses, p.outOfDateUntil);
            if (refusal.length == 0 && p.standing != 0) {
                bytes4 selector = p.standing == STANDING_REVOKED ? ProductRevoked.selector : ProductOff.selector;
                refusal = abi.encodeWithSelector(selector, vendor, product);
            }
        }
        if (refusal.length != 0) return (refusal, epoch);
        if (block.timestamp > outOfDateUntil) accepted &= ~OUT_OF_DATE_BITS;
        if (status > 15 || (accepted >> status) & 1 == 0) {
            return (abi.encodeWithSelector(StatusNotAccepted.selector, status, accepted), epoch);
        }
        if (minLength != 0) {
            uint8 below = TcbCompare.firstBelow(vendor, rawTcb, _minimum(id, minLength));
            if (below != TcbCompare.NONE_BELOW) refusal = abi.encodeWithSelector(TcbBelowMinimum.selector, below);
        }
    }

    /// Causes that do not depend on the product's policy.
    function _vendorRefusal(uint256 v, uint8 vendor, uint32 authorityEpoch_, bytes32 platform, bytes32 leaf)
        private
        view
        returns (bytes memory none)
    {
        uint256 standing = uint8(v >> STANDING);
        if (standing == STANDING_REVOKED) return abi.encodeWithSelector(VendorRevoked.selector, vendor);
        if (standing != STANDING_ACCEPTED) return abi.encodeWithSelector(VendorNotAccepted.selector, vendor);
        uint32 current = uint32(v >> AUTHORITY_EPOCH);
        if (authorityEpoch_ != current) {
            return abi.encodeWithSelector(AuthorityEpochPassed.selector, authorityEpoch_, current);
        }
        // the flags save the reads until a first serial or platform is revoked; platform 0 is no machine's id
        if (uint8(v >> SERIALS_REVOKED) != 0 && _marked(Objects.SERIAL, leaf)) {
            return abi.encodeWithSelector(LeafRevoked.selector, leaf);
        }
        if (uint8(v >> PLATFORMS_REVOKED) != 0 && platform != 0 && _marked(Objects.PLATFORM, platform)) {
            return abi.encodeWithSelector(PlatformRevoked.selector, platform);
        }
    }

    function _marked(uint8 kind, bytes32 id) private view returns (bool) {
        return _revoked[Objects.objectOf(kind, id)].state == REVOKED;
    }

    function _minimum(bytes32 id, uint256 length) private view returns (bytes memory minimum) {
        minimum = abi.encodePacked(_minTcb[id][0], _minTcb[id][1]);
        assembly ("memory-safe") {
            // at most 64: setMinTcb checked it
            mstore(minimum, length)
        }
    }

    function _setVendor(uint8 vendor, uint16 statuses, uint40 outOfDateUntil, uint32 lowest) private {
        VendorPolicy storage v = _vendors[vendor];
        bytes32 id = Objects.vendorId(vendor);
        if (v.standing == STANDING_REVOKED) revert RevokedForever(Objects.VENDOR, id);
        _requireAcceptable(statuses, false);
        v.standing = STANDING_ACCEPTED;
        v.statuses = statuses;
        v.outOfDateUntil = outOfDateUntil;
        v.minEvaluation = lowest;
        // one that `revoke` does not go through is spared no read
        if (vendor < Vendor.TDX || vendor > Vendor.NITRO) {
            (v.platformsRevoked, v.productsSet, v.serialsRevoked) = (true, true, true);
        }
        emit VendorSet(vendor, statuses, outOfDateUntil, lowest);
    }

    function _requireAcceptable(uint16 statuses, bool mayInherit) private pure {
        if (statuses & ~ACCEPTABLE != 0 || (statuses == 0 && !mayInherit)) revert StatusesNotAllowed(statuses);
    }

    function _serialObject(uint8 vendor, uint8 issuer, uint256 serial) private pure returns (bytes32) {
        return Objects.objectOf(Objects.SERIAL, Objects.serialId(vendor, issuer, serial));
    }

    /// New serials in a list: verdicts may change; below the root everything must be checked again.
    function _revocationCame(uint8 vendor, uint8 issuer) private {
        _advance(vendor, 0);
        if (issuer == 0) _advanceAuthority(vendor);
    }

    function _advance(uint8 vendor, bytes32 product) private {
        uint32 epoch;
        if (product == 0) {
            epoch = ++_vendors[vendor].epoch;
        } else {
            epoch = ++_products[Objects.productId(vendor, product)].epoch;
        }
        emit EpochAdvanced(vendor, product, epoch);
    }

    function _advanceAuthority(uint8 vendor) private {
        emit AuthorityEpochAdvanced(vendor, ++_vendors[vendor].authorityEpoch);
    }
}
