// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TcbStatus} from "../base/Types.sol";
import {Table} from "./Table.sol";

/// @title  TdxTcb - TCB status of a platform, TDX module and quoting enclave
/// @notice Tables are those of ITdxVerifier's manual, known by their hash: made by this project's own
///         reader, so their inner counts are trusted.
/// @custom:source attestation.md 1.5; attest/tdx_tcb.h is the same in C
library TdxTcb {
    /// 0x80 in each of 16 bytes
    uint256 private constant HIGH = 0x80808080808080808080808080808080;
    uint256 internal constant QE_LEVELS = 74;

    /// @param tee, tee2    TEE_TCB_SVN at launch and now, first byte at the top of 16
    /// @param hasTee2      the body is a TD report 1.5
    struct Svns {
        uint256 tee;
        uint256 tee2;
        bool hasTee2;
        uint256 pck;
        uint256 pcesvn;
        uint256 qe;
    }

    /// @notice Rules 1 to 5.
    /// @param module, levels  locate() of the major version in s.tee
    function status(
        bytes calldata table,
        bytes calldata qeTable,
        Svns memory s,
        uint256 module,
        uint256 levels
    ) internal pure returns (uint8) {
        uint256 qe = svnStatus(qeTable, QE_LEVELS, s.qe);
        uint256 launch = _evaluate(table, s, s.tee, qe, module, levels);
        if (!s.hasTee2) return uint8(launch);
        (module, levels) = locate(table, majorOf(s.tee2));
        return uint8(relaunch(launch, _evaluate(table, s, s.tee2, qe, module, levels)));
    }

    /// @notice Major version of the TDX module in a TEE_TCB_SVN.
    function majorOf(uint256 tee) internal pure returns (uint256) {
        return (tee >> 112) & 0xff;
    }

    /// @notice Where the module of a major version starts (0: there is none), and where the platform's
    ///         levels start. Major 0 is the unnumbered module, which stands first.
    function locate(bytes calldata table, uint256 major) internal pure returns (uint256 module, uint256 levels) {
        unchecked {
            uint256 count = _byte(table, 0);
            levels = 1;
            for (uint256 i = 0; i < count; ++i) {
                if (i == 0 ? major == 0 : major != 0 && _byte(table, levels) == major) module = levels;
                levels += Table.MODULE_SIZE + Table.SVN_LEVEL_SIZE * _byte(table, levels + 65);
            }
        }
    }

    /// @notice Status of the first level (a counted list at `place`) that svn reaches; NOT_SUPPORTED if
    ///         none.
    function svnStatus(bytes calldata table, uint256 place, uint256 svn) internal pure returns (uint256) {
        unchecked {
            uint256 count = _byte(table, place++);
            for (uint256 i = 0; i < count; ++i) {
                uint256 row = _word(table, place) >> 232;
                if (svn >= row >> 8) return row & 0xff;
                place += Table.SVN_LEVEL_SIZE;
            }
        }
        return TcbStatus.NOT_SUPPORTED;
    }

    /// @notice What a platform's status becomes beside another component's (rule 4).
    function converge(uint256 platform, uint256 component) internal pure returns (uint256) {
        if (platform == TcbStatus.REVOKED || component == TcbStatus.REVOKED) return TcbStatus.REVOKED;
        if (component != TcbStatus.OUT_OF_DATE) return platform;
        if (platform == TcbStatus.UP_TO_DATE || platform == TcbStatus.SW_HARDENING) {
            return TcbStatus.OUT_OF_DATE;
        }
        if (platform == TcbStatus.CONFIGURATION || platform == TcbStatus.CONFIGURATION_SW_HARDENING) {
            return TcbStatus.OUT_OF_DATE_CONFIGURATION;
        }
        return platform;
    }

    /// @notice What the status at launch becomes beside the present one (rule 5).
    function relaunch(uint256 launch, uint256 current) internal pure returns (uint256) {
        bool good = current == TcbStatus.UP_TO_DATE || current == TcbStatus.SW_HARDENING;
        bool configuration =
            current == TcbStatus.CONFIGURATION || current == TcbStatus.CONFIGURATION_SW_HARDENING;
        bool outOfDate =
            launch == TcbStatus.OUT_OF_DATE || launch == TcbStatus.OUT_OF_DATE_CONFIGURATION;
        if (!outOfDate || !(good || configuration)) return launch;
        return launch == TcbStatus.OUT_OF_DATE_CONFIGURATION || configuration
            ? TcbStatus.RELAUNCH_CONFIGURATION
            : TcbStatus.RELAUNCH;
    }

    /// Rules 1 to 4 for one TEE_TCB_SVN.
    function _evaluate(
        bytes calldata table,
        Svns memory s,
        uint256 tee,
        uint256 qe,
        uint256 module,
        uint256 levels
    ) private pure returns (uint256) {
        uint256 moduleStatus = TcbStatus.UP_TO_DATE;
        if (majorOf(tee) != 0) {
            if (module == 0) return TcbStatus.NOT_SUPPORTED;
            moduleStatus = svnStatus(table, module + 65, tee >> 120);
            if (moduleStatus == TcbStatus.NOT_SUPPORTED) return TcbStatus.NOT_SUPPORTED;
            // the module's own number is judged by its identity: components 0 and 1 always pass
            tee |= 0xffff << 112;
        }
        uint256 platform = _platformStatus(table, levels, s.pck, tee, s.pcesvn);
        if (platform == TcbStatus.NOT_SUPPORTED || qe == TcbStatus.NOT_SUPPORTED) {
            return TcbStatus.NOT_SUPPORTED;
        }
        return converge(converge(platform, qe), moduleStatus);
    }

    /// First level in list order that all components reach.
    function _platformStatus(bytes calldata table, uint256 place, uint256 pck, uint256 tee, uint256 pcesvn)
        private
        pure
        returns (uint256)
    {
        unchecked {
            uint256 count = _byte(table, place++);
            for (uint256 i = 0; i < count; ++i) {
                uint256 components = _word(table, place);
                uint256 rest = _word(table, place + 32) >> 232;
                if (
                    _reaches(pck, components >> 128) && _reaches(tee, components & ((1 << 128) - 1))
                        && pcesvn >= rest >> 8
                ) return rest & 0xff;
                place += Table.LEVEL_SIZE;
            }
        }
        return TcbStatus.NOT_SUPPORTED;
    }

    /// Is each of 16 bytes of have at least that of want?
    function _reaches(uint256 have, uint256 want) private pure returns (bool) {
        unchecked {
            // Per byte: with its top bit forced, have never borrows from its neighbour; then the top bit of
            // the difference says whether the lower seven bits reach, which counts where top bits agree.
            uint256 lower = (have | HIGH) - (want & ~HIGH);
            return ((have & ~want) | (~(have ^ want) & lower)) & HIGH == HIGH;
        }
    }

    function _byte(bytes calldata table, uint256 place) private pure returns (uint256 b) {
        assembly {
            b := byte(0, calldataload(add(table.offset, place)))
        }
    }

    function _word(bytes calldata table, uint256 place) private pure returns (uint256 w) {
        assembly {
            w := calldataload(add(table.offset, place))
        }
    }
}
