// `npm run nginx-reference`: the page of nginx's directives, made of the table by which configs are read. Plain JavaScript, for any Node from 20 on.
import { runMain } from './run-main.js';

runMain('scripts/nginx-reference/main.ts');
