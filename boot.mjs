// Runs a TypeScript entry of this project on the Node it is made for, from whatever Node the machine has: installs the packages
// when they are not those of the lockfile, then starts `node_modules/.bin/node ENTRY ARGS…` and hands it every signal.
// Plain JavaScript without dependencies, because it is there before they are.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const modules = join(root, 'node_modules');
const bin = join(modules, '.bin');
const node = join(bin, 'node');

/** One Ctrl-C arrives from the terminal and once more from npm: within this time it is the same. */
const SAME_SIGNAL_MS = 500;

/** The running child, and the signal that we were told to end by. */
let child;
let toldTo;
let toldAt = 0;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    const now = Date.now();
    if (signal === toldTo && now - toldAt < SAME_SIGNAL_MS) return;
    toldTo = signal;
    toldAt = now;
    child?.kill(signal);
  });
}

const [entry, ...args] = process.argv.slice(2);
if (entry === undefined) {
  console.error('usage: node boot.mjs ENTRY [ARGUMENT…]');
  process.exit(2);
}
process.exit(
  (await install()) ?? (await run(node, [entry, ...args], { cwd: root, env: entryEnvironment() })),
);

/** Returns a status to end with when the packages cannot be had. */
async function install() {
  if (isInstalled()) return undefined;
  console.log('installing packages (npm ci)');
  // Tools of the development are needed, whatever NODE_ENV says: Node itself is one of them.
  // Warnings would be about the machine's Node, on which none of the packages is to run.
  const command = ['ci', '--include=dev', '--loglevel=error'];
  const status = await run('npm', command, { cwd: root, env: installEnvironment() });
  if (toldTo !== undefined) return 0;
  if (status !== 0) return status;
  if (existsSync(node)) return undefined;
  console.error(`npm ci made no ${node}: are install scripts turned off (npm config get ignore-scripts)?`);
  return 1;
}

/**
 * Says whether node_modules holds what the lockfile asks for. npm writes its own account of the tree as the last act of an
 * install, so an install that was broken off has none; what is optional may be missing on this platform.
 */
function isInstalled() {
  try {
    const wanted = packagesOf(join(root, 'package-lock.json'));
    const present = packagesOf(join(modules, '.package-lock.json'));
    const isSame = ([path, entry]) => {
      const found = present[path];
      if (found === undefined) return entry.optional === true || entry.devOptional === true;
      return found.version === entry.version && found.integrity === entry.integrity;
    };
    return existsSync(node) && Object.entries(wanted).every((one) => one[0] === '' || isSame(one));
  } catch {
    return false;
  }
}

function packagesOf(lockfile) {
  return JSON.parse(readFileSync(lockfile, 'utf8')).packages;
}

/** Runs a program to its end and returns the status to end with. */
function run(command, commandArgs, options) {
  if (toldTo !== undefined) return Promise.resolve(0);
  return new Promise((resolve) => {
    child = spawn(command, commandArgs, { ...options, stdio: 'inherit' });
    child.once('error', (error) => {
      console.error(`cannot run ${command}: ${error.message}`);
      resolve(1);
    });
    child.once('exit', (code, signal) => resolve(statusOf(code, signal)));
  });
}

/** To be told to end and to end by that very signal is to end well. */
function statusOf(code, signal) {
  if (signal === null) return code;
  return signal === toldTo && signal !== 'SIGHUP' ? 0 : 128 + constants.signals[signal];
}

/** What was compiled once is kept beside the modules: a process of the system then starts in two thirds of the time. */
function entryEnvironment() {
  return {
    NODE_COMPILE_CACHE: join(modules, '.cache/compile'),
    ...process.env,
    PATH: [bin, ...pathWithoutModules()].join(delimiter),
  };
}

/** npm is run by the machine's own Node, not by the one that it is about to replace, and not as a part of an outer npm's run. */
function installEnvironment() {
  const env = { ...process.env, PATH: pathWithoutModules().join(delimiter) };
  for (const name of Object.keys(env)) {
    if (/^npm_(lifecycle|package|command|node_execpath|execpath)/.test(name)) delete env[name];
    if (/^npm_config_(local_prefix|prefix|global|workspaces?|dry_run|omit|include)$/.test(name))
      delete env[name];
  }
  return env;
}

function pathWithoutModules() {
  return (process.env.PATH ?? '').split(delimiter).filter((dir) => !/node_modules\/\.bin\/?$/.test(dir));
}
