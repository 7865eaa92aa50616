// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  IEvidenceVerifier - why we believe a machine, one contract per vendor and evidence format
/// @notice A verifier holds root pins and collateral, decides what evidence proves, and remembers no
///         revocation of its own: those are in TcbPolicy, which outlives it. It is total: any input
///         gives findings or a revert that names the cause.
interface IEvidenceVerifier {
    /// @notice What was proved. The first block goes into claims (SPEC 4) and depends on the evidence
    ///         alone; the second depends on collateral and time.
    /// @param vendor       as vendor()
    /// @param product      claims.product
    /// @param measurement  claims.measurement
    /// @param platform     claims.platform; zero: the machine has no id
    /// @param reportHigh   first 32 bytes of the report data
    /// @param reportLow    last 32 bytes of it
    /// @param rawTcb       claims.rawTcb
    /// @param status       TcbStatus under the collateral in force
    /// @param issuer       number of the leaf's issuer, as in Objects.serialId
    /// @param leaf         Objects.serialId of the certificate that vouches for the platform
    /// @param authorityEpoch  TcbPolicy's authority epoch at which the authorities above leaf and
    ///                     collateral were last checked; the caller refuses unless it is the present one
    struct Findings {
        uint8 vendor;
        bytes32 product;
        bytes32 measurement;
        bytes32 platform;
        bytes32 reportHigh;
        bytes32 reportLow;
        bytes rawTcb;
        uint8 status;
        uint8 issuer;
        bytes32 leaf;
        uint32 authorityEpoch;
    }

    /// @notice vendor of base/Types.sol
    function vendor() external view returns (uint8);

    /// @notice True: the status depends on the evidence alone, so what attest recorded stays right whatever is
    ///         posted later, and a recheck need not ask. It never changes; read once, at activation.
    function steady() external view returns (bool);

    /// @notice Verifies evidence at block.timestamp against the collateral in force.
    /// @param  evidence the vendor's bytes without the certificates (the verifier's manual says which)
    /// @param  hints    the preimages of what the verifier stores as a hash; false ones only fail
    /// @dev    Anybody may call it. It changes state only by bringing ripe collateral into force.
    ///         Not checked here: report data, TcbPolicy (switches, minimum, revocations, age of the
    ///         revocation lists), freezes.
    function verify(bytes calldata evidence, bytes calldata hints) external returns (Findings memory);

    /// @notice TCB status of claims' product and rawTcb under the collateral in force now.
    function appraise(bytes32 product, bytes calldata rawTcb, bytes calldata hints)
        external
        returns (uint8 status);
}
