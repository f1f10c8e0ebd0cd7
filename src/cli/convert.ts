import { printConfig } from '../config/print/print.ts';
import { readConfig } from '../config/read-config.ts';
import { diagnosticsText } from './check.ts';

/** Prints what an nginx.conf says as a galley.config.ts. Gives the exit code: 1 where it cannot be read. */
export async function runConvert(file: string, { lenient }: { readonly lenient: boolean }): Promise<number> {
  const { config, diagnostics } = await readConfig(file, { lenient });
  process.stderr.write(diagnosticsText(diagnostics));
  if (config === undefined) return 1;
  process.stdout.write(printConfig(config));
  return 0;
}
