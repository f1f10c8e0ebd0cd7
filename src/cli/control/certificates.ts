import { printable } from '../../observe/log.ts';
import { certificateActions } from '../../server/control/certificate-routes.ts';
import type { CertificateStatus } from '../../tls/supervision/certificate-status.ts';
import { UsageError } from '../usage-error.ts';
import { oneOf } from '../value-type.ts';
import { askControl, tellControl, textOf } from './ask-control.ts';
import { type ControlAction, type ControlCommand, controlOptions, wordValue } from './control-command.ts';
import { ControlFailure } from './control-failure.ts';
import { findGalley } from './find-galley.ts';

const call = 'galley certificates';

/** `galley certificates`. */
export const certificates: ControlCommand = {
  name: 'certificates',
  call,
  word: undefined,
  mostWords: 2,
  about: `Usage: galley certificates [options]
       galley certificates ACTION NAME [options]

Tells which certificates a running Galley has, until when they are valid, and
when those that it gets by itself are renewed. Or does something with those of
them that are for a name:

  renew     gets another one now
  revoke    takes it back at the CA, as when its key was seen by others, and
            gets another one with another key
`,
  examples: `
Examples:
  galley certificates                        all of them
  galley certificates --json                 for a program, one JSON array
  galley certificates renew example.com      without waiting for its time
  galley certificates revoke example.com     its key is known to others
`,
  options: ['json', ...controlOptions],
  prepare(action, [name]) {
    if (action === '') return printCertificates;
    const what = wordValue(call, action, oneOf('ACTION', certificateActions));
    if (name === undefined) throw new UsageError(`"${call} ${action}" needs a name, such as example.com`);
    return async ({ chosen }) => {
      process.stdout.write(
        `${await tellControl(await findGalley(chosen), 'POST', `/certificates/${what}`, { name })}\n`,
      );
      return 0;
    };
  },
};

const printCertificates: ControlAction = async ({ chosen, json }) => {
  const path = await findGalley(chosen);
  const { status, body } = await askControl(path, 'GET', '/certificates');
  if (status !== 200 || !Array.isArray(body)) throw new ControlFailure(textOf(path, body));
  process.stdout.write(json ? `${JSON.stringify(body, null, 2)}\n` : renderCertificates(body));
  return 0;
};

/** The certificates as people read them, each line ended. */
export function renderCertificates(statuses: readonly CertificateStatus[]): string {
  if (statuses.length === 0) return 'There are no certificates\n';
  return statuses
    .map(({ names, source, from, validUntil, renewsAt, failure }) => {
      const valid = validUntil === undefined ? 'not there yet' : `valid until ${minuteText(validUntil)}`;
      const renewed = renewsAt === undefined ? '' : `, renewed ${minuteText(renewsAt)}`;
      const failed = failure === undefined ? '' : `\n    ${printable(failure)}`;
      return `${names.join(', ')}\n    ${valid}${renewed}, from ${source === 'file' ? '' : `${source} `}${from}${failed}\n`;
    })
    .join('');
}

/** `2026-01-01 00:00 UTC` */
function minuteText(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`;
}
