// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Dates} from "../../src/base/Dates.sol";
import {Deploys} from "../kit/Deploys.sol";
import {SimDer, SimIntel} from "../kit/SimIntel.sol";
import {ICollateralReader} from "../kit/TdxWorld.sol";
import {Test} from "../kit/Test.sol";
import {vm} from "../kit/Vm.sol";

/// Dates in calldata-free form, for the comparison with the kit's own calendar.
contract DatesTest is Test {
    function iso(bytes32 w) external pure returns (uint256) {
        return Dates.iso(w, 0);
    }

    /// Forward and back over the whole range, with the kit's independent calendar.
    function testFuzz_isoIsTheInverse(uint256 t) external view {
        t = bound(t, 0, 253_402_300_799);
        eq(this.iso(bytes32(SimDer.iso(t))), t, "time");
    }

    function test_isoRefuses() external {
        bytes32[12] memory bad = [
            bytes32("2025-02-29T00:00:00Z"), "2025-13-01T00:00:00Z", "2025-00-01T00:00:00Z", "2025-04-31T00:00:00Z",
            "2025-04-00T00:00:00Z", "2025-04-01T24:00:00Z", "2025-04-01T00:60:00Z", "2025-04-01T00:00:60Z",
            "2025-04-01 00:00:00Z", "2025-04-01T00:00:00z", "202a-04-01T00:00:00Z", "1969-12-31T23:59:59Z"
        ];
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(Dates.DateMalformed.selector, 0));
            this.iso(bad[i]);
        }
        eq(this.iso("2024-02-29T23:59:59Z"), 1_709_251_199, "leap day");
        eq(this.iso("2000-02-29T00:00:00Z"), 951_782_400, "leap day of a century");
    }
}

