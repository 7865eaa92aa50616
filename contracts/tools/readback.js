#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// Reads a deployment back and writes deployment.json, or says what is not as the build and the
// parameter file say, and exits 1.
//
//     readback.js --rpc URL --params FILE --addresses FILE --out FILE [--from BLOCK]
//
// `firstBlock` of the file is the first block with code at any address whose logs nodes read: found by
// halving between --from (0) and the newest block, for which the endpoint must still have that state.
//
// Checked: the code of every contract is that of the build (immutable values masked, then compared
// between the contracts that must agree); periods, sizes and roles are the parameter file's; nobody but
// the Governor may schedule, nobody is admin but the Timelock itself.
'use strict';

const crypto = require('crypto');
const fs = require('fs');
const path = require('path');

const SOURCES = {
  CertificateReader: 'CertificateReader.sol', CollateralReader: 'CollateralReader.sol',
  TdxVerifier: 'TdxVerifier.sol', VerifierRouter: 'VerifierRouter.sol', TcbPolicy: 'TcbPolicy.sol',
  Attestations: 'Attestations.sol', Measurements: 'Measurements.sol', NodeRegistry: 'NodeRegistry.sol',
  SeatRule: 'SeatRule.sol', Seating: 'Seating.sol', Counting: 'Counting.sol', Epochs: 'Epochs.sol',
  Apps: 'Apps.sol', GuardianCouncil: 'GuardianCouncil.sol', Timelock: 'Timelock.sol',
  NetworkGovernor: 'NetworkGovernor.sol', Ratifier: 'Ratifier.sol',
};
// of a deployment that takes machines of further vendors; what addresses do not name is not there
const FURTHER = {
  Sha384: 'Sha384.sol', P384Table: 'P384Table.sol', P384: 'P384.sol', Reader384: 'Reader384.sol',
  SnpVerifier: 'SnpVerifier.sol', NitroVerifier: 'NitroVerifier.sol',
};
Object.assign(SOURCES, FURTHER);
const ACTIVE = 2; // IVerifierRouter's State

