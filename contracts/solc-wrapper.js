#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// A solc for forge, made of the compiler that package-lock.json pins.
//
// forge would fetch a native compiler; here it finds the same compiler as WebAssembly in
// node_modules. The package's own command does not serve: it refuses forge's path options,
// writes a line of talk before the JSON, and cuts its answer short when a pipe is slow.
//
// Two calls are answered, as native solc answers them:
//     solc-wrapper.js --version
//     solc-wrapper.js --standard-json [options]   < input > output
'use strict';

const fs = require('fs');
const compiler = require('solc');

/// Writes all of text to the descriptor: a pipe may be full and non-blocking.
function emit(descriptor, text) {
  const bytes = Buffer.from(text, 'utf8');
  const nap = new Int32Array(new SharedArrayBuffer(4));
  let sent = 0;
  while (sent < bytes.length) {
    try {
      sent += fs.writeSync(descriptor, bytes, sent, bytes.length - sent);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(nap, 0, 0, 2);
    }
  }
}

const wanted = new Set(process.argv.slice(2));
if (wanted.has('--version')) {
  emit(1, `solc, the solidity compiler commandline interface\nVersion: ${compiler.version()}\n`);
} else if (wanted.has('--standard-json')) {
  // Every source is in the input, so the options that say where to look for more mean nothing.
  emit(1, compiler.compile(fs.readFileSync(0, 'utf8')));
} else {
  emit(2, 'usage: solc-wrapper.js --version | --standard-json < input\n');
  process.exit(2);
}