/// @title  The JSON reader: what it takes, what it refuses, and that the order of members is nothing
contract CollateralReaderTest is Test {
    ICollateralReader internal reader;
    uint256 internal constant NOW = 1_790_000_000;

    bytes internal constant MODULE = '"tdxModule":{"mrsigner":"000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000","attributes":"0000000000000000","attributesMask":"ffffFFFFFFFFFFFF"}';
    bytes internal constant LEVELS_A = '"tcbLevels":[{"tcb":{"sgxtcbcomponents":';
    bytes internal constant SIXTEEN = '[{"svn":1},{"svn":20},{"svn":255},{"svn":0},{"svn":0},{"svn":0},{"svn":0},{"svn":0},{"svn":0},{"svn":0},{"svn":0},{"svn":0},{"svn":0},{"svn":0},{"svn":0},{"svn":9}]';
    bytes internal constant LEVELS_Z = '},"tcbDate":"2025-05-14T00:00:00Z","tcbStatus":"UpToDate"}]';
    bytes internal constant HEAD = '"id":"TDX","version":3,"issueDate":"2026-08-13T10:45:38Z","nextUpdate":"2026-09-12T10:45:38Z","fmspc":"B0c06F000000","pceId":"0001","tcbType":0,"tcbEvaluationDataNumber":20';

    function setUp() external {
        reader = ICollateralReader(Deploys.create("CollateralReader.sol:CollateralReader", ""));
    }

    function levels(bytes memory sgx) internal pure returns (bytes memory) {
        return bytes.concat(LEVELS_A, sgx, ',"pcesvn":11,"tdxtcbcomponents":', SIXTEEN, LEVELS_Z);
    }

    function whole() internal pure returns (bytes memory) {
        return bytes.concat("{", HEAD, ",", MODULE, ",", levels(SIXTEEN), "}");
    }

    function refuse(bytes memory json) internal {
        (bool done,) = address(reader).call(abi.encodeCall(reader.tcbInfo, (json)));
        ok(!done, string.concat("refused: ", string(json)));
    }

    function test_fields() external view {
        ICollateralReader.Object memory o = reader.tcbInfo(whole());
        eq(o.product, bytes32(bytes8(0xb0c06f0000000001)), "product, either case");
        eq(o.number, 20, "number");
        eq(o.issueDate, 1_786_617_938, "issueDate");
        bytes memory row = bytes.concat(
            hex"0114ff00000000000000000000000009", hex"0114ff00000000000000000000000009", hex"000b", hex"01"
        );
        eq(
            o.table,
            bytes.concat(hex"01", hex"00", new bytes(56), hex"ffffffffffffffff", hex"00", hex"01", row),
            "table"
        );
    }

    function test_orderAndSpaceAreNothing() external view {
        bytes memory other = bytes.concat(" {\n", levels(SIXTEEN), " ,\t", MODULE, "\r\n,", HEAD, ' , "more" : {"a":[1,true,null,"x",{}],"b":false} }');
        ICollateralReader.Object memory a = reader.tcbInfo(whole());
        ICollateralReader.Object memory b = reader.tcbInfo(other);
        eq(a.table, b.table, "the same table");
        eq(a.content, b.content, "the same content");
        eq(a.product, b.product, "the same product");
        // components with other members, in another order
        bytes memory wordy =
            '[{"type":"x","svn":1},{ "svn" : 20 , "category":"BIOS"},{"svn":255,"category":"OS/VMM","type":"a longer text than thirty-two characters"},{"svn":0,"new":{"k":[]}},{"svn":0},{"svn":0},{"svn":0},{"svn":0},{"svn":0},{"svn":0},{"svn":0},{"svn":0},{"svn":0},{"svn":0},{"svn":0},{"svn":9,"category":"BIOS","type":"t"}]';
        b = reader.tcbInfo(bytes.concat("{", HEAD, ",", MODULE, ",", levels(wordy), "}"));
        eq(a.table, b.table, "components");
        ok(a.content != b.content, "content is of the bytes");
    }

    function test_truncatedAnywhere() external {
        bytes memory json = whole();
        for (uint256 n = 0; n < json.length; ++n) {
            bytes memory cut = new bytes(n);
            for (uint256 i = 0; i < n; ++i) cut[i] = json[i];
            refuse(cut);
        }
        refuse(bytes.concat(json, " "));
        refuse(bytes.concat(json, "}"));
    }

    function replaced(bytes memory what, bytes memory by) internal pure returns (bytes memory) {
        bytes memory json = whole();
        for (uint256 i = 0; i + what.length <= json.length; ++i) {
            bool same = true;
            for (uint256 k = 0; k < what.length && same; ++k) same = json[i + k] == what[k];
            if (!same) continue;
            bytes memory a = new bytes(i);
            for (uint256 k = 0; k < i; ++k) a[k] = json[k];
            bytes memory z = new bytes(json.length - i - what.length);
            for (uint256 k = 0; k < z.length; ++k) z[k] = json[i + what.length + k];
            return bytes.concat(a, by, z);
        }
        revert NotTrue("the text to replace is there");
    }

    function test_refusals() external {
        // duplicates: known and unknown members, in every kind of object
        refuse(replaced('"version":3', '"version":3,"version":3'));
        refuse(replaced('"version":3', '"x":1,"version":3,"x":2'));
        refuse(replaced('{"svn":20}', '{"svn":20,"svn":20}'));
        refuse(replaced('{"svn":20}', '{"svn":20,"y":1,"y":1}'));
        refuse(replaced('"pcesvn":11', '"pcesvn":11,"pcesvn":11'));
        refuse(replaced('"tcbStatus":"UpToDate"', '"tcbStatus":"UpToDate","tcbStatus":"UpToDate"'));
        refuse(replaced('"attributes":"0000000000000000"', '"attributes":"0000000000000000","attributes":"0000000000000000"'));
        // missing members
        refuse(replaced('"version":3,', ""));
        refuse(replaced('"fmspc":"B0c06F000000",', ""));
        refuse(replaced('"pcesvn":11,', ""));
        refuse(replaced('{"svn":20}', '{"category":"BIOS"}'));
        refuse(replaced('{"svn":20}', "{}"));
        refuse(replaced(bytes.concat(MODULE, ","), ""));
        // numbers
        refuse(replaced('{"svn":20}', '{"svn":256}'));
        refuse(replaced('{"svn":20}', '{"svn":020}'));
        refuse(replaced('{"svn":20}', '{"svn":00}'));
        refuse(replaced('{"svn":20}', '{"svn":-1}'));
        refuse(replaced('{"svn":20}', '{"svn":2.0}'));
        refuse(replaced('{"svn":20}', '{"svn":2e1}'));
        refuse(replaced('{"svn":20}', '{"svn":"20"}'));
        refuse(replaced('{"svn":20}', '{"svn":}'));
        refuse(replaced('"pcesvn":11', '"pcesvn":65536'));
        refuse(replaced('"tcbEvaluationDataNumber":20', '"tcbEvaluationDataNumber":65536'));
        // lists
        refuse(replaced('{"svn":9}', '{"svn":9},{"svn":9}'));
        refuse(replaced(',{"svn":9}', ""));
        refuse(replaced(',{"svn":9}', ",{\"svn\":9},"));
        // text
        refuse(replaced('"UpToDate"', '"uptodate"'));
        refuse(replaced('"UpToDate"', '"TDRelaunchAdvised"'));
        refuse(replaced('"UpToDate"', '""'));
        refuse(replaced('"id":"TDX"', '"id":"TD\\u0058"'));
        refuse(replaced('"id":"TDX"', '"id":"SGX"'));
        refuse(replaced('"version":3', '"version":2'));
        refuse(replaced('"tcbType":0', '"tcbType":1'));
        refuse(replaced("B0c06F000000", "B0c06F00000"));
        refuse(replaced("B0c06F000000", "B0c06F00000g"));
        refuse(replaced("2026-08-13T10:45:38Z", "2026-08-13T10:45:38"));
        refuse(replaced("2026-08-13T10:45:38Z", "2026-08-13T10:45:38ZZ"));
        refuse(replaced('{"svn":20}', '{"svn":20,"type":"\x01"}'));
        // nesting
        refuse(replaced('"version":3', '"version":3,"d":[[[[[[[[[[[1]]]]]]]]]]]'));
        // structure
        refuse(replaced('"version":3', '"version"=3'));
        refuse(replaced('"version":3', "version:3"));
        refuse(replaced('{"svn":20}', '["svn",20]'));
    }

    function test_modules() external {
        bytes memory json = whole();
        json[json.length - 1] = ",";
        bytes memory one = SimIntel.module("tdx_03", SimIntel.svnLevel(3, "UpToDate"));
        ICollateralReader.Object memory o =
            reader.tcbInfo(bytes.concat(json, '"tdxModuleIdentities":[', one, "]}"));
        eq(uint8(o.table[0]), 2, "two modules");
        eq(uint8(o.table[67]), 3, "its major version");
        refuse(bytes.concat(json, '"tdxModuleIdentities":[', one, ",", one, "]}"));
        refuse(bytes.concat(json, '"tdxModuleIdentities":[', SimIntel.module("TDX_3", ""), "]}"));
        refuse(bytes.concat(json, '"tdxModuleIdentities":[', SimIntel.module("SGX_03", ""), "]}"));
        refuse(bytes.concat(json, '"tdxModuleIdentities":[', SimIntel.module("TDX_0x", ""), "]}"));
        refuse(bytes.concat(json, '"tdxModuleIdentities":[', SimIntel.module("TDX_03", SimIntel.svnLevel(256, "UpToDate")), "]}"));
        bytes memory many;
        for (uint256 i = 0; i < 17; ++i) {
            many = bytes.concat(many, i == 0 ? bytes("") : bytes(","), SimIntel.svnLevel(40 - i, "OutOfDate"));
        }
        refuse(bytes.concat(json, '"tdxModuleIdentities":[', SimIntel.module("TDX_03", many), "]}"));
        reader.tcbInfo(bytes.concat(json, '"tdxModuleIdentities":[]}'));
    }

    function test_qeIdentity() external {
        bytes memory json = SimIntel.qeIdentity(19, NOW, NOW + 1, SimIntel.svnLevel(4, "ConfigurationAndSWHardeningNeeded"));
        ICollateralReader.Object memory o = reader.qeIdentity(json);
        eq(o.product, 0, "no product");
        eq(o.number, 19, "number");
        eq(
            o.table,
            bytes.concat(
                hex"00000000ffffffff", hex"11000000000000000000000000000000", hex"fbffffffffffffff0000000000000000",
                hex"dc9e2a7c6f948f17474e34a7fc43ed030f7c1563f1babddf6340c82e0e54a8c5", hex"0002", hex"01", hex"000404"
            ),
            "table"
        );
        (bool done,) = address(reader).call(abi.encodeCall(reader.tcbInfo, (json)));
        ok(!done, "a QE identity is no TCB info");
    }
}
