import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { privateFolder, readIfThere, writePrivateFile } from '../managed/private-file.ts';
import { listOf, numberOf, parsedRecord, recordOf, textOf } from '../managed/unknown-json.ts';
import type { DnsRecord } from './challenges/dns-hook.ts';

/** What is to be known of an order that is under way, after a sudden end. */
export interface OrderProgress {
  /** Undefined until the CA has taken it. */
  readonly url: string | undefined;
  /** In the order's own form. */
  readonly names: readonly string[];
  /** PEM: the key of the certificate that is coming. */
  readonly key: string;
  /** Records that are set, or may be. */
  readonly records: readonly DnsRecord[];
  /** How often it was gone on with. */
  readonly resumptions: number;
}

const name = 'order.json';

/** Keeps the progress of an order in a folder. */
export class OrderProgressFile {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Undefined where no order is under way, or what is there cannot be read. */
  async read(): Promise<OrderProgress | undefined> {
    const text = await readIfThere(this.#folder, name);
    if (text === undefined) return undefined;
    const { url, names, key, records, resumptions } = parsedRecord(text);
    return {
      url: textOf(url) || undefined,
      names: listOf(names).map(textOf),
      key: textOf(key),
      records: listOf(records).map((each) => {
        const record = recordOf(each);
        return { name: textOf(record['name']), value: textOf(record['value']) };
      }),
      resumptions: numberOf(resumptions) ?? 0,
    };
  }

  async write(progress: OrderProgress): Promise<void> {
    await privateFolder(this.#folder);
    await writePrivateFile(join(this.#folder, name), `${JSON.stringify(progress, undefined, 2)}\n`);
  }

  async remove(): Promise<void> {
    await rm(join(this.#folder, name), { force: true });
  }
}
