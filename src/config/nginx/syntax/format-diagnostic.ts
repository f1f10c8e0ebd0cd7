import type { Diagnostic } from '../../diagnostic.ts';
import { commandLine } from './source.ts';

/** One line as nginx writes it at the start: `nginx: [emerg] unknown directive "x" in /etc/nginx/nginx.conf:3`. */
export function nginxDiagnosticLine(diagnostic: Diagnostic): string {
  return `nginx: [${diagnostic.severity === 'error' ? 'emerg' : 'warn'}] ${nginxMessage(diagnostic)}`;
}

/** The same without the level, as it is in an error log. */
export function nginxMessage({ message, at, nginxLine }: Diagnostic): string {
  if (at === undefined) return message;
  const line = nginxLine ?? at.line;
  return `${message} in ${at.file}${at.file === commandLine || line === undefined ? '' : `:${line}`}`;
}
