// `npm run config-reference`: what is made of the schema of configs. Plain JavaScript, for any Node from 20 on.
import { runMain } from './run-main.js';

runMain('scripts/config-reference/main.ts');
