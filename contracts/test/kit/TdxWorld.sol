// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttestations} from "../../src/interfaces/IAttestations.sol";
import {IEvidenceVerifier} from "../../src/interfaces/IEvidenceVerifier.sol";
import {IMeasurements} from "../../src/interfaces/IMeasurements.sol";
import {ITcbPolicy} from "../../src/interfaces/ITcbPolicy.sol";
import {ITdxVerifier} from "../../src/interfaces/ITdxVerifier.sol";
import {IVerifierRouter} from "../../src/interfaces/IVerifierRouter.sol";
import {FreeCouncil} from "./Council.sol";
import {Deploys} from "./Deploys.sol";
import {Pem} from "./Pem.sol";
import {TdxFiles} from "./TdxFiles.sol";
import {Test} from "./Test.sol";
import {Vm, vm} from "./Vm.sol";

/// What the readers answer; declared here so that tests need not import the slow profile.
interface ICollateralReader {
    struct Object {
        bytes32 product;
        uint256 number;
        uint256 issueDate;
        uint256 nextUpdate;
        bytes table;
        bytes32 content;
    }

    function tcbInfo(bytes calldata json) external pure returns (Object memory);
    function qeIdentity(bytes calldata json) external pure returns (Object memory);
}

/// @title  TdxWorld - the evidence contracts, deployed, and what hosts do with them
abstract contract TdxWorld is Test {
    struct Set {
        bytes tcbInfo;
        bytes qeIdentity;
        bytes tcbChain;
        bytes qeChain;
        bytes rootCrl;
        bytes pckCrl;
    }

    address internal constant TIMELOCK = address(0x71);
    address internal constant RATIFIER = address(0x72);
    uint40 internal constant GRACE = 14 days;

    ITdxVerifier internal verifier;
    ICollateralReader internal collateralReader;
    IVerifierRouter internal router;
    ITcbPolicy internal policy;
    IMeasurements internal measurements;
    IAttestations internal attestations;
    FreeCouncil internal council;

    bytes32 internal ca;
    bytes32 internal tcbSigner;
    bytes32 internal qeSigner;
    bytes internal leafRecord;
    bytes internal tcbTable;
    bytes internal qeTable;

    function vectors() internal view returns (string memory) {
        return string.concat(vm.projectRoot(), "/../../shared/vectors");
    }

    function vectorsMissing() internal view returns (bool) {
        string memory shared = string.concat(vm.projectRoot(), "/../../shared");
        if (!vm.isDir(shared)) return true;
        ok(vm.isDir(vectors()), "the folder of vectors is missing beside an existing ../shared");
        return false;
    }

    function file(string memory name) internal view returns (bytes memory) {
        return vm.readFileBinary(string.concat(vectors(), "/", name));
    }

    /// The published vectors' default policy: UpToDate, no debug.
    function manifestRules() internal pure returns (ITdxVerifier.TdRules memory) {
        return ITdxVerifier.TdRules({
            tdRequired: 0,
            tdAllowed: uint64(1 << 28 | 1 << 30 | 1 << 31 | 1 << 63),
            xfamRequired: 3,
            xfamAllowed: 0x6dbe7,
            serviceTd: true
        });
    }

    function deployWorld(bytes memory root, ITdxVerifier.TdRules memory rules) internal {
        if (block.number < 100) vm.roll(100);
        installHistory(block.number - 1, keccak256("history"));
        council = new FreeCouncil();
        ITdxVerifier.Readers memory readers = ITdxVerifier.Readers(
            Deploys.create("CertificateReader.sol:CertificateReader", ""),
            Deploys.create("CollateralReader.sol:CollateralReader", "")
        );
        collateralReader = ICollateralReader(readers.collateral);
        address policyAt = Deploys.predict(address(this), 1);
        address routerAt = Deploys.predict(address(this), 2);
        verifier = ITdxVerifier(
            Deploys.create("TdxVerifier.sol:TdxVerifier", abi.encode(root, policyAt, readers, rules))
        );
        ITcbPolicyInitial.Initial[] memory initial = new ITcbPolicyInitial.Initial[](1);
        initial[0] = ITcbPolicyInitial.Initial(1, uint16(1 << 1), 0);
        policy = ITcbPolicy(
            Deploys.create(
                "TcbPolicy.sol:TcbPolicy",
                abi.encode(TIMELOCK, RATIFIER, routerAt, uint40(7 days), GRACE, initial)
            )
        );
        eq(address(policy), policyAt, "predicted address of TcbPolicy");
        address[] memory list = new address[](1);
        list[0] = address(verifier);
        router = IVerifierRouter(
            Deploys.create("VerifierRouter.sol:VerifierRouter", abi.encode(TIMELOCK, RATIFIER, address(policy), uint40(14 days), list))
        );
        eq(address(router), routerAt, "predicted address of VerifierRouter");
        measurements = IMeasurements(
            Deploys.create(
                "Measurements.sol:Measurements", abi.encode(address(this), TIMELOCK, RATIFIER, address(council))
            )
        );
        attestations = IAttestations(
            Deploys.create(
                "Attestations.sol:Attestations",
                abi.encode(address(router), address(policy), address(council), uint64(300), uint40(1 days))
            )
        );
    }

    /// Posts a chain and a collateral set in the order that works; every refusal passes through.
    function postSet(Set memory s, bytes memory caCert) internal {
        verifier.addCrl(s.rootCrl, 0, type(uint256).max);
        ca = verifier.addCert(caCert, 0);
        tcbSigner = verifier.addCert(Pem.read(s.tcbChain)[0], 0);
        qeSigner = verifier.addCert(Pem.read(s.qeChain)[0], 0);
        verifier.addCrl(s.pckCrl, ca, type(uint256).max);
        TdxFiles.Body memory b = TdxFiles.body(s.tcbInfo, "tcbInfo");
        verifier.addCollateral(1, b.object, b.r, b.s, tcbSigner);
        tcbTable = collateralReader.tcbInfo(b.object).table;
        b = TdxFiles.body(s.qeIdentity, "enclaveIdentity");
        verifier.addCollateral(2, b.object, b.r, b.s, qeSigner);
        qeTable = collateralReader.qeIdentity(b.object).table;
    }

    /// Posts a leaf; its record from the event.
    function postLeaf(bytes memory leaf) internal returns (bytes memory record) {
        vm.recordLogs();
        bytes32 tag = verifier.addCert(leaf, ca);
        record = abi.decode(_lastLog(ITdxVerifier.LeafPosted.selector), (bytes));
        eq(keccak256(record), tag, "the record hashes to its tag");
    }

    /// Data of the last recorded log of a kind; logs are taken once per recording.
    function _lastLog(bytes32 topic) internal returns (bytes memory data) {
        bool found = false;
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == topic) (found, data) = (true, logs[i].data);
        }
        ok(found, "the event was emitted");
    }

    function hints() internal view returns (bytes memory) {
        return bytes.concat(leafRecord, bytes2(uint16(tcbTable.length)), tcbTable, qeTable);
    }

    function appraiseHints() internal view returns (bytes memory) {
        return bytes.concat(bytes2(uint16(tcbTable.length)), tcbTable, qeTable);
    }

    function subjectOf(IEvidenceVerifier.Findings memory f) internal view returns (ITcbPolicy.Subject memory) {
        return ITcbPolicy.Subject(
            address(verifier), f.vendor, f.issuer, f.product, f.platform, f.leaf, f.status, f.authorityEpoch, f.rawTcb
        );
    }

    function judge(IEvidenceVerifier.Findings memory f) internal view returns (uint32 epoch) {
        (epoch,) = policy.judge(subjectOf(f));
    }

    function readSet(string memory dir) internal view returns (Set memory s) {
        string memory base = string.concat("tdx/collateral/", dir, "/");
        s.tcbInfo = file(string.concat(base, "tcbinfo.json"));
        s.qeIdentity = file(string.concat(base, "qeidentity.json"));
        s.tcbChain = file(string.concat(base, "tcb_issuer_chain.pem"));
        s.qeChain = file(string.concat(base, "qe_issuer_chain.pem"));
        s.rootCrl = file(string.concat(base, "rootcrl.der"));
        s.pckCrl = file(string.concat(base, "pckcrl.der"));
    }
}

/// Constructor argument of TcbPolicy.
interface ITcbPolicyInitial {
    struct Initial {
        uint8 vendor;
        uint16 statuses;
        uint32 minEvaluation;
    }
}
