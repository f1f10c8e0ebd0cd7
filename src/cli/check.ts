import { hostname } from 'node:os';
import { addressText } from '../config/address.ts';
import type { Config } from '../config/config.ts';
import type { Diagnostic } from '../config/diagnostic.ts';
import { diagnosticText } from '../config/diagnostic-text.ts';
import { readConfig } from '../config/read-config.ts';
import { TlsFileError } from '../tls/tls-file-error.ts';
import { counted } from './control/units.ts';
import { readTlsFiles } from './tls-files.ts';

/** Reads a config and prints all that is wrong with it; else what it would serve. Gives the exit code: 1 where there are errors. */
export async function runCheck(file: string, { lenient }: { readonly lenient: boolean }): Promise<number> {
  const { config, diagnostics } = await readConfig(file, { lenient });
  process.stderr.write(diagnosticsText(diagnostics));
  if (config === undefined) return 1;
  try {
    readTlsFiles(config, hostname(), (message) => void process.stderr.write(`warning: ${message}\n`));
  } catch (error) {
    if (!(error instanceof TlsFileError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return 1;
  }
  process.stdout.write(`${file}: ok\n${servingText(config)}`);
  return 0;
}

/** All diagnostics, and how many there are where it is more than one. */
export function diagnosticsText(diagnostics: readonly Diagnostic[]): string {
  const text = diagnostics.map(diagnosticText).join('');
  if (diagnostics.length < 2) return text;
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  return `${text}${counted(errors, 'error')}, ${counted(diagnostics.length - errors, 'warning')}\n`;
}

/** What a config serves: its apps, and its servers with where they listen. */
function servingText({ apps, servers }: Config): string {
  const appLines = Object.entries(apps).map(([name, { python }]) => `  app ${name}: ${python}\n`);
  const serverLines = servers.map(({ listen, names, locations }) => {
    const hosts = names.filter((name) => name !== '').join(', ') || 'any host';
    const places = listen.map(({ bind, tls }) => `${addressText(bind)}${tls ? ' with TLS' : ''}`).join(', ');
    return `  ${hosts} on ${places}: ${counted(locations.length, 'location')}\n`;
  });
  return [...appLines, ...serverLines].join('');
}
