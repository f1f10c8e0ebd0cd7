import { getSystemErrorMessage } from 'node:util';
import type { BasicAuth } from '../../plan/settings.ts';
import type { CompileContext } from '../compile-context.ts';
import { type StatusOutcome, statusOutcome } from '../outcome.ts';
import type { SiteRequest } from '../site-request.ts';
import type { Check, Verdict } from './gate.ts';
import { NobodyAsks, PasswordChecker, TooManyPasswords } from './password-checker.ts';
import { PasswordFiles } from './password-files.ts';
import { hashKind } from './password-hash.ts';

const scheme = /^basic +([a-z\d+/]+)=* *$/i;
const noSuchFile = -2;

/** What all locations of a thread share. */
const files = new PasswordFiles(() => performance.now());
const passwords = new PasswordChecker(() => performance.now());

interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** nginx's `auth_basic`: the user and the password must be those of a htpasswd file. The realm `off` is none. */
export function createBasicAuth(plan: BasicAuth, context: CompileContext): Check {
  const realm = context.template(plan.realm);
  const userFile = context.template(plan.userFile);

  return (request) => {
    const name = realm.evaluate(request);
    if (name === 'off') return undefined;
    const credentials = readCredentials(request.header('authorization'));
    if (!credentials) {
      request.log('info', 'no user/password was provided for basic authentication');
      return challenge(name);
    }
    const path = userFile.evaluate(request);
    let hashes: ReadonlyMap<string, string>;
    try {
      hashes = files.read(path);
    } catch (error) {
      return unreadable(request, path, error as NodeJS.ErrnoException);
    }
    return verify(request, credentials, { path, hash: hashes.get(credentials.user), realm: name });
  };
}

/** The user and the password of an Authorization field, latin-1 of their bytes (RFC 7617 §2). Neither may hold NUL. */
export function readCredentials(field: string | undefined): Credentials | undefined {
  const [, encoded] = scheme.exec(field ?? '') ?? [];
  // One digit over stands for no byte.
  if (encoded === undefined || encoded.length % 4 === 1) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('latin1');
  const colon = text.indexOf(':');
  if (colon <= 0 || text.includes('\0')) return undefined;
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

interface Account {
  readonly path: string;
  readonly hash: string | undefined;
  readonly realm: string;
}

function verify(
  request: SiteRequest,
  { user, password }: Credentials,
  { path, hash, realm }: Account,
): Verdict | Promise<Verdict> {
  if (hash === undefined) {
    request.log('error', `user "${user}" was not found in "${path}"`);
    return challenge(realm);
  }
  if (hashKind(hash) === 'unknown') {
    request.log('error', `the password of user "${user}" in "${path}" is hashed in a way that is not checked`);
    return challenge(realm);
  }
  const judged = (isRight: boolean): Verdict => {
    if (isRight) return 'allowed';
    request.log('error', `user "${user}": password mismatch`);
    return challenge(realm);
  };
  const failed = (error: unknown): Verdict => {
    // nginx's status of a client that has left; nobody gets it.
    if (error instanceof NobodyAsks) return statusOutcome(499);
    if (error instanceof TooManyPasswords) {
      request.log('error', 'too many passwords wait to be checked');
      return statusOutcome(503);
    }
    request.log('crit', `cannot check the password of user "${user}": ${(error as Error).message}`);
    return statusOutcome(500);
  };
  try {
    const { main } = request;
    const { address } = main.exchange.connection.client;
    const isRight = passwords.check(password, hash, { address, onDone: (listener) => main.onDone(listener) });
    return typeof isRight === 'boolean' ? judged(isRight) : isRight.then(judged, failed);
  } catch (error) {
    return failed(error);
  }
}

/** In a quoted text `"` and `\` are escaped, and what HTTP does not allow is left out (RFC 9110 §5.6.4). */
function challenge(realm: string): StatusOutcome {
  const quoted = realm.replace(/[^\t\x20-\x7e\x80-\xff]/g, '').replace(/["\\]/g, '\\$&');
  return { kind: 'status', status: 401, fields: [['www-authenticate', `Basic realm="${quoted}"`]] };
}

/** As nginx: a file that is missing lets nobody in; else something is wrong with the server. */
function unreadable(request: SiteRequest, path: string, error: NodeJS.ErrnoException): StatusOutcome {
  const isMissing = error.errno === noSuchFile;
  request.log(isMissing ? 'error' : 'crit', `open() "${path}" failed (${reasonOf(error)})`);
  return statusOutcome(isMissing ? 403 : 500);
}

/** `2: No such file or directory`. */
function reasonOf({ errno, message }: NodeJS.ErrnoException): string {
  if (errno === undefined) return message;
  const text = getSystemErrorMessage(errno) ?? message;
  return `${-errno}: ${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
