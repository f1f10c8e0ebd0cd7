import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../../observe/log.ts';
import type { SitePlan } from '../../plan/site-plan.ts';
import type { AcmeIssuerPlan } from '../../plan/tls-plan.ts';
import type { CertificateIssuer, CertificateOrder, Suggestion } from '../managed/certificate-issuer.ts';
import { digestOf, plainName } from '../managed/certificate-store.ts';
import type { Clock } from '../managed/clock.ts';
import { FolderClaim } from '../managed/folder-claim.ts';
import { TlsFileError } from '../tls-file-error.ts';
import { AcmeAccount } from './acme-account.ts';
import { AcmeError } from './acme-error.ts';
import type { ChallengeBoard } from './challenges/challenge-board.ts';
import { possibleChallenges } from './challenges/choose-challenge.ts';
import { HttpsClient } from './https-client.ts';
import { Order } from './order.ts';
import { OrderProgressFile } from './order-progress.ts';
import { renewalId, renewalInfo } from './renewal-info.ts';

export interface AcmeIssuerOptions {
  readonly plan: AcmeIssuerPlan;
  readonly listeners: SitePlan['listeners'];
  readonly board: ChallengeBoard;
  readonly log: Log;
  readonly clock: Clock;
}

/** How often an account is looked at that another process opens. */
const claimPauseMs = 250;

/** One account at one CA. Below the plan's folder it has one of its own, by the directory's URL and its name. */
export class AcmeIssuer implements CertificateIssuer {
  readonly plan: AcmeIssuerPlan;
  readonly folder: string;
  readonly isLocal = false;
  readonly #options: AcmeIssuerOptions;
  readonly #accountFolder: string;
  readonly #https: HttpsClient;
  #account: Promise<AcmeAccount> | undefined;

  /** Throws a TlsFileError where the CAs that are trusted cannot be read. */
  constructor(options: AcmeIssuerOptions) {
    this.#options = options;
    this.plan = options.plan;
    this.#accountFolder = accountFolder(options.plan);
    this.folder = join(this.#accountFolder, 'certificates');
    this.#https = new HttpsClient(trusted(options.plan.trustedCertificate));
  }

  async obtain({ names, replaces, folder, failures, signal, keep }: CertificateOrder): Promise<void> {
    const { plan, listeners, board, log, clock } = this.#options;
    const account = await this.#opened(signal);
    const order = new Order({
      account,
      plan,
      names,
      current: replaces,
      replaces: replaces === undefined ? undefined : await this.#replaced(account, replaces, signal),
      challenges: possibleChallenges(plan, listeners),
      failures,
      board,
      progress: new OrderProgressFile(folder),
      log,
      clock,
      signal,
    });
    await order.obtain(keep);
  }

  async suggestion(certificate: string, signal: AbortSignal): Promise<Suggestion | undefined> {
    return await renewalInfo((await this.#opened(signal)).client, certificate, signal);
  }

  isOwn(): boolean {
    return true;
  }

  async revoke(certificate: string, signal: AbortSignal): Promise<void> {
    const account = await this.#opened(signal);
    const { revokeCert: url } = await account.client.directory(signal);
    const payload = { certificate: new X509Certificate(certificate).raw.toString('base64url') };
    try {
      await account.post({ url, payload, signal });
    } catch (error) {
      if (!(error instanceof AcmeError) || error.problem?.type !== 'alreadyRevoked') throw error;
    }
  }

  close(): void {
    this.#https.close();
  }

  /** CAs without ARI do not know what an order replaces. */
  async #replaced(account: AcmeAccount, certificate: string, signal: AbortSignal): Promise<string | undefined> {
    const { renewalInfo: url } = await account.client.directory(signal);
    return url === undefined ? undefined : renewalId(certificate);
  }

  async #opened(signal: AbortSignal): Promise<AcmeAccount> {
    this.#account ??= this.#open(signal);
    try {
      return await this.#account;
    } catch (error) {
      this.#account = undefined;
      throw error;
    }
  }

  async #open(signal: AbortSignal): Promise<AcmeAccount> {
    const { plan, clock } = this.#options;
    let claim = await FolderClaim.take(this.#accountFolder);
    while (!claim) {
      await clock.wait(claimPauseMs, signal);
      claim = await FolderClaim.take(this.#accountFolder);
    }
    try {
      return await AcmeAccount.open(plan, this.#accountFolder, this.#https, clock);
    } finally {
      await claim.release();
    }
  }
}

/** `acme.example.com-directory+DIGEST/NAME`: the digest is that of the URL. */
function accountFolder({ folder, directory, name }: AcmeIssuerPlan): string {
  const { host, pathname } = URL.canParse(directory) ? new URL(directory) : { host: directory, pathname: '' };
  const place = `${host}${pathname}`.replace(/[^\w.-]+/g, '-').replace(/-$/, '');
  return join(folder, `${place.slice(0, 150)}+${digestOf(directory)}`, plainName(name));
}

function trusted(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    throw new TlsFileError(`Cannot open certificate "${path}": ${(error as Error).message}`, { cause: error });
  }
}
