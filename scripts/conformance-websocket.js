// `npm run conformance:websocket`: installs what is missing, then runs conformance/websocket.ts. Plain JavaScript, for any Node from 20 on.
import { runMain } from './run-main.js';

runMain('scripts/conformance/websocket.ts');
