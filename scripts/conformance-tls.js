// `npm run conformance:tls`: installs what is missing, then runs conformance/tls.ts. Plain JavaScript, for any Node from 20 on.
import { runMain } from './run-main.js';

runMain('scripts/conformance/tls.ts');
