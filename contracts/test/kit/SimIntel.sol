// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {vm} from "./Vm.sol";

/// @title  SimDer - writes the little DER that a simulated PKI needs
library SimDer {
    function tlv(uint8 tag, bytes memory content) internal pure returns (bytes memory) {
        uint256 n = content.length;
        if (n < 0x80) return bytes.concat(bytes1(tag), bytes1(uint8(n)), content);
        if (n < 0x100) return bytes.concat(bytes1(tag), hex"81", bytes1(uint8(n)), content);
        return bytes.concat(bytes1(tag), hex"82", bytes2(uint16(n)), content);
    }

    function integer(uint256 v) internal pure returns (bytes memory) {
        uint256 size = 1;
        while (size < 32 && v >> (8 * size) != 0) ++size;
        bytes memory b = new bytes(size);
        for (uint256 i = 0; i < size; ++i) b[i] = bytes1(uint8(v >> (8 * (size - 1 - i))));
        if (uint8(b[0]) >= 0x80) b = bytes.concat(hex"00", b);
        return tlv(0x02, b);
    }

    function sequence(bytes memory content) internal pure returns (bytes memory) {
        return tlv(0x30, content);
    }

    /// YYYYMMDDhhmmss of a Unix time.
    function digits(uint256 t) internal pure returns (bytes memory out) {
        uint256 z = t / 86400 + 719468;
        uint256 era = z / 146097;
        uint256 doe = z - era * 146097;
        uint256 yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
        uint256 doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        uint256 mp = (5 * doy + 2) / 153;
        uint256 day = doy - (153 * mp + 2) / 5 + 1;
        uint256 month = mp < 10 ? mp + 3 : mp - 9;
        uint256 year = yoe + era * 400 + (month <= 2 ? 1 : 0);
        uint256 s = t % 86400;
        out = bytes.concat(
            two(year / 100), two(year % 100), two(month), two(day), two(s / 3600), two(s / 60 % 60), two(s % 60)
        );
    }

    function two(uint256 v) internal pure returns (bytes2) {
        return bytes2(uint16((0x30 + v / 10) << 8 | (0x30 + v % 10)));
    }

    function time(uint256 t) internal pure returns (bytes memory) {
        bytes memory d = digits(t);
        if (t >= 2524608000) return tlv(0x18, bytes.concat(d, "Z"));
        bytes memory short = new bytes(12);
        for (uint256 i = 0; i < 12; ++i) short[i] = d[i + 2];
        return tlv(0x17, bytes.concat(short, "Z"));
    }

    /// "YYYY-MM-DDThh:mm:ssZ"
    function iso(uint256 t) internal pure returns (bytes memory) {
        bytes memory d = digits(t);
        return abi.encodePacked(
            d[0], d[1], d[2], d[3], "-", d[4], d[5], "-", d[6], d[7], "T", d[8], d[9], ":", d[10], d[11], ":", d[12], d[13], "Z"
        );
    }
}

