// `npm run conformance:cache`: installs what is missing, then runs conformance/cache.ts. Plain JavaScript, for any Node from 20 on.
import { runMain } from './run-main.js';

runMain('scripts/conformance/cache.ts');
