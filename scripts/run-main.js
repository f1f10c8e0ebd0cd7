// What the scripts that only start a program of this checkout share. Plain JavaScript, for any Node from 20 on.
import { runNode } from './run-node.js';
import { fromRoot, newNode, requirePython, setUpPackages } from './set-up.js';

/** Installs what is missing, then runs a TypeScript file with this process's arguments; its exit code becomes this process's. */
export function runMain(path) {
  setUpPackages();
  requirePython();
  runNode(newNode(), [fromRoot(path), ...process.argv.slice(2)]);
}