// contract, getter, what it must answer: the address of another contract, or a parameter
const POINTERS = [
  ['TcbPolicy', 'timelock', 'Timelock'], ['TcbPolicy', 'ratifier', 'Ratifier'],
  ['TcbPolicy', 'router', 'VerifierRouter'], ['TdxVerifier', 'policy', 'TcbPolicy'],
  ['VerifierRouter', 'timelock', 'Timelock'], ['VerifierRouter', 'ratifier', 'Ratifier'],
  ['Measurements', 'timelock', 'Timelock'], ['Measurements', 'ratifier', 'Ratifier'],
  ['Measurements', 'council', 'GuardianCouncil'],
  ['Attestations', 'router', 'VerifierRouter'], ['Attestations', 'policy', 'TcbPolicy'],
  ['Attestations', 'council', 'GuardianCouncil'],
  ['NodeRegistry', 'attestations', 'Attestations'], ['NodeRegistry', 'measurements', 'Measurements'],
  ['NodeRegistry', 'tcbPolicy', 'TcbPolicy'], ['NodeRegistry', 'council', 'GuardianCouncil'],
  ['NodeRegistry', 'epochs', 'Epochs'], ['NodeRegistry', 'timelock', 'Timelock'],
  ['NodeRegistry', 'ratifier', 'Ratifier'],
  ['Seating', 'epochs', 'Epochs'], ['Seating', 'registry', 'NodeRegistry'], ['Seating', 'rule', 'SeatRule'],
  ['Seating', 'measurements', 'Measurements'], ['Seating', 'tcbPolicy', 'TcbPolicy'],
  ['Counting', 'epochs', 'Epochs'],
  ['Epochs', 'registry', 'NodeRegistry'], ['Epochs', 'seating', 'Seating'],
  ['Epochs', 'counting', 'Counting'], ['Epochs', 'council', 'GuardianCouncil'],
  ['Epochs', 'timelock', 'Timelock'],
  ['GuardianCouncil', 'timelock', 'Timelock'], ['GuardianCouncil', 'ratifier', 'Ratifier'],
  ['GuardianCouncil', 'governor', 'NetworkGovernor'], ['GuardianCouncil', 'epochs', 'Epochs'],
  ['GuardianCouncil', 'registry', 'NodeRegistry'],
  ['NetworkGovernor', 'timelock', 'Timelock'], ['NetworkGovernor', 'token', 'NodeRegistry'],
  ['NetworkGovernor', 'council', 'GuardianCouncil'],
  ['Ratifier', 'registry', 'NodeRegistry'], ['Ratifier', 'epochs', 'Epochs'],
  ['Ratifier', 'council', 'GuardianCouncil'], ['Ratifier', 'measurements', 'Measurements'],
  ['Ratifier', 'tcbPolicy', 'TcbPolicy'], ['Ratifier', 'router', 'VerifierRouter'],
  ['SnpVerifier', 'policy', 'TcbPolicy'], ['SnpVerifier', 'reader', 'Reader384'],
  ['SnpVerifier', 'sha384', 'Sha384'], ['SnpVerifier', 'p384', 'P384'],
  ['NitroVerifier', 'policy', 'TcbPolicy'], ['NitroVerifier', 'reader', 'Reader384'],
  ['NitroVerifier', 'sha384', 'Sha384'], ['NitroVerifier', 'p384', 'P384'],
];
const VALUES = [
  ['Epochs', 'targetN', 'targetN'], ['Epochs', 'margin', 'margin'], ['Epochs', 'protocol', 'protocol'],
  ['Epochs', 'slashParts', 'slashParts'], ['Epochs', 'windowBlocks', 'windowBlocks'],
  ['Epochs', 'phaseBlocks', 'phaseBlocks'], ['Epochs', 'readyBlocks', 'readyBlocks'],
  ['Epochs', 'epochSeconds', 'epochSeconds'], ['Epochs', 'cooldownSeconds', 'cooldownSeconds'],
  ['Epochs', 'absenceSeconds', 'absenceSeconds'], ['Epochs', 'slashDelaySeconds', 'slashDelaySeconds'],
  ['Epochs', 'sealWaitSeconds', 'sealWaitSeconds'], ['Epochs', 'joinWaitSeconds', 'joinWaitSeconds'],
  ['NodeRegistry', 'minBond', 'minBond'], ['NodeRegistry', 'probationSeconds', 'probationSeconds'],
  ['NodeRegistry', 'expireSeconds', 'expireSeconds'], ['NodeRegistry', 'strikeParts', 'strikeParts'],
  ['NodeRegistry', 'strikeLimit', 'strikeLimit'],
  ['Timelock', 'getMinDelay', 'noticeSeconds'], ['Timelock', 'lapseSeconds', 'lapseSeconds'],
  ['Apps', 'minNoticeSeconds', 'appNoticeSeconds'],
  ['NetworkGovernor', 'votingDelay', 'voteDelaySeconds'],
  ['NetworkGovernor', 'votingPeriod', 'votePeriodSeconds'],
  ['NetworkGovernor', 'lateQuorumVoteExtension', 'voteExtensionSeconds'],
  ['NetworkGovernor', 'proposalThreshold', 'voteThreshold'],
  ['NetworkGovernor', 'quorumFloor', 'quorumFloor'], ['NetworkGovernor', 'quorumPercent', 'quorumPercent'],
  ['Ratifier', 'votingDelay', 'ratifyDelaySeconds'], ['Ratifier', 'votingPeriod', 'ratifyPeriodSeconds'],
  ['Ratifier', 'quorumFloor', 'quorumFloor'],
  ['GuardianCouncil', 'longestFreezeSeconds', 'longestFreezeSeconds'],
  ['GuardianCouncil', 'repeatSeconds', 'freezeRepeatSeconds'],
  ['Attestations', 'maxBoundAgeBlocks', 'maxBoundAgeBlocks'], ['Attestations', 'maxAgeSeconds', 'maxAgeSeconds'],
  ['TcbPolicy', 'graceSeconds', 'graceSeconds'], ['VerifierRouter', 'delaySeconds', 'verifierDelaySeconds'],
];

// The contracts whose logs nodes read (node/chain/sync.c).
const LOGGED = ['TdxVerifier', 'SnpVerifier', 'Attestations', 'Measurements', 'NodeRegistry', 'Epochs', 'Apps'];

const options = {};
for (let i = 2; i + 1 < process.argv.length; i += 2) options[process.argv[i].replace(/^--/, '')] = process.argv[i + 1];
for (const name of ['rpc', 'params', 'addresses', 'out']) {
  if (!options[name]) {
    console.error('usage: readback.js --rpc URL --params FILE --addresses FILE --out FILE [--from BLOCK]');
    process.exit(2);
  }
}
const root = path.join(__dirname, '..');
const params = JSON.parse(fs.readFileSync(options.params, 'utf8'));
const addresses = JSON.parse(fs.readFileSync(options.addresses, 'utf8'));
const wrong = [];

