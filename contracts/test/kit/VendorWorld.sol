// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttestations} from "../../src/interfaces/IAttestations.sol";
import {IEvidenceVerifier} from "../../src/interfaces/IEvidenceVerifier.sol";
import {ITcbPolicy} from "../../src/interfaces/ITcbPolicy.sol";
import {IVerifierRouter} from "../../src/interfaces/IVerifierRouter.sol";
import {FreeCouncil} from "./Council.sol";
import {Deploys} from "./Deploys.sol";
import {ITcbPolicyInitial} from "./TdxWorld.sol";
import {Test} from "./Test.sol";
import {Vm, vm} from "./Vm.sol";

/// @title  VendorWorld - policy, router and records around one verifier, and the genuine vectors
abstract contract VendorWorld is Test {
    address internal constant TIMELOCK = address(0x71);
    address internal constant RATIFIER = address(0x72);

    IVerifierRouter internal router;
    ITcbPolicy internal policy;
    IAttestations internal attestations;
    FreeCouncil internal council;
    address internal sha384;
    address internal p384;
    address internal reader;
    string internal manifest;

    /// Skips the test where the folder of vectors is not there.
    function needVectors() internal {
        string memory shared = string.concat(vm.projectRoot(), "/../../shared");
        if (!vm.isDir(shared)) vm.skip(true, "no ../shared/vectors");
        ok(vm.isDir(vectors()), "the folder of vectors is missing beside an existing ../shared");
        manifest = vm.readFile(string.concat(vectors(), "/MANIFEST.json"));
    }

    function vectors() internal view returns (string memory) {
        return string.concat(vm.projectRoot(), "/../../shared/vectors");
    }

    function file(string memory name) internal view returns (bytes memory) {
        return vm.readFileBinary(string.concat(vectors(), "/", name));
    }

    /// Hints that test/reference/evidence_hints.py has made; contracts/check runs it.
    function hintsOf(string memory name) internal view returns (bytes memory) {
        return vm.readFileBinary(string.concat(vm.projectRoot(), "/cache/scratch/hints/", name, ".bin"));
    }

    function deployParts() internal {
        sha384 = Deploys.create("Sha384.sol:Sha384", "");
        p384 = Deploys.create("P384.sol:P384", abi.encode(Deploys.create("P384Table.sol:P384Table", "")));
        reader = Deploys.create("Reader384.sol:Reader384", "");
    }

    /// Where TcbPolicy will be if the verifier is the next contract.
    function policyAt() internal view returns (address) {
        return Deploys.predict(address(this), 1);
    }

    /// Called right after the verifier was created.
    function deployAround(address verifier, uint8 vendor) internal {
        if (block.number < 100) vm.roll(100);
        installHistory(block.number - 1, keccak256("history"));
        address routerAt = Deploys.predict(address(this), 1);
        ITcbPolicyInitial.Initial[] memory initial = new ITcbPolicyInitial.Initial[](1);
        initial[0] = ITcbPolicyInitial.Initial(vendor, uint16(1 << 1), 0);
        policy = ITcbPolicy(
            Deploys.create(
                "TcbPolicy.sol:TcbPolicy",
                abi.encode(TIMELOCK, RATIFIER, routerAt, uint40(7 days), uint40(14 days), initial)
            )
        );
        address[] memory list = new address[](1);
        list[0] = verifier;
        router = IVerifierRouter(
            Deploys.create(
                "VerifierRouter.sol:VerifierRouter",
                abi.encode(TIMELOCK, RATIFIER, address(policy), uint40(14 days), list)
            )
        );
        eq(address(router), routerAt, "predicted address of VerifierRouter");
        council = new FreeCouncil();
        attestations = IAttestations(
            Deploys.create(
                "Attestations.sol:Attestations",
                abi.encode(address(router), address(policy), address(council), uint64(300), uint40(1 days))
            )
        );
    }

    function judge(address verifier, IEvidenceVerifier.Findings memory f) internal view {
        policy.judge(
            ITcbPolicy.Subject(
                verifier, f.vendor, f.issuer, f.product, f.platform, f.leaf, f.status, f.authorityEpoch, f.rawTcb
            )
        );
    }

    /// Data of the last recorded log of a kind; logs are taken once per recording.
    function lastLog(bytes32 topic) internal returns (bytes memory data) {
        bool found = false;
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == topic) (found, data) = (true, logs[i].data);
        }
        ok(found, "the event was emitted");
    }

    function str(string memory pos, string memory key) internal view returns (string memory) {
        return vm.parseJsonString(manifest, string.concat(pos, key));
    }

    function same(string memory a, string memory b) internal pure returns (bool) {
        return keccak256(bytes(a)) == keccak256(bytes(b));
    }

    function hexOf(string memory pos, string memory key) internal view returns (bytes memory) {
        return vm.parseBytes(string.concat("0x", str(pos, key)));
    }

    /// The name of a file without folder and the last `cut` characters.
    function stem(string memory path, uint256 cut) internal pure returns (string memory) {
        bytes memory p = bytes(path);
        uint256 start;
        for (uint256 i = 0; i < p.length; ++i) {
            if (p[i] == "/") start = i + 1;
        }
        bytes memory out = new bytes(p.length - start - cut);
        for (uint256 i = 0; i < out.length; ++i) out[i] = p[start + i];
        return string(out);
    }
}
