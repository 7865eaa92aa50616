// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEvidenceVerifier} from "../../src/interfaces/IEvidenceVerifier.sol";
import {ITcbPolicy} from "../../src/interfaces/ITcbPolicy.sol";

/// @title  SaidVerifier - a verifier that says what a test told it
/// @notice Evidence is the findings, ABI-encoded. What appraise is asked is kept, with a count. A hint "advance"
///         stands for collateral that comes into force on the way.
contract SaidVerifier {
    error SaidNo(bytes hints);

    uint8 public immutable vendor;
    bool public immutable steady;
    ITcbPolicy public immutable policy;
    uint8 public status = 1;
    uint256 public asked;
    bytes32 public askedFor;

    constructor(uint8 vendor_, bool steady_, address policy_) {
        (vendor, steady, policy) = (vendor_, steady_, ITcbPolicy(policy_));
    }

    function setStatus(uint8 status_) external {
        status = status_;
    }

    /// A list that is in date, as judging evidence wants it.
    function noteList() external {
        policy.noteList(vendor, 1, type(uint32).max);
    }

    function list(uint8 issuer, uint256 serial, uint40 listedAt) external {
        uint256[] memory serials = new uint256[](1);
        serials[0] = serial;
        policy.recordRevoked(vendor, issuer, serials, listedAt);
    }

    function verify(bytes calldata evidence, bytes calldata)
        external
        view
        returns (IEvidenceVerifier.Findings memory f)
    {
        f = abi.decode(evidence, (IEvidenceVerifier.Findings));
        f.authorityEpoch = policy.authorityEpoch(vendor);
        if (!steady) f.status = status;
    }

    function appraise(bytes32 product, bytes calldata rawTcb, bytes calldata hints) external returns (uint8) {
        ++asked;
        askedFor = keccak256(abi.encode(product, rawTcb, hints));
        if (keccak256(hints) == keccak256("no")) revert SaidNo(hints);
        if (keccak256(hints) == keccak256("advance")) policy.advance(vendor);
        return steady ? 1 : status;
    }
}
