// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEpochs} from "../src/interfaces/IEpochs.sol";
import {INitroVerifier} from "../src/interfaces/INitroVerifier.sol";
import {INodeRegistry} from "../src/interfaces/INodeRegistry.sol";
import {ISnpVerifier} from "../src/interfaces/ISnpVerifier.sol";
import {ITdxVerifier} from "../src/interfaces/ITdxVerifier.sol";
import {GuardianCouncil} from "../src/governance/GuardianCouncil.sol";
import {NetworkGovernor} from "../src/governance/NetworkGovernor.sol";
import {Ratifier} from "../src/governance/Ratifier.sol";

import {vm} from "../test/kit/Vm.sol";

/// @title  Deploy - the one way in which a network's contracts come to a chain
/// @notice Contracts name each other, so all addresses are predicted from the deployer's first nonce, and
///         each creation is checked against its prediction: the first difference stops. What exists is
///         skipped, so a stopped run goes on where it ended. Parameters are one JSON file per chain;
///         nothing else but the signer comes from outside. contracts/deploy calls this, and then
///         tools/readback.js, which reads everything back and writes deployment.json.
contract Deploy {
    /// Order of creation; the nonce of each is the first one plus those present before it.
    enum Place {
        CertificateReader,
        CollateralReader,
        TdxVerifier,
        // present where a further vendor's root is given
        Sha384,
        P384Table,
        P384,
        Reader384,
        SnpVerifier,
        NitroVerifier,
        TcbPolicy,
        VerifierRouter,
        Attestations,
        Measurements,
        NodeRegistry,
        SeatRule,
        Seating,
        Counting,
        Epochs,
        Apps,
        GuardianCouncil,
        Timelock,
        NetworkGovernor,
        Ratifier
    }

    uint8 private constant TDX = 1;
    uint8 private constant SNP = 2;
    uint8 private constant NITRO = 3;
    /// TcbStatus UpToDate, the only one that verifiers of SNP and Nitro give
    uint16 private constant UP_TO_DATE_ONLY = 2;
    uint256 private constant PLACES = 23;

    /// As TcbPolicy's constructor takes it.
    struct InitialVendor {
        uint8 vendor;
        uint16 statuses;
        uint32 minEvaluation;
    }

    /// @notice a contract came to another address than predicted
    error AddressDiffers(Place place, address found, address needed);
    /// @notice the parameter file is another chain's
    error ChainDiffers(uint256 found, uint256 needed);
    /// @notice the deployer's nonce is past a place where there is no code
    error CodeMissing(Place place, address needed);

    string private _params;
    uint256 private _first;
    address private _deployer;
    bytes[] private _snpRoots;
    bytes private _nitroRoot;

    /// @param params   parameter file
    /// @param roots    folder of root certificates in DER: tdx.der; and if that vendor's machines are to
    ///                 count, snp0.der to snp2.der (ARKs in any order), nitro.der
    /// @param first    deployer's nonce for the first contract
    /// @param out      where the addresses are written
    function run(string calldata params, string calldata roots, uint256 first, string calldata out) external {
        uint256 key = vm.envUint("POLYCLAVE_DEPLOYER_KEY");
        _params = vm.readFile(params);
        _first = first;
        _deployer = vm.addr(key);
        if (_uint("chainId") != block.chainid) revert ChainDiffers(block.chainid, _uint("chainId"));
        _takeRoots(roots);
        vm.startBroadcast(key);
        _evidence(vm.readFileBinary(string.concat(roots, "/tdx.der")));
        _furtherEvidence();
        _registries();
        _epochs();
        _governance();
        vm.stopBroadcast();
        _write(out);
    }

    // ---- the contracts, in order

    function _evidence(bytes memory root) private {
        _make(Place.CertificateReader, "CertificateReader.sol:CertificateReader", "");
        _make(Place.CollateralReader, "CollateralReader.sol:CollateralReader", "");
        ITdxVerifier.Readers memory readers =
            ITdxVerifier.Readers(_at(Place.CertificateReader), _at(Place.CollateralReader));
        ITdxVerifier.TdRules memory rules = ITdxVerifier.TdRules(
            uint64(_uint("tdRequired")),
            uint64(_uint("tdAllowed")),
            uint64(_uint("xfamRequired")),
            uint64(_uint("xfamAllowed")),
            false
        );
        _make(
            Place.TdxVerifier,
            "TdxVerifier.sol:TdxVerifier",
            abi.encode(root, _at(Place.TcbPolicy), readers, rules)
        );
    }

    function _takeRoots(string calldata folder) private {
        for (uint256 i; i < 3; ++i) {
            string memory path = string.concat(folder, "/snp", vm.toString(i), ".der");
            if (vm.exists(path)) _snpRoots.push(vm.readFileBinary(path));
        }
        string memory nitro = string.concat(folder, "/nitro.der");
        if (vm.exists(nitro)) _nitroRoot = vm.readFileBinary(nitro);
    }

    /// The vendors whose machines count, by their verifiers.
    function _vendors() private view returns (InitialVendor[] memory vendors, address[] memory verifiers) {
        uint256 count = 1 + (_present(Place.SnpVerifier) ? 1 : 0) + (_present(Place.NitroVerifier) ? 1 : 0);
        vendors = new InitialVendor[](count);
        verifiers = new address[](count);
        vendors[0] = InitialVendor(TDX, uint16(_uint("tdxStatuses")), uint32(_uint("tdxMinEvaluation")));
        verifiers[0] = _at(Place.TdxVerifier);
        if (_present(Place.SnpVerifier)) {
            vendors[1] = InitialVendor(SNP, UP_TO_DATE_ONLY, 0);
            verifiers[1] = _at(Place.SnpVerifier);
        }
        if (_present(Place.NitroVerifier)) {
            vendors[count - 1] = InitialVendor(NITRO, UP_TO_DATE_ONLY, 0);
            verifiers[count - 1] = _at(Place.NitroVerifier);
        }
    }

    function _furtherEvidence() private {
        if (!_present(Place.P384)) return;
        _make(Place.Sha384, "Sha384.sol:Sha384", "");
        _make(Place.P384Table, "P384Table.sol:P384Table", "");
        _make(Place.P384, "P384.sol:P384", abi.encode(_at(Place.P384Table)));
        _make(Place.Reader384, "Reader384.sol:Reader384", "");
        (address reader, address sha384, address p384) =
            (_at(Place.Reader384), _at(Place.Sha384), _at(Place.P384));
        if (_present(Place.SnpVerifier)) {
            ISnpVerifier.SnpRules memory rules = ISnpVerifier.SnpRules(
                uint32(_uint("snpMaxVmpl")), _bool("snpVlek"), _bool("snpListsRequired")
            );
            _make(
                Place.SnpVerifier,
                "SnpVerifier.sol:SnpVerifier",
                abi.encode(_snpRoots, _at(Place.TcbPolicy), ISnpVerifier.Parts(reader, sha384, p384), rules)
            );
        }
        if (_present(Place.NitroVerifier)) {
            _make(
                Place.NitroVerifier,
                "NitroVerifier.sol:NitroVerifier",
                abi.encode(_nitroRoot, _at(Place.TcbPolicy), INitroVerifier.Parts(reader, sha384, p384))
            );
        }
    }

    function _registries() private {
        (InitialVendor[] memory vendors, address[] memory verifiers) = _vendors();
        // a veto must be able to come before a set takes effect
        uint40 minGrace = _seconds("voteDelaySeconds") + _seconds("votePeriodSeconds")
            + _seconds("voteExtensionSeconds") + _seconds("noticeSeconds");
        _make(
            Place.TcbPolicy,
            "TcbPolicy.sol:TcbPolicy",
            abi.encode(
                _at(Place.Timelock),
                _at(Place.Ratifier),
                _at(Place.VerifierRouter),
                minGrace,
                _seconds("graceSeconds"),
                vendors
            )
        );
        _make(
            Place.VerifierRouter,
            "VerifierRouter.sol:VerifierRouter",
            abi.encode(
                _at(Place.Timelock),
                _at(Place.Ratifier),
                _at(Place.TcbPolicy),
                _seconds("verifierDelaySeconds"),
                verifiers
            )
        );
        _make(
            Place.Attestations,
            "Attestations.sol:Attestations",
            abi.encode(
                _at(Place.VerifierRouter),
                _at(Place.TcbPolicy),
                _at(Place.GuardianCouncil),
                uint64(_uint("maxBoundAgeBlocks")),
                _seconds("maxAgeSeconds")
            )
        );
        _make(
            Place.Measurements,
            "Measurements.sol:Measurements",
            abi.encode(_deployer, _at(Place.Timelock), _at(Place.Ratifier), _at(Place.GuardianCouncil))
        );
        INodeRegistry.Parameters memory p;
        p.attestations = _at(Place.Attestations);
        p.measurements = _at(Place.Measurements);
        p.tcbPolicy = _at(Place.TcbPolicy);
        p.council = _at(Place.GuardianCouncil);
        p.epochs = _at(Place.Epochs);
        p.timelock = _at(Place.Timelock);
        p.ratifier = _at(Place.Ratifier);
        p.kinds = _kinds();
        p.minBond = uint96(_uint("minBond"));
        p.probationSeconds = _seconds("probationSeconds");
        p.bondLockSeconds = minGrace + _seconds("slashDelaySeconds");
        if (block.chainid != 31_337 && p.bondLockSeconds < 14 days) p.bondLockSeconds = 14 days;
        p.expireSeconds = _seconds("expireSeconds");
        p.successorSeconds = _seconds("successorSeconds");
        p.strikeParts = uint16(_uint("strikeParts"));
        p.strikeLimit = uint8(_uint("strikeLimit"));
        _make(Place.NodeRegistry, "NodeRegistry.sol:NodeRegistry", abi.encode(p));
    }

    function _epochs() private {
        _make(Place.SeatRule, "SeatRule.sol:SeatRule", "");
        _make(
            Place.Seating,
            "Seating.sol:Seating",
            abi.encode(
                _at(Place.Epochs),
                _at(Place.NodeRegistry),
                _at(Place.SeatRule),
                _at(Place.Measurements),
                _at(Place.TcbPolicy)
            )
        );
        _make(Place.Counting, "Counting.sol:Counting", abi.encode(_at(Place.Epochs)));
        IEpochs.Parameters memory p;
        p.registry = _at(Place.NodeRegistry);
        p.seating = _at(Place.Seating);
        p.counting = _at(Place.Counting);
        p.council = _at(Place.GuardianCouncil);
        p.timelock = _at(Place.Timelock);
        p.targetN = uint16(_uint("targetN"));
        p.margin = uint8(_uint("margin"));
        p.slashParts = uint16(_uint("slashParts"));
        p.protocol = uint32(_uint("protocol"));
        p.windowBlocks = _seconds("windowBlocks");
        p.phaseBlocks = _seconds("phaseBlocks");
        p.readyBlocks = _seconds("readyBlocks");
        p.finalityBlocks = _seconds("finalityBlocks");
        p.deliveryBlocks = _seconds("deliveryBlocks");
        p.epochSeconds = _seconds("epochSeconds");
        p.cooldownSeconds = _seconds("cooldownSeconds");
        p.absenceSeconds = _seconds("absenceSeconds");
        p.slashDelaySeconds = _seconds("slashDelaySeconds");
        p.sealWaitSeconds = _seconds("sealWaitSeconds");
        p.joinWaitSeconds = _seconds("joinWaitSeconds");
        p.successorSeconds = _seconds("successorSeconds");
        _make(Place.Epochs, "Epochs.sol:Epochs", abi.encode(p));
        _make(Place.Apps, "Apps.sol:Apps", abi.encode(_seconds("appNoticeSeconds")));
    }

    function _governance() private {
        GuardianCouncil.Parameters memory c;
        c.members = vm.parseJsonAddressArray(_params, ".guardians");
        c.threshold = _uint("guardianThreshold");
        c.timelock = _at(Place.Timelock);
        c.ratifier = _at(Place.Ratifier);
        c.governor = _at(Place.NetworkGovernor);
        c.epochs = _at(Place.Epochs);
        c.registry = _at(Place.NodeRegistry);
        c.longestFreezeSeconds = _seconds("longestFreezeSeconds");
        c.repeatSeconds = _seconds("freezeRepeatSeconds");
        c.ratifiedSeconds = _seconds("ratifiedSeconds");
        c.approvalSeconds = _seconds("approvalSeconds");
        _make(Place.GuardianCouncil, "GuardianCouncil.sol:GuardianCouncil", abi.encode(c));
        _make(
            Place.Timelock,
            "Timelock.sol:Timelock",
            abi.encode(_uint("noticeSeconds"), _uint("lapseSeconds"), _at(Place.NetworkGovernor))
        );
        NetworkGovernor.Parameters memory g;
        g.registry = _at(Place.NodeRegistry);
        g.epochs = _at(Place.Epochs);
        g.timelock = payable(_at(Place.Timelock));
        g.council = _at(Place.GuardianCouncil);
        g.delaySeconds = uint48(_uint("voteDelaySeconds"));
        g.periodSeconds = uint32(_uint("votePeriodSeconds"));
        g.extensionSeconds = uint48(_uint("voteExtensionSeconds"));
        g.threshold = _uint("voteThreshold");
        g.quorumFloor = _uint("quorumFloor");
        g.quorumPercent = _uint("quorumPercent");
        _make(Place.NetworkGovernor, "NetworkGovernor.sol:NetworkGovernor", abi.encode(g));
        Ratifier.Parameters memory r;
        r.registry = _at(Place.NodeRegistry);
        r.epochs = _at(Place.Epochs);
        r.council = _at(Place.GuardianCouncil);
        r.measurements = _at(Place.Measurements);
        r.tcbPolicy = _at(Place.TcbPolicy);
        r.router = _at(Place.VerifierRouter);
        r.delaySeconds = uint48(_uint("ratifyDelaySeconds"));
        r.periodSeconds = uint32(_uint("ratifyPeriodSeconds"));
        r.threshold = _uint("voteThreshold");
        r.quorumFloor = _uint("quorumFloor");
        r.quorumPercent = _uint("quorumPercent");
        _make(Place.Ratifier, "Ratifier.sol:Ratifier", abi.encode(r));
    }

    // ---- helpers

    /// Does this deployment have the contract?
    function _present(Place place) private view returns (bool) {
        if (place == Place.SnpVerifier) return _snpRoots.length != 0;
        if (place == Place.NitroVerifier) return _nitroRoot.length != 0;
        bool optional = place >= Place.Sha384 && place <= Place.Reader384;
        return !optional || _snpRoots.length != 0 || _nitroRoot.length != 0;
    }

    function _nonce(Place place) private view returns (uint256 nonce) {
        nonce = _first;
        for (uint256 i; i < uint256(place); ++i) {
            if (_present(Place(i))) ++nonce;
        }
    }

    function _at(Place place) private view returns (address) {
        return vm.computeCreateAddress(_deployer, _nonce(place));
    }

    function _make(Place place, string memory artifact, bytes memory arguments) private {
        address needed = _at(place);
        if (vm.getNonce(_deployer) > _nonce(place)) {
            if (needed.code.length == 0) revert CodeMissing(place, needed);
            return;
        }
        bytes memory code = bytes.concat(vm.getCode(artifact), arguments);
        address made;
        assembly ("memory-safe") {
            made := create(0, add(code, 32), mload(code))
            if iszero(made) {
                let m := mload(0x40)
                returndatacopy(m, 0, returndatasize())
                revert(m, returndatasize())
            }
        }
        if (made != needed) revert AddressDiffers(place, made, needed);
    }

    function _uint(string memory name) private view returns (uint256) {
        return vm.parseJsonUint(_params, string.concat(".", name));
    }

    function _bool(string memory name) private view returns (bool) {
        return vm.parseJsonBool(_params, string.concat(".", name));
    }

    /// A period: blocks or seconds, as its name says.
    function _seconds(string memory name) private view returns (uint40) {
        return uint40(_uint(name));
    }

    function _kinds() private view returns (bytes32[] memory kinds) {
        string[] memory names = vm.parseJsonStringArray(_params, ".kinds");
        kinds = new bytes32[](names.length);
        for (uint256 i; i < names.length; ++i) kinds[i] = bytes32(bytes(names[i]));
    }

    function _write(string memory out) private {
        string[PLACES] memory names = [
            "CertificateReader",
            "CollateralReader",
            "TdxVerifier",
            "Sha384",
            "P384Table",
            "P384",
            "Reader384",
            "SnpVerifier",
            "NitroVerifier",
            "TcbPolicy",
            "VerifierRouter",
            "Attestations",
            "Measurements",
            "NodeRegistry",
            "SeatRule",
            "Seating",
            "Counting",
            "Epochs",
            "Apps",
            "GuardianCouncil",
            "Timelock",
            "NetworkGovernor",
            "Ratifier"
        ];
        string memory json;
        for (uint256 i; i < names.length; ++i) {
            if (_present(Place(i))) json = vm.serializeAddress("addresses", names[i], _at(Place(i)));
        }
        vm.writeJson(json, out);
    }
}
