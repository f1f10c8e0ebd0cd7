// `npm test` and `npm run check`: installs what is missing, then runs testing/main.ts. Plain JavaScript, for any Node from 20 on.
import { delimiter, dirname } from 'node:path';
import { runNode } from './run-node.js';
import { fromRoot, newNode, oldNode, requirePython, setUpPackages } from './set-up.js';

setUpPackages();
requirePython();
const node = newNode();
const environment = {
  ...process.env,
  PATH: [dirname(node), fromRoot('node_modules/.bin'), process.env.PATH].join(delimiter),
};
const old = oldNode();
if (old) environment.GALLEY_TEST_OLD_NODE = old;

runNode(node, [fromRoot('scripts/testing/main.ts'), ...process.argv.slice(2)], environment);
