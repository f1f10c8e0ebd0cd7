// `npm run floods -- --seconds 30`: installs what is missing, then runs floods/main.ts. Plain JavaScript, for any Node from 20 on.
import { runMain } from './run-main.js';

runMain('scripts/floods/main.ts');