let calls = 0;
async function rpc(method, parameters) {
  const answer = await fetch(options.rpc, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: ++calls, method, params: parameters }),
  });
  const body = await answer.json();
  if (body.error) throw new Error(`${method}: ${body.error.message}`);
  return body.result;
}

function artifact(name) {
  const folder = path.join(root, 'out', SOURCES[name]);
  const found = fs.readdirSync(folder).filter((f) => f === `${name}.json` || new RegExp(`^${name}\\.[a-z]+\\.json$`).test(f));
  if (found.length !== 1) throw new Error(`${folder}: ${found.length} builds of ${name}; run forge clean and build`);
  return JSON.parse(fs.readFileSync(path.join(folder, found[0]), 'utf8'));
}

/// Runtime code with every immutable value zeroed.
function masked(code, references) {
  const bytes = Buffer.from(code.replace(/^0x/, ''), 'hex');
  for (const places of Object.values(references || {})) {
    for (const { start, length } of places) bytes.fill(0, start, start + length);
  }
  return bytes;
}

function tableHash() {
  const source = fs.readFileSync(path.join(root, 'src', 'evidence', 'P384.sol'), 'utf8');
  return /TABLE_HASH = (0x[0-9a-f]{64});/.exec(source)[1];
}

async function call(name, signature, extra = '') {
  const build = artifact(name);
  const selector = build.methodIdentifiers[signature];
  if (!selector) throw new Error(`${name} has no ${signature}`);
  return rpc('eth_call', [{ to: addresses[name], data: `0x${selector}${extra}` }, 'latest']);
}

function differs(where, found, needed) {
  if (String(found).toLowerCase() !== String(needed).toLowerCase()) {
    wrong.push(`${where}: found ${found}, needed ${needed}`);
  }
}

async function hasCode(address, block) {
  const code = await rpc('eth_getCode', [address, `0x${block.toString(16)}`]).catch((error) => {
    throw new Error(`the state of block ${block} cannot be had, name an endpoint that keeps it: ${error.message}`);
  });
  return code !== '0x';
}

/// The block that made the contract: there it has code, in the block before it has none.
async function madeIn(address, from, head) {
  if (await hasCode(address, from)) {
    if (from === 0) return 0;
    throw new Error(`${address} has code in block ${from} already: --from is too late`);
  }
  let without = from;
  let having = head;
  while (having - without > 1) {
    const middle = Math.floor((without + having) / 2);
    if (await hasCode(address, middle)) having = middle;
    else without = middle;
  }
  return having;
}

const word = (address) => address.replace(/^0x/, '').toLowerCase().padStart(64, '0');

/// Is the contract in this deployment?
function there(name) {
  return !(name in FURTHER) || addresses[name] !== undefined;
}

/// Every verifier is active in the router under its own vendor, and the rules of SNP are the file's.
async function checkVendors() {
  for (const [name, vendor] of [['TdxVerifier', 1], ['SnpVerifier', 2], ['NitroVerifier', 3]]) {
    if (!there(name)) continue;
    differs(`${name}.vendor`, Number(await call(name, 'vendor()')), vendor);
    const w = await call('VerifierRouter', 'verifierWord(address)', word(addresses[name]));
    differs(`vendor of ${name} in VerifierRouter`, Number(`0x${w.slice(2 + 64, 2 + 128)}`), vendor);
    differs(`state of ${name} in VerifierRouter`, Number(`0x${w.slice(2 + 128, 2 + 192)}`), ACTIVE);
  }
  if (!there('SnpVerifier')) return;
  const rules = await call('SnpVerifier', 'rules()');
  ['snpMaxVmpl', 'snpVlek', 'snpListsRequired'].forEach((parameter, i) => {
    const found = Number(`0x${rules.slice(2 + 64 * i, 2 + 64 * (i + 1))}`);
    differs(`SnpVerifier.rules ${parameter}`, found, Number(params[parameter]));
  });
}

/// Pinned roots of the further vendors: of AMD in the order Milan, Genoa, Turin, zero where there is none.
async function furtherRoots() {
  const roots = {};
  if (there('SnpVerifier')) {
    roots.snpRoots = [];
    for (const p of [0, 1, 2]) roots.snpRoots.push(await call('SnpVerifier', 'rootHash(uint8)', word(p.toString(16))));
  }
  if (there('NitroVerifier')) roots.nitroRoot = await call('NitroVerifier', 'rootHash()');
  return roots;
}

