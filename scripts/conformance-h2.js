// `npm run conformance:h2`: installs what is missing, then runs conformance/h2.ts. Plain JavaScript, for any Node from 20 on.
import { runMain } from './run-main.js';

runMain('scripts/conformance/h2.ts');
