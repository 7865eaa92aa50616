// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ids} from "../src/base/Ids.sol";
import {Claims} from "../src/base/Types.sol";
import {IAttestations} from "../src/interfaces/IAttestations.sol";
import {ITdxVerifier} from "../src/interfaces/ITdxVerifier.sol";
import {Labels} from "../src/base/Labels.sol";
import {Pem} from "../test/kit/Pem.sol";
import {SimIntel} from "../test/kit/SimIntel.sol";
import {TdxFiles} from "../test/kit/TdxFiles.sol";
import {ICollateralReader} from "../test/kit/TdxWorld.sol";
import {Deploys} from "../test/kit/Deploys.sol";
import {vm} from "../test/kit/Vm.sol";

interface IClaimsIn {
    function claimsIn(bytes calldata evidence, bytes calldata hints) external pure returns (Claims memory);
}

/// @title  GasCalls - call data for `contracts/gas`, printed as JSON into cache/scratch
/// @notice Evidence under a simulated Intel, with TCB tables as long as the largest genuine one of the
///         vectors; beside it the genuine certificate and TCB info as posted on a chain of their time.
contract GasCalls {
    string private constant OUT = "cache/scratch/gas-calls.json";
    uint256 private constant SERIAL = 0x003c16ed54eacbb4ced072be72630c85788cf46e36;
    bytes32 private constant MRTD = keccak256("gas");
    bytes32 private constant CONTEXT = bytes32(uint256(uint160(0x1111111111111111111111111111111111111111)));

    function put(string memory key, bytes memory value) private returns (string memory) {
        return vm.serializeString("calls", key, vm.toString(value));
    }

    function times(uint256 present) private pure returns (uint256 from, uint256 to) {
        return (present - 1 days, present + 3000 days);
    }

    /// Everything to post before the first attest, in order.
    function prepare(uint256 present) external {
        (uint256 from, uint256 to) = times(present);
        uint256[] memory none = new uint256[](0);
        bytes32 ca = _authority(1, SimIntel.PLATFORM_NAME, SimIntel.CA_KEY);
        bytes32 signer = _authority(3, SimIntel.SIGNER_NAME, SimIntel.SIGNER_KEY);
        put("root", SimIntel.rootCert(from, to));
        put("0", abi.encodeCall(ITdxVerifier.addCrl, (
            SimIntel.crl(SimIntel.ROOT_KEY, SimIntel.ROOT_NAME, from, from + 365 days, none), 0, 1000)));
        put("1", abi.encodeCall(ITdxVerifier.addCert, (SimIntel.caCert(from, to), 0)));
        put("2", abi.encodeCall(ITdxVerifier.addCert, (SimIntel.signerCert(from, to), 0)));
        put("3", abi.encodeCall(ITdxVerifier.addCrl, (
            SimIntel.crl(SimIntel.CA_KEY, SimIntel.PLATFORM_NAME, from, from + 30 days, none), ca, 1000)));
        bytes memory info = _tcbInfo(from);
        (uint256 r, uint256 s) = SimIntel.sign(info);
        put("4", abi.encodeCall(ITdxVerifier.addCollateral, (1, info, r, s, signer)));
        bytes memory qe = _qe(from);
        (r, s) = SimIntel.sign(qe);
        put("5", abi.encodeCall(ITdxVerifier.addCollateral, (2, qe, r, s, signer)));
        string memory json = put("6", abi.encodeCall(ITdxVerifier.addCert, (SimIntel.pckCert(SERIAL, SimIntel.pck(), from, to), ca)));
        vm.writeJson(json, OUT);
    }

    /// A record for one subject, bound to that block.
    function attest(
        uint256 present,
        uint8 kind,
        bytes32 subject,
        address attestations,
        address verifier,
        uint64 bound,
        bytes32 hash
    ) external {
        (uint256 from, uint256 to) = times(present);
        bytes memory e = _evidence(kind, subject, attestations, bound, hash);
        bytes memory hints = bytes.concat(_leaf(to), _tables(from));
        string memory json = put("attest", abi.encodeCall(IAttestations.attest, (
            kind, subject, CONTEXT, verifier, bound, e, hints)));
        vm.writeJson(json, OUT);
    }

    /// Another machine's certificate is listed; then the node's record of that block is judged again.
    function recheck(
        uint256 present,
        bytes32 subject,
        address attestations,
        address verifier,
        uint64 bound,
        bytes32 hash
    ) external {
        (uint256 from, uint256 to) = times(present);
        uint256[] memory other = new uint256[](1);
        other[0] = SERIAL ^ 1;
        bytes32 ca = _authority(1, SimIntel.PLATFORM_NAME, SimIntel.CA_KEY);
        put("list", abi.encodeCall(ITdxVerifier.addCrl, (
            SimIntel.crl(SimIntel.CA_KEY, SimIntel.PLATFORM_NAME, from + 1, from + 30 days, other), ca, 1000)));
        IClaimsIn reader = IClaimsIn(Deploys.create("AnythingAttestations.sol:AnythingAttestations", ""));
        Claims memory c = reader.claimsIn(_evidence(1, subject, attestations, bound, hash), _leaf(to));
        bytes32 record = Ids.record(1, subject, CONTEXT, c.measurement, c.platform, verifier);
        string memory json = put("recheck", abi.encodeCall(IAttestations.recheck, (
            record,
            IAttestations.Preimage(c.product, c.measurement, bytes32(c.reportData), c.platform, 1, SERIAL),
            c.rawTcb,
            _tables(from))));
        vm.writeJson(json, OUT);
    }

    /// The genuine objects: calls for a verifier that pins Intel's root, at 2026-03-20.
    function genuine() external {
        string memory base = string.concat(vm.projectRoot(), "/../../shared/vectors/tdx/");
        string memory set = string.concat(base, "collateral/50806f000000-2026-03/");
        TdxFiles.Quote memory q = TdxFiles.quote(vm.readFileBinary(string.concat(base, "v4-debug-td.bin")));
        bytes memory signerDer = Pem.read(vm.readFileBinary(string.concat(set, "tcb_issuer_chain.pem")))[0];
        TdxFiles.Body memory b = TdxFiles.body(vm.readFileBinary(string.concat(set, "tcbinfo.json")), "tcbInfo");
        put("root", vm.readFileBinary(string.concat(base, "roots/intel-sgx-root-ca.der")));
        put("0", abi.encodeCall(ITdxVerifier.addCrl, (vm.readFileBinary(string.concat(set, "rootcrl.der")), 0, 1000)));
        put("1", abi.encodeCall(ITdxVerifier.addCert, (q.ca, 0)));
        put("2", abi.encodeCall(ITdxVerifier.addCert, (signerDer, 0)));
        put("leaf", q.leaf);
        put("info", b.object);
        string memory json = put("rs", abi.encode(b.r, b.s));
        vm.writeJson(json, OUT);
    }

    function _authority(uint8 role, string memory name, uint256 key) private pure returns (bytes32) {
        (uint256 x, uint256 y) = vm.publicKeyP256(key);
        return keccak256(abi.encode(role, keccak256(SimIntel.name(name)), x, y));
    }

    /// Five levels and four levels of modules, as the largest genuine TCB info has.
    function _tcbInfo(uint256 from) private pure returns (bytes memory) {
        SimIntel.TcbInfo memory t;
        t.fmspc = SimIntel.pck().fmspc;
        t.number = 18;
        t.issueDate = from;
        t.nextUpdate = from + 30 days;
        t.modules = bytes.concat(
            SimIntel.module("TDX_03", SimIntel.svnLevel(3, "UpToDate")), ",",
            SimIntel.module("TDX_01", bytes.concat(
                SimIntel.svnLevel(6, "UpToDate"), ",", SimIntel.svnLevel(4, "OutOfDate"), ",", SimIntel.svnLevel(2, "OutOfDate")))
        );
        t.levels = new SimIntel.Level[](5);
        for (uint256 i = 0; i < 5; ++i) {
            t.levels[i] = SimIntel.Level(
                SimIntel.pck().svns, 0x05000200000000000000000000000000, uint16(11 - i), i == 0 ? "UpToDate" : "OutOfDate"
            );
        }
        return SimIntel.tcbInfo(t);
    }

    function _qe(uint256 from) private pure returns (bytes memory) {
        return SimIntel.qeIdentity(18, from, from + 30 days, SimIntel.svnLevel(4, "UpToDate"));
    }

    function _evidence(uint8 kind, bytes32 subject, address attestations, uint64 bound, bytes32 hash)
        private
        view
        returns (bytes memory)
    {
        bytes32 high = keccak256(
            abi.encode(
                kind == 1 ? Labels.REPORT_NODE : Labels.REPORT_APP,
                block.chainid, attestations, subject, CONTEXT, uint256(bound), hash
            )
        );
        SimIntel.Td memory td = SimIntel.td(high, Labels.REPORT);
        td.mrtd = MRTD;
        return SimIntel.evidence(td);
    }

    /// The tables in force, as hints have them.
    function _tables(uint256 from) private returns (bytes memory) {
        ICollateralReader reader = ICollateralReader(Deploys.create("CollateralReader.sol:CollateralReader", ""));
        bytes memory table = reader.tcbInfo(_tcbInfo(from)).table;
        bytes memory qeTable = reader.qeIdentity(_qe(from)).table;
        return bytes.concat(bytes2(uint16(table.length)), table, qeTable);
    }

    function _leaf(uint256 to) private pure returns (bytes memory) {
        SimIntel.Pck memory p = SimIntel.pck();
        (uint256 x, uint256 y) = vm.publicKeyP256(SimIntel.PCK_KEY);
        bytes memory head = abi.encodePacked(x, y, p.ppid, p.fmspc, p.pceid);
        return abi.encodePacked(head, p.svns, p.pcesvn, uint8(1), uint160(SERIAL), uint32(to));
    }
}
