// `npm start`: installs what is missing and serves examples/demo. Plain JavaScript, for any Node from 20 on.
import { fromRoot, requirePython, setUpPackages } from './set-up.js';

setUpPackages();
requirePython();
const launcher = fromRoot('bin/galley.js');
process.argv = [process.argv[0], launcher, 'app:app', '--app-dir', fromRoot('examples/demo'), ...process.argv.slice(2)];
await import('../bin/galley.js');