/// @title  SimIntel - an Intel of one's own: root, authorities, leaves, lists, collateral, quotes
/// @notice Keys are small numbers that the cheat codes sign with. Everything is well-formed unless a
///         test spoils it.
library SimIntel {
    using SimDer for bytes;

    uint256 internal constant ROOT_KEY = 0x1001;
    uint256 internal constant CA_KEY = 0x1002;
    uint256 internal constant SIGNER_KEY = 0x1003;
    uint256 internal constant PCK_KEY = 0x1004;
    uint256 internal constant ATTESTATION_KEY = 0x1005;

    bytes internal constant ECDSA = hex"300a06082a8648ce3d040302";
    string internal constant ROOT_NAME = "Intel SGX Root CA";
    string internal constant PLATFORM_NAME = "Intel SGX PCK Platform CA";
    string internal constant PROCESSOR_NAME = "Intel SGX PCK Processor CA";
    string internal constant SIGNER_NAME = "Intel SGX TCB Signing";
    string internal constant PCK_NAME = "Intel SGX PCK Certificate";

    struct Cert {
        uint256 serial;
        string issuer;
        uint256 issuerKey;
        string subject;
        uint256 key;
        uint256 notBefore;
        uint256 notAfter;
        bytes extensions;
    }

    struct Pck {
        bytes16 ppid;
        bytes16 svns;
        uint16 pcesvn;
        bytes2 pceid;
        bytes6 fmspc;
    }

    struct Td {
        uint16 version;
        uint16 kind;
        bytes16 tee;
        bytes16 tee2;
        bytes32 reportHigh;
        bytes32 reportLow;
        uint64 attributes;
        uint64 xfam;
        bytes32 mrtd;
        uint16 qeSvn;
    }

    // ---- certificates

    function name(string memory common) internal pure returns (bytes memory) {
        return SimDer.sequence(bytes.concat(
            _rdn(hex"550403", bytes(common)),
            _rdn(hex"55040a", "Intel Corporation"),
            _rdn(hex"550407", "Santa Clara"),
            _rdn(hex"550408", "CA"),
            _rdn(hex"550406", "US")
        ));
    }

    function _rdn(bytes memory oid, bytes memory text) private pure returns (bytes memory) {
        return SimDer.tlv(0x31, SimDer.sequence(bytes.concat(SimDer.tlv(0x06, oid), SimDer.tlv(0x0c, text))));
    }

    function extension(bytes memory oid, bool critical, bytes memory value) internal pure returns (bytes memory) {
        return SimDer.sequence(bytes.concat(
            SimDer.tlv(0x06, oid), critical ? bytes(hex"0101ff") : bytes(""), SimDer.tlv(0x04, value)
        ));
    }

    function caExtensions(uint8 pathLength) internal pure returns (bytes memory) {
        return bytes.concat(
            extension(hex"551d0f", true, hex"03020106"),
            extension(hex"551d13", true, SimDer.sequence(bytes.concat(hex"0101ff", SimDer.integer(pathLength))))
        );
    }

    function leafExtensions() internal pure returns (bytes memory) {
        return bytes.concat(
            extension(hex"551d0f", true, hex"030206c0"), extension(hex"551d13", true, hex"3000")
        );
    }

    function pckExtensions(Pck memory p) internal pure returns (bytes memory) {
        bytes memory tcb;
        for (uint256 i = 0; i < 16; ++i) {
            tcb = bytes.concat(tcb, _item(bytes.concat(hex"02", bytes1(uint8(i + 1))), SimDer.integer(uint8(p.svns[i]))));
        }
        tcb = bytes.concat(
            tcb,
            _item(hex"0211", SimDer.integer(p.pcesvn)),
            _item(hex"0212", SimDer.tlv(0x04, abi.encodePacked(p.svns)))
        );
        bytes memory items = bytes.concat(
            _item(hex"01", SimDer.tlv(0x04, abi.encodePacked(p.ppid))),
            _item(hex"02", SimDer.sequence(tcb)),
            _item(hex"03", SimDer.tlv(0x04, abi.encodePacked(p.pceid))),
            _item(hex"04", SimDer.tlv(0x04, abi.encodePacked(p.fmspc))),
            _item(hex"05", hex"0a0101")
        );
        return bytes.concat(leafExtensions(), extension(hex"2a864886f84d010d01", false, SimDer.sequence(items)));
    }

    function _item(bytes memory arcs, bytes memory value) private pure returns (bytes memory) {
        return SimDer.sequence(bytes.concat(SimDer.tlv(0x06, bytes.concat(hex"2a864886f84d010d01", arcs)), value));
    }

    function cert(Cert memory c) internal pure returns (bytes memory) {
        (uint256 x, uint256 y) = vm.publicKeyP256(c.key);
        bytes memory tbs = SimDer.sequence(bytes.concat(
            hex"a003020102",
            SimDer.integer(c.serial),
            ECDSA,
            name(c.issuer),
            SimDer.sequence(bytes.concat(SimDer.time(c.notBefore), SimDer.time(c.notAfter))),
            name(c.subject),
            hex"3059301306072a8648ce3d020106082a8648ce3d03010703420004",
            abi.encodePacked(x, y),
            SimDer.tlv(0xa3, SimDer.sequence(c.extensions))
        ));
        return signed(tbs, c.issuerKey);
    }

    function signed(bytes memory tbs, uint256 key) internal pure returns (bytes memory) {
        (bytes32 r, bytes32 s) = vm.signP256(key, sha256(tbs));
        bytes memory rs = SimDer.sequence(bytes.concat(SimDer.integer(uint256(r)), SimDer.integer(uint256(s))));
        return SimDer.sequence(bytes.concat(tbs, ECDSA, SimDer.tlv(0x03, bytes.concat(hex"00", rs))));
    }

    function rootCert(uint256 from, uint256 to) internal pure returns (bytes memory) {
        return cert(Cert(0x51, ROOT_NAME, ROOT_KEY, ROOT_NAME, ROOT_KEY, from, to, caExtensions(1)));
    }

    function caCert(uint256 from, uint256 to) internal pure returns (bytes memory) {
        return cert(Cert(0x61, ROOT_NAME, ROOT_KEY, PLATFORM_NAME, CA_KEY, from, to, caExtensions(0)));
    }

    function signerCert(uint256 from, uint256 to) internal pure returns (bytes memory) {
        return cert(Cert(0x71, ROOT_NAME, ROOT_KEY, SIGNER_NAME, SIGNER_KEY, from, to, leafExtensions()));
    }

    function pckCert(uint256 serial, Pck memory p, uint256 from, uint256 to) internal pure returns (bytes memory) {
        return cert(Cert(serial, PLATFORM_NAME, CA_KEY, PCK_NAME, PCK_KEY, from, to, pckExtensions(p)));
    }

    function pck() internal pure returns (Pck memory) {
        return Pck({
            ppid: 0x811dca2a26b952e85bb6448b097ba4fd,
            svns: 0x03030202040100050000000000000000,
            pcesvn: 11,
            pceid: 0x0000,
            fmspc: 0xb0c06f000000
        });
    }

    // ---- revocation lists

    function crl(uint256 key, string memory issuer, uint256 from, uint256 to, uint256[] memory serials)
        internal
        pure
        returns (bytes memory)
    {
        bytes memory list;
        for (uint256 i = 0; i < serials.length; ++i) {
            list = bytes.concat(list, SimDer.sequence(bytes.concat(
                SimDer.integer(serials[i]),
                SimDer.time(from),
                SimDer.sequence(SimDer.sequence(hex"0603551d1504030a0101"))
            )));
        }
        bytes memory tbs = SimDer.sequence(bytes.concat(
            hex"020101",
            ECDSA,
            name(issuer),
            SimDer.time(from),
            SimDer.time(to),
            serials.length == 0 ? bytes("") : SimDer.sequence(list),
            SimDer.tlv(0xa0, SimDer.sequence(extension(hex"551d14", false, hex"020101")))
        ));
        return signed(tbs, key);
    }

    // ---- collateral

    /// One level per entry of svns: sgx components; each with its status.
    struct Level {
        bytes16 sgx;
        bytes16 tdx;
        uint16 pcesvn;
        string status;
    }

    struct TcbInfo {
        bytes6 fmspc;
        bytes2 pceid;
        uint256 number;
        uint256 issueDate;
        uint256 nextUpdate;
        bytes modules;
        Level[] levels;
    }

    bytes internal constant ZERO_SIGNER =
        '"mrsigner":"000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000","attributes":"0000000000000000","attributesMask":"FFFFFFFFFFFFFFFF"';

    function module(string memory id, bytes memory list) internal pure returns (bytes memory) {
        return bytes.concat('{"id":"', bytes(id), '",', ZERO_SIGNER, ',"tcbLevels":[', list, "]}");
    }

    function svnLevel(uint256 svn, string memory status) internal pure returns (bytes memory) {
        return bytes.concat(
            '{"tcb":{"isvsvn":', bytes(vm.toString(svn)), '},"tcbDate":"2025-05-14T00:00:00Z","tcbStatus":"', bytes(status), '"}'
        );
    }

    function components(bytes16 svns) internal pure returns (bytes memory list) {
        for (uint256 i = 0; i < 16; ++i) {
            list = bytes.concat(
                list, i == 0 ? bytes("") : bytes(","), '{"svn":', bytes(vm.toString(uint256(uint8(svns[i])))),
                i < 2 ? bytes(',"category":"BIOS","type":"Early Microcode Update"}') : bytes("}")
            );
        }
    }

    function levels(Level[] memory list) internal pure returns (bytes memory out) {
        for (uint256 i = 0; i < list.length; ++i) {
            out = bytes.concat(
                out,
                i == 0 ? bytes("") : bytes(","),
                bytes.concat('{"tcb":{"sgxtcbcomponents":[', components(list[i].sgx), '],"pcesvn":', bytes(vm.toString(uint256(list[i].pcesvn)))),
                bytes.concat(',"tdxtcbcomponents":[', components(list[i].tdx), ']},"tcbDate":"2025-05-14T00:00:00Z","tcbStatus":"', bytes(list[i].status), '"}')
            );
        }
    }

    function tcbInfoHead(TcbInfo memory t) internal pure returns (bytes memory) {
        bytes memory fmspc = bytes(vm.toString(abi.encodePacked(t.fmspc)));
        bytes memory pceid = bytes(vm.toString(abi.encodePacked(t.pceid)));
        return bytes.concat(
            '{"id":"TDX","version":3,"issueDate":"', SimDer.iso(t.issueDate), '","nextUpdate":"', SimDer.iso(t.nextUpdate),
            bytes.concat('","fmspc":"', _tail(fmspc), '","pceId":"', _tail(pceid), '","tcbType":0,"tcbEvaluationDataNumber":', bytes(vm.toString(t.number)))
        );
    }

    function tcbInfo(TcbInfo memory t) internal pure returns (bytes memory) {
        return bytes.concat(
            tcbInfoHead(t), ',"tdxModule":{', ZERO_SIGNER, '},"tdxModuleIdentities":[', t.modules, '],"tcbLevels":[', levels(t.levels), "]}"
        );
    }

    function qeIdentity(uint256 number, uint256 issueDate, uint256 nextUpdate, bytes memory svnLevels)
        internal
        pure
        returns (bytes memory)
    {
        return bytes.concat(
            '{"id":"TD_QE","version":2,"issueDate":"', SimDer.iso(issueDate), '","nextUpdate":"', SimDer.iso(nextUpdate),
            bytes.concat('","tcbEvaluationDataNumber":', bytes(vm.toString(number)),
            ',"miscselect":"00000000","miscselectMask":"FFFFFFFF","attributes":"11000000000000000000000000000000","attributesMask":"FBFFFFFFFFFFFFFF0000000000000000"'),
            ',"mrsigner":"DC9E2A7C6F948F17474E34A7FC43ED030F7C1563F1BABDDF6340C82E0E54A8C5","isvprodid":2,"tcbLevels":[', svnLevels, "]}"
        );
    }

    function sign(bytes memory object) internal pure returns (uint256, uint256) {
        (bytes32 r, bytes32 s) = vm.signP256(SIGNER_KEY, sha256(object));
        return (uint256(r), uint256(s));
    }

    function _tail(bytes memory hexText) private pure returns (bytes memory out) {
        out = new bytes(hexText.length - 2);
        for (uint256 i = 0; i < out.length; ++i) out[i] = hexText[i + 2];
    }

    // ---- quotes

    function td(bytes32 high, bytes32 low) internal pure returns (Td memory) {
        return Td({
            version: 4,
            kind: 2,
            tee: 0x06010300000000000000000000000000,
            tee2: 0,
            reportHigh: high,
            reportLow: low,
            attributes: 1 << 28,
            xfam: 0x602e7,
            mrtd: keccak256("mrtd"),
            qeSvn: 4
        });
    }

    function le(uint256 v, uint256 n) internal pure returns (bytes memory b) {
        b = new bytes(n);
        for (uint256 i = 0; i < n; ++i) b[i] = bytes1(uint8(v >> (8 * i)));
    }

    function bodyOf(Td memory t) internal pure returns (bytes memory b) {
        b = bytes.concat(
            t.tee, keccak256("mrseam"), bytes16(keccak256("mrseam")), new bytes(48), new bytes(8), le(t.attributes, 8), le(t.xfam, 8),
            bytes.concat(t.mrtd, bytes16(t.mrtd), new bytes(144), keccak256("rtmr0"), bytes16(keccak256("rtmr0"))),
            bytes.concat(keccak256("rtmr1"), bytes16(keccak256("rtmr1")), keccak256("rtmr2"), bytes16(keccak256("rtmr2")), new bytes(48), t.reportHigh, t.reportLow)
        );
        if (t.kind != 2) b = bytes.concat(b, t.tee2, new bytes(48));
        if (t.kind == 4) b = bytes.concat(b, new bytes(237));
    }

    function signedPart(Td memory t) internal pure returns (bytes memory) {
        bytes memory body = bodyOf(t);
        bytes memory head = bytes.concat(
            le(t.version, 2), le(2, 2), le(0x81, 4), le(0, 4), hex"939a7233f79c4ca9940a0db3957f0607", hex"5ea5a1d3f6b0c1a94c1f0b7d9e3e5f6200000000"
        );
        if (t.version == 5) head = bytes.concat(head, le(t.kind, 2), le(body.length, 4));
        return bytes.concat(head, body);
    }

    function qeReport(uint16 svn, bytes32 binding) internal pure returns (bytes memory) {
        return bytes.concat(
            bytes.concat(hex"0303191b04ff00060000000000000000", le(0, 4), new bytes(28), hex"1500000000000000e700000000000000", keccak256("mrenclave"), new bytes(32)),
            bytes.concat(hex"dc9e2a7c6f948f17474e34a7fc43ed030f7c1563f1babddf6340c82e0e54a8c5", new bytes(96), le(2, 2), le(svn, 2)),
            bytes.concat(new bytes(60), binding, bytes32(0))
        );
    }

    /// Evidence as TdxVerifier takes it.
    function evidence(Td memory t) internal pure returns (bytes memory) {
        bytes memory auth = hex"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
        (uint256 x, uint256 y) = vm.publicKeyP256(ATTESTATION_KEY);
        bytes memory key = abi.encodePacked(x, y);
        return assemble(
            signedPart(t), key, qeReport(t.qeSvn, sha256(bytes.concat(key, auth))), auth
        );
    }

    /// Signs the parts with the keys that belong there.
    function assemble(bytes memory part, bytes memory key, bytes memory qe, bytes memory auth)
        internal
        pure
        returns (bytes memory)
    {
        (bytes32 r, bytes32 s) = vm.signP256(ATTESTATION_KEY, sha256(part));
        (bytes32 qr, bytes32 qs) = vm.signP256(PCK_KEY, sha256(qe));
        return bytes.concat(part, r, s, key, qe, qr, qs, auth);
    }
}