async function main() {
  const chainId = Number(await rpc('eth_chainId', []));
  differs('chain id', chainId, params.chainId);
  const head = await rpc('eth_getBlockByNumber', ['latest', false]);
  const block = Number(head.number);
  const contracts = {};
  const digest = crypto.createHash('sha256');
  for (const name of Object.keys(SOURCES).filter(there)) {
    const build = artifact(name);
    const found = await rpc('eth_getCode', [addresses[name], 'latest']);
    const references = build.deployedBytecode.immutableReferences;
    const here = masked(found, references);
    const same = name === 'P384Table' || here.equals(masked(build.deployedBytecode.object, references));
    if (!same) {
      wrong.push(`${name}: the code at ${addresses[name]} is not that of the build`);
    }
    const account = await rpc('eth_getProof', [addresses[name], [], 'latest']);
    contracts[name] = { address: addresses[name], codeHash: account.codeHash };
    // its constructor computes what it is; P384, which takes no other, says the hash
    if (name === 'P384Table') differs('code hash of P384Table', account.codeHash, tableHash());
    digest.update(name).update('\0').update(masked(build.deployedBytecode.object, references));
  }
  for (const [name, getter, target] of POINTERS.filter(([name]) => there(name))) {
    const found = await call(name, `${getter}()`);
    differs(`${name}.${getter}`, `0x${found.slice(-40)}`, addresses[target]);
  }
  for (const [name, getter, parameter] of VALUES) {
    const found = BigInt(await call(name, `${getter}()`));
    differs(`${name}.${getter}`, found, BigInt(params[parameter]));
  }
  await checkVendors();
  // roles: the Governor proposes and cancels, anybody executes, the Timelock is its own only admin
  for (const [role, holder, needed] of [
    ['PROPOSER_ROLE', addresses.NetworkGovernor, true], ['CANCELLER_ROLE', addresses.NetworkGovernor, true],
    ['EXECUTOR_ROLE', '0x0', true], ['DEFAULT_ADMIN_ROLE', addresses.Timelock, true],
    ['DEFAULT_ADMIN_ROLE', addresses.NetworkGovernor, false],
  ]) {
    const id = (await call('Timelock', `${role}()`)).slice(2);
    const found = BigInt(await call('Timelock', 'hasRole(bytes32,address)', id + word(holder))) === 1n;
    differs(`Timelock ${role} of ${holder}`, found, needed);
  }
  if (wrong.length) {
    for (const line of wrong) console.error(`readback: ${line}`);
    process.exit(1);
  }
  const networkId = await call('Epochs', 'networkId()');
  const deployer = `0x${(await call('Measurements', 'deployer()')).slice(-40)}`;
  // what policy.bin needs beside the addresses (`polyclave policy build`)
  const policy = {
    ...await furtherRoots(),
    tdxRoot: await call('TdxVerifier', 'rootHash()'),
    margin: Number(await call('Epochs', 'margin()')),
    maxBoundAgeBlocks: Number(await call('Attestations', 'maxBoundAgeBlocks()')),
    phaseBlocks: Number(await call('Epochs', 'phaseBlocks()')),
    // (offset, length, names): vendors have a quota if they are the first of the domain kinds
    vendorQuota: (await call('NodeRegistry', 'domainKinds()')).slice(2 + 128).startsWith(Buffer.from('vendor\0').toString('hex')),
  };
  const from = Number(options.from || 0);
  const made = [];
  for (const name of LOGGED.filter((n) => addresses[n])) made.push(await madeIn(addresses[name], from, block));
  const firstBlock = Math.min(...made);
  const result = { chainId, firstBlock, block, blockHash: head.hash, networkId, deployer, policy, buildDigest: digest.digest('hex'), contracts };
  fs.writeFileSync(`${options.out}.part`, `${JSON.stringify(result, null, 2)}\n`);
  fs.renameSync(`${options.out}.part`, options.out);
  console.log(`deployed: ${Object.keys(contracts).length} contracts on chain ${chainId}, the first in block ${firstBlock}, read back at block ${block}: ${options.out}`);
}

main().catch((error) => {
  console.error(`readback: ${error.message}`);
  process.exit(1);
});
