// `npm run conformance:asgi`: installs what is missing, then runs conformance/asgi.ts. Plain JavaScript, for any Node from 20 on.
import { runMain } from './run-main.js';

runMain('scripts/conformance/asgi.ts');
