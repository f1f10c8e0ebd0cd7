/**
 * A program that sets records in Pebble's DNS server and writes down what it was told: its arguments are the server's URL and that file, then
 * those of hooks. It waits for as long as there is a file of that name with `.wait`.
 */
export const recordHook: string = `
import { appendFileSync, existsSync } from 'node:fs';
const [url, log, action, host, value] = process.argv.slice(2);
appendFileSync(log, action + ' ' + host + ' ' + value + '\\n');
while (existsSync(log + '.wait')) await new Promise((resolve) => setTimeout(resolve, 10));
const path = action === 'present' ? '/set-txt' : '/clear-txt';
await fetch(url + path, { method: 'POST', body: JSON.stringify({ host: host + '.', value }) });
`;
