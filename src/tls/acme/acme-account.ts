import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AcmeIssuerPlan } from '../../plan/tls-plan.ts';
import type { Clock } from '../managed/clock.ts';
import { privateFolder, readIfThere, writePrivateFile } from '../managed/private-file.ts';
import { parsedRecord, textOf } from '../managed/unknown-json.ts';
import { createKey, keyPem } from '../x509/key.ts';
import { AcmeClient, type AcmePost } from './acme-client.ts';
import { AcmeError } from './acme-error.ts';
import type { HttpsClient } from './https-client.ts';
import { externalAccountBinding, jwkOf, type Signer, thumbprint } from './jws.ts';

const keyFile = 'account.key';
const accountFile = 'account.json';

/** A post of an account, which signs it. */
export type AccountPost = Omit<AcmePost, 'signer' | 'key'>;

/** One account at one CA. Its key is kept in a folder, with the URL that the CA has given it. */
export class AcmeAccount {
  readonly client: AcmeClient;
  /** RFC 8555 §8.1. */
  readonly thumbprint: string;
  readonly #plan: AcmeIssuerPlan;
  readonly #folder: string;
  readonly #isKeyNew: boolean;
  #url: string | undefined;
  #contacts: string | undefined;

  private constructor(options: {
    plan: AcmeIssuerPlan;
    folder: string;
    client: AcmeClient;
    isKeyNew: boolean;
    kept: string;
  }) {
    this.#plan = options.plan;
    this.#folder = options.folder;
    this.client = options.client;
    this.#isKeyNew = options.isKeyNew;
    this.thumbprint = thumbprint(jwkOf(options.client.key));
    const { directory, url, contacts } = parsedRecord(options.kept);
    if (directory !== options.plan.directory) return;
    this.#url = textOf(url) || undefined;
    this.#contacts = textOf(contacts);
  }

  /** Reads the account of a folder, or makes its key. Throws errors of the system. The folder's lock is held. */
  static async open(plan: AcmeIssuerPlan, folder: string, https: HttpsClient, clock: Clock): Promise<AcmeAccount> {
    await privateFolder(folder);
    const known = await readIfThere(folder, keyFile);
    const key = known === undefined ? await createKey('p256') : createPrivateKey(known);
    if (known === undefined) await writePrivateFile(join(folder, keyFile), keyPem(key));
    const client = new AcmeClient({ url: plan.directory, key, https, clock });
    const kept = (await readIfThere(folder, accountFile)) ?? '';
    return new AcmeAccount({ plan, folder, client, isKeyNew: known === undefined, kept });
  }

  /** A request of the account, which is registered before where it is not; once more where the CA has forgotten it. */
  async post(post: AccountPost): Promise<Awaited<ReturnType<AcmeClient['post']>>> {
    await this.#updateContacts(post.signal);
    try {
      return await this.client.post({ ...post, signer: await this.#signer(post.signal) });
    } catch (error) {
      if (!isForgotten(error)) throw error;
      this.#url = undefined;
      return await this.client.post({ ...post, signer: await this.#signer(post.signal) });
    }
  }

  async #signer(signal: AbortSignal): Promise<Signer> {
    this.#url ??= await this.#register(signal);
    return { kid: this.#url };
  }

  /** RFC 8555 §7.3. An account that the CA may have is asked for first: that one needs no terms accepted. */
  async #register(signal: AbortSignal): Promise<string> {
    const existing = this.#isKeyNew ? undefined : await this.#existing(signal);
    if (existing !== undefined) return await this.#keep(existing, '');
    const { acceptsTerms, contacts, directory } = this.#plan;
    const { newAccount: url, termsOfService, wantsExternalAccount } = await this.client.directory(signal);
    if (termsOfService && !acceptsTerms) {
      throw new AcmeError(`Cannot register at ${directory}: the terms of service (${termsOfService}) are not accepted`);
    }
    if (wantsExternalAccount && !this.#plan.externalAccount) {
      throw new AcmeError(`Cannot register at ${directory}: the CA wants an external account`);
    }
    const jwk = jwkOf(this.client.key);
    const payload = {
      ...(contacts.length > 0 && { contact: contacts }),
      ...(termsOfService && { termsOfServiceAgreed: true }),
      ...(this.#plan.externalAccount && { externalAccountBinding: await this.#binding(url) }),
    };
    const { location } = await this.client.post({ url, payload, signer: { jwk }, signal });
    if (location === undefined) throw new AcmeError(`Cannot register at ${directory}: the CA gives no account`);
    return await this.#keep(location, JSON.stringify(contacts));
  }

  async #existing(signal: AbortSignal): Promise<string | undefined> {
    const { newAccount: url } = await this.client.directory(signal);
    const payload = { onlyReturnExisting: true };
    try {
      return (await this.client.post({ url, payload, signer: { jwk: jwkOf(this.client.key) }, signal })).location;
    } catch (error) {
      if (isForgotten(error)) return undefined;
      throw error;
    }
  }

  async #binding(url: string): Promise<unknown> {
    const { keyId = '', keyFile: path = '' } = this.#plan.externalAccount ?? {};
    let macKey: string;
    try {
      macKey = await readFile(path, 'utf8');
    } catch (error) {
      throw new AcmeError(`Cannot read the key of the external account: ${(error as Error).message}`);
    }
    return externalAccountBinding(jwkOf(this.client.key), url, keyId, macKey);
  }

  /** RFC 8555 §7.3.2. */
  async #updateContacts(signal: AbortSignal): Promise<void> {
    const contacts = JSON.stringify(this.#plan.contacts);
    const url = this.#url;
    if (url === undefined || this.#contacts === contacts) return;
    try {
      await this.client.post({ url, payload: { contact: this.#plan.contacts }, signer: { kid: url }, signal });
    } catch (error) {
      if (!isForgotten(error)) throw error;
      return;
    }
    await this.#keep(url, contacts);
  }

  async #keep(url: string, contacts: string): Promise<string> {
    this.#url = url;
    this.#contacts = contacts;
    const text = JSON.stringify({ directory: this.#plan.directory, url, contacts }, undefined, 2);
    await writePrivateFile(join(this.#folder, accountFile), `${text}\n`);
    return url;
  }
}

function isForgotten(error: unknown): boolean {
  return error instanceof AcmeError && error.problem?.type === 'accountDoesNotExist';
}
